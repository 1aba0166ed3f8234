"""Columns of a run, and the few points that a chart shows of them."""

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chiplog.drawing import curves
from chiplog.drawing.curves import Branch, Column

NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=32)


def column(values: list[float], steps: list[float] | None = None) -> Column:
    places = np.array(range(len(values)) if steps is None else steps, dtype=float)
    return Column(places, places * 2.0, np.array(values, dtype=float))


def row(step: int, attempt: int = 1, **metrics: Any) -> dict[str, Any]:
    return {"_step": step, "_timestamp": 100.0 + step, "_attempt": attempt, **metrics}


def test_only_numbers_become_columns() -> None:
    found = curves.columns([row(0, loss=1.5, name="x", flag=True, nothing=None, image={"_type": "image-file"})])
    assert {key: list(item.values) for key, item in found[Branch(1, 0, "")].items()} == {"loss": [1.5], "flag": [1.0]}


def test_a_metric_has_the_steps_at_which_it_was_logged() -> None:
    found = curves.columns([row(0, a=1.0), row(1, b=2.0), row(2, a=3.0)])[Branch(1, 0, "")]
    assert (list(found["a"].steps), list(found["a"].times), list(found["b"].steps)) == ([0, 2], [100, 102], [1])


def test_an_integer_beyond_all_floats_is_infinite_and_no_error() -> None:
    found = curves.columns([row(0, big=10**400, small=-(10**400))])[Branch(1, 0, "")]
    assert (found["big"].values[0], found["small"].values[0]) == (math.inf, -math.inf)


def test_few_rows_are_shown_as_they_are() -> None:
    drawn = curves.drawn(column([3.0, 1.0, 2.0]), 10, -math.inf, math.inf)
    assert (drawn["x"], drawn["last"], drawn["min"], drawn["max"]) == ([0, 1, 2], [3, 1, 2], [3, 1, 2], [3, 1, 2])


def test_a_stretch_without_a_number_is_a_gap() -> None:
    drawn = curves.drawn(column([1.0, math.nan, math.inf, 2.0]), 10, -math.inf, math.inf)
    assert drawn["last"] == [1.0, None, None, 2.0]


def test_only_what_was_asked_for_is_shown() -> None:
    drawn = curves.drawn(column([0.0, 1.0, 2.0, 3.0]), 10, 1, 2)
    assert drawn["x"] == [1.0, 2.0]
    assert curves.drawn(column([0.0, 1.0]), 10, 5, 6)["x"] == []


def test_the_axis_may_be_time() -> None:
    assert curves.drawn(column([7.0, 8.0]), 10, 0, 10, by_time=True)["x"] == [0.0, 2.0]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10_000), NUMBERS), min_size=1, max_size=400),
    st.integers(2, 50),
)
def test_no_peak_is_lost_and_no_value_is_made_up(rows: list[tuple[int, float]], points: int) -> None:
    steps, values = [float(step) for step, _ in rows], [value for _, value in rows]
    drawn = curves.drawn(column(values, steps), points, -math.inf, math.inf)
    finite = [value for value in values if math.isfinite(value)]
    told = [value for name in ("min", "max", "last") for value in drawn[name] if value is not None]
    assert len(drawn["x"]) <= max(points, 2)
    assert drawn["x"] == sorted(drawn["x"])
    assert set(told) <= set(finite)
    assert (min(told, default=None), max(told, default=None)) == (min(finite, default=None), max(finite, default=None))


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=300), st.integers(2, 20))
def test_the_last_of_a_bucket_is_the_last_number_in_it(values: list[float], points: int) -> None:
    drawn = curves.drawn(column(values), points, -math.inf, math.inf)
    begin = 0
    for end, last in zip(drawn["x"], drawn["last"], strict=True):
        inside = [value for value in values[begin : int(end) + 1] if math.isfinite(value)]
        assert last == (inside[-1] if inside else None)
        begin = int(end) + 1
    assert begin == len(values)
