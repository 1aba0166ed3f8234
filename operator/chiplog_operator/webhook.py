"""The admission webhook, by kopf: the door that the API server knocks at. The decisions are `admission`'s.

kopf brings its handlers' protocol. The door is our own, for kopf's closes for a moment when a certificate is renewed,
and every pod made in that moment would go unrecorded.
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

import kopf
import structlog
from aiohttp import web

from chiplog_operator import admission, certificate, names
from chiplog_operator.certificate import Certificate
from chiplog_operator.metrics import Metrics
from chiplog_operator.settings import Settings

PATH = "/pods"
"""Where the webhook configuration sends pods."""

KEEPALIVE_SECONDS = 3600.0
"""Longer than the API server keeps an idle connection, so that it is never we who close one it is about to use."""

MAX_REVIEW_BYTES = 8 << 20
"""The API server takes objects of 3 MiB at most, and a review holds one, or an old and a new."""

_CHANGES: ContextVar[list[dict[str, Any]]] = ContextVar("changes")
"""Where the handler of the review that is under way puts the operations of its patch."""

log = structlog.get_logger()


class Door:
    """An HTTPS server for kopf's handlers (`settings.admission.server`)."""

    def __init__(self, pair: Certificate, port: int, check_seconds: float = certificate.CHECK_SECONDS) -> None:
        self._pair = pair
        self._port = port
        self._check_seconds = check_seconds
        self.port = 0
        """Where it listens; 0 until it does."""

    async def __call__(self, handle: Callable[..., Any]) -> AsyncIterator[Any]:
        """Serve for as long as kopf runs."""

        async def answer(request: web.Request) -> web.Response:
            return await _answer(handle, request)

        app = web.Application(client_max_size=MAX_REVIEW_BYTES)
        app.add_routes([web.post("/{id:.*}", answer)])
        runner = web.AppRunner(app, handle_signals=False, access_log=None, keepalive_timeout=KEEPALIVE_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, None, self._port, ssl_context=self._pair.context).start()
            self.port = min(runner.addresses, key=len)[1]
            yield {"url": f"https://localhost:{self.port}"}
            while True:
                await asyncio.sleep(self._check_seconds)
                self._pair.refresh()
        finally:
            self.port = 0
            await runner.cleanup()


async def serve(door: Door, settings: Settings, metrics: Metrics) -> None:
    """Answer until we are told to stop (SIGTERM, SIGINT) or cancelled."""
    await kopf.operator(
        registry=_registry(settings, metrics), settings=_settings(door), standalone=True, clusterwide=True
    )


async def _answer(handle: Callable[..., Any], request: web.Request) -> web.Response:
    """One review. What is no review of a pod gets an error, which the API server ignores as the chart asks it to.

    kopf would find out by itself what its handler changed, and takes 4 ms for a usual pod; ours says it.
    """
    try:
        review = json.loads(await request.text())
        asked = review["request"]
        asked["object"]["metadata"].setdefault("namespace", asked.get("namespace", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise web.HTTPBadRequest(text=f"not an admission review: {error!r}") from error
    changes: list[dict[str, Any]] = []
    _CHANGES.set(changes)
    answer = await handle(review, webhook=request.match_info["id"])
    if changes and answer["response"]["allowed"]:
        patch = base64.b64encode(json.dumps(changes).encode()).decode()
        answer["response"] |= {"patch": patch, "patchType": "JSONPatch"}
    return web.json_response(answer)


def _registry(settings: Settings, metrics: Metrics) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_login)

    async def pods(body: Any, warnings: list[str], **_: Any) -> None:
        began = time.perf_counter()
        namespace = body["metadata"].get("namespace", "")
        answer = admission.review(body, namespace, settings)
        warnings.extend(answer.warnings)
        if answer.pod is not None:
            _CHANGES.get().extend(admission.operations(body, answer.pod))
        metrics.count("admissions_total", result=answer.result)
        log.info("pod reviewed", namespace=namespace, pod=_name(body), result=answer.result, warnings=answer.warnings,
                 milliseconds=round((time.perf_counter() - began) * 1000, 2))  # fmt: skip

    async def makers(patch: Any, userinfo: Any, **_: Any) -> None:
        patch.fns.append(lambda raw: admission.sign(raw, userinfo["username"]))

    kopf.on.mutate("", "v1", "pods", id=PATH.strip("/"), operations=["CREATE"], registry=registry)(pods)
    for plural in (names.PLURAL, names.SWEEP_PLURAL):
        place = (names.GROUP, names.VERSION, plural)
        kopf.on.mutate(*place, id=plural, operations=["CREATE"], registry=registry)(makers)
    return registry


def _name(body: Any) -> str:
    metadata = body["metadata"]
    return str(metadata.get("name") or f"{metadata.get('generateName', '')}…")


def _login(**kwargs: Any) -> kopf.ConnectionInfo | None:
    return kopf.login_with_service_account(**kwargs) or kopf.login_via_client(**kwargs)


def _settings(door: Door) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.admission.server = door
    settings.watching.server_timeout = 60
    settings.watching.client_timeout = 75
    return settings
