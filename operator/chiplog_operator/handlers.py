"""The watches, by kopf: the only module that knows it. Handlers hand events on, and nothing else.

kopf is used for what it does well, watching: it keeps streams alive, starts over where the API server asks for it,
and finds the CRD when it appears. Everything that would write on users' objects (progress, diffs, finalizers, posting
of logs) or stop us (peering) is off or unused: `on.event` handlers have neither finalizers nor annotations.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import kopf
from kopf._core.reactor import inventory

from chiplog_operator import names, sessions
from chiplog_operator.cluster import Kind
from chiplog_operator.intake import Intake

SERVER_TIMEOUT_SECONDS = 60
"""The API server ends each watch after this long, and kopf goes on where it ended: no stream grows old."""

CLIENT_TIMEOUT_SECONDS = 75
"""A stream that outlives the server's own end is dead, and is cut."""

CONNECT_TIMEOUT_SECONDS = 10

CHUNK = 200
"""Objects of a page of the list with which a watch begins: of ten thousand pods one page at a time is in memory."""

IDLE_SECONDS = 0.5
"""For how long kopf keeps a task, and in it the object, after an event; its 5 s are for handlers that write."""

_RUNS = (names.GROUP, names.VERSION, names.PLURAL)
_SWEEPS = (names.GROUP, names.VERSION, names.SWEEP_PLURAL)
_JOBS = ("batch", "v1", "jobs")
_PODS = ("", "v1", "pods")


class _NoDiffs(kopf.DiffBaseStorage):
    """What changed in an object, which no handler of ours asks; kopf copied each object twice for it, a third of all
    the CPU that a thousand new runs took."""

    def build(self, **_: Any) -> Any:
        """Of no object anything that could differ."""
        return {}

    def fetch(self, **_: Any) -> None:
        """Nothing is remembered."""

    def store(self, **_: Any) -> None:
        """Nothing is written on users' objects."""


class NoMemories(inventory.ResourceMemories):
    """What kopf would keep of every object for as long as it lives, a kilobyte each, for daemons and for handlers that
    are tried again; we have neither. `memories` is an argument of kopf's, its class stands in no public module.
    """

    async def recall(self, raw_body: Any, **how: Any) -> inventory.ResourceMemory:
        """A memory for this event alone."""
        return await super().recall(raw_body, **{**how, "ephemeral": True})


async def watch(intake: Intake, namespaces: Sequence[str], stop: asyncio.Event) -> None:
    """Watch until we are told to stop (`stop`, SIGTERM, SIGINT) or cancelled; no `namespaces` is the whole cluster."""
    # Not kopf's stop_flag: after a signal, which does not set it, kopf waits 5 s for its own waiter on it.
    stopped = asyncio.create_task(stop.wait())
    watching = asyncio.create_task(
        kopf.operator(
            registry=_registry(intake),
            settings=_settings(),
            memories=NoMemories(),
            standalone=True,
            clusterwide=not namespaces,
            namespaces=list(namespaces),
        )
    )
    try:
        await asyncio.wait((watching, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


def _registry(intake: Intake) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_login(intake))
    for place, kind in ((_RUNS, "trainingruns"), (_SWEEPS, "sweeps"), (_JOBS, "jobs"), (_PODS, "pods")):
        kopf.on.event(*place, id=kind, registry=registry)(_handler(intake, kind))  # type: ignore[arg-type]
    return registry


def _handler(intake: Intake, kind: Kind) -> Any:
    async def handle(event: Any, **_: Any) -> None:
        told = event["type"]  # None for each object of a list with which a watch begins.
        intake.take(kind, event["object"], is_gone=told == "DELETED", is_listed=told is None)

    return handle


def _login(intake: Intake) -> Any:
    """What kopf finds out by itself, with a session of ours, which leaves out of lists what we know."""

    async def login(**kwargs: Any) -> kopf.AiohttpSession | None:
        info = kopf.login_with_service_account(**kwargs) or kopf.login_via_client(**kwargs)
        if info is None:
            return None
        session = sessions.session(info.as_ssl_context(), info.as_http_headers(), info.proxy_url, intake.is_repeated)
        return kopf.AiohttpSession(
            aiohttp_session=session,
            server=info.server,
            default_namespace=info.default_namespace,
            expiration=info.expiration,
        )

    return login


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.watching.server_timeout = SERVER_TIMEOUT_SECONDS
    settings.watching.client_timeout = CLIENT_TIMEOUT_SECONDS
    settings.watching.connect_timeout = CONNECT_TIMEOUT_SECONDS
    settings.watching.chunk_size = CHUNK
    settings.queueing.idle_timeout = IDLE_SECONDS
    settings.watching.label_selectors[_JOBS] = names.RUN_LABEL
    settings.watching.label_selectors[_PODS] = names.RECORDED
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.process.ultimate_exiting_timeout = 20
    return settings
