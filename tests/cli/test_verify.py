"""`verify` finds every object that is lost, cut short or changed, before and after the sealing, and cries no wolf."""

import json
from pathlib import Path
from typing import Any

import pytest
from bucket_world import NOW, attempt
from bucket_world import World as BucketWorld
from recorder_world import World as RecorderWorld

from chiplog import layout, records
from chiplog.bucket.memory import MemoryBucket
from chiplog.reading import runs, verifying
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings

RUN = layout.Run("c", "ns", "r-1")


def recorded(root: Path, *, sealed: bool) -> RecorderWorld:
    """A run with two streams, several segments and files, documents as the operator writes them."""
    world = RecorderWorld(root)
    first, second = world.log(), world.log(name="b")
    file = root / "main" / "files" / "model.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    recorder = world.recorder()
    for step in range(9):
        first.history(step, loss="0.5")
        second.history(step, loss="1")
        if step % 3 == 2:
            world.step(recorder, 301)
    recorder.drain()
    papers = BucketWorld(world.time.now)
    papers.bucket = world.bucket
    document = {"format": records.RUN_FORMAT, "min_reader": 1, "cluster": "c", "namespace": "ns", "run": "r-1",
                "name": "r", "project": "p", "config": {}, "tags": [], "created_at": NOW, "metrics": []}  # fmt: skip
    world.bucket.put(layout.run_key(RUN), records.pack_document(document))
    papers.outcome(RUN, "finished", [attempt(1, "rec", finished_at=NOW)], durable=True)
    if sealed:
        assert Compactor(world.bucket, Settings("memory"), world.time).look() == 1
    return world


def findings(world: RecorderWorld) -> list[verifying.Finding]:
    view = runs.one(world.bucket, RUN, world.time)
    return list(verifying.everything(world.bucket, [view]))


def keys(world: RecorderWorld) -> list[str]:
    return [listed.key for listed in world.bucket.list("v1/")]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_whole_run_is_whole(tmp_path: Path, sealed: bool) -> None:
    assert findings(recorded(tmp_path, sealed=sealed)) == []


