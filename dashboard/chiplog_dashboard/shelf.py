"""All runs as they were a moment ago, read once for everybody who looks; it decides nothing about a run."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.errors import BucketError
from chiplog.reading import index, listing, words
from chiplog.reading.roster import Roster
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
        self._parts: index.Parts = {}
        self._roster = Fresh(self._read, self.monotonic, self.fresh_seconds)

    def begin(self) -> None:
        """Read the runs before anybody asks; what keeps them from being read is told to whoever does."""
        threading.Thread(target=self._ahead, name="first-list", daemon=True).start()

    def roster(self) -> Roster:
        """Every run, newest first. Raises BucketError."""
        return self._roster.get()

    def find(self, place: layout.Run) -> RunView | None:
        """One run; None where there is none. Raises BucketError."""
        return self.roster().find(place)

    def again(self) -> None:
        """Somebody changed what is shown: it is read before anybody looks. Raises BucketError."""
        self._roster.again()

    def _ahead(self) -> None:
        with suppress(BucketError):
            self.roster()

    def _read(self) -> Roster:
        with ThreadPoolExecutor(1, thread_name_prefix="words") as beside:
            said = beside.submit(words.every, self.bucket, self.cluster, self.namespace)
            found = listing.read(self.bucket, self.cluster, self.namespace, self.time, self._parts)
            return words.over(found, said.result())
