"""What an error means in HTTP, and in the words of `chiplog.bucket.wire`; no answer and no log holds a key."""

import math

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chiplog import logs
from chiplog.access import Unanswered
from chiplog.bucket import wire
from chiplog.errors import (
    AccessDenied,
    BucketMissing,
    ChiplogError,
    FormatError,
    NotFound,
    PreconditionFailed,
    Unreachable,
)
from chiplog_ingest.bodies import Full, TooLarge, TooSlow
from chiplog_ingest.guard import NotKnown

_MEANING: list[tuple[type[ChiplogError], int, str]] = [
    (NotKnown, 401, "not_known"),
    (AccessDenied, 403, "denied"),
    (NotFound, 404, wire.NOT_FOUND),
    (BucketMissing, 404, wire.BUCKET_MISSING),
    (PreconditionFailed, 412, wire.PRECONDITION),
    (TooLarge, 413, wire.TOO_LARGE),
    (TooSlow, 408, "too_slow"),
    (Full, 503, "full"),
    (Unreachable, 503, "unreachable"),
    (Unanswered, 503, "unanswered"),
    (FormatError, 400, "format"),
]

log = logs.Logger()


class TooMany(ChiplogError):
    """The key made too many requests."""

    def __init__(self, key: str, seconds: float) -> None:
        super().__init__(f"the key {key} makes more requests than it may")
        self.seconds = seconds


class Changed(ChiplogError):
    """A file is not what was promised."""


def answer(_: Request, error: Exception) -> Response:
    """The answer to a request that failed."""
    if isinstance(error, TooMany):
        return _said(429, "too_many", str(error), error.seconds)
    if isinstance(error, Changed):
        return _said(422, wire.CHANGED, str(error))
    for kind, status, code in _MEANING:
        if isinstance(error, kind):
            if status >= 500:
                log.warning("not answered", error=str(error))
            after = error.retry_after_seconds if isinstance(error, Unreachable) else 0.0
            return _said(status, code, str(error), max(after, 1.0) if status == 503 else 0.0)
    log.error("not answered", error=type(error).__name__)
    return _said(500, "internal", "the door failed, see its log")


def full(error: OSError) -> Response:
    """The answer where a body has no room here."""
    log.warning("a body has no room", error=error.strerror)
    return _said(503, "full", "the door has no room for this now", 30.0)


def _said(status: int, code: str, message: str, after_seconds: float = 0.0) -> Response:
    headers = {"Retry-After": str(math.ceil(after_seconds))} if after_seconds else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": code, "message": message}, status, headers)
