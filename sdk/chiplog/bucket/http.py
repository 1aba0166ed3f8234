"""A bucket behind a door of ours, over HTTPS with an API key, for machines without credentials of the store itself.

What one may there the door decides; nothing here holds a copy of its rules. It needs nothing but the standard library.
"""

import errno
import http.client
import io
import json
import os
import random
import ssl
import threading
import time
import urllib.request
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import SplitResult, urlencode, urlsplit

import chiplog
from chiplog.bucket import ETag, Listed, Stored, folders_of, ranges, wire
from chiplog.bucket.apikey import ApiKey
from chiplog.errors import (
    AccessDenied,
    BucketError,
    BucketMissing,
    FormatError,
    NotFound,
    PreconditionFailed,
    SettingsError,
    Unreachable,
)

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
"""For an answer: the door may be at work on a large file."""

TRIES = 4
"""Of one request, where the connection broke or the door asked for a pause."""

MAX_PAUSE_SECONDS = 5.0
"""A longer `Retry-After` is for our caller, who knows better whether to wait."""

SMALL_BYTES = 6 * 1024 * 1024
"""A larger file is asked for first, so that none is sent in vain."""

MAX_IDLE = 8
"""Connections that are kept for the next request."""

_BLOCK_BYTES = 1 << 20
_LOCAL = ("localhost", "127.0.0.1", "::1")
_CONNECTION = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Home:
    """Where records that come in through a door belong, by the key."""

    cluster: str
    namespace: str
    project: str
    """The only one that the key is for; empty: every one of the namespace."""


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | Path | None = None
    what: str = ""

    @property
    def size(self) -> int:
        return len(self.body) if isinstance(self.body, bytes) else 0


