"""Rows 5, 6 and 16 at the start of a recorder: what it makes of a live object that is gone, damaged or too new, and how
much a pod takes with it that is gone with its files.
"""

import pytest
from recorder_world import PLACE, World

from chiplog import codec, layout, records
from chiplog.errors import FormatError

LIVE = layout.live_key(PLACE)


def recorded(world: World) -> None:
    """Two incarnations of one file, in segments, and a second file with rows in the tail as well."""
    log, other = world.log(), world.log(name="b")
    recorder = world.recorder()
    log.history(0, 1, 2, loss="0.5")
    other.history(10)
    world.step(recorder, 301)
    world.step(recorder, 301)
    kept = log.path.with_name("kept")
    log.path.rename(kept)
    log.path.write_bytes(kept.read_bytes()[:7])
    log.history(3, 4, loss="0.25")
    world.step(recorder, 301)
    world.step(recorder, 301)
    other.history(11)
    world.step(recorder)


@pytest.mark.parametrize("damage", ["gone", "cut", "flipped", "empty"])
def test_a_recorder_whose_live_object_is_damaged_goes_on_with_every_row_once(world: World, damage: str) -> None:
    recorded(world)
    whole = world.bucket.get(LIVE).data
    world.bucket.delete(LIVE)
    broken = {"cut": whole[:-9], "flipped": whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], "empty": b""}
    if damage in broken:
        world.bucket.put(LIVE, broken[damage])
    again = world.recorder()
    world.step(again)
    again.drain()
    steps = sorted(world.steps())
    assert steps == [0, 1, 2, 3, 4, 10, 11]
    assert bool(world.head()["problems"]) == (damage in broken)
    assert sorted(stream["generation"] for stream in world.head()["streams"]) == [0, 0, 1]


def test_a_file_that_was_replaced_while_no_live_object_knew_it_is_no_continuation(world: World) -> None:
    """Killed between its first segment and the flush, and the file is another one by the next life."""
    log = world.log()
    log.history(0, 1, loss="0.5")
    recorder = world.recorder()
    world.step(recorder, 301)
    world.step(recorder, 301)
    world.bucket.delete(LIVE)
    log.path.write_bytes(log.path.read_bytes()[:7])
    log.history(7, 8, 9, loss="0.125")
    again = world.recorder()
    world.step(again)
    again.drain()
    assert sorted(world.steps()) == [0, 1, 7, 8, 9]


def test_a_live_object_of_a_newer_recorder_is_not_written_over(world: World) -> None:
    recorded(world)
    stored = world.bucket.get(LIVE)
    head, _ = records.unpack_live(stored.data, "live")
    frames = codec.frames(stored.data, "live")
    newer = codec.compress([codec.dump({**head, "min_reader": records.READER + 1})]) + codec.compress_bytes(frames[1])
    world.bucket.put(LIVE, newer)
    with pytest.raises(FormatError, match="upgrade chiplog"):
        world.recorder()
    assert world.bucket.get(LIVE).data == newer


@pytest.mark.parametrize(("age", "bound"), [(0.0, 2.0), (400.0, 15.0)])
def test_with_the_node_go_the_rows_of_one_flush_interval(world: World, age: float, bound: float) -> None:
    """Row 6: the run directory is gone, so the bucket is all there is; a row is written every 0.1 s."""
    log, recorder = world.log(), world.recorder()
    world.step(recorder)
    world.time.now += age
    world.step(recorder)
    for row in range(300):  # The node is lost at each of these instants.
        log.history(row)
        world.step(recorder, 0.1)
        if row % 10 == 0:
            seen = max(world.steps(), default=-1)
            assert (row - seen) * 0.1 <= bound, f"after {row} rows"


def test_a_file_that_was_written_over_while_its_segments_were_ahead_of_the_live_object_is_no_continuation(
    world: World,
) -> None:
    """The simulation found it (seed 896200203): killed between a segment and the flush that tells of it."""
    log = world.log()
    recorder = world.recorder()
    world.step(recorder)
    told = world.bucket.get(LIVE).data
    log.history(0, 1, loss="0.5")
    world.step(recorder, 301)
    world.step(recorder, 301)
    world.bucket.put(LIVE, told)
    log.path.write_bytes(log.path.read_bytes()[:7])
    log.history(7, 8, 9, loss="0.125")
    again = world.recorder()
    world.step(again)
    again.drain()
    assert sorted(world.steps()) == [0, 1, 7, 8, 9]
