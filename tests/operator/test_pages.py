"""A page of a listing as documents: what is kept is as the API server has it, and what others noted is not."""

import json
from typing import Any

import pytest

from chiplog_operator import pages, specs

POD: dict[str, Any] = {
    "metadata": {
        "name": "p1", "namespace": "team", "uid": "u1", "resourceVersion": "7", "generation": 3,
        "creationTimestamp": "2026-11-27T00:00:00Z", "deletionTimestamp": "2026-11-27T00:01:00Z",
        "deletionGracePeriodSeconds": 30, "labels": {"a": "b"}, "annotations": {"c": "d"},
        "ownerReferences": [{"uid": "u0", "controller": True}],
    },
    "spec": {"containers": [{"name": "trainer", "resources": {"limits": {"cpu": "1"}}}]},
    "status": {"phase": "Running", "containerStatuses": [{"restartCount": 0, "state": {"running": {}}}]},
}  # fmt: skip


def page(*items: Any, after: str = "") -> bytes:
    return json.dumps(
        {"kind": "List", "metadata": {"resourceVersion": "9", "continue": after}, "items": items}
    ).encode()


def test_documents_are_as_the_server_has_them() -> None:
    assert pages.read(page(POD)) == ([POD], "")


def test_metadata_alone_makes_a_document_without_the_rest() -> None:
    assert pages.read(page({"metadata": POD["metadata"]}, after="x")) == ([{"metadata": POD["metadata"]}], "x")


def test_of_what_others_noted_only_who_wrote_what_is_kept() -> None:
    noted = {"manager": "kubectl", "operation": "Update", "subresource": "status", "fieldsV1": {"f:status": {}}}
    [found], _ = pages.read(page({"metadata": {**POD["metadata"], "managedFields": [noted]}}))
    assert found["metadata"]["managedFields"] == [
        {"manager": "kubectl", "operation": "Update", "subresource": "status"}
    ]
    assert specs.status_editors(found) == ("kubectl",)


def test_an_empty_page_may_say_null() -> None:
    assert pages.read(b'{"items": null}') == ([], "")


@pytest.mark.parametrize("text", [b"", b"<html>", b'{"items": [{}]}', b'{"items": [{"metadata": {"name": 7}}]}'])
def test_what_is_no_page_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"\$|truncated|malformed"):
        pages.read(text)
