"""Death at every request: whatever the recorder was doing, its next life ends with every row exactly once."""

import hashlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from mortal import Killed, Mortal
from recorder_world import PLACE, World

from chiplog import codec, layout, records
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


def lost_sources(world: World) -> list[str]:
    """Sources that a segment names and that are not there, or are other bytes."""
    held = {listed.key: world.bucket.get(listed.key).data for listed in world.bucket.list(layout.raw_prefix(PLACE))}
    lost = []
    for key, data in held.items():
        place = layout.parse_segment_key(key)
        if place is not None and not place.is_source:
            digest = records.unpack_segment(data, key)[0].get("source_sha256")
            source = layout.source_key(PLACE, place.stream, place.start, place.end)
            found = codec.decompress(held[source], source) if source in held else b""
            lost += [key] if digest and hashlib.sha256(found).hexdigest() != digest else []
    return lost


def test_no_segment_is_ever_there_without_its_source(make_world: Callable[[str], World]) -> None:
    """Also not between two requests: who dies there may never come back."""
    for at in range(1, 30):
        world = make_world(str(at))
        prepare(world)
        with suppress(Killed):
            records_until_killed(world, Mortal(world.bucket, at, after=True, error=Killed))
        assert not lost_sources(world), f"killed after request {at}"


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
        assert not lost_sources(world), f"killed at request {at}"
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


def test_of_two_recorders_that_both_found_nothing_one_wins(world: World) -> None:
    world.log().history(0)
    first, second = world.recorder(), world.recorder()
    world.step(first)
    written = world.bucket.get(layout.live_key(PLACE))
    with pytest.raises(SupersededError):
        world.step(second)
    assert world.bucket.get(layout.live_key(PLACE)).etag == written.etag


def place_of(recorder: Recorder) -> tuple[layout.Recorder, str, int, int]:
    (stream,) = recorder.streams.values()
    return PLACE, stream.id, 0, stream.position


@pytest.mark.parametrize("stands_there", [b"no object of ours", b""])
def test_a_segment_that_is_there_already_counts_only_if_it_holds_these_rows(world: World, stands_there: bytes) -> None:
    """Who acknowledged rows that nobody looked at could let go of the only copy."""
    world.log().history(0)
    recorder = world.recorder()
    world.step(recorder)
    key = layout.segment_key(*place_of(recorder))
    other = {"format": records.SEGMENT_FORMAT, "min_reader": 1, "rows": 1}
    planted = stands_there or codec.compress([codec.dump(other), b'{"at":0,"kind":"history"}'])
    world.bucket.put(key, planted)
    with pytest.raises(SupersededError, match="holds other rows"):
        world.step(recorder, 301)
    assert world.bucket.get(key).data == planted, "and it is never replaced"
    assert recorder.batch.stretches, "the rows are still held"


def test_a_source_of_an_earlier_file_at_the_same_place_is_told_and_not_replaced(world: World) -> None:
    """A recorder died between a source and its segment, and the file was another one when the next life cut."""
    world.log().history(0)
    recorder = world.recorder()
    world.step(recorder)
    key = layout.source_key(*place_of(recorder))
    planted = codec.compress_bytes(b"the file that was here before")
    world.bucket.put(key, planted)
    world.step(recorder, 301)
    assert world.bucket.get(key).data == planted
    assert world.head()["problems"] == [f"{key} holds other bytes: another file had this one's name before"]
    assert lost_sources(world), "the segment says which bytes there should be, so `verify` finds it"
    assert world.steps() == [0]


def test_who_was_superseded_writes_no_segment(world: World) -> None:
    """A segment cannot be taken back, so it is seen before a cut that nobody else writes as this recorder."""
    log = world.log()
    log.history(0)
    first = world.recorder()
    world.step(first)
    second = world.recorder()
    log.history(1)
    world.step(first)
    with pytest.raises(SupersededError, match="was written by"):
        second.drain()
    assert list(world.bucket.list(layout.raw_prefix(PLACE))) == []


def test_rows_of_a_tail_that_are_in_segments_are_not_held_again(world: World) -> None:
    """Killed between the segment and the live object, and the file is gone: the tail's rows are in the segment."""
    log = world.log()
    log.history(0)
    first = world.recorder()
    world.step(first)
    first._cut()
    log.path.unlink()
    assert world.recorder().batch.stretches == {}
    assert world.steps() == [0]
