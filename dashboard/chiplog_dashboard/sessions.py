"""Signing on in a browser: a token becomes a cookie that no script can read; it decides about nobody.

The cookie is the token itself, so that nothing has to be kept or signed here: it ends when the token does, and every
request is judged by the API server's word on it.
"""

import json
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chiplog.errors import ChiplogError, SettingsError
from chiplog_dashboard import answers, openapi
from chiplog_dashboard.access import Caller, NotSignedOn, Visitor
from chiplog_dashboard.sight import COOKIE, Sight
from chiplog_dashboard.signon import Cookies

PATH = "/api/v1/session"
OPEN = (PATH, openapi.PATH)
"""What nobody is answered too: who one is, and what there is to ask."""

MAX_TOKEN = 3800
"""Characters: a browser keeps no larger cookie."""

_MAX_BODY = 8192


@dataclass
class Sessions:
    """The questions about who one is."""

    sight: Sight
    cookies: Cookies | None = None
    """Those of a sign-on at a provider."""

    def routes(self) -> list[Route]:
        """They stand outside of the gate."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(PATH, self.begin, methods=["POST"]),
            Route(PATH, self.end, methods=["DELETE"]),
        ]

    def show(self, request: Request) -> Response:
        """Who asks, how they could sign on, for how many days they may share by a link, and which one they came by."""
        way = self.sight.guard.sign_on
        ways = {"required": way.is_on, "tokens": way.tokens, "proxy": bool(way.trusted_proxies), "oidc": way.oidc}
        none: dict[str, Any] = {"name": None, "sign_on": ways, "cookie": False, "link_days": 0,
                                "visits": None}  # fmt: skip
        try:
            person = self.sight.person(request)
        except NotSignedOn:
            return answers.document(none)
        has_cookie = COOKIE in request.cookies or bool(
            {self.sight.session_cookie, self.sight.link_cookie}.intersection(request.cookies)
        )
        told = {**none, "name": person.name, "cookie": has_cookie}
        if isinstance(person, Visitor):
            return answers.document({**told, "visits": {"kind": person.kind, "href": person.href}})
        return answers.document({**told, "link_days": way.link_days})

    async def begin(self, request: Request) -> Response:
        """Take `{"token": …}`; the type of the body keeps other sites' forms out, for a form cannot send JSON."""
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise SettingsError('send {"token": …} as application/json')
        token = _token(await _body(request))
        person = await run_in_threadpool(self.sight.guard.person, Caller(token=token))
        answer = answers.document({"name": person.name})
        is_https = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"), _scheme(request))
        self._forget_session(answer)
        answer.set_cookie(COOKIE, token, path="/api", secure=is_https, httponly=True, samesite="strict")
        return answer

    async def end(self, _: Request) -> Response:
        """Forget the cookies."""
        answer = answers.document({})
        self._forget_session(answer)
        answer.delete_cookie(COOKIE, path="/api", httponly=True, samesite="strict")
        return answer

    def _forget_session(self, answer: Response) -> None:
        if self.cookies is not None:
            self.cookies.drop(answer, self.cookies.session)
            self.cookies.drop(answer, self.cookies.link)


class Gate:
    """Answers nothing below /api to whom we do not know, whatever the question."""

    def __init__(self, app: ASGIApp, sight: Sight) -> None:
        self._app = app
        self._sight = sight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or refuse."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith("/api") and path not in OPEN:
            request = Request(scope)
            try:
                await run_in_threadpool(self._sight.person, request)
            except ChiplogError as error:
                await answers.refused(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _body(request: Request) -> bytes:
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > _MAX_BODY:
            raise SettingsError(f"the body is longer than {_MAX_BODY} bytes")
    return found


def _scheme(request: Request) -> str:
    """Of the page that asks, by the browser's word: what speaks TLS before us need not say so."""
    return request.headers.get("origin", "").partition(":")[0]


def _token(body: bytes) -> str:
    try:
        token = json.loads(body)["token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SettingsError('the body is not {"token": …}') from None
    if not isinstance(token, str) or not token.isascii() or not 0 < len(token) <= MAX_TOKEN:
        raise SettingsError(f"token is no ASCII text of at most {MAX_TOKEN} characters")
    return token
