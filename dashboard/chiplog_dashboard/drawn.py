"""Answers that never change, kept by what was asked and of which version; it makes none."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

MAX_BYTES = 64 * 1024 * 1024
"""Of answers that are kept; those that were not asked for the longest go first."""


T = TypeVar("T")


class Drawn(Generic[T]):
    """A memory for answers, of which `size` tells the bytes; threads may share it."""

    def __init__(self, size: Callable[[T], int], max_bytes: int = MAX_BYTES) -> None:
        self._size = size
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._bytes = 0

    def get(self, place: Hashable) -> T | None:
        """The answer to a question; None where it is not kept."""
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                self._kept.move_to_end(place)
            return found

    def keep(self, place: Hashable, answer: T) -> T:
        """Keep an answer; the answer."""
        with self._lock:
            before = self._kept.pop(place, None)
            self._bytes += self._size(answer) - (0 if before is None else self._size(before))
            self._kept[place] = answer
            while self._bytes > self._max_bytes and len(self._kept) > 1:
                self._bytes -= self._size(self._kept.popitem(last=False)[1])
        return answer
