"""Unix seconds as text for people and programs; it reads no clock."""

import math
from datetime import UTC, datetime


def iso(seconds: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC, `2026-11-23T22:00:00.250Z`; None for None and for what is no time."""
    if seconds is None or not math.isfinite(seconds):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return None
