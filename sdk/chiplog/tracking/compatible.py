"""Small things that scripts written for wandb ask for: what can be done without a server, or nothing that shows."""

import enum
from collections.abc import Callable
from typing import Any

from chiplog.errors import ChiplogError
from chiplog.tracking import names, notices, settings

Error = UsageError = CommError = ChiplogError
"""wandb's names of the errors that are raised on purpose."""


class Settings(settings.Settings):
    """`chiplog.Settings`, which takes wandb's options by their names too. What is unknown is told and passed over."""

    __slots__ = ()

    def __new__(cls, **options: Any) -> "Settings":
        """Settings of these options."""
        return cls._make(settings.with_options(settings.Settings(), options))


class AlertLevel(enum.Enum):
    """How urgent an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class util:  # noqa: N801 - it stands for wandb's module of that name.
    """Of `wandb.util`, what scripts call."""

    generate_id: Callable[..., str] = staticmethod(names.new_id)


def login(*_: Any, **__: Any) -> bool:
    """True: there is nobody to log in to, a run is recorded under the pod's own identity."""
    return True


def setup(*_: Any, **__: Any) -> None:
    """Nothing is to be set up."""


def teardown(exit_code: int | None = None) -> None:
    """End the current run."""
    from chiplog.tracking import session

    session.finish(exit_code)


def termlog(string: str = "", **_: Any) -> None:
    """Say something, once."""
    notices.info(string, string)


def termwarn(string: str, **_: Any) -> None:
    """Say a warning, once."""
    notices.warn(string, string)


termerror = termwarn
