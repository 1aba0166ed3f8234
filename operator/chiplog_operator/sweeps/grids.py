"""The combinations of a grid in W&B's order: keys sorted, the last key fastest, each combination once.

W&B's engine skips combinations that ran before by their values. Here a trial's index is its combination's place, so
nothing needs to be skipped, and a value that stands twice in a list counts once, as there.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chiplog_operator.sweeps.distributions import Categorical, Distribution, Integers, Rounded, Uniform
from chiplog_operator.sweeps.parameters import Parameter, Path


@dataclass(frozen=True)
class Grid:
    """All combinations, which are counted and never listed."""

    parameters: Sequence[Parameter]

    def __len__(self) -> int:
        return math.prod(len(values) for _, values in self._axes())

    def combination(self, place: int) -> dict[Path, Any]:
        """The values at a place from 0 on. Raises IndexError beyond the end."""
        if not 0 <= place < len(self):
            raise IndexError(place)
        found: dict[Path, Any] = {}
        for parameter, values in reversed(self._axes()):
            place, at = divmod(place, len(values))
            found[parameter.path] = values[at]
        return {parameter.path: found[parameter.path] for parameter in self.parameters}

    def _axes(self) -> list[tuple[Parameter, Sequence[Any]]]:
        return [(parameter, axis(parameter.distribution)) for parameter in self.parameters]


def axis(distribution: Distribution) -> Sequence[Any]:
    """The values of one parameter: listed ones, whole numbers, or steps from `min` up to but without `max`."""
    if isinstance(distribution, Categorical):
        return list({_identity(value): value for value in distribution.values}.values())
    if isinstance(distribution, Integers):
        return range(distribution.least, distribution.most + 1)
    if isinstance(distribution, Rounded) and isinstance(distribution.law, Uniform):
        return _steps(distribution.law.least, distribution.law.most, distribution.step)
    return [distribution.value(0.0)]


def _steps(least: float, most: float, step: float) -> list[float]:
    """numpy's arange, to the last bit: it multiplies the difference of the first two."""
    width = (least + step) - least
    return [least + place * width for place in range(math.ceil((most - least) / step))]


def _identity(value: Any) -> str:
    """What makes two values the same to W&B: how they are written, a whole float as an integer."""
    plain = int(value) if isinstance(value, float) and value.is_integer() else value
    return json.dumps(plain, sort_keys=True)
