"""The web application: the API, the page, and what every answer must say to a browser; it opens no bucket."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chiplog.errors import ChiplogError
from chiplog_dashboard import answers, openapi
from chiplog_dashboard.api import Api
from chiplog_dashboard.audit import SILENT, Audit
from chiplog_dashboard.doorway import Doorway
from chiplog_dashboard.groups import Groups
from chiplog_dashboard.sessions import Gate, Sessions
from chiplog_dashboard.signon import SignOns

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        "font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer that does not say otherwise: names and media come from people whom nobody trusts."""

UNPACKED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
"""Files go as they are: their strong ETag, by which a download is resumed in its middle, is of these bytes."""

GZIP_LEVEL = 1
"""Curves of a thousand runs are 18 MB: level 9 takes 8 times as long, and makes them a tenth smaller."""

NOT_BUILT = "The page is not built: run `make page`, or `npm ci && npm run build` in dashboard/web.\n"


def create(
    api: Api,
    groups: Groups,
    page: Path,
    hosts: list[str],
    signons: SignOns | None = None,
    more: Sequence[Route] = (),
    audit: Audit = SILENT,
) -> Starlette:
    """The application.

    Args:
        api: the questions about runs and their answers.
        groups: those about sweeps and lines.
        page: directory of the built page.
        hosts: names that a browser may call us by; any other is refused, so that a page of somebody else's cannot
            reach us through a name that leads to this machine (DNS rebinding).
        signons: the way to an OIDC provider and back, where there is one.
        more: further questions, which stand behind the same gate.
        audit: where it is written down what people did.
    """
    shown = _page(page)
    assets = [Mount("/assets", StaticFiles(directory=page / "assets"))] if (page / "assets").is_dir() else []
    sessions = Sessions(api.sight, signons.cookies if signons else None)
    asked = [*sessions.routes(), *api.routes(), *groups.routes(), *more]
    return Starlette(
        routes=[
            *asked,
            openapi.route(asked),
            *(signons.routes() if signons else ()),
            Route("/healthz", _healthz),
            *assets,
            Route("/{path:path}", shown),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
            Middleware(_Headers),
            Middleware(Gate, sight=api.sight),
            Middleware(Doorway, sight=api.sight, audit=audit),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=GZIP_LEVEL, exclude_content_types=UNPACKED),
        ],
        exception_handlers={ChiplogError: answers.refused, HTTPException: answers.unanswered},
    )


def _page(folder: Path) -> Callable[[Request], Awaitable[Response]]:
    """The page, whatever its path: it reads its own path; but below /api nothing is a page."""

    async def shown(request: Request) -> Response:
        if request.url.path.startswith("/api/"):
            return answers.problem(404, "not_found", f"there is no {request.url.path}")
        if not (folder / "index.html").is_file():
            return PlainTextResponse(NOT_BUILT, 503)
        return FileResponse(folder / "index.html", headers={"Cache-Control": "no-cache"})

    return shown


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok\n")


class _Headers:
    """Adds what every answer must say."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, say)
