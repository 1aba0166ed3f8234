"""Keys as people make and see them, over a cluster in memory; an integration test asks a real API server."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from chiplog.errors import ClusterUnreachable, NotFound, SettingsError

NOW = 1_795_000_000.0
SECRETS = "/api/v1/namespaces/chiplog-keys/secrets"
ACCOUNTS = "/api/v1/namespaces/chiplog-keys/serviceaccounts"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/team"
MADE = {f"{SECRETS}/ci-1", f"{ACCOUNTS}/ci-1", f"{RBAC}/roles/chiplog-key-ci", f"{RBAC}/rolebindings/chiplog-key-ci"}


class Cluster:
    """Objects by path; a token is `key.<handle>.<number>`."""

    context, namespace = "test", "team"

    def __init__(self, clip_at: str = "2026-11-19T11:06:40Z") -> None:
        self.objects: dict[str, Any] = {"/api/v1/namespaces/team/serviceaccounts/trainer": {}}
        self.breaks_at = ""
        self._clip_at, self._numbers = clip_at, itertools.count(1)

    def get(self, path: str, query: Any = None) -> Any:
        if path not in (SECRETS, ACCOUNTS):
            return self.objects.get(path)
        ((_, selector),) = query
        name, _, wanted = selector.partition("=")
        items = [body for key, body in self.objects.items() if key.startswith(f"{path}/")]
        return {"items": [body for body in items if body["metadata"]["labels"].get(name, "") in (wanted, "" )
                          or not wanted]}  # fmt: skip

    def make(self, path: str, body: Any) -> Any:
        if path.endswith(self.breaks_at or "no such"):
            raise ClusterUnreachable(path)
        if path.endswith("/token"):
            handle, asked = path.split("/")[-2], body["spec"]
            assert asked["boundObjectRef"]["uid"] == self.objects[f"{SECRETS}/{handle}"]["metadata"]["uid"]
            assert asked["audiences"] == ["chiplog-api"]
            return {"status": {"token": f"key.{handle}.{next(self._numbers)}", "expirationTimestamp": self._clip_at}}
        place = f"{path}/{body['metadata']['name']}"
        if place in self.objects:
            raise SettingsError(f"{place} already exists")
        stamp = {"uid": f"uid-{next(self._numbers)}", "creationTimestamp": "2026-11-18T11:06:40Z"}
        self.objects[place] = {**body, "metadata": {**body["metadata"], **stamp}}
        return self.objects[place]

    def change(self, path: str, patch: Any) -> Any:
        if path not in self.objects:
            raise NotFound(path)
        body = self.objects[path]
        body["metadata"].setdefault("annotations", {}).update(patch.get("metadata", {}).get("annotations", {}))
        body.update({name: value for name, value in patch.items() if name != "metadata"})
        return body

    def remove(self, path: str) -> None:
        self.objects.pop(path, None)

    def made(self) -> set[str]:
        return set(self.objects) - {"/api/v1/namespaces/team/serviceaccounts/trainer"}


CREATE = ("keys", "create", "ci", "--service-account", "trainer", "--project", "digits")


def test_a_key_is_printed_alone_and_once(chiplog: Any) -> None:
    cluster = Cluster()
    done = chiplog(*CREATE, connect=lambda: cluster)
    assert (done.exit_code, done.stdout) == (0, "key.ci-1.5\n")
    assert "ci-1 may write digits of team as trainer, until 2026-11-19 11:06:40 UTC" in done.stderr
    assert "key.ci-1.5" not in done.stderr + str(cluster.objects)
    assert cluster.made() == MADE


def test_a_clipped_expiry_is_said_as_it_is(chiplog: Any) -> None:
    done = chiplog(*CREATE, connect=Cluster)
    assert (
        "this cluster makes no longer ones (1d0h instead of 90d0h); renew it with chiplog keys rotate ci" in done.stderr
    )
    other = [word.replace("ci", "laptop") for word in CREATE]
    exact = chiplog(*other, "--expires", "24h", connect=Cluster)
    assert "no longer ones" not in exact.stderr


def test_a_role_names_the_project_or_every_one(chiplog: Any) -> None:
    cluster = Cluster()
    chiplog(*CREATE, connect=lambda: cluster)
    (rule,) = cluster.objects[f"{RBAC}/roles/chiplog-key-ci"]["rules"]
    assert rule == {"apiGroups": ["chiplog.dev"], "resources": ["projects"], "resourceNames": ["digits"],
                    "verbs": ["get", "update"]}  # fmt: skip
    chiplog("keys", "create", "all", "--service-account", "trainer", "--all-projects", "--scope", "read",
            connect=lambda: cluster)  # fmt: skip
    (rule,) = cluster.objects[f"{RBAC}/roles/chiplog-key-all"]["rules"]
    assert rule == {"apiGroups": ["chiplog.dev"], "resources": ["projects"], "verbs": ["get"]}


@pytest.mark.parametrize("breaks_at", ["/roles", "/rolebindings", "/secrets", "/serviceaccounts", "/token"])
def test_whatever_fails_no_half_of_a_key_stays(chiplog: Any, breaks_at: str) -> None:
    cluster = Cluster()
    cluster.breaks_at = breaks_at
    assert chiplog(*CREATE, connect=lambda: cluster).exit_code == 5
    assert cluster.made() == set()


def test_a_rotated_key_leaves_the_old_one_its_overlap(chiplog: Any, tmp_path: Path) -> None:
    cluster, file = Cluster(), tmp_path / "key"
    chiplog(*CREATE, connect=lambda: cluster)
    file.write_text("the old one")
    done = chiplog("keys", "rotate", "ci", "--overlap", "2h", "--to", str(file), connect=lambda: cluster)
    assert (done.exit_code, done.stdout) == (0, "")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("key.ci-2.8\n", 0o600)
    bound = cluster.objects[f"{RBAC}/rolebindings/chiplog-key-ci"]["subjects"]
    assert [item["name"] for item in bound] == ["ci-1", "ci-2"]
    ends = cluster.objects[f"{ACCOUNTS}/ci-1"]["metadata"]["annotations"]["chiplog.dev/ends-at"]
    assert ends.startswith("20")
    assert "chiplog.dev/ends-at" not in cluster.objects[f"{ACCOUNTS}/ci-2"]["metadata"]["annotations"]
    again = chiplog("keys", "rotate", "ci", "--overlap", "9h", connect=lambda: cluster)
    assert again.exit_code == 0
    assert cluster.objects[f"{ACCOUNTS}/ci-1"]["metadata"]["annotations"]["chiplog.dev/ends-at"] == ends


def first(cluster: Cluster, handle: str) -> str:
    return str(cluster.objects[f"{ACCOUNTS}/{handle}"]["metadata"]["annotations"].get("chiplog.dev/first-handle", ""))


def test_a_key_is_known_by_its_first_handle_in_every_generation_and_made_again_it_is_another(chiplog: Any) -> None:
    cluster = Cluster()
    chiplog(*CREATE, connect=lambda: cluster)
    chiplog("keys", "rotate", "ci", "--overlap", "2h", connect=lambda: cluster)
    uid = cluster.objects[f"{SECRETS}/ci-1"]["metadata"]["uid"]
    assert [first(cluster, handle) for handle in ("ci-1", "ci-2")] == [uid, uid]
    chiplog("keys", "revoke", "ci", connect=lambda: cluster)
    chiplog(*CREATE, connect=lambda: cluster)
    assert first(cluster, "ci-1") not in ("", uid)


def test_a_key_of_before_it_was_known_by_its_first_handle_stays_as_it_is(chiplog: Any) -> None:
    cluster = Cluster()
    chiplog(*CREATE, connect=lambda: cluster)
    del cluster.objects[f"{ACCOUNTS}/ci-1"]["metadata"]["annotations"]["chiplog.dev/first-handle"]
    chiplog("keys", "rotate", "ci", "--overlap", "2h", connect=lambda: cluster)
    assert first(cluster, "ci-2") == ""


def test_without_an_overlap_the_old_one_ends_now(chiplog: Any) -> None:
    cluster = Cluster()
    chiplog(*CREATE, connect=lambda: cluster)
    assert chiplog("keys", "rotate", "ci", "--overlap", "0s", connect=lambda: cluster).exit_code == 0
    assert f"{SECRETS}/ci-1" not in cluster.objects
    assert f"{SECRETS}/ci-2" in cluster.objects


def test_a_revoked_key_leaves_nothing(chiplog: Any) -> None:
    cluster = Cluster()
    chiplog(*CREATE, connect=lambda: cluster)
    chiplog("keys", "rotate", "ci", connect=lambda: cluster)
    assert chiplog("keys", "revoke", "ci", connect=lambda: cluster).exit_code == 0
    assert cluster.made() == set()
    assert chiplog("keys", "revoke", "ci", connect=lambda: cluster).exit_code == 3


def test_a_list_shows_what_is_known_of_a_key_and_never_a_key(chiplog: Any) -> None:
    cluster = Cluster("2099-11-19T11:06:40Z")
    chiplog(*CREATE, connect=lambda: cluster)
    cluster.change(
        f"{ACCOUNTS}/ci-1", {"metadata": {"annotations": {"chiplog.dev/last-used-at": "2026-11-18T13:00:00Z"}}}
    )
    done = chiplog("keys", "list", "-o", "csv", connect=lambda: cluster)
    head, row = done.stdout.splitlines()
    told = dict(zip(head.split(","), row.split(","), strict=True))
    assert told["last_used_at"] == "2026-11-18T13:00:00.000Z"
    assert (told["name"], told["project"], told["state"]) == ("ci", "digits", "active")
    assert "key.ci" not in done.stdout
    assert "trainer" in chiplog("keys", "list", connect=lambda: cluster).stdout


@pytest.mark.parametrize(
    "words",
    [("create", "Ci", "--service-account", "s", "--project", "p"), ("create", "ci", "--service-account", "s"),
     ("create", "ci", "--service-account", "s", "--project", "p", "--all-projects"),
     ("create", "ci", "--service-account", "s", "--project", "p", "--expires", "soon"),
     ("rotate", "ci", "--overlap", "1")],
)  # fmt: skip
def test_wrong_words_make_no_key(chiplog: Any, words: tuple[str, ...]) -> None:
    cluster = Cluster()
    assert chiplog("keys", *words, connect=lambda: cluster).exit_code == 2
    assert cluster.made() == set()
