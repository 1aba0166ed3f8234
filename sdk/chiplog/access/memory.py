"""Answers about tokens and rights that are good for a while; it asks nobody itself.

Not every request of a page or a recorder can wait for the API server.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

MEMORY_SECONDS = 10.0
"""An answer of the API server is believed for so long: a right that is taken away is gone as soon."""

MAX_REMEMBERED = 10_000
"""Answers that are kept; where there are more, all of them are asked for again."""

T = TypeVar("T")


@dataclass
class _Answer(Generic[T]):
    value: T
    until: float


class Memory(Generic[T]):
    """Answers that are good for MEMORY_SECONDS; threads may share it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: dict[Hashable, _Answer[T]] = {}

    def recall(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What is known, or what `ask` says; an error of it is not kept."""
        asked = self._monotonic()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and asked < kept.until:
                return kept.value
        value = ask()
        with self._lock:
            if len(self._kept) >= MAX_REMEMBERED:
                self._kept.clear()
            self._kept[key] = _Answer(value, asked + MEMORY_SECONDS)
        return value
