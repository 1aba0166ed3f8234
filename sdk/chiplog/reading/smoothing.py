"""TensorBoard's smoothing of a curve, exactly: an exponential moving average without the bias of its start; pure."""

import math
from collections.abc import Sequence


def debiased(values: Sequence[float], weight: float) -> list[float]:
    """The smoothed values.

    Args:
        values: in their order. What is not finite stays as it is and is left out of the average.
        weight: of what was before, from 0 (nothing is smoothed) to 1.

    The rule of TensorBoard's line chart: `last = last * weight + (1 - weight) * value`, shown as
    `last / (1 - weight ** n)` for the n-th finite value; a curve of one value alone stays as it is.

    Example:
        debiased([1.0, 0.0], 0.5)  # [1.0, 0.3333333333333333]
    """
    if all(value == values[0] for value in values):
        return list(values)
    smoothed, last, count = [], 0.0, 0
    for value in values:
        if not math.isfinite(value):
            smoothed.append(value)
            continue
        last = last * weight + (1 - weight) * value
        count += 1
        smoothed.append(last / (1 - weight**count if weight != 1 else 1))
    return smoothed
