"""/healthz, /readyz and /metrics over HTTP; it only tells what others know."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from chiplog_operator.metrics import Metrics


@dataclass(frozen=True)
class Health:
    """What is asked about; each returns what is wrong, or an empty text."""

    illness: Callable[[], str]
    """Restart us."""
    unreadiness: Callable[[], str]
    """We cannot work yet, or any more; a restart would not help."""
    metrics: Metrics
    role: Callable[[], str] = lambda: "ok"
    """What /readyz says where nothing is wrong: that we lead, or stand by."""


@asynccontextmanager
async def serving(health: Health, port: int) -> AsyncIterator[int]:
    """Answer on all addresses for as long as the context lasts; yields the port, that of IPv4 if a free one."""
    runner = web.AppRunner(_app(health), handle_signals=False, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, None, port)
        await site.start()
        yield min(runner.addresses, key=len)[1]
    finally:
        await runner.cleanup()


def _app(health: Health) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        return _answer(health.illness())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(health.unreadiness(), health.role())

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=health.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return app


def _answer(trouble: str, fine: str = "ok") -> web.Response:
    return web.Response(text=f"{trouble or fine}\n", status=503 if trouble else 200)
