"""`compact` starts the compactor as a process, over a directory as people have it."""

import subprocess
import sys
from pathlib import Path

from recorder_world import World

from chiplog import layout
from chiplog.bucket.directory import DirectoryBucket

CHIPLOG = Path(sys.executable).with_name("chiplog")


def recorded(tmp_path: Path) -> DirectoryBucket:
    """A run whose recorder is drained."""
    bucket = DirectoryBucket(tmp_path / "bucket")
    pod = World(tmp_path / "pod", bucket=bucket)
    log = pod.log()
    recorder = pod.recorder()
    for step in range(20):
        log.history(step, loss="0.5")
    recorder.record()
    recorder.drain()
    return bucket


def call(tmp_path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [CHIPLOG, "--bucket", tmp_path / "bucket", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def tables(bucket: DirectoryBucket) -> list[str]:
    return [listed.key for listed in bucket.list(layout.tables_prefix("history"))]


def test_ended_runs_become_tables_and_a_lost_one_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "pod").mkdir()
    (tmp_path / "bucket").mkdir()
    bucket = recorded(tmp_path)
    before = call(tmp_path, "history", "r-1", "-o", "csv").stdout
    assert len(before.splitlines()) == 21
    done = call(tmp_path, "compact")
    assert (done.returncode, len(tables(bucket))) == (0, 1), done.stderr
    bucket.delete(tables(bucket)[0])
    told = call(tmp_path, "verify", "r-1")
    assert (told.returncode, "--rebuild" in told.stdout) == (1, True), told.stdout
    done = call(tmp_path, "compact", "--rebuild", "r-1")
    assert (done.returncode, len(tables(bucket))) == (0, 1), done.stderr
    assert "table" not in call(tmp_path, "verify", "r-1").stdout
    assert call(tmp_path, "history", "r-1", "-o", "csv").stdout == before


def test_a_table_that_cannot_be_made_again_is_the_answer_no(tmp_path: Path) -> None:
    (tmp_path / "pod").mkdir()
    (tmp_path / "bucket").mkdir()
    bucket = recorded(tmp_path)
    assert call(tmp_path, "compact").returncode == 0
    for listed in list(bucket.list("v1/")):
        if listed.key.endswith((".source.zst", ".parquet")):
            bucket.delete(listed.key)
    done = call(tmp_path, "compact", "--rebuild", "r-1")
    assert (done.returncode, "cannot be made again" in done.stderr) == (1, True), done.stderr


def test_a_run_that_is_unknown_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    assert call(tmp_path, "compact", "--rebuild", "nobody").returncode == 3
