"""Answers of the API: strict JSON, and errors that say what was asked for; it knows no question."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chiplog import strictjson
from chiplog.errors import (
    AccessDenied,
    AmbiguousRun,
    BucketError,
    ChiplogError,
    FormatError,
    NotFound,
    QueryError,
    RunNotFound,
    SettingsError,
)
from chiplog_dashboard.access import NotSignedOn, Unanswered

STATUS: tuple[tuple[type[ChiplogError], int, str], ...] = (
    (NotSignedOn, 401, "not_signed_on"),
    (Unanswered, 503, "unreachable"),
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


def document(value: Any, status: int = 200) -> Response:
    """A JSON document; nobody may keep it, for a run moves."""
    headers = {"Cache-Control": "no-store"}
    return Response(strictjson.dumps(value), status, headers, media_type="application/json")


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
