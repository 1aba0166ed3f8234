"""A run that lives for days is sealed once a day as far as its segments reach, and its recorder notices nothing."""

from collections.abc import Callable

import pytest
from mortal import Killed, Mortal
from recorder_world import PLACE, World

from chiplog import layout
from chiplog.bucket.memory import MemoryBucket
from chiplog.reading import rows
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings

DAY = 86_400.0


def segments(world: World) -> list[tuple[int, int]]:
    places = (layout.parse_segment_key(item.key) for item in world.bucket.list(layout.raw_prefix(PLACE)))
    return [(place.start, place.end) for place in places if place is not None and not place.is_source]


def steps(world: World) -> list[int]:
    (stream,) = rows.writers(rows.stream_rows(world.bucket, PLACE, sleep=lambda _: None))
    return [row["step"] for row in stream.rows if row["kind"] == "history"]


def lived(world: World) -> None:
    """Two days with a row every four hours; the recorder is up, and its newest row is in its live object alone."""
    world.bucket = MemoryBucket(world.time)
    log, recorder = world.log(), world.recorder()
    for step in range(12):
        log.history(step, loss="1")
        world.step(recorder, 4 * 3600)
    log.history(12, loss="1")
    world.step(recorder, 20)
    world.log_, world.recorder_ = log, recorder  # type: ignore[attr-defined]


def test_segments_become_a_part_and_the_live_object_stays(make_world: Callable[[str], World]) -> None:
    world = make_world("a")
    lived(world)
    before = segments(world)
    made = Compactor(world.bucket, Settings("memory"), world.time)
    made.look()
    assert (len(before) > 5, segments(world)) == (True, [])
    assert steps(world) == list(range(13))
    assert world.head()["state"] == "recording"
    seal = rows.seal(world.bucket, layout.Run("c", "ns", "r-1"))
    assert [(part["table"], part["lines"]) for part in seal["parts"]] == [("history", 12)]


def test_the_recorder_goes_on_and_the_end_is_sealed_behind_it(make_world: Callable[[str], World]) -> None:
    world = make_world("a")
    lived(world)
    made = Compactor(world.bucket, Settings("memory"), world.time)
    made.look()
    for step in range(13, 20):
        world.log_.history(step, loss="1")  # type: ignore[attr-defined]
        world.step(world.recorder_, 3600)  # type: ignore[attr-defined]
        made.look()
    assert steps(world) == list(range(20))
    assert rows.seal(world.bucket, layout.Run("c", "ns", "r-1"))["generation"] == 1
    world.time.now += DAY
    world.step(world.recorder_)  # type: ignore[attr-defined]
    made.look()
    assert rows.seal(world.bucket, layout.Run("c", "ns", "r-1"))["generation"] == 2
    world.recorder_.drain()  # type: ignore[attr-defined]
    made.look()
    seal = rows.seal(world.bucket, layout.Run("c", "ns", "r-1"))
    assert (seal["generation"], sum(part["lines"] for part in seal["parts"] if part["table"] == "history")) == (3, 20)
    assert steps(world) == list(range(20))
    assert list(world.bucket.list(layout.live_prefix())) == []


def test_a_recorder_that_is_killed_after_it_resumes_behind_the_marker(make_world: Callable[[str], World]) -> None:
    world = make_world("a")
    lived(world)
    Compactor(world.bucket, Settings("memory"), world.time).look()
    again = world.recorder()
    world.log_.history(13, loss="1")  # type: ignore[attr-defined]
    world.step(again, 400)
    again.drain()
    assert steps(world) == list(range(14))
    assert len(segments(world)) <= 2


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_request_loses_and_doubles_nothing(make_world: Callable[[str], World], after: bool) -> None:
    at = 0
    while True:
        at += 1
        world = make_world(f"{after}-{at}")
        lived(world)
        mortal = Mortal(world.bucket, at, after=after, error=Killed)
        try:
            Compactor(mortal, Settings("memory"), world.time).look()
        except Killed:
            assert steps(world) == list(range(13)), f"after a kill at request {at}"
            world.time.now += DAY
            Compactor(world.bucket, Settings("memory"), world.time).look()
        assert steps(world) == list(range(13))
        if mortal.requests < at:
            break


def test_a_run_of_less_than_a_day_is_left_alone(make_world: Callable[[str], World]) -> None:
    world = make_world("a")
    world.bucket = MemoryBucket(world.time)
    log, recorder = world.log(), world.recorder()
    for step in range(20):
        log.history(step, loss="1")
        world.step(recorder, 3600)
    before = segments(world)
    Compactor(world.bucket, Settings("memory"), world.time).look()
    assert segments(world) == before


def test_what_lies_behind_a_lost_segment_of_a_run_that_lives_is_left_where_it_is(
    make_world: Callable[[str], World],
) -> None:
    """Nothing behind the hole is sealed, so nothing there may be deleted: those rows stand nowhere else."""
    world = make_world("a")
    lived(world)
    before = sorted(segments(world))
    (stream,) = {key.stream for item in world.bucket.list(layout.raw_prefix(PLACE))
                 if (key := layout.parse_segment_key(item.key)) is not None}  # fmt: skip
    world.bucket.delete(layout.segment_key(PLACE, stream, *before[2]))
    Compactor(world.bucket, Settings("memory"), world.time).look()
    assert sorted(segments(world)) == before[3:]
