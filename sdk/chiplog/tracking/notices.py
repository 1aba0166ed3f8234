"""What a script's user is told, on stderr and each thing once; it never raises."""

import sys

MAX_NOTICES = 200
"""Distinct things that are said in one process; more are counted by nobody, for nobody would read them."""

_said: set[str] = set()


def warn(kind: str, message: str) -> None:
    """Say a warning, once per `kind`."""
    _tell(kind, f"chiplog: WARNING {message}\n")


def info(kind: str, message: str) -> None:
    """Say something that is no warning, once per `kind`."""
    _tell(kind, f"chiplog: {message}\n")


def forget() -> None:
    """A new run says things anew."""
    _said.clear()


def _tell(kind: str, line: str) -> None:
    if kind in _said or len(_said) >= MAX_NOTICES:
        return
    _said.add(kind)
    try:
        sys.stderr.write(line)
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass  # Standard error is closed or none: there is nobody to tell.


def shown(value: object, limit: int = 60) -> str:
    """A value as a message shows it: short, and never an error."""
    try:
        text = repr(value) if not isinstance(value, str | bytes) else repr(value[:limit])
    except Exception as error:  # noqa: BLE001 - a user's own __repr__ may raise anything.
        return f"<{type(value).__name__} without a repr: {type(error).__name__}>"
    return text if len(text) <= limit else f"{text[:limit]}…"
