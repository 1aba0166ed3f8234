"""What a chart shows of several runs: the curves of one metric; it reads nothing by itself.

NumPy comes with the first curve: who asks only needs none.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chiplog.errors import SettingsError

if TYPE_CHECKING:
    from chiplog.drawing.curves import Columns

MAX_POINTS = 5000
AXES = ("step", "time", "elapsed")


@dataclass(frozen=True)
class Question:
    """Which part of a metric is asked for, and how finely."""

    key: str
    points: int = 1500
    """Buckets per curve at most."""
    axis: str = "step"
    """`step`, `time` (Unix seconds) or `elapsed` (seconds since the run's first row)."""
    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Question":
        """Read a query string. Raises SettingsError, which names the parameter and the value."""
        if not asked.get("key"):
            raise SettingsError("key is missing: which metric?")
        axis = asked.get("axis", "step")
        if axis not in AXES:
            raise SettingsError(f"axis={axis!r} is none of {', '.join(AXES)}")
        points = _number(asked, "points", 1500)
        if not 2 <= points <= MAX_POINTS:
            raise SettingsError(f"points={asked['points']!r} is not between 2 and {MAX_POINTS}")
        low, high = _number(asked, "from", -math.inf), _number(asked, "to", math.inf)
        return cls(asked["key"], int(points), axis, low, high)


def answer(columns: "Columns", question: Question, first: float | None = None) -> list[dict[str, Any]]:
    """The curves of a run, one for each branch that has the metric, by attempt, rank and writer.

    `first` is the time of the run's first row, Unix seconds, where `columns` do not hold all of it.
    """
    from chiplog.drawing import curves

    found = []
    began = (started(columns) if first is None else first) if question.axis == "elapsed" else 0.0
    for branch, metrics in sorted(columns.items()):
        column = metrics.get(question.key)
        if column is not None:
            low, high = question.low + began, question.high + began
            drawn = curves.drawn(column, question.points, low, high, by_time=question.axis != "step")
            if began:
                drawn["x"] = [x - began for x in drawn["x"]]
            place = {"attempt": branch.attempt, "rank": branch.rank, "writer": branch.writer}
            found.append({**place, "points": column.count, **drawn})
    return found


def text(found: list[dict[str, Any]]) -> bytes:
    """Curves as JSON, strict: what is no number is null in a curve."""
    return json.dumps(found, allow_nan=False, separators=(",", ":")).encode()


def started(columns: "Columns") -> float:
    """The time of the first row, Unix seconds; 0 where no row has one."""
    times = [column.times for metrics in columns.values() for column in metrics.values()]
    firsts = [float(found[0]) for found in times if found.size and math.isfinite(float(found[0]))]
    return min(firsts, default=0.0)


def keys(columns: "Columns") -> list[str]:
    """The metrics that have numbers, by name."""
    return sorted({key for metrics in columns.values() for key in metrics})


def _number(asked: Mapping[str, str], name: str, default: float) -> float:
    text = asked.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        raise SettingsError(f"{name}={text!r} is no number") from None
    if math.isnan(value):
        raise SettingsError(f"{name}={text!r} is no number")
    return value
