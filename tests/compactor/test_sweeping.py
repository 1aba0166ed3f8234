"""Only tombstones and retention delete, after their time, and whole."""

import contextlib
from typing import Any

import pytest
from bucket_world import CLUSTER, NOW, Source, World, attempt, console, history, numbered
from mortal import Killed, Mortal

from chiplog import layout, records, word_layout
from chiplog.errors import RunNotFound
from chiplog.reading import console as reading_console
from chiplog.reading import history as reading_history
from chiplog.reading import rows, runs
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings
from chiplog_compactor.sweeping import Sweeper

REC = layout.Recorder(CLUSTER, "team", "rec")
DAY = 86_400.0


def world_with_a_run(name: str = "mnist", recorder: str = "rec", state: str = "drained") -> tuple[World, layout.Run]:
    return fill(World(), name, recorder, state)


def fill(world: World, name: str, recorder: str, state: str = "drained") -> tuple[World, layout.Run]:
    place = world.run(name)
    items = numbered([history(0, loss=1.0), console("hello\n"), {"kind": "system", "time": NOW, "values": {"cpu": 1}}])
    source = Source(items, cut=11)
    world.record(recorder, source, run=place.id, state=state)
    where = layout.Recorder(CLUSTER, "team", recorder)
    world.bucket.put(layout.source_key(where, "s0", 0, 21), b"source")
    world.bucket.put(layout.blob_key(where, "a" * 64, "model.bin"), b"weights")
    world.outcome(place, "finished", [attempt(1, recorder, finished_at=NOW)], durable=True)
    return world, place


def look(world: World, **settings: Any) -> None:
    Compactor(world.bucket, Settings("memory", **settings), world.clock).look()


def keys(world: World) -> list[str]:
    return [listed.key for listed in world.bucket.list("v1/")]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_run_with_a_tombstone_goes_whole_after_the_grace_period_and_no_other_does(sealed: bool) -> None:
    world, place = world_with_a_run()
    _, other = fill(world, "other", "rec-2")
    if sealed:
        look(world)
    world.bucket.put(word_layout.tombstone_key(place), b"{}")
    look(world, grace_days=7)
    assert runs.one(world.bucket, place, world.clock).state == "finished"
    world.now += 7 * DAY + 1
    look(world, grace_days=7)
    assert [key for key in keys(world) if "rec/" in key or place.id in key or "rec." in key] == []
    with pytest.raises(RunNotFound):
        runs.one(world.bucket, place, world.clock)
    view = runs.one(world.bucket, other, world.clock)
    assert [row["loss"] for row in reading_history.read(world.bucket, view)] == [1.0]
    assert layout.blob_key(layout.Recorder(CLUSTER, "team", "rec-2"), "a" * 64, "model.bin") in keys(world)


TOMBSTONE = {"format": records.TOMBSTONE_FORMAT, "min_reader": 1, "is_taken_back": False, "said_by": "ada"}


@pytest.mark.parametrize(
    ("said", "is_meant"),
    [
        (records.pack_document(TOMBSTONE), True),
        (records.pack_document({**TOMBSTONE, "is_taken_back": True}), False),
        (records.pack_document({**TOMBSTONE, "is_taken_back": True}).replace(b"true", b"false"), False),
        (records.pack_document({**TOMBSTONE, "min_reader": 99}), False),
        (b"{", False),
        (b"null", False),
    ],
)
def test_a_tombstone_that_says_it_is_taken_back_or_cannot_be_read_deletes_nothing(said: bytes, is_meant: bool) -> None:
    world, place = world_with_a_run()
    world.bucket.put(word_layout.tombstone_key(place), said)
    world.bucket.put(word_layout.words_key(place), b"{}")
    before = keys(world)
    world.now += 30 * DAY
    Sweeper(world.bucket, Settings("memory"), world.clock).sweep()
    assert keys(world) == ([] if is_meant else before)


