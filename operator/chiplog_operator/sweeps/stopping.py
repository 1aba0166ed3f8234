"""Which running trials are stopped early, and the numbers that say so; it stops none.

Everything is judged at fixed iterations: the n-th finite value that a trial logged of the metric, whatever its step.
So a decision is the same whenever it is made, and what was not decided while we were away is decided later.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chiplog_operator.sweeps.configs import Hyperband, Metric
from chiplog_operator.sweeps.trials import Curve, Trial

MAX_BANDS = 100
"""As many bands has a hyperband of the form `min_iter` in W&B's engine."""

MAX_ITERATION = 2**53
"""No trial comes so far."""

MAX_LOOKS = 1000
"""As often looks a percentile rule at a trial."""


@dataclass(frozen=True)
class Decision:
    """A trial is to be stopped."""

    trial: Trial
    iteration: int
    value: float
    threshold: float
    said: str
    """`stopped at iteration 9: loss 0.71 is above 0.42, the best third of 6 trials there`."""


class Rule(Protocol):
    """A way of stopping early."""

    def iterations(self) -> Sequence[int]:
        """Those at which it looks, ascending."""
        ...

    def decide(self, trials: Sequence[Trial], metric: Metric) -> list[Decision]:
        """The running trials that it stops now."""
        ...


@dataclass(frozen=True)
class Bands:
    """W&B's hyperband: at each band a trial must be among the best 1/eta of all that came so far (`sweeps` 0.3.0)."""

    config: Hyperband

    def iterations(self) -> list[int]:
        """From `min_iter` upwards, else from `max_iter` downwards, by factors of eta."""
        if self.config.max_iter is not None:
            return self._downwards(float(self.config.max_iter))
        band = float(self.config.min_iter or 1)
        found: list[int] = []
        while len(found) < MAX_BANDS and band < MAX_ITERATION:
            found.append(int(band))
            band *= self.config.eta
        return found

    def _downwards(self, band: float) -> list[int]:
        found = []
        for _ in range(int(self.config.s)):
            band /= self.config.eta
            if band < 1:
                break
            found.append(int(band))
        return sorted(found)

    def decide(self, trials: Sequence[Trial], metric: Metric) -> list[Decision]:
        """Every running trial is judged at the last band that it reached."""
        thresholds = {band: self._threshold(band, trials, metric) for band in self.iterations()}
        judged = [self._judged(trial, thresholds, metric) for trial in trials if trial.state == "running"]
        return [decision for decision in judged if decision is not None]

    def _threshold(self, band: int, trials: Sequence[Trial], metric: Metric) -> tuple[float, int]:
        """The worst value that passes, less being better, and of how many trials."""
        values = _reached(band, trials, metric)
        return (values[int(len(values) * (1.0 / self.config.eta))] if values else math.inf), len(values)

    def _judged(self, trial: Trial, thresholds: Mapping[int, tuple[float, int]], metric: Metric) -> Decision | None:
        curve = trial.curve(metric.name)
        band = max((band for band in thresholds if band <= curve.count), default=None)
        if band is None:
            return None
        value = curve.at.get(band) if self.config.strict else curve.best(metric.sign)
        threshold, count = thresholds[band]
        if value is None or metric.sign * value <= threshold:
            return None
        text = f"the best 1/{self.config.eta:g} of {count} trials there"
        return _decision(trial, metric, band, value, metric.sign * threshold, text)


@dataclass(frozen=True)
class Percentile:
    """A trial must not be worse than a percentile of the others' values at the same iteration; 50 is the median."""

    percent: float
    first: int
    """The first iteration at which it looks."""
    every: int = 1
    """And then after so many."""
    startup: int = 5
    """Trials that must have come as far before it stops one."""

    def iterations(self) -> list[int]:
        """The first and every further one."""
        return [self.first + place * self.every for place in range(MAX_LOOKS)]

    def decide(self, trials: Sequence[Trial], metric: Metric) -> list[Decision]:
        """Every running trial is judged at the last iteration that it reached."""
        judged = [self._judged(trial, trials, metric) for trial in trials if trial.state == "running"]
        return [decision for decision in judged if decision is not None]

    def _judged(self, trial: Trial, trials: Sequence[Trial], metric: Metric) -> Decision | None:
        curve = trial.curve(metric.name)
        place = max((item for item in self.iterations() if item <= curve.count), default=None)
        if place is None:
            return None
        others = [other for other in trials if other.index != trial.index]
        values, value = _reached(place, others, metric), curve.at.get(place)
        if value is None or len(values) < self.startup:
            return None
        threshold = percentile(values, self.percent)
        if metric.sign * value <= threshold:
            return None
        what = "median" if self.percent == 50 else f"{self.percent:g}th percentile"
        text = f"the {what} of {len(values)} other trials there"
        return _decision(trial, metric, place, value, metric.sign * threshold, text)


@dataclass(frozen=True)
class SuccessiveHalving:
    """ASHA: at each rung the best 1/eta of the trials that reached it go on; one alone goes on."""

    first: int
    eta: float = 3

    def iterations(self) -> list[int]:
        """From the first upwards by factors of eta."""
        return Bands(Hyperband(eta=self.eta, min_iter=self.first)).iterations()

    def decide(self, trials: Sequence[Trial], metric: Metric) -> list[Decision]:
        """Every running trial is judged at the last rung that it reached."""
        judged = [self._judged(trial, trials, metric) for trial in trials if trial.state == "running"]
        return [decision for decision in judged if decision is not None]

    def _judged(self, trial: Trial, trials: Sequence[Trial], metric: Metric) -> Decision | None:
        curve = trial.curve(metric.name)
        rung = max((item for item in self.iterations() if item <= curve.count), default=None)
        value = curve.at.get(rung) if rung is not None else None
        if rung is None or value is None:
            return None
        values = _reached(rung, trials, metric)
        kept = max(1, math.ceil(len(values) / self.eta))
        if metric.sign * value <= values[kept - 1]:
            return None
        text = f"the best {kept} of {len(values)} trials there"
        return _decision(trial, metric, rung, value, metric.sign * values[kept - 1], text)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """A percentile of ascending values, between two by their distance."""
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _reached(iteration: int, trials: Sequence[Trial], metric: Metric) -> list[float]:
    """The values of all trials that came so far, of any state, best first; more is turned into less."""
    found = [_at(trial.curve(metric.name), iteration) for trial in trials]
    return sorted(metric.sign * value for value in found if value is not None)


def _at(curve: Curve, iteration: int) -> float | None:
    return curve.at.get(iteration) if curve.count >= iteration else None


def _decision(trial: Trial, metric: Metric, iteration: int, value: float, threshold: float, text: str) -> Decision:
    side = "above" if metric.sign > 0 else "below"
    said = f"stopped at iteration {iteration}: {metric.name} {value:.6g} is {side} {threshold:.6g}, {text}"
    return Decision(trial, iteration, value, threshold, said)