class HttpBucket:
    """The `Bucket` protocol over a door; threads may share it.

    Args:
        address: `https://host` or `https://host/path`; http only for this machine.
        key: shown with every request.
        on_request: `on_request(operation, bytes)` is called for every request.
    """

    def __init__(self, address: str, key: ApiKey, on_request: Callable[[str, int], None] | None = None) -> None:
        self._url = check(address)
        self._address = address.rstrip("/")
        self._key = key
        self._on_request = on_request
        self._context = ssl.create_default_context() if self._url.scheme == "https" else None
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        weakref.finalize(self, _close, self._idle)

    def home(self) -> Home:
        """Where what we write belongs. Raises BucketError."""
        told = json.loads(self._ask(_Request("GET", wire.WHOAMI, {}, what="who we are"), "WhoAmI")[1])
        return Home(told["cluster"], told["namespace"], told["project"])

    def get(self, key: str) -> Stored:
        """Read an object."""
        headers, data = self._ask(self._of("GET", key), "GetObject")
        modified, read_at = (float(headers[name.lower()]) for name in (wire.MODIFIED, wire.TIME))
        return Stored(data, ETag(headers["etag"]), modified, read_at)

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        """Write an object under the given condition."""
        conditions = {"If-Match": str(if_match)} if if_match is not None else {}
        if if_absent:
            conditions["If-None-Match"] = "*"
        try:
            return ETag(self._ask(self._of("PUT", key, conditions, data), "PutObject")[0]["etag"])
        except OSError as error:
            raise AccessDenied(f"PUT {self._address} {key}: {error.strerror}") from error

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Write a file; the door compares it with its SHA-256. Raises OSError for one that is larger than it takes."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > SMALL_BYTES and any(item.key == key and item.size == size for item in self.list(key)):
                return
        headers = {wire.SHA256: sha256, "Content-Length": str(size)}
        with suppress(PreconditionFailed):  # Such a key names its content: where something is, it is this.
            self._ask(self._of("PUT", key, headers, path), "PutObject")

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """Read an object, or a range of its bytes, as a stream, over a connection of its own."""
        wanted = {"start": str(start)} if start or end is not None else {}
        if end is not None:
            wanted["end"] = str(end)
        request = self._of("GET", key, None, None, stream="1", **wanted)
        connection = self._connect()
        try:
            answer = self._send(connection, request)
            if answer.status != 200:
                raise self._refusal(request, answer, answer.read())
        except _CONNECTION as error:
            connection.close()
            raise Unreachable(f"{request.what}: {error}") from error
        except BucketError:
            connection.close()
            raise
        body = cast("BinaryIO", io.BufferedReader(_Body(answer, connection, request.what), _BLOCK_BYTES))
        if not wanted or answer.headers.get(wire.START) == str(start):
            return body
        ranges.skipped(body, start)  # A door of an earlier version gives it whole.
        return body if end is None else ranges.limited(body, end - start)

    def list(self, prefix: str) -> Iterator[Listed]:
        """All objects under `prefix`."""
        what = f"LIST {self._address} {prefix}"
        path = f"{wire.OBJECTS}?{urlencode({'prefix': prefix})}"
        lines = self._ask(_Request("GET", path, {}, what=what), "ListObjectsV2")[1].splitlines()
        told = [json.loads(line) for line in lines]
        if not told or told[-1].get(wire.LAST) != len(told) - 1:
            raise Unreachable(f"{what}: the list ends early")
        for item in told[:-1]:
            yield Listed(item["key"], item["size"], ETag(item["etag"]), item["modified"])

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        """The folders right below `prefix`; the door lists objects alone."""
        return folders_of(self.list(prefix), prefix, after, until)

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:  # noqa: ARG002
        """Nobody deletes through a door."""
        raise AccessDenied(f"DELETE {self._address} {key}: nothing is deleted through a door")

    def _of(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Path | None = None,
        **parameters: str,
    ) -> _Request:
        path = f"{wire.OBJECT}?{urlencode({'key': key, **parameters})}"
        return _Request(method, path, headers or {}, body, f"{method} {self._address} {key}")

    def _ask(self, request: _Request, operation: str) -> tuple[Mapping[str, str], bytes]:
        """Ask until there is an answer that is none of "later", a few times. Raises BucketError, FormatError."""
        key = self._key.read()
        for number in range(1, TRIES + 1):
            if self._on_request is not None:
                self._on_request(operation, request.size)
            error = self._try(request)
            if not isinstance(error, BucketError):
                return error
            is_renewed = isinstance(error, AccessDenied) and self._key.read() != key
            if number == TRIES or not (isinstance(error, Unreachable) or is_renewed):
                raise error
            if isinstance(error, Unreachable) and error.retry_after_seconds > MAX_PAUSE_SECONDS:
                raise error
            key = self._key.read()
            time.sleep(_pause(error, number))
        raise AssertionError("a try returns or raises")

    def _try(self, request: _Request) -> tuple[Mapping[str, str], bytes] | BucketError:
        """One request: the answer, or why there is none. Raises FormatError, OSError for a body that is not taken."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        connection = kept or self._connect()
        try:
            answer = self._send(connection, request)
            data = answer.read()
        except _CONNECTION as error:
            connection.close()
            # One that stood idle may have been closed by the door: no reason to pause.
            return _unreachable(f"{request.what}: {error or type(error).__name__}", 0.001 if kept else 0.0)
        self._keep(connection, is_open=not answer.will_close)
        if answer.status == 200:
            return {name.lower(): value for name, value in answer.headers.items()}, data
        return self._refusal(request, answer, data)

    def _keep(self, connection: http.client.HTTPConnection, *, is_open: bool) -> None:
        with self._lock:
            if is_open and len(self._idle) < MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, request: _Request) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._key.read()}", "User-Agent": f"chiplog/{chiplog.__version__}"}
        path = self._url.path + request.path
        if isinstance(request.body, Path):
            with request.body.open("rb") as file, suppress(ConnectionError):
                # A door that refuses need not read it all: then its answer is there, and the rest cannot be sent.
                connection.request(request.method, path, file, {**headers, **request.headers})
        else:
            connection.request(request.method, path, request.body, {**headers, **request.headers})
        return connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        proxy = _proxy(self._url.scheme, host)
        first_host, first_port = (proxy.hostname or "", proxy.port) if proxy is not None else (host, port)
        connection: http.client.HTTPConnection
        if self._context is None:
            connection = http.client.HTTPConnection(
                first_host, first_port, timeout=CONNECT_SECONDS, blocksize=_BLOCK_BYTES
            )
        else:
            connection = http.client.HTTPSConnection(
                first_host, first_port, timeout=CONNECT_SECONDS, blocksize=_BLOCK_BYTES, context=self._context
            )
        if proxy is not None:
            connection.set_tunnel(host, port)
        try:
            connection.connect()
        except OSError:
            connection.close()
            return connection  # It connects again as it is asked, and then says why not.
        connection.sock.settimeout(READ_SECONDS)
        return connection

    def _refusal(self, request: _Request, answer: Any, data: bytes) -> BucketError:
        """What a refusal means. Raises FormatError and OSError, which are of the file and not of the store."""
        try:
            told = json.loads(data)
            code, said = str(told["error"]), f"{request.what}: {told['message']}"
        except (ValueError, KeyError, TypeError):
            code, said = "", f"{request.what}: {answer.status} {answer.reason}"
        if code == wire.CHANGED:
            raise FormatError(said)
        if code == wire.TOO_LARGE:
            raise OSError(errno.EFBIG, str(json.loads(data)["message"]))
        if code == wire.NOT_FOUND:
            return NotFound(said)
        if answer.status == 404:
            return BucketMissing(said if code else f"{said}: is there a door at {self._address}?")
        if code == wire.PRECONDITION:
            return PreconditionFailed(said)
        if answer.status in (400, 401, 403, 405):
            return AccessDenied(said)
        after = answer.headers.get("Retry-After", "")
        return _unreachable(said, float(after) if after.isdecimal() else 0.0)


class _Body(io.RawIOBase):
    """An answer's body whose read errors are ours."""

    def __init__(self, answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, what: str) -> None:
        self._answer = answer
        self._connection = connection
        self._what = what

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._answer.read(len(buffer))
        except _CONNECTION as error:
            raise Unreachable(f"{self._what}: {error}") from error
        if not data and self._answer.length:
            raise Unreachable(f"{self._what}: it ends {self._answer.length} bytes early")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._connection.close()
        super().close()


