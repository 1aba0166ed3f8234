"""A queue of keys to work on: a key waits once, is worked on by one worker at a time, and comes again after a failure.

It knows nothing of what the keys mean. It belongs to one event loop.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

K = TypeVar("K", bound=Hashable)

FIRST_BACKOFF_SECONDS = 0.5
"""Before the second try; doubled before each further one."""

MAX_BACKOFF_SECONDS = 30.0
"""An API server that is well again finds us at work within this time."""

log = structlog.get_logger()


class WorkQueue(Generic[K]):
    """Keys, deduplicated. A key added while it is worked on is worked on once more afterwards."""

    def __init__(
        self, jitter: Callable[[], float] = random.random, waited: Callable[[float], None] = lambda _: None
    ) -> None:
        self._waited = waited
        """Called with how long a key waited for a worker, in seconds."""
        self._since: dict[K, float] = {}
        self._jitter = jitter
        self._ready: asyncio.PriorityQueue[tuple[bool, int, K]] = asyncio.PriorityQueue()
        self._added = itertools.count()
        self._waiting: set[K] = set()
        self._busy: dict[K, float] = {}
        """Each with the time since when it was to be worked on."""
        self._again: dict[K, float] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self._again)

    def add(self, key: K, *, is_first: bool = False) -> None:
        """Work on `key` as soon as a worker is free; before all that wait, if it `is_first`."""
        self._cancel_timer(key)
        if key in self._busy:
            self._again.setdefault(key, time.monotonic())
        elif key not in self._waiting:
            self._put(key, time.monotonic(), is_first=is_first)

    def add_later(self, key: K, seconds: float) -> None:
        """Work on `key` after this long, unless it is added before; a new time replaces the old."""
        self._cancel_timer(key)
        self._timers[key] = asyncio.get_running_loop().call_later(seconds, self.add, key)

    def add_within(self, key: K, seconds: float) -> None:
        """Work on `key` after this long at the latest: a time that is set stays, if it is sooner."""
        timer = self._timers.get(key)
        due = asyncio.get_running_loop().time() + seconds
        if key not in self._waiting and (timer is None or timer.when() > due):
            self.add_later(key, seconds)

    def due_seconds(self, key: K) -> float:
        """For how long a key that is worked on has been due: since it was added, or its time came."""
        since = self._busy.get(key)
        return time.monotonic() - since if since is not None else 0.0

    async def run(self, workers: int, process: Callable[[K], Awaitable[float | None]]) -> None:
        """Work until cancelled. `process` returns after how many seconds its key is due again, or None."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work(process))

    async def _work(self, process: Callable[[K], Awaitable[float | None]]) -> None:
        while True:
            _, _, key = await self._ready.get()
            self._waiting.discard(key)
            self._busy[key] = self._since.pop(key)
            self._waited(self.due_seconds(key))
            # A pass that fails, even by a fault of ours, must not end the worker: its error comes back as a value.
            (result,) = await asyncio.gather(process(key), return_exceptions=True)
            del self._busy[key]
            self._settle(key, result)

    def _put(self, key: K, since: float, *, is_first: bool) -> None:
        self._waiting.add(key)
        self._since[key] = since
        self._ready.put_nowait((not is_first, next(self._added), key))

    def _settle(self, key: K, result: float | BaseException | None) -> None:
        if isinstance(result, BaseException):
            self._failed(key, result)
        else:
            self._failures.pop(key, None)
        since = self._again.pop(key, None)
        if since is not None:
            self._cancel_timer(key)
            self._put(key, since, is_first=False)
        elif isinstance(result, int | float):
            self.add_within(key, result)  # Somebody may have asked for a sooner time while it was worked on.

    def _failed(self, key: K, error: BaseException) -> None:
        """Again after a doubling time, of which a random half keeps many keys from coming back at once."""
        count = self._failures[key] = self._failures.get(key, 0) + 1
        longest = min(MAX_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(count - 1, 20))
        seconds = longest * (0.5 + 0.5 * self._jitter())
        log.warning("pass failed, tried again", key=key, error=repr(error), again_after_seconds=round(seconds, 2),
                    exc_info=error if count == 3 else None)  # fmt: skip
        self.add_later(key, seconds)

    def _cancel_timer(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
