"""Death at every request: whatever the recorder was doing, its next life ends with every row exactly once."""

from collections.abc import Callable

import pytest
from mortal import Killed, Mortal
from recorder_world import World

from chiplog.bucket import Bucket
from chiplog.errors import Unreachable
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.shipping import SupersededError


def prepare(world: World) -> None:
    path = world.root / "main" / "files" / "model.bin"
    log = world.log()
    for step in range(12):
        log.history(step, loss="0.5")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")


def records_until_killed(world: World, bucket: Bucket) -> None:
    recorder = world.recorder(bucket)
    for round_ in range(4):
        world.step(recorder, 301 if round_ % 2 else 2)
    recorder.drain()


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_request_loses_and_doubles_nothing(make_world: Callable[[str], World], after: bool) -> None:
    at = 0
    while True:
        at += 1
        world = make_world(f"{after}-{at}")
        prepare(world)
        mortal = Mortal(world.bucket, at, after=after, error=Killed)
        try:
            records_until_killed(world, mortal)
        except Killed:
            world.recorder().drain()
        assert world.steps() == list(range(12)), f"killed at request {at}"
        files = {row["sha256"] for row in world.rows()["files"]}
        assert len(files) == 1
        assert world.head()["state"] == "drained"
        if mortal.requests < at:
            break
    assert at > 6, "the test must have killed the recorder at several requests"


def test_a_lost_answer_is_resolved_without_a_second_life(make_world: Callable[[str], World]) -> None:
    for at in range(1, 10):
        world = make_world(str(at))
        prepare(world)
        recorder = world.recorder()
        recorder.bucket = recorder.shipper.bucket = recorder.cargo._bucket = Mortal(
            world.bucket, at, after=True, error=Unreachable
        )
        for _ in range(3):
            try:
                world.step(recorder, 301)
            except Unreachable:
                world.step(recorder, 2)
        try:
            recorder.drain()
        except Unreachable:
            recorder.drain()
        assert world.steps() == list(range(12)), f"answer {at} was lost"


def test_a_flush_whose_answer_was_lost_does_not_count_for_the_next(world: World) -> None:
    log = world.log()
    log.history(0)
    recorder = world.recorder()
    world.step(recorder, 301)
    log.history(1)
    true_bucket = recorder.shipper.bucket
    recorder.shipper.bucket = Mortal(world.bucket, 1, after=True, error=Unreachable)
    with pytest.raises(Unreachable):
        world.step(recorder)
    recorder.shipper.bucket = true_bucket
    log.history(2)
    recorder.drain()
    assert world.steps() == [0, 1, 2]
    assert world.head()["state"] == "drained"


def test_a_late_duplicate_never_wins(world: World) -> None:
    log = world.log()
    log.history(0)
    first = world.recorder()
    world.step(first)
    second = world.recorder()
    log.history(1)
    world.step(second)
    log.history(2)
    with pytest.raises(SupersededError):
        world.step(first)
    assert world.steps() == [0, 1]
    world.step(second)
    assert world.steps() == [0, 1, 2]


def test_rows_of_a_file_that_is_gone_live_on(world: World) -> None:
    log = world.log()
    log.history(0)
    world.step(world.recorder())
    log.path.unlink()
    again = world.recorder()
    world.step(again)
    again.drain()
    assert world.steps() == [0]


def test_a_file_that_was_replaced_between_two_lives_is_a_new_generation(world: World) -> None:
    log = world.log()
    log.history(0)
    world.step(world.recorder())
    content = log.path.read_bytes()
    (log.path.parent / "another-inode").write_bytes(content)
    (log.path.parent / "another-inode").rename(log.path)
    log.history(1)
    again = world.recorder()
    world.step(again)
    again.drain()
    assert sorted(world.steps()) == [0, 0, 1]
    assert sorted(stream["generation"] for stream in world.head()["streams"]) == [0, 1]


def test_the_second_life_knows_the_run_as_the_first_did(world: World) -> None:
    log = world.log()
    for step in range(9):
        log.history(step)
    first = world.recorder()
    world.step(first, 301)
    world.step(first, 301)
    kinds = world.head()["streams"][0]["kinds"]
    second = world.recorder()
    log.history(9)
    world.step(second)
    assert world.head()["streams"][0]["kinds"] == {"history": kinds["history"] + 1}
    assert world.head()["streams"][0]["run"]["step"] == 9


def test_a_second_life_counts_requests_on_where_the_first_stopped(world: World) -> None:
    log = world.log()
    log.history(0)
    first = Recorder(world.settings, world.bucket, Clock(world.time, world.time), {"PutObject": 7, "bytes": 900})
    first.resume()
    world.step(first)
    second = Recorder(world.settings, world.bucket, Clock(world.time, world.time), {"PutObject": 1, "GetObject": 1})
    second.resume()
    log.history(1)
    world.step(second)
    assert world.head()["requests"] == {"PutObject": 8, "GetObject": 1, "bytes": 900}
