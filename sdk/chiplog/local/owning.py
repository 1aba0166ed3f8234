"""Writes a local run's documents, as its machine is their owner; whoever waits for it says for how long."""

import contextlib
import threading
from collections.abc import Callable

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.documents import OutcomeDocument
from chiplog.errors import ChiplogError, PreconditionFailed
from chiplog.local import papers
from chiplog.local.papers import End, LocalRun

PAUSE_SECONDS = 5.0
"""Between two tries while the command runs."""


class Owner:
    """The documents of one run, written by a thread, for a store may take its time or be away.

    Args:
        run: whose.
        open_bucket: opens the bucket; called in the thread.
    """

    def __init__(self, run: LocalRun, open_bucket: Callable[[], Bucket]) -> None:
        self._run = run
        self._open = open_bucket
        self._bucket: Bucket | None = None
        self._is_written = False
        self._over = threading.Event()
        self._beginning: threading.Thread | None = None
        self.problem: ChiplogError | None = None
        """Why the last try failed."""

    def begin(self, started_at: float) -> None:
        """Write `run.json` and that it runs, in the background, until that is done or the run is over."""
        self._beginning = threading.Thread(target=self._begin, args=(started_at,), name="papers", daemon=True)
        self._beginning.start()

    def finish(self, started_at: float | None, end: End, *, is_durable: bool, seconds: float) -> bool:
        """Write how it ended; whether that was done within so many seconds."""
        self._over.set()
        thread = threading.Thread(target=self._finish, args=(started_at, end, is_durable), name="papers", daemon=True)
        thread.start()
        thread.join(seconds)
        return not thread.is_alive() and self.problem is None

    def _begin(self, started_at: float) -> None:
        while not self._over.is_set() and not self._try(started_at, papers.RUNNING, is_durable=False):
            self._over.wait(PAUSE_SECONDS)

    def _finish(self, started_at: float | None, end: End, is_durable: bool) -> None:
        if self._beginning is not None:
            self._beginning.join()  # Its word must not come after this one's.
        self._try(started_at, end, is_durable=is_durable)

    def _try(self, started_at: float | None, end: End, *, is_durable: bool) -> bool:
        try:
            self._bucket = self._bucket or self._open()
            write(self._bucket, self._run, papers.outcome(self._run, started_at, end, is_durable=is_durable))
            self.problem = None
        except ChiplogError as error:
            self.problem = error
        return self.problem is None


def write(bucket: Bucket, run: LocalRun, outcome: OutcomeDocument) -> None:
    """Write both documents; `run.json` only where there is none. Raises BucketError."""
    with contextlib.suppress(PreconditionFailed):
        bucket.put(layout.run_key(run.place), records.pack_document(run.document()), if_absent=True)
    bucket.put(layout.outcome_key(run.place), records.pack_document(outcome))
