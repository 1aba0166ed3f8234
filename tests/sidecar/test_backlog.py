"""After an outage the backlog, the trainer's own files, is shipped fast, in bounded memory, rows before files."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from counting import Counting
from recorder_world import Log, World

from chiplog.bucket import ETag
from chiplog.errors import Unreachable
from chiplog_sidecar import recorder as recording
from chiplog_sidecar.recorder import Recorder

ROWS_PER_SECOND = 10
OUTAGE_SECONDS = 900

TEXT = '"' + "x" * 400 + '"'
"""Logged with each row, so that the backlog is larger than what is held in memory."""


class Store(Counting):
    """A store that can be away, and that remembers in which order it was written."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.written: list[str] = []

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        if self.is_away:
            raise Unreachable("the store is away")
        self.written.append(key)
        return super().put(key, data, if_match=if_match, if_absent=if_absent)

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        if self.is_away:
            raise Unreachable("the store is away")
        self.written.append(key)
        super().put_file(key, path, sha256=sha256)


def outage(world: World, make: Callable[[int], None]) -> tuple[Recorder, Store]:
    """An old run whose store is away for OUTAGE_SECONDS, in which `make(second)` writes what comes in ten of them."""
    world.bucket = store = Store()
    recorder = world.recorder()
    for _ in range(31):
        world.step(recorder, 10.0)
    store.is_away = True
    for second in range(0, OUTAGE_SECONDS, 10):
        make(second)
        with suppress(Unreachable):
            world.step(recorder, 10.0)
    store.is_away = False
    return recorder, store


def log_for_ten_seconds(log: Log, second: int) -> None:
    first = second * ROWS_PER_SECOND
    log.history(*range(first, first + 10 * ROWS_PER_SECOND), text=TEXT)


def test_an_outage_is_caught_up_at_more_than_a_hundred_times_the_rate_of_writing(world: World) -> None:
    log = world.log()
    recorder, _ = outage(world, lambda second: log_for_ten_seconds(log, second))
    held, began = 0, world.time.now
    while recorder.pending_bytes():
        world.step(recorder, recorder.rest())
        held = max(held, recorder.batch.size)
    world.step(recorder, 14.0)
    assert world.head()["streams"][0]["kinds"]["history"] == OUTAGE_SECONDS * ROWS_PER_SECOND
    assert world.time.now - 14.0 - began <= OUTAGE_SECONDS / 100
    assert held <= recording.MAX_BATCH_BYTES + 2 * recording.READ_BYTES


def test_the_backlog_is_counted_while_it_grows_and_stays_in_the_file(world: World) -> None:
    log = world.log()
    recorder, _ = outage(world, lambda second: log_for_ten_seconds(log, second))
    (stream,) = recorder.streams.values()
    assert recorder.pending_bytes() == log.path.stat().st_size - stream.position > 1_000_000
    assert recorder.batch.size <= recording.MAX_BATCH_BYTES + 2 * recording.READ_BYTES


def test_a_run_that_ends_in_an_outage_ships_its_rows_before_its_files(world: World) -> None:
    log = world.log()
    recorder, store = outage(world, lambda second: log_for_ten_seconds(log, second))
    saved = world.root / "main" / "files" / "model.bin"
    saved.parent.mkdir()
    saved.write_bytes(b"weights")
    before = len(store.written)
    recorder.drain()
    (stream,) = recorder.streams
    kinds = [key.split("/")[1] for key in store.written[before:] if stream in key or "blobs" in key]
    assert kinds == [*["raw"] * (len(kinds) - 1), "blobs"]
    assert len(kinds) > 4
    assert world.steps() == list(range(OUTAGE_SECONDS * ROWS_PER_SECOND))
