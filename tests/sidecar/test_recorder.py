"""The recorder's laws, on real `.wandb` framing and a bucket in memory."""

import os

import pytest
from recorder_world import PLACE, RUN_DIRECTORY, World

from chiplog import codec, layout
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import Unreachable
from chiplog_sidecar import pace
from chiplog_sidecar import recorder as recorder_module
from chiplog_sidecar.shipping import SupersededError


def test_a_row_is_in_the_bucket_after_one_young_interval(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    world.step(recorder)
    log.history(0, loss="0.5")
    world.step(recorder, world.settings.young_flush_seconds)
    assert world.steps() == [0]


def test_an_old_run_flushes_every_fourteen_seconds(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    world.step(recorder)
    world.time.now += world.settings.young_seconds
    world.step(recorder)
    log.history(0)
    world.step(recorder, 1)
    assert world.steps() == [], "a flush of its own for one row would cost thirteen others a day"
    world.step(recorder, world.settings.flush_seconds)
    assert world.steps() == [0]


def test_a_pass_is_not_late_for_a_flush(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    world.step(recorder)
    log.history(0)
    world.step(recorder, 0.875)
    assert recorder.rest() == world.settings.young_flush_seconds - 0.875 < pace.POLL_SECONDS
    world.step(recorder, recorder.rest())
    assert world.steps() == [0]


def test_a_run_in_which_nothing_moves_is_looked_at_less_often(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    world.step(recorder)
    assert recorder.rest() == pace.POLL_SECONDS
    world.step(recorder, pace.STILL_SECONDS)
    assert recorder.rest() == pace.STILL_POLL_SECONDS
    log.history(0)
    world.step(recorder, 1)
    assert recorder.rest() == pace.POLL_SECONDS
    world.step(recorder, world.settings.young_seconds)
    assert recorder.rest() == pace.IDLE_POLL_SECONDS
    log.history(1)
    world.step(recorder, 1)
    assert recorder.rest() == pace.OLD_POLL_SECONDS


def test_a_silent_run_makes_no_request_but_a_heartbeat(world: World) -> None:
    recorder = world.recorder()
    world.step(recorder)
    first = world.head()["sequence"]
    for _ in range(100):
        world.step(recorder, 2)
    assert world.head()["sequence"] == first
    world.step(recorder, 100)
    assert world.head()["sequence"] == first + 1


def test_a_half_written_record_is_left_for_the_next_pass(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    log.history(0)
    log.history(1)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:-3])
    world.step(recorder)
    assert world.steps() == [0]
    with log.path.open("ab") as file:
        file.write(whole[-3:])
    world.step(recorder)
    assert world.steps() == [0, 1]


def test_a_tail_of_256_kib_is_cut_whatever_its_age(world: World) -> None:
    """It goes with every flush: a live object that grew on would be written again and again."""
    log, recorder = world.log(), world.recorder()
    for step in range(200):
        log.history(step, noise=f'"{os.urandom(2000).hex()}"')
    for _ in range(5):
        world.step(recorder)
    assert [*world.bucket.list(layout.raw_prefix(PLACE))], "after seconds, not after the 300 s of a small tail"
    assert len(world.bucket.get(layout.live_key(PLACE)).data) < recorder_module.CUT_BYTES
    assert world.steps() == [*range(200)]


def test_a_drain_ends_with_a_cut_and_leaves_no_tail(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    for step in range(5):
        log.history(step)
    recorder.drain()
    assert world.steps() == [0, 1, 2, 3, 4]
    head = world.head()
    assert (head["state"], head["pending_bytes"]) == ("drained", 0)
    assert all(stream["segmented"] == stream["position"] for stream in head["streams"])


def test_a_torn_end_becomes_a_gap_when_nobody_will_complete_it(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    log.history(0)
    log.history(1)
    os.truncate(log.path, log.path.stat().st_size - 3)
    recorder.drain()
    assert world.steps() == [0]
    assert [row["reason"] for rows in world.rows().values() for row in rows if row["kind"] == "gap"] == ["torn"]


def test_the_source_is_kept_byte_for_byte(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    for step in range(3000):
        log.history(step, loss="0.25", text='"' + "x" * 40 + '"')
        if step % 500 == 0:
            world.step(recorder, 301)
    recorder.drain()
    keys = [listed.key for listed in world.bucket.list(layout.raw_prefix(PLACE)) if listed.key.endswith(".source.zst")]
    assert b"".join(codec.decompress(world.bucket.get(key).data, key) for key in keys) == log.path.read_bytes()
    assert len(keys) > 3
    assert world.steps() == list(range(3000))


def test_two_directories_are_two_streams_under_one_live_object(world: World) -> None:
    first, second, recorder = world.log(name="a"), world.log(name="b"), world.recorder()
    first.history(0)
    second.history(7)
    world.step(recorder)
    assert sorted(world.steps()) == [0, 7]
    assert len(world.head()["streams"]) == 2


def test_a_replaced_file_is_a_new_generation(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    log.history(0)
    world.step(recorder)
    content = log.path.read_bytes()
    log.path.unlink()
    (log.path.parent / "keep-the-inode").write_bytes(b"")
    log.path.write_bytes(content)
    log.history(1)
    world.step(recorder)
    assert sorted(world.steps()) == [0, 0, 1]
    assert [stream["generation"] for stream in world.head()["streams"]] == [0, 1]


def test_media_are_in_the_bucket_before_the_row_that_names_them(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    image = log.path.parent / "files" / "media" / "images" / "a.png"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"png")
    value = '{"_type":"image-file","path":"media/images/a.png","sha256":"x","size":3}'
    log.history(0, img=value)

    class NoBlobs(MemoryBucket):
        def put_file(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise Unreachable("the store is down")

    deaf = NoBlobs()
    blind = world.recorder(deaf)
    for _ in range(3):
        with pytest.raises(Unreachable):
            world.step(blind)
        assert not list(deaf.list("v1/live/")), "the row must not overtake its image, in a later pass neither"
    world.step(recorder)
    assert world.steps() == [0]
    assert len(list(world.bucket.list(f"v1/blobs/{PLACE.path}/"))) == 1


def test_identical_content_is_stored_once_and_listed_twice(world: World) -> None:
    recorder = world.recorder()
    for name in ("a.bin", "b.bin"):
        path = world.root / "main" / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"same")
    recorder.drain()
    assert len(list(world.bucket.list("v1/blobs/"))) == 1
    assert sorted(row["path"] for row in world.rows()["files"]) == ["files/a.bin", "files/b.bin"]


def test_reading_stops_while_the_store_is_down_and_catches_up_after(world: World) -> None:
    class Down(MemoryBucket):
        down = False

        def put(self, *arguments: object, **conditions: object):  # type: ignore[no-untyped-def, override]
            if self.down:
                raise Unreachable("the store is down")
            return super().put(*arguments, **conditions)  # type: ignore[arg-type]

    bucket = Down()
    world.bucket = bucket
    log, recorder = world.log(), world.recorder()
    bucket.down = True
    filler = '"' + "y" * 2000 + '"'
    for step in range(3000):
        log.history(step, text=filler)
    for _ in range(30):
        with pytest.raises(Unreachable):
            world.step(recorder)
    assert recorder.batch.size < recorder_module.MAX_BATCH_BYTES + 2 * recorder_module.READ_BYTES
    bucket.down = False
    recorder.drain()
    assert world.steps() == list(range(3000))


def test_a_file_that_is_no_wandb_log_is_one_gap_and_no_error(world: World) -> None:
    path = world.root / "main" / RUN_DIRECTORY / "run-x.wandb"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a wandb log, by any means")
    recorder = world.recorder()
    world.step(recorder)
    world.step(recorder)
    recorder.drain()
    rows = [row for rows in world.rows().values() for row in rows]
    assert [(row["kind"], row["at"], row["to"]) for row in rows] == [("gap", 0, 29)]


def test_a_live_object_that_is_damaged_in_mid_life_is_replaced_by_the_next_one(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    log.history(0)
    world.step(recorder, 1)
    world.bucket.put(layout.live_key(PLACE), b"damaged")
    log.history(1)
    with pytest.raises(SupersededError):
        recorder.drain()
    world.step(world.recorder(), 2)
    assert world.steps() == [0, 1]