def test_a_tombstone_that_is_taken_back_in_time_saves_the_run() -> None:
    world, place = world_with_a_run()
    world.bucket.put(word_layout.tombstone_key(place), b"{}")
    look(world)
    world.bucket.delete(word_layout.tombstone_key(place))
    world.now += 30 * DAY
    look(world)
    assert runs.one(world.bucket, place, world.clock).state == "finished"


def test_a_run_that_is_being_recorded_is_not_deleted() -> None:
    world, place = world_with_a_run(state="recording")
    world.bucket.put(word_layout.tombstone_key(place), b"{}")
    look(world, grace_days=0)
    assert layout.live_key(REC) in keys(world)
    assert word_layout.tombstone_key(place) in keys(world)


def test_retention_takes_a_class_and_leaves_the_others() -> None:
    world, place = world_with_a_run()
    look(world, keep_console_days=30)
    world.now += 31 * DAY
    look(world, keep_console_days=30)
    view = runs.one(world.bucket, place, world.clock)
    assert list(reading_console.read(world.bucket, view)) == []
    assert [row["loss"] for row in reading_history.read(world.bucket, view)] == [1.0]
    assert [key.split("/")[2] for key in keys(world) if "/tables/" in key] == ["history", "system"]
    assert rows.seal(world.bucket, place).get("expired") == ["console"]


def test_retention_of_sources_leaves_the_tables() -> None:
    world, place = world_with_a_run()
    look(world, keep_sources_days=1)
    assert layout.source_key(REC, "s0", 0, 21) in keys(world)
    world.now += 2 * DAY
    look(world, keep_sources_days=1)
    assert layout.source_key(REC, "s0", 0, 21) not in keys(world)
    assert rows.seal(world.bucket, place).get("expired") == ["sources"]
    assert {part["table"] for part in rows.seal(world.bucket, place)["parts"]} == {"history", "console", "system"}


def test_without_retention_nothing_goes() -> None:
    world, _ = world_with_a_run()
    look(world)
    before = keys(world)
    world.now += 10_000 * DAY
    look(world)
    assert keys(world) == before


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_request_of_a_deletion_is_made_good_by_the_next_sweep(after: bool) -> None:
    at = 0
    while True:
        at += 1
        world, place = world_with_a_run()
        fill(world, "other", "rec-2")
        look(world)
        world.bucket.put(word_layout.tombstone_key(place), b"{}")
        world.now += 8 * DAY
        mortal = Mortal(world.bucket, at, after=after, error=Killed)
        with contextlib.suppress(Killed):
            Compactor(mortal, Settings("memory"), world.clock).look()
        look(world)
        assert [key for key in keys(world) if "rec/" in key or place.id in key or "rec." in key] == [], f"at {at}"
        (view,) = runs.every(world.bucket, clock=world.clock)
        assert (view.name, view.state) == ("other", "finished")
        if mortal.requests < at:
            break
    assert at > 15


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_request_of_retention_is_made_good_by_the_next_sweep(after: bool) -> None:
    at = 0
    kept = {"keep_console_days": 1, "keep_sources_days": 1}
    while True:
        at += 1
        world, place = world_with_a_run()
        look(world)
        world.now += 2 * DAY
        mortal = Mortal(world.bucket, at, after=after, error=Killed)
        with contextlib.suppress(Killed):
            Compactor(mortal, Settings("memory", **kept), world.clock).look()
        view = runs.one(world.bucket, place, world.clock)
        assert [row["loss"] for row in reading_history.read(world.bucket, view)] == [1.0], f"at {at}"
        list(reading_console.read(world.bucket, view))
        look(world, **kept)
        assert [key for key in keys(world) if "/console/" in key or key.endswith(".source.zst")] == [], f"at {at}"
        seal = rows.seal(world.bucket, place)
        assert (seal.get("expired"), seal.get("leaving")) == (["console", "sources"], None)
        if mortal.requests < at:
            break
    assert at > 8
