"""Which runs are followed and how closely: the plan by which namespaces are looked at; it looks at nothing itself."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from chiplog_operator.sightings import Key

HOT_SECONDS = 2.0
"""Between two looks at a namespace in which a run is young, or has ended and is not durable yet."""

CALM_SECONDS = 14.0
"""Between two looks at any other namespace in which runs live; recorders write about as often."""


@dataclass(frozen=True)
class Followed:
    """One run's part in the plan."""

    recorders: frozenset[str]
    is_hot: bool


class Following:
    """The plan; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[Key, Followed] = {}
        self._looked: dict[str, float] = {}

    def __len__(self) -> int:
        """How many runs are followed."""
        return len(self._runs)

    def follow(self, key: Key, recorders: Iterable[str], *, is_hot: bool) -> None:
        """Look after a run's recorders from now on; without any there is nothing to look at."""
        with self._lock:
            self._runs.pop(key, None)
            if found := frozenset(recorders):
                self._runs[key] = Followed(found, is_hot)

    def drop(self, key: Key) -> None:
        """Look after it no more."""
        with self._lock:
            self._runs.pop(key, None)

    def due(self, now: float) -> dict[str, dict[str, Key]]:
        """Namespaces to look at now, each with its recorders and the runs they belong to; they count as looked at."""
        with self._lock:
            plan = {name: self._recorders(name) for name in self._namespaces() if self._is_due(name, now)}
            self._looked = {name: at for name, at in self._looked.items() if name in self._namespaces()}
            self._looked |= dict.fromkeys(plan, now)
            return plan

    def _namespaces(self) -> set[str]:
        return {key.namespace for key in self._runs}

    def _recorders(self, namespace: str) -> dict[str, Key]:
        runs = [(key, run) for key, run in self._runs.items() if key.namespace == namespace]
        return {recorder: key for key, run in runs for recorder in run.recorders}

    def _is_due(self, namespace: str, now: float) -> bool:
        is_hot = any(run.is_hot for key, run in self._runs.items() if key.namespace == namespace)
        return now - self._looked.get(namespace, -CALM_SECONDS) >= (HOT_SECONDS if is_hot else CALM_SECONDS)
