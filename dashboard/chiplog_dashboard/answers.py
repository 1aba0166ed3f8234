"""Answers of the API: strict JSON, and errors that say what was asked for; it knows no question."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chiplog import codec, strictjson
from chiplog.errors import (
    AccessDenied,
    AmbiguousRun,
    BucketError,
    ChiplogError,
    FormatError,
    NotFound,
    PreconditionFailed,
    QueryError,
    RunNotFound,
    SettingsError,
    TooCostly,
)
from chiplog_dashboard.access import NotSignedOn, Unanswered
from chiplog_dashboard.rights import Forbidden
from chiplog_dashboard.writes import Elsewhere, TooLarge, Unconditional

STATUS: tuple[tuple[type[ChiplogError], int, str], ...] = (
    (NotSignedOn, 401, "not_signed_on"),
    (Unanswered, 503, "unreachable"),
    (Forbidden, 403, "not_allowed"),
    (Elsewhere, 403, "not_allowed"),
    (TooLarge, 413, "too_large"),
    (Unconditional, 428, "unconditional"),
    (PreconditionFailed, 412, "changed"),
    (TooCostly, 503, "too_costly"),
    (QueryError, 400, "bad_query"),
    (SettingsError, 400, "bad_request"),
    (AmbiguousRun, 409, "ambiguous"),
    (RunNotFound, 404, "not_found"),
    (NotFound, 404, "not_found"),
    (AccessDenied, 403, "not_allowed"),
    (FormatError, 502, "damaged"),
    (BucketError, 503, "unreachable"),
)
"""HTTP status and code of each error, the first that fits."""


UNKEPT = {"Cache-Control": "no-store"}
"""Nobody may keep an answer, for a run moves."""


def document(value: Any, status: int = 200, *, exact: bool = False) -> Response:
    """A JSON document; with `exact` a number that JSON lacks is `{"$number": …}`, which no text of a script's is."""
    return raw(strictjson.dumps(codec.finite(value) if exact else value).encode(), status)


def raw(text: bytes, status: int = 200) -> Response:
    """The same of a document that is JSON already."""
    return Response(text, status, UNKEPT, media_type="application/json")


def lines(values: Iterator[Any]) -> Response:
    """A JSON document a line, each exact, as they come; an error before the first is an answer of its own."""
    first = list(itertools.islice(values, 1))
    told = (f"{strictjson.dumps(codec.finite(value))}\n" for value in itertools.chain(first, values))
    return StreamingResponse(told, headers=UNKEPT, media_type="application/x-ndjson")


def truth(request: Request, name: str) -> bool:
    """Whether a question says yes to something. Raises SettingsError."""
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise SettingsError(f"{name}={text!r} is neither true nor false")
    return text == "true"


def refused(_: Request, error: Exception) -> Response:
    """The answer to a question that ended in an error of ours."""
    status, code = next((known[1:] for known in STATUS if isinstance(error, known[0])), (500, "error"))
    return problem(status, code, str(error), {"WWW-Authenticate": "Bearer"} if status == 401 else None)


def unanswered(_: Request, error: Exception) -> Response:
    """The answer where there is no such path or method."""
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "not_found", 405: "bad_method"}.get(error.status_code, "bad_request")
    return problem(error.status_code, code, error.detail, error.headers)


def problem(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as a document: `{"error": {"code": …, "message": …}}`."""
    answer = document({"error": {"code": code, "message": message}}, status)
    answer.headers.update(headers or {})
    return answer
