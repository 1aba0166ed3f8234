"""Reads numbers and texts from environment variables for the `Settings` of programs; it reads no environment itself."""

from collections.abc import Mapping

from chiplog.errors import SettingsError


def required(environ: Mapping[str, str], name: str) -> str:
    """The variable's text. Raises SettingsError where it is not set, or empty."""
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def number(environ: Mapping[str, str], name: str, default: float, low: float = 0.0, high: float = 1e9) -> float:
    """The variable as a number between `low` and `high`, both included; `default` where it is not set, or empty.

    Raises SettingsError, with the variable and its value; also for NaN.
    """
    text = environ.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError as error:
        raise SettingsError(f"{name}={text!r} is not a number") from error
    if not low <= value <= high:
        raise SettingsError(f"{name}={text!r} is not between {low:g} and {high:g}")
    return value
