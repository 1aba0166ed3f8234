"""One trial as the search sees it: its parameters, how it stands, and what it has logged; it decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["pending", "running", "succeeded", "failed", "pruned"]

OVER: frozenset[State] = frozenset({"succeeded", "failed", "pruned"})


@dataclass(frozen=True)
class Curve:
    """A metric over the iterations of a trial: its finite values in the order in which they were logged.

    Of a trial that is over only some are kept (those at which the sweep decides), with their count and extremes.
    """

    count: int = 0
    at: Mapping[int, float] = field(default_factory=dict)
    """Values by iteration, from 1."""
    least: float | None = None
    most: float | None = None
    last: float | None = None

    def best(self, sign: int) -> float | None:
        """The best value; `sign` is 1 where less is better, -1 where more is."""
        return self.least if sign > 0 else self.most

    def worst(self, sign: int) -> float | None:
        """The worst value."""
        return self.best(-sign)


def curve(values: Sequence[float], iterations: Sequence[int] | None = None) -> Curve:
    """The curve of all finite values; with `iterations` only those are kept one by one."""
    kept = range(1, len(values) + 1) if iterations is None else [item for item in iterations if item <= len(values)]
    return Curve(
        count=len(values),
        at={iteration: values[iteration - 1] for iteration in kept},
        least=min(values, default=None),
        most=max(values, default=None),
        last=values[-1] if values else None,
    )


@dataclass(frozen=True)
class Trial:
    """One trial."""

    index: int
    name: str
    state: State
    config: Mapping[str, Any] = field(default_factory=dict)
    """Its parameters, nested."""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """By metric."""
    run_id: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    is_stopping: bool = False
    """It was told to stop and has not ended yet."""
    said: str = ""
    """Why it was stopped."""

    @property
    def is_over(self) -> bool:
        """It never runs again."""
        return self.state in OVER

    def curve(self, metric: str) -> Curve:
        """What it logged of a metric."""
        return self.curves.get(metric, Curve())
