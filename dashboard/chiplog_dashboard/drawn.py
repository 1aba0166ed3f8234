"""Answers that never change, kept by what was asked and of which version; it makes none."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

MAX_BYTES = 64 * 1024 * 1024
"""Of answers that are kept; those that were not asked for the longest go first."""


class Drawn:
    """A memory for answers; threads may share it."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, place: Hashable) -> bytes | None:
        """The answer to a question; None where it is not kept."""
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                self._kept.move_to_end(place)
            return found

    def keep(self, place: Hashable, answer: bytes) -> bytes:
        """Keep an answer; the answer."""
        with self._lock:
            self._bytes += len(answer) - len(self._kept.pop(place, b""))
            self._kept[place] = answer
            while self._bytes > self._max_bytes and len(self._kept) > 1:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return answer