@pytest.mark.parametrize("sealed", [False, True])
def test_every_object_that_is_lost_cut_short_or_changed_is_found(tmp_path: Path, sealed: bool) -> None:
    world = recorded(tmp_path, sealed=sealed)
    for key in keys(world):
        whole = world.bucket.get(key).data
        places = range(0, len(whole), max(1, len(whole) // 40))
        damages: list[bytes | None] = [None, b"", whole[:-1], whole[:-40], whole[: len(whole) // 2]]
        damages += [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :] for at in places]
        for damage in damages:
            world.bucket.delete(key)
            if damage is not None:
                world.bucket.put(key, damage)
            found = [item for item in findings(world) if item.key == key or key.startswith(item.key)]
            assert found, f"{key}: {len(damage) if damage is not None else 'lost'}"
        world.bucket.put(key, whole)
    assert findings(world) == []


def test_what_a_crash_leaves_is_no_damage(tmp_path: Path) -> None:
    world = recorded(tmp_path, sealed=False)
    (stream, *_) = {key.split("/")[5] for key in keys(world) if "/raw/" in key and "files" not in key}
    recorder = layout.Recorder("c", "ns", "rec")
    parts = [layout.parse_segment_key(key) for key in keys(world) if f"/{stream}/" in key]
    sources = sorted((part.start, part.end) for part in parts if part is not None and part.is_source)
    (start, _), (_, end) = sources[0], sources[1]
    content = b"".join(records.codec.decompress(world.bucket.get(layout.source_key(recorder, stream, *at)).data, "x")
                       for at in sources[:2])  # fmt: skip
    world.bucket.put(layout.source_key(recorder, stream, start, end), records.codec.compress_bytes(content))
    assert findings(world) == []


def test_a_run_that_is_being_recorded_is_whole(tmp_path: Path) -> None:
    world = RecorderWorld(tmp_path)
    log, recorder = world.log(), world.recorder()
    for step in range(7):
        log.history(step, loss="0.5")
        world.step(recorder, 151)
        (view,) = runs.every(world.bucket, clock=world.time)
        assert [item for item in verifying.run(world.bucket, view) if item.problem != "lost"] == []


def test_a_recorder_of_which_only_segments_are_left_is_found(tmp_path: Path) -> None:
    world = recorded(tmp_path, sealed=False)
    for key in (layout.live_key(layout.Recorder("c", "ns", "rec")), layout.run_key(RUN), layout.outcome_key(RUN)):
        world.bucket.delete(key)
    found = list(verifying.everything(world.bucket, runs.every(world.bucket, clock=world.time)))
    assert [(item.problem, item.key) for item in found] == [("lost", "v1/live/c/ns/rec.jsonl.zst")]


def test_a_recorder_of_which_only_files_are_left_is_found(tmp_path: Path) -> None:
    world = recorded(tmp_path, sealed=False)
    for key in keys(world):
        if "/blobs/" not in key:
            world.bucket.delete(key)
    found = list(verifying.everything(world.bucket, runs.every(world.bucket, clock=world.time)))
    assert [(item.problem, item.key) for item in found] == [("lost", "v1/live/c/ns/rec.jsonl.zst")]
    assert "files" in found[0].detail


def test_a_recorder_that_began_while_verify_read_is_no_damage(tmp_path: Path) -> None:
    world = recorded(tmp_path, sealed=False)
    for key in (layout.run_key(RUN), layout.outcome_key(RUN)):
        world.bucket.delete(key)
    assert list(verifying.everything(world.bucket, [])) == []


LINE = layout.Line("c", "ns", "0123")


@pytest.mark.parametrize(
    ("key", "form"),
    [
        (layout.cluster_key("c"), records.CLUSTER_FORMAT),
        (layout.night_key(LINE, NOW, "r-1"), records.NIGHT_FORMAT),
        (layout.latest_key(LINE, "nightly"), records.LATEST_FORMAT),
        (layout.trial_key(RUN), records.TRIAL_FORMAT),
    ],
)
def test_every_flipped_bit_of_a_document_of_operators_is_found(tmp_path: Path, key: str, form: str) -> None:
    world = recorded(tmp_path, sealed=False)
    whole = records.pack_document({"format": form, "min_reader": 1, "said": "of loss 0.25", "at": 1.5})
    world.bucket.put(key, whole)
    assert findings(world) == []
    for bit in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        world.bucket.put(key, bytes(flipped))
        found = list(verifying._document(world.bucket, key, form))
        assert [(item.key, item.problem) for item in found] == [(key, "damaged")], bit
    assert [(item.key, item.problem) for item in findings(world)] == [(key, "damaged")]


def test_a_damaged_seal_of_a_recorder_that_no_run_has_claimed_is_found(tmp_path: Path) -> None:
    world = recorded(tmp_path, sealed=False)
    for key in (layout.run_key(RUN), layout.outcome_key(RUN)):
        world.bucket.delete(key)
    world.time.now += 10_000_000.0
    assert Compactor(world.bucket, Settings("memory"), world.time).look() == 1
    (key,) = [key for key in keys(world) if key.endswith("seal.json")]
    whole = world.bucket.get(key).data
    for damaged in (whole[:-1], whole.replace(b'"generation": 1', b'"generation": 2')):
        assert damaged != whole
        world.bucket.put(key, damaged)
        found = list(verifying.everything(world.bucket, runs.every(world.bucket, clock=world.time)))
        assert key in {item.key for item in found}


def test_quick_reads_no_blob(tmp_path: Path) -> None:
    world = recorded(tmp_path, sealed=False)
    (blob,) = [key for key in keys(world) if "/blobs/" in key]
    world.bucket.put(blob, b"WEIGHTS")
    view = runs.one(world.bucket, RUN, world.time)
    assert list(verifying.run(world.bucket, view, quick=True)) == []
    world.bucket.put(blob, b"W")
    assert [item.problem for item in verifying.run(world.bucket, view, quick=True)] == ["damaged"]


def test_the_command_says_so_and_answers_no(chiplog: Any, tmp_path: Path) -> None:
    world = recorded(tmp_path, sealed=True)

    def opened(_: str) -> MemoryBucket:
        assert isinstance(world.bucket, MemoryBucket)
        return world.bucket

    fine = chiplog("verify", "r", bucket=opened)
    assert (fine.exit_code, fine.stderr) == (0, "1 run is whole: every object is there as it was written\n")
    (part,) = [key for key in keys(world) if "/history/" in key]
    world.bucket.delete(part)
    for arguments in (("verify",), ("verify", "r")):
        damaged = chiplog(*arguments, "-o", "json", bucket=opened)
        assert damaged.exit_code == 1
        detail = "a part of the tables is not there; `chiplog compact --rebuild r-1` makes it again, from its sources"
        assert json.loads(damaged.stdout) == [{"key": part, "problem": "lost", "detail": detail}]
    assert "a part of the tables is not there" in chiplog("verify", bucket=opened).stdout
