"""Who may start what through us: users who lack each right, on a real API server with the chart's policy."""

import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

CHART = Path(__file__).parents[2] / "charts" / "chiplog"
BY = "chiplog.dev/created-by"

Ask = Callable[..., str]


@pytest.fixture(scope="module")
def release() -> str:
    return f"au{uuid.uuid4().hex[:6]}-chiplog"


@pytest.fixture(scope="module")
def policy(api_server: Any, release: str) -> Iterator[None]:
    """The chart's policy, in force under a name of the test's own: the chart itself may be on the server as well."""
    if shutil.which("helm") is None:
        pytest.fail("helm is not on PATH: `make test` puts it there")
    command = ["helm", "template", "chiplog", str(CHART), "--namespace", "chiplog-system", "--show-only",
               "templates/authority.yaml", "--values", str(CHART / "ci" / "minimal-values.yaml")]  # fmt: skip
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    text = text.replace("chiplog-authority", f"{release}-authority")
    done = api_server("apply", "-f", "-", stdin=text)
    assert done.returncode == 0, done.stderr
    yield
    api_server("delete", "--wait=false", "-f", "-", stdin=text)


@pytest.fixture(scope="module")
def people(api_server: Any, namespace: str) -> None:
    """alice may make runs and Jobs, bob runs alone, carol may change runs and make neither, dora may do runs again."""
    change = ["get", "update", "patch"]
    rights = {
        "alice": [("chiplog.dev", "trainingruns", ["create", "delete", *change]), ("batch", "jobs", ["create"])],
        "bob": [("chiplog.dev", "trainingruns", ["create", *change])],
        "carol": [("chiplog.dev", "trainingruns", change)],
        "dora": [
            ("chiplog.dev", "trainingruns", ["create", *change]),
            ("chiplog.dev", "trainingruns/from", ["create"]),
        ],
    }
    for name, rules in rights.items():
        listed = [{"apiGroups": [group], "resources": [kind], "verbs": verbs} for group, kind, verbs in rules]
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                "metadata": {"name": name, "namespace": namespace}, "rules": listed}  # fmt: skip
        done = api_server("apply", "-f", "-", stdin=role)
        assert done.returncode == 0, done.stderr
        api_server("create", "rolebinding", name, f"--role={name}", f"--user={name}", "-n", namespace)


@pytest.fixture(scope="module")
def ask(api_server: Any, namespace: str, policy: None, people: None) -> Ask:
    """What the server says to a person: empty where it takes it."""

    def say(person: str, verb: str, manifest: dict[str, Any], *more: str) -> str:
        done = api_server(verb, "-n", namespace, "-f", "-", f"--as={person}", *more, stdin=manifest)
        return "" if done.returncode == 0 else str(done.stderr)

    deadline = time.monotonic() + 30
    while "may not create Jobs" not in say("bob", "create", run("probe"), "--dry-run=server"):
        if time.monotonic() > deadline:
            pytest.fail("after 30 s the policy still lets bob through")
        time.sleep(0.5)
    return say


def run(name: str, by: str | None = None, **spec: Any) -> dict[str, Any]:
    annotations = {BY: by} if by is not None else {}
    template = {"spec": {"containers": [{"name": "train", "image": "x"}]}}
    return {
        "apiVersion": "chiplog.dev/v1alpha1", "kind": "TrainingRun",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"managedBy": "chiplog.dev/nobody", "template": template, **spec},
    }  # fmt: skip


def test_who_may_create_jobs_may_create_runs(ask: Ask) -> None:
    assert ask("alice", "create", run("plain")) == ""


def test_who_may_not_create_jobs_gets_no_run_either(ask: Ask, namespace: str) -> None:
    said = ask("bob", "create", run("sneaky"))
    assert f"bob may not create Jobs in namespace {namespace}" in said
    assert "forbidden" in said.lower()


def test_not_even_a_suspended_one_or_under_another_s_account(ask: Ask) -> None:
    assert "may not create Jobs" in ask("bob", "create", run("sleeper", suspend=True))
    account = {"spec": {"serviceAccountName": "admin", "containers": [{"name": "train", "image": "x"}]}}
    assert "may not create Jobs" in ask("bob", "create", run("robe", template=account))


def test_a_right_in_another_namespace_counts_for_nothing(api_server: Any, ask: Ask) -> None:
    role = ("create", "role", "elsewhere", "--verb=create", "--resource=jobs.batch", "-n", "default")
    api_server(*role)
    api_server("create", "rolebinding", "elsewhere", "--role=elsewhere", "--user=bob", "-n", "default")
    try:
        assert "may not create Jobs" in ask("bob", "create", run("far"))
    finally:
        api_server("delete", "role,rolebinding", "elsewhere", "-n", "default")


