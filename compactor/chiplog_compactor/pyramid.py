"""The pyramid of a run's metrics: extremes and last values over buckets of steps, for charts; pure arrays, no I/O.

A bucket of level L covers the steps `[n * 2^L, (n + 1) * 2^L)`, so that the buckets of all runs lie on one grid. Levels
go up in steps of 3 (eight buckets become one) from the first that has at most half as many buckets as there are points,
to the first with at most BUCKETS of them: a chart reads the level that has as many buckets as it has pixels, and no
extreme is ever lost. A number that is no number is counted and takes no part. Rows without a step are in no bucket.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chiplog_compactor.points import NO_STEP, Sorted

BUCKETS = 128
"""The highest level of a metric has at most this many buckets."""

STRIDE = 3
"""A level's buckets are 2^STRIDE times as wide as those of the level below."""

_LEVELS = range(0, 63, STRIDE)

_NUMBERS = 3
"""Types below this are numbers: float, integer, boolean."""

Pyramid = dict[str, NDArray[Any]]
"""Columns by name: `key` and `place`, numbers as in the points, `level`, `step`, `points`, `not_finite`, `min`, `max`,
`last`, `last_step`, `last_time`. Where no number of a bucket is finite, `min`, `max` and `last` mean nothing;
`last_time` is -inf where no row has a time. Empty where no metric has enough points."""


def of(rows: Sorted) -> Pyramid:
    """The buckets of every metric with more than BUCKETS numbers, by metric, level from the highest, place and step."""
    found = rows.arrays
    numbers = np.flatnonzero((found["key"] >= 0) & (found["step"] != NO_STEP) & (found["type"] < _NUMBERS))
    points = {name: found[name][numbers] for name in ("key", "place", "step", "value", "time", "no_time")}
    series = _numbered(points["key"], points["place"])
    made = [
        _buckets({name: column[chosen] for name, column in points.items()}, series[chosen], level)
        for level, has_level in _levels(series, points["step"])
        for chosen in [np.flatnonzero(has_level[series])]
    ]
    if not made:
        return {}
    columns = {name: np.concatenate([item[name] for item in made]) for name in made[0]}
    order = np.lexsort((columns["step"], columns["series"], -columns["level"].astype(np.int8), columns["metric"]))
    return {name: column[order] for name, column in columns.items() if name not in ("series", "metric")}


def _numbered(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers the stretches of equal values: 0 for the first."""
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([[0], np.cumsum(_changes(*columns))])


def _changes(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a row differs from the one before it."""
    differs: NDArray[np.bool_] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return differs


def _levels(series: NDArray[np.int64], steps: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Every level that some series has, and which have it."""
    if not len(series):
        return
    starts = np.flatnonzero(np.concatenate([[True], _changes(series)]))
    count = np.diff(np.append(starts, len(series)))
    low, high = np.minimum.reduceat(steps, starts), np.maximum.reduceat(steps, starts)
    below = np.full(len(starts), np.inf)
    for level in _LEVELS:
        # As floats, for two steps may lie further apart than an integer of 64 bits holds.
        buckets = (high >> level).astype(np.float64) - (low >> level) + 1
        has_level = (count > BUCKETS) & (buckets <= count / 2) & (below > BUCKETS)
        below = buckets
        if has_level.any():
            yield level, has_level


def _buckets(points: Pyramid, series: NDArray[np.int64], level: int) -> Pyramid:
    """The buckets of one level, of points that come by series and position."""
    bucket = points["step"] >> level
    if ((np.diff(bucket) < 0) & ~_changes(series)).any():  # A step went back.
        order = np.lexsort((bucket, series))
        points = {name: column[order] for name, column in points.items()}
        bucket = bucket[order]
    starts = np.flatnonzero(np.concatenate([[True], _changes(series, bucket)]))
    ends = np.append(starts[1:], len(bucket)) - 1
    return {
        "key": points["key"][starts],
        "place": points["place"][starts],
        "level": np.full(len(starts), level, dtype=np.uint8),
        "step": bucket[starts] << level,
        "points": ends - starts + 1,
        **_extremes(points["value"], starts),
        "last_step": points["step"][ends],
        "last_time": np.maximum.reduceat(np.where(points["no_time"], -np.inf, points["time"]), starts),
        "series": series[starts],
        "metric": _numbered(points["key"])[starts],
    }


def _extremes(values: NDArray[np.float64], starts: NDArray[np.int64]) -> Pyramid:
    """Of the finite values of each bucket."""
    finite = np.isfinite(values)
    last = np.maximum.reduceat(np.where(finite, np.arange(len(values)), 0), starts)
    return {
        "not_finite": np.add.reduceat((~finite).astype(np.int64), starts),
        "min": np.minimum.reduceat(np.where(finite, values, np.inf), starts),
        "max": np.maximum.reduceat(np.where(finite, values, -np.inf), starts),
        "last": values[last],
    }
