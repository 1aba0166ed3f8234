"""Who the dashboard lets in, by the word of a real API server: tokens for our audience, and RBAC in their namespace."""

import time
from typing import Any

import pytest

from chiplog.access import Person, Right, keys
from chiplog.access.reviews import Reviews
from chiplog_dashboard.access import SignedOn, SignOn

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def kube() -> Reviews:
    return Reviews.connect("chiplog-api")


@pytest.fixture(scope="module")
def alice(api_server: Any, namespace: str) -> str:
    """A ServiceAccount that may view its namespace, as `view` of Reviewsrnetes has it with what the chart adds."""
    for words in (
        ["create", "serviceaccount", "alice", "-n", namespace],
        ["create", "role", "runs", "--verb=list", "--resource=trainingruns.chiplog.dev", "-n", namespace],
        ["create", "rolebinding", "alice", "--role=runs", f"--serviceaccount={namespace}:alice", "-n", namespace],
    ):
        done = api_server(*words)
        assert done.returncode == 0, done.stderr
    return f"system:serviceaccount:{namespace}:alice"


def lists(namespace: str) -> Right:
    return Right("list", "trainingruns", namespace)


def token(api_server: Any, namespace: str, *words: str) -> str:
    done = api_server("create", "token", "alice", "-n", namespace, *words)
    assert done.returncode == 0, done.stderr
    return str(done.stdout.strip())


def test_a_token_for_our_audience_is_somebody_and_any_other_nobody(
    api_server: Any, namespace: str, alice: str, kube: Reviews
) -> None:
    found = kube.person(token(api_server, namespace, "--audience=chiplog-api"))
    assert found
    assert (found.name, f"system:serviceaccounts:{namespace}" in found.groups) == (alice, True)
    assert kube.person(token(api_server, namespace)) is None
    assert kube.person(token(api_server, namespace, "--audience=chiplog-bucket")) is None
    assert kube.person("a.b.c") is None


def test_rbac_says_which_namespaces_one_sees_and_nobody_else_has_a_say(
    api_server: Any, namespace: str, alice: str, kube: Reviews
) -> None:
    person = kube.person(token(api_server, namespace, "--audience=chiplog-api"))
    assert person
    seen = [kube.may(person, lists(place)) for place in (namespace, "default", "")]
    assert seen == [True, False, False]
    assert not kube.may(Person("mallory", ("system:authenticated",)), lists(namespace))
    assert kube.may(Person("root", ("system:masters",)), lists(""))
    api_server("delete", "rolebinding", "alice", "-n", namespace)
    assert not kube.may(person, lists(namespace))


def test_a_group_of_the_provider_sees_what_a_binding_gives_it_and_a_key_its_project(
    api_server: Any, namespace: str, kube: Reviews
) -> None:
    handle = f"system:serviceaccount:{keys.NAMESPACE}:ci-1"
    rule = {"apiGroups": ["chiplog.dev"], "resources": ["projects"], "resourceNames": ["digits"], "verbs": ["get"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "digits"}}
    done = api_server("create", "-n", namespace, "-f", "-", stdin={**role, "rules": [rule]})
    assert done.returncode == 0, done.stderr
    for words in (
        ["create", "role", "lists", "--verb=list", "--resource=trainingruns.chiplog.dev"],
        ["create", "rolebinding", "ml", "--role=lists", "--group=oidc:ml"],
        ["create", "rolebinding", "digits", "--role=digits", f"--user={handle}"],
    ):
        done = api_server(*words, "-n", namespace)
        assert done.returncode == 0, done.stderr
    guard = SignedOn(SignOn(oidc=True), kube, time.monotonic)
    ada = Person("ada@example.org", ("oidc:ml", "system:authenticated"))
    assert [guard.sees(ada, place) for place in (namespace, "default")] == [True, False]
    assert [guard.edits(ada, namespace), guard.sees(Person("bob@example.org"), namespace)] == [False, False]
    key = Person(handle)
    assert [guard.sees(key, namespace, project) for project in ("digits", "speech", "")] == [True, False, False]
    assert not guard.edits(key, namespace, "digits")
