"""The smoothing is TensorBoard's own, step by step."""

import math

from hypothesis import given
from hypothesis import strategies as st

from chiplog.reading import smoothing


def tensorboards(data: list[float], weight: float) -> list[float]:
    """`resmoothDataset` of TensorBoard's line chart (vz_line_chart2/line-chart.ts), line by line."""
    last, accumulated, smoothed = 0.0, 0, []
    is_constant = all(value == data[0] for value in data)
    for following in data:
        if is_constant or not math.isfinite(following):
            smoothed.append(following)
        else:
            last = last * weight + (1 - weight) * following
            accumulated += 1
            debias = 1.0
            if weight != 1.0:
                debias = 1.0 - math.pow(weight, accumulated)
            smoothed.append(last / debias)
    return smoothed


_VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf]), max_size=20)


@given(_VALUES, st.floats(0, 1))
def test_it_is_tensorboards_formula(values: list[float], weight: float) -> None:
    ours, theirs = smoothing.debiased(values, weight), tensorboards(values, weight)
    assert len(ours) == len(theirs)
    assert all(math.isclose(a, b, rel_tol=1e-12) or (a != a and b != b) for a, b in zip(ours, theirs, strict=True))


def test_known_values() -> None:
    assert smoothing.debiased([1.0, 0.0, 0.0], 0.5) == [1.0, 1 / 3, 1 / 7]
    assert smoothing.debiased([1.0, 0.0], 0.0) == [1.0, 0.0]
    assert smoothing.debiased([2.0, 2.0], 0.9) == [2.0, 2.0]
    assert smoothing.debiased([], 0.9) == []
