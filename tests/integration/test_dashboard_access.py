"""Who the dashboard lets in, by the word of a real API server: tokens for our audience, and RBAC in their namespace."""

from typing import Any

import pytest

from chiplog_dashboard.access import Person
from chiplog_dashboard.kube import Kube

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def kube() -> Kube:
    return Kube.connect("chiplog-api")


@pytest.fixture(scope="module")
def alice(api_server: Any, namespace: str) -> str:
    """A ServiceAccount that may view its namespace, as `view` of Kubernetes has it with what the chart adds."""
    for words in (
        ["create", "serviceaccount", "alice", "-n", namespace],
        ["create", "role", "runs", "--verb=list", "--resource=trainingruns.chiplog.dev", "-n", namespace],
        ["create", "rolebinding", "alice", "--role=runs", f"--serviceaccount={namespace}:alice", "-n", namespace],
    ):
        done = api_server(*words)
        assert done.returncode == 0, done.stderr
    return f"system:serviceaccount:{namespace}:alice"


def token(api_server: Any, namespace: str, *words: str) -> str:
    done = api_server("create", "token", "alice", "-n", namespace, *words)
    assert done.returncode == 0, done.stderr
    return str(done.stdout.strip())


def test_a_token_for_our_audience_is_somebody_and_any_other_nobody(
    api_server: Any, namespace: str, alice: str, kube: Kube
) -> None:
    found = kube.person(token(api_server, namespace, "--audience=chiplog-api"))
    assert found
    assert (found.name, f"system:serviceaccounts:{namespace}" in found.groups) == (alice, True)
    assert kube.person(token(api_server, namespace)) is None
    assert kube.person(token(api_server, namespace, "--audience=chiplog-bucket")) is None
    assert kube.person("a.b.c") is None


def test_rbac_says_which_namespaces_one_sees_and_nobody_else_has_a_say(
    api_server: Any, namespace: str, alice: str, kube: Kube
) -> None:
    person = kube.person(token(api_server, namespace, "--audience=chiplog-api"))
    assert person
    seen = [kube.may_list_runs(person, place) for place in (namespace, "default", "")]
    assert seen == [True, False, False]
    assert not kube.may_list_runs(Person("mallory", ("system:authenticated",)), namespace)
    assert kube.may_list_runs(Person("root", ("system:masters",)), "")
    api_server("delete", "rolebinding", "alice", "-n", namespace)
    assert not kube.may_list_runs(person, namespace)
