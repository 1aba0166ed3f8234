"""How many requests somebody may make of a server: a bucket of tokens each; it waits for nothing, a value refuses."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

BURST_SECONDS = 4.0
"""After a quiet time so many seconds' worth may come at once."""

MAX_KEYS = 10_000


@dataclass
class _Level:
    tokens: float
    at: float


class Pace:
    """The requests of each key; threads may share it.

    Args:
        per_second: of one key, in the long run.
        monotonic: seconds.
        burst_seconds: so many seconds' worth may come at once after a quiet time.
    """

    def __init__(self, per_second: float, monotonic: Callable[[], float], burst_seconds: float = BURST_SECONDS) -> None:
        self._per_second = per_second
        self._burst_seconds = burst_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._levels: dict[str, _Level] = {}

    def wait_seconds(self, key: str) -> float:
        """0 where a request may go now, and is counted; else how long until the next may."""
        now, most = self._monotonic(), max(1.0, self._per_second * self._burst_seconds)
        with self._lock:
            if len(self._levels) >= MAX_KEYS:
                self._levels.clear()
            level = self._levels.setdefault(key, _Level(most, now))
            level.tokens = min(most, level.tokens + (now - level.at) * self._per_second)
            level.at = now
            if level.tokens >= 1.0:
                level.tokens -= 1.0
                return 0.0
            return (1.0 - level.tokens) / self._per_second
