"""The pyramid of a run's metrics: extremes and last values over buckets of steps, for charts; pure arrays, no I/O.

A bucket of level L covers the steps `[n * 2^L, (n + 1) * 2^L)`, so that the buckets of all runs lie on one grid. Levels
go up in steps of 3 (eight buckets become one) from the first that has at most half as many buckets as there are points,
to the first with at most BUCKETS of them: a chart reads the level that has as many buckets as it has pixels, and no
extreme is ever lost. A number that is no number is counted and takes no part. Rows without a step are in no bucket.

A level tells a metric only where every part of the run has it. So where a part is not alone, a metric that has few
points in it has every level, from its points on.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chiplog_compactor.points import NO_STEP, Sorted

BUCKETS = 128
"""The highest level of a metric has at most this many buckets."""

FEW = 8 * BUCKETS
"""A metric with at most so many points in one of several parts has every level there."""

STRIDE = 3
"""A level's buckets are 2^STRIDE times as wide as those of the level below."""

_LEVELS = range(0, 63, STRIDE)

_NUMBERS = 3
"""Types below this are numbers: float, integer, boolean."""

Pyramid = dict[str, NDArray[Any]]
"""Columns by name: `key` and `place`, numbers as in the points, `level`, `step`, `points`, `not_finite`, `min`, `max`,
`last`, `last_step`, `last_time`. Where no number of a bucket is finite, `min`, `max` and `last` mean nothing;
`last_time` is -inf where no row has a time. Empty where no metric has enough points."""


def of(rows: Sorted, *, is_alone: bool = True) -> Pyramid:
    """The buckets of every metric with more than BUCKETS numbers, by metric, level from the highest, place and step.

    With `is_alone` false, where other parts hold rows of the run too, of every metric.
    """
    found = rows.arrays
    numbers = np.flatnonzero((found["key"] >= 0) & (found["step"] != NO_STEP) & (found["type"] < _NUMBERS))
    points = {name: found[name][numbers] for name in ("key", "place", "step", "value", "time", "no_time")}
    made = list(_levels(_single(points), 0 if is_alone else FEW))
    if not made:
        return {}
    columns = {name: np.concatenate([item[name] for item in made]) for name in made[0]}
    first = _starts(points["key"], points["place"])[columns.pop("series")]
    columns |= {"key": points["key"][first], "place": points["place"][first]}
    columns |= {"last": points["value"][columns.pop("last_at")], "last_step": points["step"][columns.pop("end_at")]}
    metric = _numbered(points["key"])[first]
    order = np.lexsort((columns["step"], first, -columns["level"].astype(np.int8), metric))
    return {name: column[order] for name, column in columns.items()}


def _single(points: Pyramid) -> Pyramid:
    """Each point as a bucket of its own. Buckets name their last rows by number: those outlive any order of steps."""
    value, rows = points["value"], np.arange(len(points["value"]))
    finite = np.isfinite(value)
    return {
        "series": _numbered(points["key"], points["place"]),
        "step": points["step"],
        "points": np.ones(len(value), dtype=np.int64),
        "not_finite": (~finite).astype(np.int64),
        "min": np.where(finite, value, np.inf),
        "max": np.where(finite, value, -np.inf),
        "last_at": np.where(finite, rows, -1),
        "end_at": rows,
        "last_time": np.where(points["no_time"], -np.inf, points["time"]),
    }


_MERGED = {
    "points": np.add, "not_finite": np.add, "min": np.minimum, "max": np.maximum,
    "last_at": np.maximum, "end_at": np.maximum, "last_time": np.maximum,
}  # fmt: skip
"""What one column of several buckets becomes in the bucket that holds them all."""


def _levels(points: Pyramid, few: int) -> Iterator[Pyramid]:
    """The buckets of every level that some series has: the lowest from points, each other from the one below it."""
    lowest, highest = _bounds(points["series"], points["step"], few)
    for first in np.unique(lowest[lowest >= 0]).tolist():
        buckets = _chosen(points, lowest == first)
        for level in range(first, int(highest[lowest == first].max()) + 1, STRIDE):
            buckets = _merged(_chosen(buckets, highest >= level), level)
            yield buckets | {"level": np.full(len(buckets["step"]), level, dtype=np.uint8)}


def _bounds(
    series: NDArray[np.int64], steps: NDArray[np.int64], few: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The lowest and the highest level of every series, -1 where it has none; all levels where its points are few."""
    starts = _starts(series)
    lowest, highest = (np.full(len(starts), -1, dtype=np.int64) for _ in range(2))
    if not len(starts):
        return lowest, highest
    count = np.diff(np.append(starts, len(series)))
    low, high = np.minimum.reduceat(steps, starts), np.maximum.reduceat(steps, starts)
    below = np.full(len(starts), np.inf)
    for level in _LEVELS:
        # As floats, for two steps may lie further apart than an integer of 64 bits holds.
        buckets = (high >> level).astype(np.float64) - (low >> level) + 1
        has_level = (count <= few) | (count > BUCKETS) & (buckets <= count / 2) & (below > BUCKETS)
        below = buckets
        lowest[has_level & (lowest < 0)] = level
        highest[has_level] = level
    return lowest, highest


def _chosen(buckets: Pyramid, is_chosen: NDArray[np.bool_]) -> Pyramid:
    """Those of some series."""
    if is_chosen.all():
        return buckets
    mine = np.flatnonzero(is_chosen[buckets["series"]])
    return {name: column[mine] for name, column in buckets.items()}


def _merged(buckets: Pyramid, level: int) -> Pyramid:
    """Buckets of one level, of those of a lower one or of points, which come by series and position."""
    series, step = buckets["series"], buckets["step"] >> level
    if ((np.diff(step) < 0) & ~_changes(series)).any():  # A step went back.
        order = np.lexsort((step, series))
        buckets, step = {name: column[order] for name, column in buckets.items()}, step[order]
    starts = _starts(series, step)
    merged = {name: merge.reduceat(buckets[name], starts) for name, merge in _MERGED.items()}
    return {"series": series[starts], "step": step[starts] << level, **merged}


def _numbered(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers the stretches of equal values: 0 for the first."""
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([[0], np.cumsum(_changes(*columns))])


def _starts(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Where the stretches of equal values begin."""
    return np.flatnonzero(np.concatenate([np.ones(min(len(columns[0]), 1), dtype=np.bool_), _changes(*columns)]))


def _changes(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a row differs from the one before it."""
    differs: NDArray[np.bool_] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return differs
