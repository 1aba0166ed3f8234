"""Notes when a key was last used, now and then and beside the requests, which never wait for it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from chiplog import logs
from chiplog.access import Unanswered

NOTE_SECONDS = 300.0
"""Between two notes of one key."""

log = logs.Logger()


class Notes(Protocol):
    """Where it is noted."""

    def note_use(self, handle: str, moment: float) -> None:
        """Note that a key was used. Raises Unanswered."""


class Uses:
    """The last uses of keys; threads may share it.

    Args:
        notes: where they are noted.
        clock: Unix seconds.
    """

    def __init__(self, notes: Notes, clock: Callable[[], float]) -> None:
        self._notes = notes
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[str, float] = {}
        self._thread = ThreadPoolExecutor(1, "uses")

    def used(self, handle: str) -> None:
        """A key is used now."""
        now = self._clock()
        with self._lock:
            if now - self._noted.get(handle, -1e9) < NOTE_SECONDS:
                return
            self._noted[handle] = now
        self._thread.submit(self._note, handle, now)

    def close(self) -> None:
        """Wait for what is being noted."""
        self._thread.shutdown()

    def _note(self, handle: str, moment: float) -> None:
        try:
            self._notes.note_use(handle, moment)
        except Unanswered as error:
            log.warning("use of a key not noted, noted with a later one", handle=handle, error=str(error))
