"""What a run costs in requests, counted over whole days on a clock of our own (docs/bucket.md, What it costs)."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import pytest
from recorder_world import World

from chiplog.bucket import ETag, Listed, Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog_sidecar.recorder import Recorder

DAY = 86_400

T = TypeVar("T")


class Counting:
    """A bucket that counts what is asked of it."""

    def __init__(self) -> None:
        self._inner = MemoryBucket()
        self.asked: Counter[str] = Counter()

    def get(self, key: str) -> Stored:
        return self._count("get", lambda: self._inner.get(key))

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        self.asked[key.split("/")[1]] += 1
        return self._count("put", lambda: self._inner.put(key, data, if_match=if_match, if_absent=if_absent))

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        self._count("put", lambda: self._inner.put_file(key, path, sha256=sha256))

    def open(self, key: str) -> BinaryIO:
        return self._count("get", lambda: self._inner.open(key))

    def list(self, prefix: str) -> Iterator[Listed]:
        return self._count("list", lambda: self._inner.list(prefix))

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        self._count("delete", lambda: self._inner.delete(key, if_match=if_match))

    def _count(self, kind: str, call: Callable[[], T]) -> T:
        self.asked[kind] += 1
        return call()


def recorder_of(world: World) -> tuple[Recorder, Counting]:
    bucket = Counting()
    world.bucket = bucket  # type: ignore[assignment]
    return world.recorder(), bucket


def test_a_day_of_ten_rows_a_second_takes_at_most_7500_puts(world: World) -> None:
    """Rows come in stretches of four seconds; a pass is made every two."""
    log = world.log()
    recorder, bucket = recorder_of(world)
    row = 0
    for second in range(0, DAY, 2):
        if second % 4 == 0:
            log.history(*range(row, row + 40), loss="0.123456789")
            row += 40
        world.step(recorder, 2.0)
    recorder.drain()
    assert row == 10 * DAY
    assert 6_000 < bucket.asked["put"] <= 7_500, bucket.asked
    assert bucket.asked["raw"] <= 2 * (DAY / 300 + 60)
    assert (bucket.asked["get"], bucket.asked["list"], bucket.asked["delete"]) == (1, 1, 0)


def test_an_hour_of_a_young_run_takes_at_most_a_put_a_second_and_then_few(world: World) -> None:
    log = world.log()
    recorder, bucket = recorder_of(world)
    for second in range(3600):
        log.history(second, loss="0.5")
        world.step(recorder, 1.0)
    assert bucket.asked["put"] <= 300 + 290


@pytest.mark.parametrize("rows", [0, 5])
def test_a_silent_run_makes_no_request_but_a_heartbeat_every_five_minutes(world: World, rows: int) -> None:
    log = world.log()
    for step in range(rows):
        log.history(step, loss="0.5")
    recorder, bucket = recorder_of(world)
    for _ in range(700):  # What was there is flushed and cut first.
        world.step(recorder, 1.0)
    bucket.asked.clear()
    for _ in range(12 * 300):
        world.step(recorder, 1.0)
    assert bucket.asked == {"put": 12, "live": 12}
