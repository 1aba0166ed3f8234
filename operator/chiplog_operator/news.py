"""Which changes of a status are told at once, and how often the others are: a budget of writes for the whole cluster.

A transition (another state, a condition that turned, a trouble, a restart) is told at once, unless the next moment is
sure to change it again: then it is held for a second, and both are one write. Progress (step, metric, lag, how far a
pod has come in starting) waits for its turn: `per_second` writes for all runs together.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from chiplog_operator import conditions, documents
from chiplog_operator.sightings import Key

Tree = Mapping[str, Any]

LEAST_SECONDS = 2.0
"""Between two tellings of one run's progress, however few runs live."""

SETTLE_SECONDS = 1.0
"""A fleeting status is held for this long at the most, half of what a transition may take to be told."""

_QUIET = frozenset({"Pending", "Starting", "Restarting", "Running", "Ending"})
"""Reasons that follow each other within a state without anybody's need to know at once."""

_PROGRESS = frozenset({"step", "metric", "rows", "lagSeconds", "recorders", "message", "attempts", "exitCode", "node"})
"""Fields that change with a transition, or tell progress."""


def is_transition(before: Tree, after: Tree) -> bool:
    """The change from one status to another is to be told at once."""
    return _essence(before) != _essence(after)


def is_fleeting(status: Tree) -> bool:
    """The next moment is sure to change it: no pod is made yet, the Job has not spoken yet, all but the last word of a
    recorder is there. A start is none: its recorder's first head comes within seconds, or not.
    """
    if status["state"] in documents.TERMINAL:
        return not documents.is_durable(status) and conditions.find(status, "Durable").get("reason") == "Shipping"
    if status["state"] == "running":
        return bool(status["reason"] == "Ending")
    return status["state"] == "pending" and status["reason"] in ("Pending", "Restarting")


class Budget:
    """When a run's status may be told; threads may share it, for a race costs one write."""

    def __init__(
        self, per_second: float, clock: Callable[[], float] = time.monotonic, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self._per_second = per_second
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._told: dict[Key, float] = {}
        self._held: dict[Key, float] = {}
        self._noticed: dict[Key, float] = {}

    def wait(self, key: Key, live: int) -> float:
        """Seconds until the turn of a run among so many that live; 0 where it is now."""
        return max(0.0, self._told.get(key, float("-inf")) + self._interval(live) - self._clock())

    def hold(self, key: Key, status: Tree) -> float:
        """Seconds for which a transition to this status is held still; 0 where it is to be told now."""
        if not is_fleeting(status):
            return 0.0
        now = self._clock()
        return max(0.0, self._held.setdefault(key, now) + self._settle_seconds - now)

    def noticed(self, key: Key, seconds_ago: float) -> None:
        """There is a transition to tell, of which the first word came so long ago."""
        self._noticed.setdefault(key, self._clock() - seconds_ago)

    def told(self, key: Key) -> float:
        """A run's status was written, for whatever reason; returns how long a transition in it waited for that."""
        now = self._clock()
        self._told[key] = now
        self._held.pop(key, None)
        return now - self._noticed.pop(key, now)

    def settled(self, key: Key) -> None:
        """What was to be told is undone: there is no transition any more."""
        self._held.pop(key, None)
        self._noticed.pop(key, None)

    def enter(self, key: Key, live: int, chance: float) -> None:
        """A run that was told by an earlier life of ours: its turn is anywhere in an interval, by `chance` from 0 to 1,
        so that a restart makes no crowd of turns.
        """
        self._told[key] = self._clock() - chance * self._interval(live)

    def forget(self, key: Key) -> None:
        """The run makes no progress any more."""
        self._told.pop(key, None)
        self.settled(key)

    def _interval(self, live: int) -> float:
        return max(LEAST_SECONDS, live / self._per_second)


def _essence(status: Tree) -> dict[str, Any]:
    """What of a status makes a transition."""
    plain = {key: value for key, value in status.items() if key not in _PROGRESS}
    turned = [(item["type"], item["status"], _loud(item["reason"])) for item in status.get("conditions") or []]
    restarts = [(item["number"], item["restarts"]) for item in status.get("lastAttempts") or [] if item.get("restarts")]
    return {**plain, "reason": _loud(status.get("reason", "")), "conditions": turned, "lastAttempts": restarts}


def _loud(reason: str) -> str:
    return "" if reason in _QUIET else reason
