"""The web application: requests of docs/door.md, each by a key; it decides nothing about keys or objects itself."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from chiplog.access.pace import Pace
from chiplog.bucket import ETag, Stored, wire
from chiplog.errors import AccessDenied, ChiplogError, FormatError
from chiplog_ingest import bodies, refusals
from chiplog_ingest.grants import Grant
from chiplog_ingest.objects import Objects

MAX_OBJECT_BYTES = 32 * 1024 * 1024
"""Of what is no file: a segment of a recorder is 2 MiB at most, before it is packed."""

MAX_HELD_BYTES = 128 * 1024 * 1024
"""Of such objects in memory at once; whoever comes then is told to come again."""

MAX_FILES = 4
"""Of the largest size on the disk at once."""

MAX_DIGITS = 18
"""Of a place in an object; a store that takes more may not say how it reads them."""

_BLOCK_BYTES = 1 << 18


class Guard(Protocol):
    """Whose key a request shows. Raises NotKnown, AccessDenied, Unanswered."""

    def grant(self, token: str) -> Grant:
        """What this key may."""


@dataclass
class Door:
    """The requests and their answers.

    Args:
        guard: who asks.
        objects: what they see.
        pace: how often they may ask.
        used: told of every use of a key.
        spool: folder for the bodies of files; empty: the system's.
        max_file_bytes: of one file.
    """

    guard: Guard
    objects: Objects
    pace: Pace
    used: Callable[[str], None]
    spool: str = ""
    max_file_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        self._memory = bodies.Room(MAX_HELD_BYTES)
        self._disk = bodies.Room(MAX_FILES * self.max_file_bytes)

    def application(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route(wire.WHOAMI, self.whoami, methods=["GET"]),
                Route(wire.OBJECT, self.get, methods=["GET"]),
                Route(wire.OBJECT, self.put, methods=["PUT"]),
                Route(wire.OBJECTS, self.list, methods=["GET"]),
                Route("/healthz", _healthz),
            ],
            exception_handlers={ChiplogError: refusals.answer, Exception: refusals.answer},
        )

    def whoami(self, request: Request) -> Response:
        """Where what this key writes belongs."""
        grant = self._grant(request)
        told = {"cluster": grant.cluster, "namespace": grant.namespace, "project": grant.project, "key": grant.key,
                "service_account": grant.service_account, "may_write": grant.may_write}  # fmt: skip
        return JSONResponse(told)

    def get(self, request: Request) -> Response:
        """An object, whole or as a stream."""
        grant, key = self._grant(request), _parameter(request, "key")
        if request.query_params.get("stream"):
            start, end = _range(request)
            headers = {wire.START: str(start)} if "start" in request.query_params else {}
            found = self.objects.open(grant, key, start, end)
            return StreamingResponse(_stream(found), headers=headers, media_type="application/octet-stream")
        return _whole(self.objects.get(grant, key))

    def list(self, request: Request) -> Response:
        """A list, as lines."""
        grant, prefix = self._grant(request), request.query_params.get("prefix", "")
        found = self.objects.list(grant, prefix)
        lines = _lines(found)
        first = next(lines)  # What is refused is refused before the answer begins.
        return StreamingResponse(_joined(first, lines), media_type="application/jsonl")

    async def put(self, request: Request) -> Response:
        """Write an object or a file."""
        grant, key = await run_in_threadpool(self._grant, request), _parameter(request, "key")
        sha256 = request.headers.get(wire.SHA256)
        if sha256 is not None:
            return await self._put_file(request, grant, key, sha256)
        match, absent = request.headers.get("if-match"), request.headers.get("if-none-match")
        with self._memory.taken(request, MAX_OBJECT_BYTES):
            data = await bodies.read(request, MAX_OBJECT_BYTES)
            etag = await run_in_threadpool(
                self.objects.put, grant, key, data, ETag(match) if match else None, if_absent=absent == "*"
            )
        return Response(headers={"ETag": etag})

    async def _put_file(self, request: Request, grant: Grant, key: str, sha256: str) -> Response:
        try:
            with self._disk.taken(request, self.max_file_bytes):
                async with bodies.spooled(request, self.spool, self.max_file_bytes) as path:
                    await run_in_threadpool(self.objects.put_file, grant, key, path, sha256)
        except FormatError as error:
            raise refusals.Changed(f"the file changed while it was read, it is not {sha256}") from error
        except FileExistsError as error:  # Never "come again": a recorder would wait for it with its rows.
            raise refusals.Changed(f"{key}: {error.strerror}") from error
        except OSError as error:
            return refusals.full(error)
        return Response()

    def _grant(self, request: Request) -> Grant:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self.guard.grant(token.strip() if scheme.lower() == "bearer" else "")
        seconds = self.pace.wait_seconds(grant.key)
        if seconds:
            raise refusals.TooMany(grant.key, seconds)
        self.used(grant.handle)
        return grant


def _parameter(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not value:
        raise AccessDenied(f"the request names no {name}")
    return value


def _range(request: Request) -> tuple[int, int | None]:
    """Which bytes of a stream are wanted: from the first on, and before the other. Raises FormatError."""
    texts = [request.query_params.get(name, "") for name in ("start", "end")]
    if not all(text == "" or (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS) for text in texts):
        raise FormatError(f"start={texts[0]!r} and end={texts[1]!r} are no range of bytes")
    start, end = int(texts[0] or 0), int(texts[1]) if texts[1] else None
    if end is not None and end <= start:
        raise FormatError(f"start={start} is not before end={end}")
    return start, end


def _whole(stored: Stored) -> Response:
    headers = {"ETag": stored.etag, wire.MODIFIED: repr(stored.modified), wire.TIME: repr(stored.read_at)}
    return Response(stored.data, headers=headers, media_type="application/octet-stream")


def _stream(source: BinaryIO) -> Iterator[bytes]:
    with source:
        while block := source.read(_BLOCK_BYTES):
            yield block


def _lines(found: Iterator[object]) -> Iterator[bytes]:
    count = 0
    for item in found:
        told = {name: getattr(item, name) for name in ("key", "size", "etag", "modified")}
        yield json.dumps(told).encode() + b"\n"
        count += 1
    yield json.dumps({wire.LAST: count}).encode() + b"\n"


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """The lines in blocks: each block of a stream costs a change of threads."""
    block = bytearray(first)
    for line in rest:
        block += line
        if len(block) >= _BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok\n")
