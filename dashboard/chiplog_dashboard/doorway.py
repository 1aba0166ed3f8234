"""Every request that changes something, before its question hears of it: our own page's or a program's, not too often,
and written down; it knows no question.

It stands before all of them, so that one that somebody adds later is behind it too.
"""

import math
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chiplog.access.pace import Pace
from chiplog.errors import ChiplogError
from chiplog_dashboard import answers, writes
from chiplog_dashboard.audit import Audit
from chiplog_dashboard.sight import Sight

SAFE = ("GET", "HEAD", "OPTIONS")

WRITES_PER_SECOND = 2.0
"""Of one person; after a quiet time BURST_SECONDS' worth may come at once."""

BURST_SECONDS = 30.0

VISITS_PER_SECOND = 50.0
"""Of one address, of those who sign on or open a link: behind a proxy all people have one, and nobody is to keep the
others out by a few requests a second."""


class Doorway:
    """The middleware; a replica counts for itself.

    Args:
        app: what is behind it.
        sight: who somebody is.
        audit: where it is written down.
        monotonic: seconds.
    """

    def __init__(
        self, app: ASGIApp, sight: Sight, audit: Audit, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._sight = sight
        self._audit = audit
        self._writes = Pace(WRITES_PER_SECOND, monotonic, BURST_SECONDS)
        self._visits = Pace(VISITS_PER_SECOND, monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or refuse."""
        if scope["type"] != "http" or not _is_counted(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        who = await run_in_threadpool(self._who, request)
        heard: list[int] = []

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                heard.append(message["status"])
            await send(message)

        try:
            await self._pass(request, who)(scope, receive, say)
        finally:
            if scope["method"] not in SAFE:
                self._audit.did(who, _address(request), scope["method"], scope["path"], heard[0] if heard else 500)

    def _pass(self, request: Request, who: str) -> ASGIApp:
        """What answers: the question, or a refusal."""
        if request.method not in SAFE:
            try:
                writes.check_origin(request.headers)
            except ChiplogError as error:
                return answers.refused(request, error)
        is_alone = not self._sight.guard.sign_on.is_on  # Nobody but whoever started it reaches this server.
        pace = self._visits if request.method in SAFE else self._writes
        wait = 0.0 if is_alone else pace.wait_seconds(who or f"address {_address(request)}")
        if wait:
            told = {"Retry-After": str(math.ceil(wait))}
            return answers.problem(429, "too_often", f"too many of these; the next one in {math.ceil(wait)} s", told)
        return self._app

    def _who(self, request: Request) -> str:
        try:
            return self._sight.person(request).name
        except ChiplogError:
            return ""


def _is_counted(scope: Scope) -> bool:
    """What changes something, and the ways to sign on and to open a link, which are for everybody."""
    path: str = scope["path"]
    return scope["method"] not in SAFE or path.startswith(("/auth/", "/shared/"))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
