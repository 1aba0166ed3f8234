"""The compactor as a process: over a directory, once or until SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from bucket_world import NOW, Source, World, attempt, script

from chiplog import layout
from chiplog.bucket.directory import DirectoryBucket


def fill(root: Path) -> DirectoryBucket:
    """A directory with one run that is over."""
    world, bucket = World(time.time()), DirectoryBucket(root)
    world.bucket = bucket
    place = world.run()
    world.record("rec", Source(script()), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, "rec", finished_at=NOW)], durable=True)
    return bucket


def start(*arguments: str, **environ: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "chiplog_compactor.main", *arguments]
    return subprocess.Popen(command, env={**os.environ, **environ}, stderr=subprocess.PIPE, text=True)


def test_once_seals_a_directory_and_ends(tmp_path: Path) -> None:
    bucket = fill(tmp_path)
    process = start("--once", "--bucket", str(tmp_path))
    _, said = process.communicate(timeout=60)
    assert (process.returncode, '"sealed"' in said) == (0, True), said
    assert [listed.key for listed in bucket.list("v1/live/")] == []
    assert [key for key in map(layout.parse_seal_key, (listed.key for listed in bucket.list("v1/runs/"))) if key]


def test_once_says_no_where_a_run_could_not_be_sealed(tmp_path: Path) -> None:
    bucket = fill(tmp_path)
    recorder = layout.Recorder("prod", "team", "rec")
    bucket.put(layout.segment_key(recorder, "s0", 0, 9), b"garbage")
    process = start("--once", "--bucket", str(tmp_path))
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "not sealed, nothing was deleted" in said) == (1, True), said


def test_it_goes_on_until_sigterm_and_is_healthy(tmp_path: Path) -> None:
    bucket = fill(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = start(CHIPLOG_BUCKET=str(tmp_path), CHIPLOG_HEALTH_PORT=str(port))
    deadline = time.monotonic() + 60
    while list(bucket.list("v1/live/")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list(bucket.list("v1/live/")) == []
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
        assert (answer.status, answer.read()) == (200, b'{"healthy": true, "problem": ""}')
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0, said


def test_without_a_bucket_it_says_which_variable_is_missing() -> None:
    process = start(CHIPLOG_BUCKET="")
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (1, "chiplog-compactor: CHIPLOG_BUCKET is not set")