def test_who_may_change_runs_but_make_no_jobs_lets_none_go(ask: Ask) -> None:
    assert ask("alice", "create", run("waiting", suspend=True)) == ""
    assert "carol may not create Jobs" in ask("carol", "apply", run("waiting", suspend=False))
    assert ask("carol", "apply", run("waiting", suspend=True, tags=["seen"])) == ""
    assert ask("alice", "apply", run("waiting", suspend=False, tags=["seen"])) == ""
    assert ask("carol", "apply", run("waiting", suspend=True, tags=["seen"])) == ""


def again(name: str, **spec: Any) -> dict[str, Any]:
    """A run that only does an earlier one again."""
    manifest = run(name)
    manifest["spec"] = {"managedBy": "chiplog.dev/nobody", "from": {"run": "plain"}, "config": {"lr": 1}, **spec}
    return manifest


def test_a_retrainer_may_do_a_run_again_and_make_none_of_its_own(ask: Ask) -> None:
    assert ask("dora", "create", again("night")) == ""
    assert "dora may not create Jobs" in ask("dora", "create", run("own"))
    assert "dora may not create Jobs" in ask("dora", "create", again("both", template=run("x")["spec"]["template"]))


def test_to_do_a_run_again_is_a_right_too(ask: Ask) -> None:
    assert "bob may not create Jobs" in ask("bob", "create", again("bobs"))
    assert ask("alice", "create", again("alices")) == ""


def test_who_may_make_no_jobs_fills_no_run_in(ask: Ask) -> None:
    """The operator fills it in; another's template in it would be a Job of his."""
    assert ask("alice", "create", again("hollow")) == ""
    filled = again("hollow", template=run("x")["spec"]["template"])
    assert "dora may not create Jobs" in ask("dora", "apply", filled)
    assert ask("alice", "apply", filled) == ""


def test_what_a_run_does_again_cannot_change(ask: Ask) -> None:
    assert ask("dora", "create", again("fixed")) == ""
    assert "spec.from" in ask("dora", "apply", again("fixed", **{"from": {"run": "other"}}))
    assert "spec.config" in ask("dora", "apply", again("fixed", config={"lr": 2}))


def test_nobody_says_to_be_somebody_else(ask: Ask) -> None:
    said = ask("alice", "create", run("forged", by="bob"))
    assert "cannot be set to 'bob' by alice" in said
    assert ask("alice", "create", run("mine", by="alice")) == ""


@pytest.mark.parametrize("by", ["bob", "carol"])
def test_nobody_changes_who_made_a_run(ask: Ask, by: str) -> None:
    name = f"kept{by}"
    assert ask("alice", "create", run(name, by="alice")) == ""
    manifest = run(name, by=by)
    assert "is 'alice' and cannot be set" in ask("carol", "apply", manifest)


def test_a_replace_may_drop_who_made_a_run_and_nobody_takes_it_then(ask: Ask) -> None:
    """`kubectl replace` brings the whole object from a file, which names no maker; run.json keeps who it was."""
    assert ask("alice", "create", run("dropped", by="alice")) == ""
    assert ask("carol", "apply", run("dropped", by="")) == ""
    assert "cannot be set to 'carol'" in ask("carol", "apply", run("dropped", by="carol"))


def test_nobody_claims_a_run_afterwards(ask: Ask) -> None:
    assert ask("alice", "create", run("unsigned")) == ""
    assert "cannot be set to 'carol'" in ask("carol", "apply", run("unsigned", by="carol"))


def test_the_operator_alone_names_others(api_server: Any, ask: Ask, namespace: str) -> None:
    """It makes the trials of a Sweep, for the one who made the Sweep."""
    account = "system:serviceaccount:chiplog-system:chiplog-operator"
    rules = [{"apiGroups": ["chiplog.dev"], "resources": ["trainingruns"], "verbs": ["create", "get"]},
             {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}]  # fmt: skip
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": "operator", "namespace": namespace}, "rules": rules}  # fmt: skip
    assert api_server("apply", "-f", "-", stdin=role).returncode == 0
    api_server("create", "rolebinding", "operator", "--role=operator", f"--user={account}", "-n", namespace)
    assert ask(account, "create", run("trial", by="alice")) == ""
