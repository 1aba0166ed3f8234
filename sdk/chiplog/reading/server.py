"""A dashboard's HTTP API as a source of runs (docs/openapi.json); it needs nothing but the standard library.

A key goes to the server that was named and to no other: redirects are not followed.
"""

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from chiplog import codec, layout
from chiplog.errors import (
    AccessDenied,
    AmbiguousRun,
    ChiplogError,
    FormatError,
    QueryError,
    RunNotFound,
    SettingsError,
    Unreachable,
)
from chiplog.reading import columns
from chiplog.reading.console import Line
from chiplog.reading.files import File
from chiplog.reading.views import RunView

if TYPE_CHECKING:
    import numpy as np

Row = dict[str, Any]
Asked = Iterable[tuple[str, Any]]

TIMEOUT_SECONDS = 60.0
_BLOCK_BYTES = 1 << 20
_NEAR = ("localhost", "127.0.0.1", "::1")
_EXACT = ("exact", "true")
_OURS = ("id", "keys", "system_keys", "archived", "deleted")
"""What the API says of a run beside what `chiplog show -o json` does."""

ERRORS: dict[str, type[ChiplogError]] = {
    "bad_query": QueryError,
    "bad_request": SettingsError,
    "not_found": RunNotFound,
    "ambiguous": AmbiguousRun,
    "damaged": FormatError,
    "not_allowed": AccessDenied,
    "not_signed_on": AccessDenied,
}
"""The API's codes as the errors that they were."""


class Server:
    """A dashboard.

    Args:
        address: `https://…`; plain HTTP with a token is for this machine and for names inside a cluster.
        token: an API key, or a token for the audience `chiplog-api`; empty where there is no sign-on.

    Raises SettingsError for an address that is none.
    """

    def __init__(self, address: str, token: str = "") -> None:
        self._address = _checked(address, bool(token)).rstrip("/")
        self._headers = {"Accept": "*/*", **({"Authorization": f"Bearer {token}"} if token else {})}
        self._opener = urllib.request.build_opener(_NoRedirects)

    def select(self, filter: str, namespace: str, cluster: str) -> list[RunView]:  # noqa: A002
        """The runs that an expression means, in its order. Raises QueryError, BucketError."""
        asked = [("filter", filter), ("namespace", namespace), ("cluster", cluster), _EXACT]
        return [_view(item) for item in self._document("/runs", asked)["runs"]]

    def find(self, name: str, namespace: str, cluster: str) -> RunView:
        """The run that a name means. Raises RunNotFound, AmbiguousRun, BucketError."""
        asked = [("name", name), ("namespace", namespace), ("cluster", cluster), _EXACT]
        return _view(self._document("/find", asked))

    def again(self, view: RunView) -> RunView:
        """The run as it is now. Raises RunNotFound, BucketError."""
        return self.told(view)[0]

    def told(self, view: RunView) -> tuple[RunView, dict[str, Any]]:
        """The run with its own words in full, and what `chiplog show -o json` says. Raises RunNotFound, BucketError."""
        found = self._document(_path(view), [_EXACT])
        return _view(found), {name: value for name, value in found.items() if name not in _OURS}

    def rows(self, view: RunView, keys: Sequence[str], attempt: int | None, kind: str = "history") -> Iterator[Row]:
        """Rows as they come. Raises BucketError."""
        asked = [*(("key", key) for key in keys), ("attempt", attempt), ("kind", kind)]
        return self._lines(f"{_path(view)}/history", asked)

    def columns(self, view: RunView, keys: Sequence[str], attempt: int | None) -> "dict[str, np.ndarray[Any, Any]]":
        """The rows as columns. Raises BucketError."""
        return columns.of_rows(self.rows(view, keys, attempt), tuple(dict.fromkeys(keys)))

    def files(self, view: RunView, attempt: int | None, *, every: bool) -> list[File]:
        """Files. Raises BucketError."""
        asked = [("attempt", attempt), ("every", "true" if every else "")]
        found = self._document(f"{_path(view)}/files", asked)["files"]
        return [File(**{**item, "modified": _seconds(item["modified"])}) for item in found]

    def fetch(self, view: RunView, file: File, target: BinaryIO) -> None:
        """A file's content. Raises FormatError where it is missing or damaged; BucketError."""
        if file.key is None or file.sha256 is None:
            raise FormatError(f"{file.path} was not recorded: {file.missing}")
        digest = hashlib.sha256()
        path = f"{_path(view)}/files/{_quoted(file.recorder)}/{_quoted(file.sha256)}"
        for block in self._blocks(path):
            digest.update(block)
            target.write(block)
        if digest.hexdigest() != file.sha256:
            raise FormatError(f"{file.path} is damaged: its SHA-256 is {digest.hexdigest()}, not {file.sha256}")

    def lines(self, view: RunView, attempt: int | None, source: str) -> Iterator[Line]:
        """The console. Raises BucketError."""
        for line in self._lines(f"{_path(view)}/logs", [("attempt", attempt), ("source", source)]):
            yield Line(**line)

    def _document(self, path: str, asked: Asked) -> Any:
        body = b"".join(self._blocks(path, asked))
        try:
            return codec.number(json.loads(body))
        except ValueError as error:
            raise Unreachable(f"{self._address} is no dashboard of ours: {path} is no JSON") from error

    def _lines(self, path: str, asked: Asked) -> Iterator[Any]:
        rest = b""
        for block in self._blocks(path, asked):
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                yield codec.number(json.loads(line))

    def _blocks(self, path: str, asked: Asked = ()) -> Iterator[bytes]:
        query = urlencode([(name, value) for name, value in asked if value not in ("", None)])
        request = urllib.request.Request(f"{self._address}/api/v1{path}?{query}", headers=self._headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                while block := answer.read(_BLOCK_BYTES):
                    yield block
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self._address} does not answer: {error}") from error

    def _refusal(self, error: urllib.error.HTTPError) -> ChiplogError:
        try:
            told = json.loads(error.read(1 << 16))["error"]
            return ERRORS.get(told["code"], Unreachable)(told["message"])
        except (ValueError, KeyError, TypeError, OSError):
            return Unreachable(f"{self._address} answers {error.code}: is that the dashboard?")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: the answer itself is then an error."""


def _checked(address: str, has_token: bool) -> str:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise SettingsError(f"server={address!r} is no address like https://chiplog.example.org")
    is_near = host in _NEAR or "." not in host or host.endswith((".svc", ".svc.cluster.local"))
    if parts.scheme == "http" and has_token and not is_near:
        raise SettingsError(f"server={address!r} would be sent the key in the clear: write https://")
    return address


def _path(view: RunView) -> str:
    place: layout.Run = view.key
    return "/runs/" + "/".join(map(_quoted, (place.cluster, place.namespace, place.id)))


def _quoted(part: str) -> str:
    return quote(part, safe="")


def _view(told: dict[str, Any]) -> RunView:
    created = told["created_at"]
    return RunView(
        cluster=told["cluster"],
        namespace=told["namespace"],
        project=told["project"],
        run=told["run"],
        name=told["name"],
        state=told["state"],
        reason=told["reason"],
        attempts=told["attempts"],
        step=told["step"],
        started_at=_seconds(told["started_at"]),
        finished_at=_seconds(told["finished_at"]),
        config=told["config"],
        summary=told["summary"],
        tags=told["tags"],
        lag_seconds=told["lag_seconds"],
        created_at=(_seconds(created) if isinstance(created, str) else created) or 0.0,
        is_bound=told["bound"],
    )


def _seconds(moment: str | None) -> float | None:
    return datetime.fromisoformat(moment).timestamp() if moment else None
