"""All runs as they were a moment ago, read once for everybody who looks; it decides nothing about a run."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.errors import RunNotFound
from chiplog.reading import runs
from chiplog.reading.views import RunView

PAUSE_SHARE = 4.0
"""A pass that took long is followed by a pause so many times as long: looking takes a fifth of the time at most."""


@dataclass
class Shelf:
    """The runs of a bucket; threads may share it."""

    bucket: Bucket
    time: Callable[[], float]
    monotonic: Callable[[], float]
    fresh_seconds: float
    cluster: str = ""
    namespace: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _views: list[RunView] = field(default_factory=list)
    _due: float = float("-inf")

    def views(self) -> list[RunView]:
        """Every run, newest first. Raises BucketError."""
        with self._lock:
            began = self.monotonic()
            if began >= self._due:
                self._views = runs.every(self.bucket, self.cluster, self.namespace, self.time)
                took = self.monotonic() - began
                self._due = began + took + max(self.fresh_seconds, PAUSE_SHARE * took)
            return self._views

    def view(self, place: layout.Run) -> RunView:
        """One run. Raises RunNotFound, BucketError."""
        found = next((view for view in self.views() if view.key == place), None)
        if found is None:
            raise RunNotFound(f"there is no run {place.id} in namespace {place.namespace} of cluster {place.cluster}")
        return found


def version(view: RunView) -> tuple[object, ...]:
    """What changes whenever there is anything new to show of a run."""
    beats = tuple((m.recorder.id, m.beat.head["sequence"] if m.beat else 0) for m in view.members)
    seal = view.seal["generation"] if view.seal else 0
    return (view.state, view.reason, view.attempts, view.step, beats, seal, view.finished_at)
