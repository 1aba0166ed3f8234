"""The work queue: once waiting, once working, again after a failure."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from chiplog_operator.workqueue import FIRST_BACKOFF_SECONDS, WorkQueue


def work(
    process: Callable[[WorkQueue[str], str], Awaitable[float | None]],
    *keys: str,
    seconds: float = 0.2,
    workers: int = 2,
) -> None:
    """Run a queue with these keys for a while."""

    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue(jitter=lambda: 0.0)

        async def one(key: str) -> float | None:
            return await process(queue, key)

        for key in keys:
            queue.add(key)
        try:
            await asyncio.wait_for(queue.run(workers, one), seconds)
        except TimeoutError:
            return

    asyncio.run(main())


def test_a_key_added_twice_before_its_turn_is_worked_on_once() -> None:
    done: list[str] = []

    async def process(_: WorkQueue[str], key: str) -> None:
        done.append(key)

    work(process, "a", "a", "b")
    assert sorted(done) == ["a", "b"]


def test_what_comes_first_overtakes_all_that_wait() -> None:
    done: list[str] = []

    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()

        async def process(key: str) -> None:
            done.append(key)

        for key in ("a", "b"):
            queue.add(key)
        for key in ("new-1", "new-2"):
            queue.add(key, is_first=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(queue.run(1, process), 0.1)

    asyncio.run(main())
    assert done == ["new-1", "new-2", "a", "b"]


def test_a_key_added_while_it_is_worked_on_is_worked_on_again_and_never_twice_at_once() -> None:
    running: list[str] = []
    passes: list[str] = []

    async def process(queue: WorkQueue[str], key: str) -> None:
        assert not running
        running.append(key)
        if not passes:
            queue.add(key)
            queue.add(key)
        await asyncio.sleep(0.01)
        running.pop()
        passes.append(key)

    work(process, "a")
    assert passes == ["a", "a"]


def test_different_keys_are_worked_on_at_once() -> None:
    most = [0]
    running: set[str] = set()

    async def process(_: WorkQueue[str], key: str) -> None:
        running.add(key)
        most[0] = max(most[0], len(running))
        await asyncio.sleep(0.01)
        running.discard(key)

    work(process, "a", "b")
    assert most == [2]


def test_a_key_comes_again_after_the_time_its_pass_asks_for() -> None:
    passes: list[str] = []

    async def process(_: WorkQueue[str], key: str) -> float | None:
        passes.append(key)
        return 0.02 if len(passes) < 3 else None

    work(process, "a")
    assert len(passes) == 3


def test_a_sooner_time_that_was_asked_for_during_a_pass_stays() -> None:
    passes: list[str] = []

    async def process(queue: WorkQueue[str], key: str) -> float | None:
        passes.append(key)
        if len(passes) == 1:
            queue.add_within(key, 0.02)
            return 60.0
        return None

    work(process, "a")
    assert passes == ["a", "a"]


def test_a_failed_pass_is_tried_again_and_harms_no_other() -> None:
    passes: list[str] = []

    async def process(_: WorkQueue[str], key: str) -> None:
        passes.append(key)
        if key == "bad":
            raise ValueError("by a fault of ours")

    work(process, "bad", "good", seconds=FIRST_BACKOFF_SECONDS * 0.8, workers=1)
    assert passes == ["bad", "good", "bad"]


def test_a_later_time_gives_way_to_an_event() -> None:
    passes: list[str] = []

    async def process(queue: WorkQueue[str], key: str) -> float | None:
        passes.append(key)
        if len(passes) == 1:
            asyncio.get_running_loop().call_later(0.02, queue.add, key)
            return 60.0
        return None

    work(process, "a")
    assert passes == ["a", "a"]


def test_a_key_says_for_how_long_it_has_been_due_and_its_event_while_it_was_worked_on_counts() -> None:
    told: list[float] = []

    async def process(queue: WorkQueue[str], key: str) -> None:
        told.append(queue.due_seconds(key))
        if len(told) == 1:
            queue.add(key)
            await asyncio.sleep(0.05)

    work(process, "a", workers=1)
    assert told[0] < 0.05 <= told[1] < 0.15


def test_a_key_that_nobody_works_on_is_not_due() -> None:
    assert WorkQueue[str]().due_seconds("a") == 0.0
