"""`restore` gives the run directory back byte for byte, before and after the sealing, and the real wandb reads it."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import accumulator
import pytest
from bucket_world import Source, World, file
from recorder_world import World as Pod

from chiplog import layout
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings

FIXTURES = Path(__file__).parent.parent / "fixtures"
LOGS = sorted(FIXTURES.glob("wandb/*/*/leet.jsonl"))


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def compact(world: World) -> None:
    world.now = 10_000_000.0
    assert Compactor(world.bucket, Settings("memory"), world.clock).look() == 1


def inspect(path: Path) -> bytes:
    """What the real wandb reads of a log."""
    wandb = Path(sys.executable).with_name("wandb")
    return subprocess.run([wandb, "leet", "inspect", "--json", path], check=True, capture_output=True).stdout


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("said", LOGS, ids=lambda path: f"{path.parent.parent.name}-{path.parent.name}")
def test_a_wandb_directory_comes_back_and_wandb_reads_the_same(
    chiplog: Any, world: World, tmp_path: Path, said: Path, sealed: bool
) -> None:
    trained = tmp_path / "pod" / "main"
    shutil.copytree(said.parent, trained / "wandb" / "offline-run-20261123_220000-x")
    recorder = Pod(tmp_path / "pod", bucket=world.bucket).recorder()
    recorder.record()
    recorder.drain()
    if sealed:
        compact(world)
    done = chiplog("restore", "r-1", str(tmp_path / "back"))
    assert done.exit_code == 0, done.stderr
    back = tree(tmp_path / "back")
    assert back == {path: data for path, data in tree(trained).items() if path in back}
    (log,) = (tmp_path / "back").rglob("*.wandb")
    assert inspect(log) == said.read_bytes()
    named = {path for path in tree(trained) if "/media/" in path or path.endswith(".wandb")}
    assert named <= set(back)


def test_event_files_and_saved_files_come_back(chiplog: Any, world: World, tmp_path: Path) -> None:
    trained = tmp_path / "pod" / "main"
    (trained / "files" / "deep").mkdir(parents=True)
    (trained / "files" / "deep" / "model.bin").write_bytes(b"weights")
    (trained / "metrics.jsonl").write_text('{"loss": 1}\n{"loss": 0.5}\nhalf a li')
    for path in FIXTURES.glob("tensorboard/*/run.tfevents"):
        (trained / "logs").mkdir(exist_ok=True)
        shutil.copy(path, trained / "logs" / f"events.out.tfevents.1.{path.parent.name}")
    Pod(tmp_path / "pod", bucket=world.bucket).recorder().drain()
    compact(world)
    assert chiplog("restore", "r-1", str(tmp_path / "back")).exit_code == 0
    assert tree(tmp_path / "back") == tree(trained)


def test_tensorboard_reads_in_a_restored_directory_what_it_read_in_the_trainers(
    chiplog: Any, world: World, tmp_path: Path
) -> None:
    """Every fixture: sessions that began again, steps that went back, images, sounds, texts, in directories of their
    own, each a run of TensorBoard's."""
    trained = tmp_path / "pod" / "main" / "logs"
    for path in FIXTURES.glob("tensorboard/*/*.tfevents"):
        (trained / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, trained / path.parent.name / f"events.out.tfevents.1.{path.stem}")
    Pod(tmp_path / "pod", bucket=world.bucket).recorder().drain()
    compact(world)
    assert chiplog("restore", "r-1", str(tmp_path / "back")).exit_code == 0
    read = accumulator.folders(trained)
    assert len(read) == len(list(FIXTURES.glob("tensorboard/*/")))
    assert all(read.values())
    assert accumulator.folders(tmp_path / "back" / "logs") == read


MOMENT_NS = 1_795_471_200_123_456_789


