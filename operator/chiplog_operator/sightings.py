"""What the watch saw: the last sight of what vanished, kept until it is written down, and the names of pods.

A pod's last words stand in its deletion event alone: a pass that reads the API server afterwards finds nothing. By
their names pods are read one by one: a LIST by label is a look at every pod of the namespace. A restart of ours may
forget all of it.
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
        self._names: dict[Key, set[str]] = {}
        self._is_whole = False

    def pod_seen(self, key: Key, name: str) -> None:
        """A pod of a run is there."""
        with self._lock:
            self._names.setdefault(key, set()).add(name)

    def pod_missed(self, key: Key, name: str) -> None:
        """A pod that was seen is not there any more."""
        with self._lock:
            left = self._names.get(key, set()) - {name}
            self._names.pop(key, None)
            if left:
                self._names[key] = left

    def all_seen(self) -> None:
        """Every pod that there is was seen: from now on the watch brings each new one."""
        self._is_whole = True

    def pod_names(self, key: Key) -> set[str]:
        """The names of a run's pods; none where not every pod was seen yet."""
        with self._lock:
            return set(self._names.get(key, ())) if self._is_whole else set()

    def pod_vanished(self, key: Key, body: Json) -> None:
        """A pod of a run was deleted; this is how it was last."""
        self.pod_missed(key, body["metadata"]["name"])
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
