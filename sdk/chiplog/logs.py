"""How the recorder, the compactor and the door log: JSON lines, or plain text on a terminal; it knows no credential.

structlog comes with each of these programs: the base install imports nothing of this.
"""

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Set structlog up for a level's name (`debug`, `info`, `warning`, `error`); an unknown one means `info`."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    # What botocore has to say comes to us as errors; its own words would stand unordered between ours.
    logging.getLogger("botocore").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level.upper(), 20)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
