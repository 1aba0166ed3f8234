"""API keys on a real API server: what TokenReview and RBAC say of one that is made, renewed, ended and taken away."""

import os
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from chiplog.access import Person, Right, keys
from chiplog.access.reviews import Reviews
from chiplog_cli import cluster, keying
from chiplog_cli import keys as objects
from chiplog_cli.main import cli
from chiplog_cli.session import Session
from chiplog_operator.kube import Kube
from chiplog_operator.overlaps import Overlaps

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def reviews() -> Reviews:
    return Reviews.connect("chiplog-api")


@pytest.fixture(scope="module")
def team(kubectl: Any) -> Any:
    """A namespace with a ServiceAccount, and the one of the keys."""
    name = f"it-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", keys.NAMESPACE)
    for words in (["create", "namespace", name], ["create", "serviceaccount", "trainer", "-n", name]):
        done = kubectl(*words)
        assert done.returncode == 0, done.stderr
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def name(kubectl: Any) -> Any:
    """A key's name of the test's own."""
    name = f"k{uuid.uuid4().hex[:8]}"
    yield name
    kubectl("delete", "secret,serviceaccount", "-n", keys.NAMESPACE, "-l", f"{keys.LABEL}={name}", "--wait=false")


@pytest.fixture
def chiplog(team: str) -> Callable[..., Any]:
    """`chiplog keys …` in the test's namespace."""

    def call(*words: str) -> Any:
        return CliRunner().invoke(cli, ["keys", *words], obj=Session(namespace=team), catch_exceptions=False)

    return call


def create(chiplog: Callable[..., Any], name: str, *words: str) -> str:
    done = chiplog("create", name, "--service-account", "trainer", *(words or ("--project", "digits")))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.strip() not in done.stderr
    return str(done.stdout.strip())


def rights(reviews: Reviews, person: Person | None, team: str) -> dict[str, bool]:
    assert person
    asked = {
        "read": Right("get", "projects", team, "digits"),
        "write": Right("update", "projects", team, "digits"),
        "other project": Right("get", "projects", team, "speech"),
        "other namespace": Right("get", "projects", "default", "digits"),
        "runs": Right("list", "trainingruns", team),
    }
    return {what: reviews.may(person, right) for what, right in asked.items()}


def test_a_key_is_its_own_service_account_and_may_what_its_scope_says(
    chiplog: Any, reviews: Reviews, team: str, name: str
) -> None:
    person = reviews.person(create(chiplog, name))
    assert person
    assert person.name == f"system:serviceaccount:chiplog-keys:{name}-1"
    assert keys.handle_of_user(person.name) == f"{name}-1"
    allowed = {"read", "write"}
    assert rights(reviews, person, team) == {
        what: what in allowed for what in ("read", "write", "other project", "other namespace", "runs")
    }


def test_a_key_that_reads_does_not_write(chiplog: Any, reviews: Reviews, team: str, name: str) -> None:
    person = reviews.person(create(chiplog, name, "--all-projects", "--scope", "read"))
    told = rights(reviews, person, team)
    assert (told["read"], told["other project"], told["write"], told["other namespace"]) == (True, True, False, False)


def test_a_key_is_worth_nothing_to_anybody_but_us(chiplog: Any, kubectl: Any, name: str) -> None:
    token = create(chiplog, name)
    assert Reviews.connect("chiplog-bucket").person(token) is None
    asked = kubectl("auth", "whoami", "--token", token, "--kubeconfig", _without_credentials(kubectl))
    assert asked.returncode != 0
    assert "Unauthorized" in asked.stderr or "must be logged in" in asked.stderr


def _without_credentials(kubectl: Any) -> str:
    """The kubeconfig without its user: a client certificate would win over a token."""
    config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    config["users"] = [{"name": user["name"], "user": {}} for user in config["users"]]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        yaml.safe_dump(config, file)
    return file.name


