"""The distributions of a W&B sweep config as laws between a share of probability and a value; it draws no chance.

Each knows the value at a share in [0, 1] (its inverse distribution function) and the share of a value, so that grids,
random draws and Optuna's samplers all see the same law. The formulas are those of W&B's engine (PyPI `sweeps` 0.3.0,
`params.py`), with its rounding: half to even, and not cut to the bounds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Protocol

_EDGE = 1e-12
"""A share is kept this far from 0 and 1 where the law has no end."""

_STANDARD = NormalDist()


class Distribution(Protocol):
    """The law of one parameter."""

    def value(self, share: float) -> Any:
        """The value below which `share` of the probability lies."""
        ...

    def share(self, value: Any) -> float:
        """Where a value stands in [0, 1]; a value that the law never gives stands at the nearest end."""
        ...


@dataclass(frozen=True)
class Constant:
    """One value, which is no part of the search."""

    only: Any

    def value(self, share: float) -> Any:  # noqa: ARG002
        """The value."""
        return self.only

    def share(self, value: Any) -> float:  # noqa: ARG002
        """0, whatever the value."""
        return 0.0


@dataclass(frozen=True)
class Categorical:
    """One of several values, all alike or by their probabilities."""

    values: Sequence[Any]
    probabilities: tuple[float, ...] = ()

    def value(self, share: float) -> Any:
        """The value in whose part of [0, 1] the share lies."""
        return self.values[self.place_of(share)]

    def share(self, value: Any) -> float:
        """The middle of the value's part."""
        place, bounds = self.place(value), [0.0, *self._bounds()]
        return (bounds[place] + bounds[place + 1]) / 2

    def place(self, value: Any) -> int:
        """The index of a value; 0 for a stranger."""
        return next((place for place, item in enumerate(self.values) if item == value and _alike(item, value)), 0)

    def place_of(self, share: float) -> int:
        """The index of the value at a share."""
        if not self.probabilities:
            return _part(share, len(self.values))
        return next((place for place, bound in enumerate(self._bounds()) if share < bound), len(self.values) - 1)

    def _bounds(self) -> list[float]:
        count = len(self.values)
        if not self.probabilities:
            return [(place + 1) / count for place in range(count)]
        return [math.fsum(self.probabilities[: place + 1]) for place in range(count)]


@dataclass(frozen=True)
class Integers:
    """Whole numbers from `least` to `most`, both included."""

    least: int
    most: int

    def value(self, share: float) -> int:
        """The whole number at a share."""
        return self.least + _part(share, self.most - self.least + 1)

    def share(self, value: Any) -> float:
        """The middle of the number's part."""
        return _inside((float(value) - self.least + 0.5) / (self.most - self.least + 1))


@dataclass(frozen=True)
class Uniform:
    """Even over an interval, after `warp` has been taken back: `exp` gives a log-uniform law."""

    least: float
    most: float
    """Bounds before the warp."""
    warp: Callable[[float], float] = float
    unwarp: Callable[[float], float] = float

    def value(self, share: float) -> float:
        """The number at a share."""
        return self.warp(self.least + share * (self.most - self.least))

    def share(self, value: Any) -> float:
        """Where a number stands between the bounds."""
        return _inside((self.unwarp(float(value)) - self.least) / (self.most - self.least))


@dataclass(frozen=True)
class Normal:
    """A normal law, or with `is_log` the law of its exponential."""

    mu: float
    sigma: float
    is_log: bool = False

    def value(self, share: float) -> float:
        """The number at a share."""
        found = self.mu + self.sigma * _STANDARD.inv_cdf(min(max(share, _EDGE), 1 - _EDGE))
        return math.exp(found) if self.is_log else found

    def share(self, value: Any) -> float:
        """Where a number stands."""
        if self.sigma == 0 or (self.is_log and value <= 0):
            return 0.5 if self.sigma == 0 else 0.0
        plain = math.log(value) if self.is_log else float(value)
        return float(_STANDARD.cdf((plain - self.mu) / self.sigma))


@dataclass(frozen=True)
class Beta:
    """A beta law on [0, 1]."""

    a: float
    b: float

    def value(self, share: float) -> float:
        """The number at a share."""
        import scipy.special  # It costs the operator tens of MB, and hardly any sweep has this law.

        return float(scipy.special.betaincinv(self.a, self.b, share))

    def share(self, value: Any) -> float:
        """Where a number stands."""
        import scipy.special

        return float(scipy.special.betainc(self.a, self.b, _inside(float(value))))


@dataclass(frozen=True)
class Rounded:
    """Another law in multiples of `step`; whole numbers where the step is one."""

    law: Distribution
    step: float

    def value(self, share: float) -> float:
        """The multiple of the step nearest to the law's value."""
        count = round(float(self.law.value(share)) / self.step)
        return count * self.step

    def share(self, value: Any) -> float:
        """Where a number stands in the law that is rounded."""
        return self.law.share(value)


def log_uniform(least: float, most: float) -> Uniform:
    """Even in the logarithm, which goes from `least` to `most`."""
    return Uniform(least, most, math.exp, _log)


def inverse_log_uniform(least: float, most: float) -> Uniform:
    """Even in the logarithm of 1/x, which goes from `least` to `most`."""
    return Uniform(-most, -least, math.exp, _log)


def _part(share: float, count: int) -> int:
    """In which of `count` equal parts of [0, 1] a share lies; a bound is of the part below it, as in the engine."""
    return min(max(math.ceil(share * count) - 1, 0), count - 1)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _inside(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _alike(one: Any, other: Any) -> bool:
    """True is not 1, although Python calls them equal."""
    return isinstance(one, bool) == isinstance(other, bool)
