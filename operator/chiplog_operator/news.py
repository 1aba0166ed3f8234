"""Which changes of a status are told at once, and how often the others are: a budget of writes for the whole cluster.

A transition (another state, a condition that turned, a trouble, a restart) is always told at once. Progress (step,
metric, lag, how far a pod has come in starting) waits for its turn: `per_second` writes for all runs together.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from chiplog_operator.sightings import Key

Tree = Mapping[str, Any]

LEAST_SECONDS = 2.0
"""Between two tellings of one run's progress, however few runs live."""

_QUIET = frozenset({"Pending", "Starting", "Running", "Ending"})
"""Reasons that follow each other within a state without anybody's need to know at once."""

_PROGRESS = frozenset({"step", "metric", "rows", "lagSeconds", "recorders", "message", "attempts", "exitCode", "node"})
"""Fields that change with a transition, or tell progress."""


def is_transition(before: Tree, after: Tree) -> bool:
    """The change from one status to another is to be told at once."""
    return _essence(before) != _essence(after)


class Budget:
    """When a run's progress may be told again; threads may share it, for a race costs one write."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._told: dict[Key, float] = {}

    def wait(self, key: Key, live: int) -> float:
        """Seconds until the turn of a run among so many that live; 0 where it is now."""
        interval = max(LEAST_SECONDS, live / self._per_second)
        return max(0.0, self._told.get(key, float("-inf")) + interval - self._clock())

    def told(self, key: Key) -> None:
        """A run's status was written, for whatever reason."""
        self._told[key] = self._clock()

    def forget(self, key: Key) -> None:
        """The run makes no progress any more."""
        self._told.pop(key, None)


def _essence(status: Tree) -> dict[str, Any]:
    """What of a status makes a transition."""
    plain = {key: value for key, value in status.items() if key not in _PROGRESS}
    turned = [(item["type"], item["status"], _loud(item["reason"])) for item in status.get("conditions") or []]
    restarts = [(item["number"], item["restarts"]) for item in status.get("lastAttempts") or [] if item.get("restarts")]
    return {**plain, "reason": _loud(status.get("reason", "")), "conditions": turned, "lastAttempts": restarts}


def _loud(reason: str) -> str:
    return "" if reason in _QUIET else reason
