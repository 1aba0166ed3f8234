"""Death at every request of a sealing: readers see every row exactly once at any time, and the next pass ends it."""

import contextlib
from collections.abc import Callable

import pytest
from mortal import Killed, Mortal
from recorder_world import PLACE, World

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.reading import rows
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings

STEPS = 12


def recorded(world: World) -> None:
    """A run that was drained, with three segments and two streams."""
    log, other = world.log(), world.log(name="b")
    recorder = world.recorder()
    for step in range(STEPS):
        log.history(step, loss="0.5")
        other.history(step, loss="1")
        if step % 5 == 4:
            world.step(recorder, 301)
    recorder.drain()


def compact(world: World, bucket: Bucket) -> Compactor:
    made = Compactor(bucket, Settings("memory"), world.time)
    made.look()
    return made


def seen(world: World) -> list[list[int]]:
    """Steps of the history of both streams, as readers see them."""
    streams = rows.writers(rows.stream_rows(world.bucket, PLACE, sleep=lambda _: None))
    return [[row["step"] for row in stream.rows if row["kind"] == "history"] for stream in streams]


WHOLE = [list(range(STEPS))] * 2


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_request_loses_and_doubles_nothing(make_world: Callable[[str], World], after: bool) -> None:
    at = 0
    while True:
        at += 1
        world = make_world(f"{after}-{at}")
        recorded(world)
        mortal = Mortal(world.bucket, at, after=after, error=Killed)
        try:
            compact(world, mortal)
        except Killed:
            assert seen(world) == WHOLE, f"after a kill at request {at}"
            compact(world, world.bucket)
        assert seen(world) == WHOLE
        assert [key for key in raw(world) if "sealed" not in key and "source" not in key] == []
        assert list(world.bucket.list(layout.live_prefix())) == []
        if mortal.requests < at:
            break
    assert at > 15


def raw(world: World) -> list[str]:
    return [listed.key for listed in world.bucket.list(layout.raw_prefix(PLACE))]


@pytest.mark.parametrize("after", [False, True])
def test_a_recorder_that_comes_back_at_any_request_of_the_sealing_goes_on(
    make_world: Callable[[str], World], after: bool
) -> None:
    at = 0
    while True:
        at += 1
        world = make_world(f"{after}-{at}")
        recorded(world)
        mortal = Mortal(world.bucket, at, after=after, error=Killed)
        with contextlib.suppress(Killed):
            compact(world, mortal)
        more = world.log(name="c")
        more.history(100, loss="2")
        recorder = world.recorder()
        world.step(recorder)
        assert seen(world) == [*WHOLE, [100]], f"at request {at}"
        recorder.drain()
        world.time.now += 10
        compact(world, world.bucket)
        assert seen(world) == [*WHOLE, [100]]
        assert list(world.bucket.list(layout.live_prefix())) == []
        if mortal.requests < at:
            break


def test_a_recorder_goes_on_behind_the_marker_and_ships_nothing_twice(make_world: Callable[[str], World]) -> None:
    world = make_world("again")
    recorded(world)
    compact(world, world.bucket)
    before = set(raw(world))
    recorder = world.recorder()
    world.step(recorder)
    recorder.drain()
    assert set(raw(world)) == before
    assert seen(world) == WHOLE
