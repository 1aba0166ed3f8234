"""How the operator logs: structlog events, JSON unless a terminal reads them; kopf's and libraries' lines as well."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_CHATTY = ("kopf.objects", "kopf.activities", "urllib3", "botocore", "boto3", "s3transfer", "aiohttp.access", "asyncio")
"""Loggers whose lines at level info tell of their own workings: each event handled, each connection made."""


def configure(level: str, stream: TextIO | None = None) -> None:
    """Route structlog and the standard library's logging to one stream, standard error by default."""
    out = stream or sys.stderr
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(out)]
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*shared, _object], processors=final))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING) if level != "debug" else logging.DEBUG)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=False,
    )


def _renderers(out: TextIO) -> list[Any]:
    if out.isatty():
        return [structlog.dev.ConsoleRenderer()]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


def _object(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """kopf names the object of a line in `k8s_ref`; we name it as in our own lines."""
    reference = getattr(event.get("_record"), "k8s_ref", None) or {}
    found = {"namespace": reference.get("namespace"), "object": reference.get("name")}
    event.update({key: value for key, value in found.items() if value})
    return event
