"""Single values as short text; nothing here knows of runs."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from chiplog import times

NONE = "-"
"""What stands in a table for the unknown, so that columns stay countable."""

_BARS = "▁▂▃▄▅▆▇█"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")

_TIME_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_SIZE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def moment(seconds: float | None) -> str:
    """Unix seconds for people: UTC, to the second."""
    full = times.iso(seconds)
    return NONE if full is None else f"{full[:10]} {full[11:19]}"


def duration(seconds: float | None) -> str:
    """The two largest units: `3m12s`, `1d4h`."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    left = max(0, int(seconds))
    for (large, unit), (small, next_unit) in pairwise(_TIME_UNITS):
        if left >= large:
            return f"{left // large}{unit}{left % large // small}{next_unit}"
    return f"{left}s"


def size(count: int | None) -> str:
    """Bytes: `512 B`, `3.4 MiB`."""
    if count is None:
        return NONE
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_SIZE_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{count} B" if unit == 0 else f"{value:.1f} {_SIZE_UNITS[unit]}"


def value(item: Any, width: int = 60) -> str:
    """Any value in a table's cell: floats to 6 digits, media by their path, long ones cut."""
    if item is None:
        return NONE
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float):
        return format(item, ".6g").replace("nan", "NaN")
    if isinstance(item, dict) and "_type" in item:
        item = " ".join(str(item[key]) for key in ("_type", "path") if key in item)
    elif isinstance(item, dict | list):
        item = json.dumps(item, ensure_ascii=False, default=str)
    text = printable(str(item))
    return text if len(text) <= width else text[: width - 1] + "…"


def printable(text: str, *, colours: bool = False) -> str:
    """The text without anything that could steer a terminal; `colours` may stay."""
    if text.isprintable():
        return text
    kept = _ESCAPES.sub(lambda found: found[0] if colours and _COLOUR.fullmatch(found[0]) else "", text)
    return _CONTROL.sub(lambda found: found[0] if colours and found[0] == "\x1b" else "\ufffd", kept)


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """A curve in one line of text; stretches without a finite value are blank."""
    means = [_mean(part) for part in _parts(values, width)]
    finite = [mean for mean in means if mean is not None]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    return "".join(" " if mean is None else _bar(mean, low, high) for mean in means)


def _bar(mean: float, low: float, high: float) -> str:
    share = (mean / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5  # halves, for a range can be infinite
    return _BARS[round(share * (len(_BARS) - 1))]


def _parts(values: Sequence[float], width: int) -> Iterable[Sequence[float]]:
    count = min(width, len(values))
    return [values[at * len(values) // count : (at + 1) * len(values) // count] for at in range(count)]


def _mean(values: Iterable[float]) -> float | None:
    finite = [item for item in values if math.isfinite(item)]
    return sum(item / len(finite) for item in finite) if finite else None
