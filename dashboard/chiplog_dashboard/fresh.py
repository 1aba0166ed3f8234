"""Something that is read once for everybody who asks, and again when it is too old; it knows not what."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

PAUSE_SHARE = 4.0
"""A reading that took long is followed by a pause so many times as long: reading takes a fifth of the time at most.
The first is none of these: a cold one takes many times as long as those that follow."""

T = TypeVar("T")


class Fresh(Generic[T]):
    """A value that is `fresh_seconds` old at most, or as old as its reading is dear; threads may share it."""

    def __init__(self, read: Callable[[], T], monotonic: Callable[[], float], fresh_seconds: float) -> None:
        self._read = read
        self._monotonic = monotonic
        self._fresh_seconds = fresh_seconds
        self._lock = threading.Lock()
        self._known: list[T] = []
        self._due = float("-inf")

    def get(self) -> T:
        """The value; an error of the reading is passed on, and the next who asks reads again."""
        with self._lock:
            began = self._monotonic()
            if began >= self._due or not self._known:
                share = PAUSE_SHARE if self._known else 0.0
                self._known = [self._read()]
                took = self._monotonic() - began
                self._due = began + took + max(self._fresh_seconds, share * took)
            return self._known[0]

    def again(self) -> T:
        """The value as it is now, however young the one that is known."""
        with self._lock:
            self._due = float("-inf")
        return self.get()
