"""How late our words are: the worst lag of the records, how long a start and an end took to be told; it tells none."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from chiplog_operator import conditions, documents, times
from chiplog_operator.observations import Observation
from chiplog_operator.sightings import Key

Tree = Mapping[str, Any]


class Lags:
    """By how much the bucket is behind the files of each run that lives; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[Key, float] = {}

    def note(self, key: Key, seconds: float | None) -> None:
        """A run's newest number; None where there is none, or it ships nothing any more."""
        with self._lock:
            self._seconds.pop(key, None)
            if seconds:
                self._seconds[key] = seconds

    def worst(self) -> float:
        """What a lost node would cost at most, in seconds; 0 where nothing lives."""
        with self._lock:
            return max(self._seconds.values(), default=0.0)


def delays(before: Tree, after: Tree, seen: Observation, now: float) -> Iterator[tuple[str, float]]:
    """What a status that is written now tells for the first time, by the name of its histogram, and how late it is by
    other clocks. The kubelet and the Job controller say whole seconds, and a second or more later: that is theirs.
    """
    if conditions.is_true(after, "Started") and not conditions.is_true(before, "Started") and "startTime" in after:
        yield "start_told_seconds", max(0.0, now - (times.seconds(after["startTime"]) or now))
    is_end = after["state"] in documents.TERMINAL and before.get("state") not in documents.TERMINAL
    if is_end and seen.job is not None and seen.job.finished_at is not None:
        yield "end_told_seconds", max(0.0, now - seen.job.finished_at)
