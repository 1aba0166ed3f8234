"""Last sight of what the watch saw vanish, kept until it is written down; a restart of ours may forget it.

A pod's last words stand in its deletion event alone: a pass that reads the API server afterwards finds nothing.
"""

import threading
from collections.abc import Iterable
from typing import Any, NamedTuple

Json = dict[str, Any]


class Key(NamedTuple):
    """A TrainingRun's place."""

    namespace: str
    name: str


class Sightings:
    """Deleted pods and TrainingRuns by run; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pods: dict[Key, dict[str, Json]] = {}
        self._runs: dict[Key, Json] = {}

    def pod_vanished(self, key: Key, body: Json) -> None:
        """A pod of a run was deleted; this is how it was last."""
        with self._lock:
            self._pods.setdefault(key, {})[body["metadata"]["uid"]] = body

    def run_vanished(self, key: Key, body: Json) -> None:
        """A TrainingRun was deleted; this is how it was last."""
        with self._lock:
            self._runs[key] = body

    def run_returned(self, key: Key) -> None:
        """The TrainingRun that vanished there was made again, as the same run."""
        with self._lock:
            self._runs.pop(key, None)

    def pods(self, key: Key) -> list[Json]:
        """The vanished pods of a run."""
        with self._lock:
            return list(self._pods.get(key, {}).values())

    def run(self, key: Key) -> Json | None:
        """The vanished TrainingRun, if one vanished there."""
        with self._lock:
            return self._runs.get(key)

    def pods_written_down(self, key: Key, uids: Iterable[str]) -> None:
        """These pods need no memory any more."""
        with self._lock:
            left = {uid: body for uid, body in self._pods.get(key, {}).items() if uid not in set(uids)}
            self._pods.pop(key, None)
            if left:
                self._pods[key] = left

    def run_written_down(self, key: Key) -> None:
        """This TrainingRun needs no memory any more, nor do its pods."""
        with self._lock:
            self._runs.pop(key, None)
            self._pods.pop(key, None)
