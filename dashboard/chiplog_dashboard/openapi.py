"""The OpenAPI document of the API, made of the routes that are there and of their contract; it promises nothing itself.

`python -m chiplog_dashboard.openapi > docs/openapi.json` writes it down.
"""

import inspect
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chiplog_dashboard import answers, contract
from chiplog_dashboard.contract import Operation, Parameter

VERSION = "1.0"
"""Of the API; the first part stands in its paths."""

PATH = "/api/v1/openapi.json"
_ABOUT = (
    "What the dashboard's page asks, for programs. Whoever asks sees the namespaces, or with an API key the projects, "
    "that RBAC gives them; all else is as if it were not there. A later version of v1 adds fields and takes none away."
)
_REFUSALS = {
    400: "The question is wrong; the message names the part.",
    401: "Nobody that this cluster knows asks.",
    403: "That is not allowed.",
    404: "There is no such thing, or not for whoever asks.",
    405: "The path has no such method.",
    409: "Several things go by that name.",
    412: "Somebody else has written meanwhile: read it again.",
    413: "The body is too large.",
    416: "The file has none of the bytes of that range.",
    428: "It is not said which version is replaced.",
    429: "Too often; Retry-After says when.",
    502: "What is in the bucket is damaged.",
    503: "The bucket or the API server does not answer, or it took too long.",
}
_ALWAYS = (400, 401, 403, 404, 502, 503)


def route(routes: Iterable[BaseRoute]) -> Route:
    """The path of the document itself."""
    told = [*routes]

    def describe(_: Request) -> Response:
        """This document."""
        return answers.document(document([*told, found]))

    found = Route(PATH, describe)
    return found


def document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """The document. Raises KeyError for a path that the contract does not know."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, endpoint in _asked(routes):
        paths.setdefault(path, {})[method.lower()] = _operation(path, method, endpoint)
    ways = {"bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a token for chiplog-api."}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chiplog", "version": VERSION, "description": _ABOUT},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": contract.SCHEMAS, "securitySchemes": ways},
        "security": [{"bearer": []}, {}],
    }


def _asked(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str, Any]]:
    for found in routes:
        if isinstance(found, Route) and found.path.startswith("/api/v1"):
            for method in sorted((found.methods or set()) - {"HEAD"}):
                yield found.path, method, found.endpoint


def _operation(path: str, method: str, endpoint: Any) -> dict[str, Any]:
    asked = contract.OPERATIONS[method, path]
    parts = [word[1:-1] for word in path.split("/") if word.startswith("{")]
    about = (inspect.getdoc(endpoint) or "").partition("\n")[0]
    told: dict[str, Any] = {
        "operationId": endpoint.__name__,
        "summary": about,
        "parameters": [*map(_part, parts), *map(_parameter, asked.parameters)],
        "responses": _responses(asked, method),
    }
    if asked.body is not None:
        told["requestBody"] = {"required": True, "content": {contract.JSON: {"schema": asked.body}}}
    return told


def _part(name: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "description": contract.PLACES[name], "schema": schema}


def _parameter(found: Parameter) -> dict[str, Any]:
    schema = {"type": "array", "items": found.schema} if found.many else found.schema
    told = {
        "name": found.name,
        "in": found.place,
        "required": found.required,
        "description": found.about,
        "schema": schema,
    }
    return {**told, "explode": True} if found.many else told


def _responses(asked: Operation, method: str) -> dict[str, Any]:
    more: dict[str, Any] = {}
    content: Any = {asked.kind: {"schema": asked.answer} if asked.answer is not None else {}}
    if asked.kind == contract.BYTES:  # What a browser draws comes by its own type.
        content = {"*/*": {}}
        more = {"206": {"description": "The range that was asked for.", "content": content}}
    wrong = {contract.JSON: {"schema": contract.named("Error")}}
    statuses = sorted({*_ALWAYS, *asked.refusals, *(() if method == "GET" else (429,))})
    refusals = {str(status): {"description": _REFUSALS[status], "content": wrong} for status in statuses}
    return {"200": {"description": "The answer.", "content": content}, **more, **refusals}


def main() -> None:
    """Write the document of the application to standard output."""
    from chiplog_dashboard.main import build
    from chiplog_dashboard.settings import Settings

    application = build(Settings(bucket="."))
    json.dump(document(application.routes), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