def check(address: str) -> SplitResult:
    """The parts of a door's address. Raises SettingsError for one that is none, or that would send a key in clear."""
    url = urlsplit(address.rstrip("/"))
    if url.scheme == "http" and url.hostname not in _LOCAL:
        raise SettingsError(f"the bucket address {address!r} would send the key in clear: write https://")
    if not url.hostname or url.username or url.query:
        raise SettingsError(f"the bucket address {address!r} is no door: write https://host")
    return url


def _close(connections: list[http.client.HTTPConnection]) -> None:
    for connection in connections:
        connection.close()


def _unreachable(said: str, retry_after_seconds: float) -> Unreachable:
    error = Unreachable(said)
    error.retry_after_seconds = retry_after_seconds
    return error


def _pause(error: BucketError, number: int) -> float:
    """Seconds until the next try: what the door asks for, else a little more each time."""
    asked = error.retry_after_seconds if isinstance(error, Unreachable) else 0.0
    return asked + random.random() * (0.1 if asked else 0.1 * 2.0**number)  # noqa: S311 - no secret


def _proxy(scheme: str, host: str) -> Any:
    """The proxy that the environment names for a host, as every program reads it; None where there is none."""
    address = urllib.request.getproxies().get(scheme)
    if scheme != "https" or not address or urllib.request.proxy_bypass(host):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")
