"""A run's metrics as columns, and columns as the points of a chart; it reads no bucket.

A chart has fewer pixels than a run has rows. A bucket of neighbouring steps is drawn by its smallest, largest and last
value, so that no peak is ever averaged away.
"""

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Branch(NamedTuple):
    """Whose line a curve is: a restart goes back in steps, and ranks and sibling runs write the same ones."""

    attempt: int
    rank: int
    writer: str


@dataclass(frozen=True)
class Column:
    """One metric of one branch; all three have one shape, `(rows,)`, in the order in which they were written."""

    steps: Floats
    times: Floats
    """Unix seconds; NaN where a row has none."""
    values: Floats
    lows: Floats | None = None
    highs: Floats | None = None
    """Where a value stands for many: the smallest and the largest of them."""
    counts: Floats | None = None
    """How many those are."""

    @property
    def count(self) -> int:
        """Points that there are."""
        return int(self.steps.size if self.counts is None else self.counts.sum())


Columns = Mapping[Branch, Mapping[str, Column]]


@dataclass
class Gathered:
    """Rows that become columns, and may become more."""

    rows: int = 0
    _points: dict[Branch, dict[str, tuple["array[float]", ...]]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a flat row of history. What is no number is left out; a row without a step goes by its place."""
        branch = Branch(int(row["_attempt"]), int(row.get("_rank") or 0), str(row.get("_run") or ""))
        step = float(self.rows if row["_step"] is None else row["_step"])
        time = float(math.nan if row["_timestamp"] is None else row["_timestamp"])
        self.rows += 1
        found = self._points.setdefault(branch, {})
        for key, value in row.items():
            if isinstance(value, int | float) and key not in ("_step", "_timestamp", "_attempt", "_rank"):
                if key not in found:
                    found[key] = (array("d"), array("d"), array("d"))
                for column, number in zip(found[key], (step, time, _float(value)), strict=True):
                    column.append(number)

    def columns(self) -> Columns:
        """All that was taken so far."""
        return {
            branch: {key: Column(*map(np.array, columns)) for key, columns in found.items()}
            for branch, found in self._points.items()
        }


def columns(rows: Iterable[Mapping[str, Any]]) -> Columns:
    """Flat rows of history (`chiplog.reading.history`) as columns."""
    gathered = Gathered()
    for row in rows:
        gathered.add(row)
    return gathered.columns()


def joined(first: Columns, then: Columns) -> Columns:
    """Columns and what came after them."""
    return {
        branch: {key: _joined(first, then, branch, key) for key in [*first.get(branch, {}), *then.get(branch, {})]}
        for branch in dict(first) | dict(then)
    }


def _joined(first: Columns, then: Columns, branch: Branch, key: str) -> Column:
    found = [columns[branch][key] for columns in (first, then) if key in columns.get(branch, {})]
    if len(found) == 1:
        return found[0]
    return Column(*(np.concatenate([getattr(item, name) for item in found]) for name in ("steps", "times", "values")))


def drawn(column: Column, points: int, low: float, high: float, *, by_time: bool = False) -> dict[str, list[Any]]:
    """A column as at most `points` buckets between `low` and `high` (steps, or Unix seconds with `by_time`).

    Returns lists of one length: `x` (the last step or time of the bucket), `min`, `max`, `last`, `step`, `time`. A
    bucket without a finite value has None in `min`, `max` and `last`: it is a gap in the line.
    """
    xs = column.times if by_time else column.steps
    order = np.argsort(xs, kind="stable")
    order = order[(xs[order] >= low) & (xs[order] <= high)]
    if order.size == 0:
        return {name: [] for name in ("x", "min", "max", "last", "step", "time")}
    starts = _starts(xs[order], points)
    ends = np.append(starts[1:], order.size) - 1
    values = column.values[order]
    finite = np.isfinite(values)
    lows = values if column.lows is None else column.lows[order]
    highs = values if column.highs is None else column.highs[order]
    lowest = np.minimum.reduceat(np.where(finite, lows, np.inf), starts)
    highest = np.maximum.reduceat(np.where(finite, highs, -np.inf), starts)
    return {
        "x": xs[order][ends].tolist(),
        "min": _listed(lowest),
        "max": _listed(highest),
        "last": _listed(_last_finite(values, finite, starts, ends)),
        "step": column.steps[order][ends].tolist(),
        "time": _listed(column.times[order][ends]),
    }


def _starts(xs: Floats, points: int) -> NDArray[np.intp]:
    """Where each bucket of sorted positions begins; as many as positions where those are few."""
    if xs.size <= points:
        return np.arange(xs.size)
    width = (xs[-1] - xs[0]) / points
    bucket = np.minimum((xs - xs[0]) // width, points - 1) if width > 0 else np.zeros(xs.size)
    return np.flatnonzero(np.diff(bucket, prepend=-1))


def _last_finite(values: Floats, finite: NDArray[np.bool_], starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Floats:
    """Of each bucket the last finite value; NaN where it has none."""
    places = np.maximum.accumulate(np.where(finite, np.arange(values.size), -1))[ends]
    return np.where(places >= starts, values[np.maximum(places, 0)], np.nan)


def _listed(values: Floats) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
