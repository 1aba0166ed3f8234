"""How the door logs: JSON lines, or plain text on a terminal; it never sees a key."""

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Set structlog up for a level's name (`debug`, `info`, `warning`, `error`); an unknown one means `info`."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level.upper(), 20)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
