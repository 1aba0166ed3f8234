"""How the recorder, the compactor and the door log: JSON lines, or plain text on a terminal; it knows no credential.

structlog comes with each of these programs, and is loaded with the first line that is logged: a recorder has a tenth of
a core, of which it takes a second, and no word to say before the first rows are in the bucket.
"""

import functools
import logging
import sys
from dataclasses import dataclass, field
from typing import Any


@dataclass
class _Wanted:
    level: int | None = None
    """None leaves structlog as it is."""
    named: dict[str, str] = field(default_factory=dict)


_wanted = _Wanted()


class Logger:
    """structlog's logger: `info("event", name=value)`, and so `debug`, `warning` and `error`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_structlog(), name)


def configure(level: str, **named: str) -> None:
    """Log from a level's name on (`debug`, `info`, `warning`, `error`; another one means `info`), with these values in
    each line."""
    # What botocore has to say comes to us as errors; its own words would stand unordered between ours.
    logging.getLogger("botocore").setLevel(logging.CRITICAL)
    _wanted.level, _wanted.named = logging.getLevelNamesMapping().get(level.upper(), logging.INFO), named
    _structlog.cache_clear()


@functools.cache
def _structlog() -> Any:
    import structlog

    if _wanted.level is not None:
        is_read_by_people = sys.stderr.isatty()
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.dev.ConsoleRenderer() if is_read_by_people else structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(_wanted.level),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
    return structlog.get_logger(**_wanted.named)
