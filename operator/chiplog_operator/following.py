"""Which runs are followed and how closely: the plan by which namespaces are looked at; it looks at nothing itself."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chiplog_operator.recording import EXPECTED_SECONDS
from chiplog_operator.sightings import Key

AWAITED_SECONDS = 0.5
"""Between two looks at a namespace in which a recorder is about to write its first head, which is a transition. Each
recorder is waited for like this once, for as long as it may take."""

HOT_SECONDS = 2.0
"""Between two looks at a namespace in which a run is young, or has ended and is not durable yet."""

CALM_SECONDS = 14.0
"""Between two looks at any other namespace in which runs live; recorders write about as often."""

RECORDERS_PER_SECOND = 1000
"""A look at more recorders than this is paid for by a longer time until the next: a page of a LIST holds as many."""


@dataclass(frozen=True, slots=True)
class Followed:
    """One run's part in the plan."""

    recorders: frozenset[str]
    is_hot: bool
    is_heard: bool
    """All its recorders were heard of when its status was decided last."""
    awaited_until: float
    """Until when one of them is to write its first head."""


class Following:
    """The plan; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._runs: dict[str, dict[Key, Followed]] = {}
        """By namespace."""
        self._waiting: set[Key] = set()
        """Runs that have nobody to listen to yet, and are looked at all the same."""
        self._looked: dict[str, float] = {}

    def __len__(self) -> int:
        """How many runs are followed."""
        with self._lock:
            return sum(map(len, self._runs.values()))

    def follow(
        self, key: Key, recorders: Iterable[str], *, is_hot: bool, is_heard: bool = False, is_awaited: bool = False
    ) -> None:
        """Look after a run's recorders from now on; without any there is nothing to look at."""
        until = self._clock() + EXPECTED_SECONDS if is_awaited else float("-inf")
        with self._lock:
            self._drop(key)
            if found := frozenset(recorders):
                self._runs.setdefault(key.namespace, {})[key] = Followed(found, is_hot, is_heard, until)

    def wait(self, key: Key) -> None:
        """A run lives without a recorder: suspended, queued, or waiting for its pods."""
        with self._lock:
            self._drop(key)
            self._waiting.add(key)

    def living(self) -> int:
        """How many runs are looked at again and again, followed or waiting."""
        with self._lock:
            return len(self._waiting) + sum(map(len, self._runs.values()))

    def drop(self, key: Key) -> None:
        """Look after it no more."""
        with self._lock:
            self._drop(key)

    def is_heard(self, key: Key) -> bool:
        """Its recorders were heard of when its status was decided last: one that only came further is no news."""
        with self._lock:
            run = self._runs.get(key.namespace, {}).get(key)
            return run is not None and run.is_heard

    def due(self, now: float) -> dict[str, dict[str, Key]]:
        """Namespaces to look at now, each with its recorders and the runs they belong to; they count as looked at."""
        with self._lock:
            plan = {name: _recorders(runs) for name, runs in self._runs.items() if self._is_due(name, runs, now)}
            self._looked = {name: at for name, at in self._looked.items() if name in self._runs}
            self._looked |= dict.fromkeys(plan, now)
            return plan

    def _drop(self, key: Key) -> None:
        self._waiting.discard(key)
        runs = self._runs.get(key.namespace, {})
        runs.pop(key, None)
        if not runs:
            self._runs.pop(key.namespace, None)

    def _is_due(self, namespace: str, runs: dict[Key, Followed], now: float) -> bool:
        since = now - self._looked.get(namespace, float("-inf"))
        if since < max(AWAITED_SECONDS, len(runs) / RECORDERS_PER_SECOND):
            return False
        return since >= min(_pause(run, now) for run in runs.values())


def _pause(run: Followed, now: float) -> float:
    if now < run.awaited_until:
        return AWAITED_SECONDS
    return HOT_SECONDS if run.is_hot else CALM_SECONDS


def _recorders(runs: dict[Key, Followed]) -> dict[str, Key]:
    return {recorder: key for key, run in runs.items() for recorder in run.recorders}
