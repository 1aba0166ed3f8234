"""All runs as they were a moment ago, read once for everybody who looks; it decides nothing about a run."""

from collections.abc import Callable
from dataclasses import dataclass

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.reading import runs, words
from chiplog.reading.views import RunView
from chiplog_dashboard.fresh import Fresh


@dataclass
class Shelf:
    """The runs of a bucket; threads may share it."""

    bucket: Bucket
    time: Callable[[], float]
    monotonic: Callable[[], float]
    fresh_seconds: float
    cluster: str = ""
    namespace: str = ""

    def __post_init__(self) -> None:
        self._views = Fresh(self._read, self.monotonic, self.fresh_seconds)

    def views(self) -> list[RunView]:
        """Every run, newest first. Raises BucketError."""
        return self._views.get()

    def find(self, place: layout.Run) -> RunView | None:
        """One run; None where there is none. Raises BucketError."""
        return next((view for view in self.views() if view.key == place), None)

    def again(self) -> None:
        """Somebody changed what is shown: it is read before anybody looks. Raises BucketError."""
        self._views.again()

    def _read(self) -> list[RunView]:
        found = runs.every(self.bucket, self.cluster, self.namespace, self.time)
        return words.laid_over(found, words.every(self.bucket, self.cluster, self.namespace))


def version(view: RunView) -> tuple[object, ...]:
    """What changes whenever there is anything new to show of a run."""
    beats = tuple((m.recorder.id, m.beat.head["sequence"] if m.beat else 0) for m in view.members)
    seal = view.seal["generation"] if view.seal else 0
    said = (tuple(view.tags), view.is_archived, view.is_given_up)
    return (view.state, view.reason, view.attempts, view.step, beats, seal, view.finished_at, said)