def test_the_real_expiry_is_shown_and_the_least_is_refused(chiplog: Any, name: str) -> None:
    before = time.time()
    create(chiplog, name, "--project", "digits", "--expires", "90d")
    (key,) = keying.every(cluster.connect(), name)
    assert key.expires_at
    assert abs(key.expires_at - before - 90 * 86_400) < 120
    refused = chiplog("create", f"{name}b", "--service-account", "trainer", "--project", "p", "--expires", "5m")
    assert (refused.exit_code, "10m, the least" in refused.stderr) == (2, True)


def test_what_would_be_no_key_leaves_nothing_behind(chiplog: Any, kubectl: Any, team: str, name: str) -> None:
    create(chiplog, name)
    again = chiplog("create", name, "--service-account", "trainer", "--project", "digits")
    assert (again.exit_code, "rotate" in again.stderr) == (2, True)
    nobody = chiplog("create", f"{name}b", "--service-account", "nobody", "--project", "digits")
    assert (nobody.exit_code, f"no ServiceAccount nobody in namespace {team}" in nobody.stderr) == (3, True)
    # A ServiceAccount of the next key's name is there: its token cannot be bound, and the rest goes again.
    kubectl("create", "serviceaccount", f"{name}c-1", "-n", keys.NAMESPACE)
    half = chiplog("create", f"{name}c", "--service-account", "trainer", "--project", "digits")
    assert half.exit_code == 2
    left = kubectl("get", "role,rolebinding", "-n", team, "-l", f"{keys.LABEL}={name}c", "-o", "name").stdout
    assert (
        left + kubectl("get", "secret", "-n", keys.NAMESPACE, "-l", f"{keys.LABEL}={name}c", "-o", "name").stdout == ""
    )
    kubectl("delete", "serviceaccount", f"{name}c-1", "-n", keys.NAMESPACE)


def test_a_revoked_key_is_nobody_s(chiplog: Any, kubectl: Any, reviews: Reviews, team: str, name: str) -> None:
    token = create(chiplog, name)
    assert chiplog("revoke", name).exit_code == 0
    assert reviews.person(token) is None  # One that it was asked about before, the API server remembers for 10 s.
    for where in (["secret,serviceaccount", "-n", keys.NAMESPACE], ["role,rolebinding", "-n", team]):
        assert kubectl("get", *where, "-l", f"{keys.LABEL}={name}", "-o", "name").stdout == ""
    assert chiplog("revoke", name).exit_code == 3


def test_both_keys_are_good_in_the_overlap_and_the_operator_ends_it(
    chiplog: Any, reviews: Reviews, team: str, name: str, tmp_path: Path
) -> None:
    first, place = create(chiplog, name), tmp_path / "key"
    done = chiplog("rotate", name, "--overlap", "1h", "--to", str(place))
    assert (done.exit_code, done.stdout) == (0, "")
    assert place.stat().st_mode & 0o777 == 0o600
    second = place.read_text().strip()
    for token in (first, second):
        assert rights(reviews, reviews.person(token), team)["write"]
    listed = chiplog("list", "-o", "json").stdout
    assert first not in listed
    assert second not in listed

    overlaps = Overlaps(Kube.connect(), lambda: time.time() + 3500)
    overlaps.end()
    assert [key.generation for key in keying.every(cluster.connect(), name)] == [1, 2]
    Overlaps(Kube.connect(), lambda: time.time() + 3700).end()
    assert [key.generation for key in keying.every(cluster.connect(), name)] == [2]
    assert rights(reviews, reviews.person(second), team)["write"]


def test_nobody_gives_a_right_that_they_do_not_have(kubectl: Any, team: str, name: str) -> None:
    """Somebody who may make Roles, and has no project of their own: RBAC's own rule stops them."""
    kubectl("create", "role", "maker", "--verb=create,get", "--resource=roles", "-n", team)
    kubectl("create", "rolebinding", "maker", "--role=maker", "--user=mallory", "-n", team)
    wish = keys.Key(name, 1, team, "trainer", "digits", keys.WRITE, 600)
    denied = kubectl("create", "-n", team, "-f", "-", "--as=mallory", stdin=objects.role(wish))
    assert "attempting to grant RBAC permissions not currently held" in denied.stderr
