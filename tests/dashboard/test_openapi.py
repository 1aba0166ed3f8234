"""The document of the API says what there is to ask, and every answer is as it says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import filled_world
import jsonschema
import pytest
from bucket_world import World
from dashboard_site import Site, Start

from chiplog_dashboard import contract

WRITTEN = Path(__file__).parents[2] / "docs" / "openapi.json"
STREAMED = "/api/v1/events"


@pytest.fixture
def site(start: Start, world: World) -> Site:
    return start(filled_world.fill(world).bucket)


@pytest.fixture
def document(site: Site) -> Any:
    return site.get("/api/v1/openapi.json").json


def test_the_contract_holds_what_there_is_to_ask_and_nothing_else(document: Any) -> None:
    served = {(method.upper(), path) for path, told in document["paths"].items() for method in told}
    assert served == set(contract.OPERATIONS)


def test_the_document_in_docs_is_that_of_the_code(document: Any) -> None:
    assert json.loads(WRITTEN.read_text()) == document, "python -m chiplog_dashboard.openapi > docs/openapi.json"


def test_the_program_writes_it(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "chiplog_dashboard.openapi"], cwd=tmp_path, capture_output=True)
    assert done.stdout == WRITTEN.read_bytes(), done.stderr


def test_every_schema_is_one(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for told in document["paths"].values():
        for operation in told.values():
            assert operation["summary"]
            for parameter in operation["parameters"]:
                jsonschema.Draft202012Validator.check_schema(parameter["schema"])


EMPTY: tuple[Any, ...] = ({"reports": []}, {"views": []}, {"importance": []})
QUERIES = {
    "/api/v1/curves": "?key=loss&run=prod/team/mnist-0123abcd&run=prod/team/speech-0123abce",
    "/api/v1/find": "?name=vision/mnist",
    "/api/v1/keys": "?run=prod/team/mnist-0123abcd",
    "/api/v1/importance": "?metric=summary.loss&run=prod/team/mnist-0123abcd&run=prod/team/speech-0123abce",
}


def asked(path: str) -> str:
    return path.format(**filled_world.PLACES) + QUERIES.get(path, "")


def is_as_told(document: Any, schema: Any, value: Any) -> None:
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(value)


@pytest.mark.parametrize("path", [path for method, path in contract.OPERATIONS if method == "GET" and path != STREAMED])
def test_an_answer_holds_what_is_promised_and_something_to_see(site: Site, document: Any, path: str) -> None:
    answer = site.get(asked(path))
    assert answer.status == 200, answer.body
    operation = document["paths"][path]["get"]
    (kind, told), *_ = operation["responses"]["200"]["content"].items()
    if kind == "*/*":
        assert answer.body == filled_world.CONTENT
        return
    assert answer.headers["content-type"].partition(";")[0] == kind
    lines = answer.body.splitlines() if kind == contract.LINES else [answer.body]
    assert lines
    for line in lines:
        is_as_told(document, told["schema"], json.loads(line))
        assert json.loads(line) not in (
            {"runs": []},
            {"sweeps": []},
            {"lines": []},
            {"files": []},
            {"keys": []},
            *EMPTY,
        )


@pytest.mark.parametrize(
    "path", ["/api/v1/runs/a/b/c", "/api/v1/select?filter=%3D", "/api/v1/nothing", "/api/v1/curves"]
)
def test_a_refusal_is_an_error_as_promised(site: Site, document: Any, path: str) -> None:
    answer = site.get(path)
    assert answer.status in (400, 404)
    is_as_told(document, contract.named("Error"), answer.json)


def test_a_method_that_a_path_has_not_is_refused_with_those_it_has(site: Site, document: Any) -> None:
    answer = site.ask("PUT", "/api/v1/runs", {})
    assert (answer.status, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    is_as_told(document, contract.named("Error"), answer.json)