@pytest.mark.parametrize("sealed", [False, True])
def test_files_have_their_modes_and_times_again(chiplog: Any, world: World, tmp_path: Path, sealed: bool) -> None:
    """To the nanosecond, which a float of seconds has not; of followed files, of saved ones, and of a read-only one."""
    pod = Pod(tmp_path / "pod", bucket=world.bucket)
    pod.log().history(1, loss="1")
    (log,) = (tmp_path / "pod").rglob("*.wandb")
    main = tmp_path / "pod" / "main"
    (main / "files").mkdir()
    wanted = {log: 0o640, main / "files" / "run.sh": 0o755, main / "files" / "model.bin": 0o400}
    for place, mode in wanted.items():
        place.touch()
        place.chmod(mode)
        os.utime(place, ns=(MOMENT_NS, MOMENT_NS))
    pod.recorder().drain()
    if sealed:
        compact(world)
    assert chiplog("restore", "r-1", str(tmp_path / "back")).exit_code == 0
    found = {path: (tmp_path / "back" / path.relative_to(main)).stat() for path in wanted}
    assert {path: stat.S_IMODE(status.st_mode) for path, status in found.items()} == wanted
    assert {status.st_mtime_ns for status in found.values()} == {MOMENT_NS}


def test_no_file_comes_back_as_somebody_elses_program(chiplog: Any, world: World, tmp_path: Path) -> None:
    """Set-uid of a trainer's root would be that of whoever restores."""
    main = tmp_path / "pod" / "main" / "files"
    main.mkdir(parents=True)
    (main / "tool").write_bytes(b"x")
    (main / "tool").chmod(0o6755)
    Pod(tmp_path / "pod", bucket=world.bucket).recorder().drain()
    assert chiplog("restore", "r-1", str(tmp_path / "back")).exit_code == 0
    assert stat.S_IMODE((tmp_path / "back" / "files" / "tool").stat().st_mode) == 0o755


def test_what_older_recorders_did_not_say_is_left_to_the_one_who_restores(
    chiplog: Any, world: World, tmp_path: Path
) -> None:
    place = world.run()
    row = {"at": 0, **file("files/x", sha256=hashlib.sha256(b"x").hexdigest(), size=1)}
    world.bucket.put(row["key"], b"x")
    world.record("r1", Source([row], id="files", kind="files", path="files"), run=place.id)
    assert chiplog("restore", "mnist", str(tmp_path)).exit_code == 0
    status = (tmp_path / "files" / "x").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o644, row["modified"])


def test_a_file_that_was_replaced_comes_back_beside_its_successor(chiplog: Any, world: World, tmp_path: Path) -> None:
    pod = Pod(tmp_path / "pod", bucket=world.bucket)
    path = tmp_path / "pod" / "main" / "metrics.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"loss": 1}\n')
    recorder = pod.recorder()
    pod.step(recorder)
    path.rename(path.with_name("old"))
    path.write_text('{"loss": 2}\n')
    pod.step(recorder)
    recorder.drain()
    assert chiplog("restore", "r-1", str(tmp_path / "back")).exit_code == 0
    assert tree(tmp_path / "back") == {"metrics.jsonl": b'{"loss": 2}\n', "metrics.jsonl.0": b'{"loss": 1}\n'}


def test_a_source_that_is_gone_or_damaged_is_named_and_the_rest_comes(
    chiplog: Any, world: World, tmp_path: Path
) -> None:
    pod = Pod(tmp_path / "pod", bucket=world.bucket)
    for name in "ab":
        pod.log(name=name).history(1, loss="1")
    (tmp_path / "pod" / "main" / "files").mkdir()
    (tmp_path / "pod" / "main" / "files" / "x").write_bytes(b"x")
    pod.recorder().drain()
    found = [layout.parse_segment_key(item.key) for item in world.bucket.list("v1/raw/")]
    source, *_ = [item for item in found if item is not None and item.is_source]
    world.bucket.put(layout.source_key(source.recorder, source.stream, source.start, source.end), b"garbage")
    done = chiplog("restore", "r-1", str(tmp_path / "back"))
    assert done.exit_code == 1
    assert "2 files are in" in done.stderr
    assert source.stream in done.stderr
    assert len(tree(tmp_path / "back")) == 2


def test_nothing_is_written_outside(chiplog: Any, world: World, tmp_path: Path) -> None:
    place = world.run()
    row = {"at": 0, **file("../../evil")}
    world.bucket.put(row["key"], b"evil")
    world.record("r1", Source([row], id="files", kind="files", path="files"), run=place.id)
    done = chiplog("restore", "mnist", str(tmp_path / "a" / "b"))
    assert done.exit_code == 1
    assert "leaves its directory" in done.stderr
    assert tree(tmp_path) == {}
