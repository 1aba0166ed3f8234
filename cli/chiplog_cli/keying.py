"""Makes, renews and ends API keys in the current Kubernetes context, with the user's own rights; it keeps no key.

What was made before something failed is taken away again, so that no half of a key stays.
"""

import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chiplog.access import keys
from chiplog.access.keys import Key
from chiplog.errors import ChiplogError, NotFound, SettingsError
from chiplog_cli import keys as objects

Json = dict[str, Any]


class Cluster(Protocol):
    """What is asked of the API server. Each may raise ClusterDenied, ClusterUnreachable, SettingsError."""

    def get(self, path: str, query: list[tuple[str, str]] | None = None) -> Json | None:
        """An object, or a list of them; None where there is none."""

    def make(self, path: str, body: Json) -> Json:
        """Make an object. Raises NotFound where its place is missing, SettingsError where it is there already."""

    def change(self, path: str, patch: Json) -> Json:
        """Change an object by a merge patch. Raises NotFound."""

    def remove(self, path: str) -> None:
        """Delete an object; one that is gone is no error."""


@dataclass(frozen=True)
class Made:
    """A key that was made just now."""

    key: Key
    token: str

    def __repr__(self) -> str:
        return f"Made({self.key!r}, token=…)"


def every(cluster: Cluster, name: str = "") -> list[Key]:
    """The generations of all keys, or of one, the newest of each last; those whose handle is gone are none."""
    query = [("labelSelector", f"{keys.LABEL}={name}" if name else keys.LABEL)]
    accounts, handles = (cluster.get(path, query) or {} for path in (keys.ACCOUNTS, keys.SECRETS))
    uids = {item["metadata"]["uid"] for item in handles.get("items", [])}
    known = [key for item in accounts.get("items", []) if (key := keys.key(item)) is not None]
    return sorted((key for key in known if key.handle_uid in uids), key=lambda key: (key.name, key.generation))


def create(cluster: Cluster, wish: Key) -> Made:
    """Make the first generation of a key. Raises SettingsError where there is one of that name."""
    account = f"/api/v1/namespaces/{wish.namespace}/serviceaccounts/{urllib.parse.quote(wish.service_account)}"
    if cluster.get(account) is None:
        raise NotFound(f"there is no ServiceAccount {wish.service_account} in namespace {wish.namespace}")
    if every(cluster, wish.name):
        raise SettingsError(f"there is a key {wish.name} already: chiplog keys rotate {wish.name}, or revoke it")
    roles, bindings = objects.paths(wish)
    with _undone(cluster) as undo:
        # First what needs the rarest right: nobody can give what they may not do themselves.
        undo.make(roles, objects.role(wish))
        undo.make(bindings, objects.binding(wish))
        return _issue(cluster, undo, wish, is_first=True)


def rotate(cluster: Cluster, name: str, overlap_seconds: int, asked_seconds: int | None, now: float) -> Made:
    """Make the next generation; earlier ones end after the overlap. Raises NotFound, SettingsError."""
    present = _present(cluster, name)
    newest = present[-1]
    wish = replace(newest, generation=newest.generation + 1, asked_seconds=asked_seconds or newest.asked_seconds)
    binding = f"{objects.paths(wish)[1]}/{wish.role}"
    with _undone(cluster) as undo:
        cluster.change(binding, {"subjects": objects.subjects([*present, wish])})
        made = _issue(cluster, undo, wish)
    for key in present:
        _end(cluster, key, now + overlap_seconds, now)
    return made


def revoke(cluster: Cluster, name: str) -> list[Key]:
    """End every generation of a key now. Raises NotFound."""
    present = _present(cluster, name)
    for key in present:
        cluster.remove(f"{keys.SECRETS}/{key.handle}")  # From here on its token is nobody's.
    for key in present:
        cluster.remove(f"{keys.ACCOUNTS}/{key.handle}")
    for path in objects.paths(present[-1])[::-1]:
        cluster.remove(f"{path}/{present[-1].role}")
    return present


class _Undo:
    """What was made, so that it can be taken away again."""

    def __init__(self, cluster: Cluster, stack: ExitStack) -> None:
        self._cluster = cluster
        self._stack = stack

    def make(self, path: str, body: Json) -> Json:
        """Make an object that goes again if something later fails."""
        made = self._cluster.make(path, body)
        self._stack.callback(self._remove, f"{path}/{body['metadata']['name']}")
        return made

    def _remove(self, path: str) -> None:
        with suppress(ChiplogError):  # The error that brought us here is the one to tell.
            self._cluster.remove(path)


@contextmanager
def _undone(cluster: Cluster) -> Iterator[_Undo]:
    with ExitStack() as stack:
        yield _Undo(cluster, stack)
        stack.pop_all()


def _issue(cluster: Cluster, undo: _Undo, wish: Key, *, is_first: bool = False) -> Made:
    """The handle, the ServiceAccount and the token of a generation; by the handle of the first all are one key."""
    try:
        uid = undo.make(keys.SECRETS, objects.handle(wish))["metadata"]["uid"]
    except NotFound as error:
        raise NotFound(f"{error}: the chart makes the namespace {keys.NAMESPACE} where its door is enabled") from error
    wish = replace(wish, first_uid=uid) if is_first else wish
    undo.make(keys.ACCOUNTS, objects.service_account(wish, uid))
    status = cluster.make(f"{keys.ACCOUNTS}/{wish.handle}/token", objects.token_request(wish, uid))["status"]
    told = keys.made(status["expirationTimestamp"], objects.fingerprint(status["token"]))
    account = cluster.change(f"{keys.ACCOUNTS}/{wish.handle}", objects.annotated(told))
    return Made(keys.key(account) or wish, status["token"])


def _end(cluster: Cluster, key: Key, ends_at: float, now: float) -> None:
    """Let a generation end then, or earlier where that was said already."""
    if key.ends_at is not None and key.ends_at < ends_at:
        return
    if ends_at <= now:
        cluster.remove(f"{keys.SECRETS}/{key.handle}")
        cluster.remove(f"{keys.ACCOUNTS}/{key.handle}")
        return
    with suppress(NotFound):  # Somebody ended it meanwhile.
        told = {keys.ENDS: keys.text(ends_at)}
        cluster.change(f"{keys.ACCOUNTS}/{key.handle}", objects.annotated(told))


def _present(cluster: Cluster, name: str) -> list[Key]:
    present = every(cluster, keys.checked_name(name))
    if not present:
        raise NotFound(f"there is no key {name}")
    return present
