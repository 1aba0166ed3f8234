"""How fast requests may go to the API server: so many a second, a burst above that, a pause where it asks for one."""

import threading
import time
from collections.abc import Callable


class Throttle:
    """A token bucket; threads may share it, and wait in it."""

    def __init__(
        self,
        per_second: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._filled_at = clock()

    def wait(self) -> None:
        """Come back when one more request may go. Whoever comes first goes first."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second) - 1.0
            self._filled_at = now
            seconds = -self._tokens / self._per_second
        if seconds > 0:
            self._sleep(seconds)

    def pause(self, seconds: float) -> None:
        """The server has asked for this much time: nothing goes before it is over."""
        with self._lock:
            self._tokens = min(self._tokens, -seconds * self._per_second)
            self._filled_at = self._clock()
