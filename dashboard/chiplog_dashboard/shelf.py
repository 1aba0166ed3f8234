"""All runs, sweeps and lines as they were a moment ago, read once for everybody; it decides nothing about them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.errors import BucketError
from chiplog.reading import index, lines, listing, sweeps, trials, words
from chiplog.reading.lines import Line
from chiplog.reading.roster import Roster
from chiplog.reading.sweeps import Sweep
from chiplog.reading.views import RunView
from chiplog_dashboard.fresh import Fresh

FAMILY_TIMES = 5.0
"""Trials and nights are written when they are over, and nobody waits for the second: they may be so much older."""


@dataclass
class Shelf:
    """What a bucket has; threads may share it."""

    bucket: Bucket
    time: Callable[[], float]
    monotonic: Callable[[], float]
    fresh_seconds: float
    cluster: str = ""
    namespace: str = ""

    def __post_init__(self) -> None:
        self._parts: index.Parts = {}
        self._roster = Fresh(self._read, self.monotonic, self.fresh_seconds)
        place, seconds = (self.cluster, self.namespace), self.fresh_seconds * FAMILY_TIMES
        self._sweeps = Fresh(lambda: sweeps.every(self.bucket, *place), self.monotonic, seconds)
        self._lines = Fresh(lambda: lines.every(self.bucket, *place), self.monotonic, seconds)

    def begin(self) -> None:
        """Read the runs before anybody asks; what keeps them from being read is told to whoever does."""
        threading.Thread(target=self._ahead, name="first-list", daemon=True).start()

    def roster(self) -> Roster:
        """Every run, newest first. Raises BucketError."""
        return self._roster.get()

    def sweeps(self) -> list[Sweep]:
        """Every sweep with a trial. Raises BucketError."""
        return trials.joined(self._sweeps.get(), self.roster().unsettled())

    def lines(self) -> list[Line]:
        """Every line with a night that is over. Raises BucketError."""
        return self._lines.get()

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
