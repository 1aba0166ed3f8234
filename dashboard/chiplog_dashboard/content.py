"""A file's bytes as an answer, all or one range; it decides neither who may have them nor how they are shown."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from chiplog.bucket import Bucket
from chiplog.reading.files import File
from chiplog_dashboard import answers, ranges

_BLOCK_BYTES = 1 << 18


class Stream(StreamingResponse):
    """What a source has. It is closed however the answer ends: whoever enters a film elsewhere leaves in the middle of
    an answer, perhaps before its first byte."""

    def __init__(self, source: BinaryIO, headers: Mapping[str, str], kind: str, status: int = 200) -> None:
        super().__init__(_blocks(source), status, headers, media_type=kind)
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._source.close()


def whole(bucket: Bucket, key: str, file: File, headers: Mapping[str, str], kind: str) -> Response:
    """All of a file."""
    length = {"Content-Length": str(file.size)} if file.size is not None else {}
    return Stream(bucket.open(key), {**headers, **length}, kind)


def asked(request: Request, bucket: Bucket, key: str, file: File, headers: Mapping[str, str], kind: str) -> Response:
    """A file, or the range of it that is asked for."""
    told = {**headers, "ETag": f'"{file.sha256}"'}
    if file.size is None:
        return whole(bucket, key, file, told, kind)
    told["Accept-Ranges"] = "bytes"
    wanted = request.headers.get("range", "") if request.method == "GET" else ""
    part = ranges.asked(wanted, request.headers.get("if-range", ""), told["ETag"], file.size)
    if part is None:
        return whole(bucket, key, file, told, kind)
    told["Content-Range"] = part.told
    if not part.is_satisfiable:
        message = f"Range={wanted!r} is none of the {file.size} bytes of {file.path}"
        return answers.problem(416, "bad_range", message, {"Content-Range": part.told})
    told["Content-Length"] = str(part.end - part.start)
    return Stream(bucket.open(key, part.start, part.end), told, kind, 206)


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    while block := source.read(_BLOCK_BYTES):
        yield block
