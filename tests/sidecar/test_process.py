"""The recorder as a process: real signals, a real directory bucket, the real wandb package."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chiplog import layout, records
from chiplog.bucket.directory import DirectoryBucket
from chiplog.reading import rows as reading_rows

PLACE = layout.Recorder("c", "ns", "rec")
TRAINER = """
import os, time, wandb
run = wandb.init(project="p", config={"lr": 0.1})
for step in range(60):
    run.log({"loss": 1 / (step + 1)})
    time.sleep(0.02)
time.sleep(1)
os.kill(os.getpid(), 9)
"""


@contextmanager
def sidecar(root: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        "PATH": os.environ["PATH"],
        "CHIPLOG_BUCKET": str(root / "bucket"),
        "CHIPLOG_CLUSTER": PLACE.cluster,
        "CHIPLOG_NAMESPACE": PLACE.namespace,
        "CHIPLOG_RECORDER": PLACE.id,
        "CHIPLOG_DIR": str(root / "volume"),
        **more,
    }
    process = subprocess.Popen([sys.executable, "-m", "chiplog_sidecar.start"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def train(root: Path) -> subprocess.Popen[bytes]:
    directory = root / "volume" / "main"
    directory.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(directory),
        "WANDB_SILENT": "true",
        "WANDB_X_TRANSACTION_LOG_FLUSH_INTERVAL": "0.2",
    }
    return subprocess.Popen([sys.executable, "-c", TRAINER], env=environment, cwd=root)


def steps(root: Path) -> list[int]:
    streams = reading_rows.stream_rows(DirectoryBucket(root / "bucket"), PLACE)
    return [row["step"] for _, rows in streams.values() for row in rows if row["kind"] == "history"]


def test_killed_trainer_and_killed_recorder_lose_and_double_nothing(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    trainer = train(tmp_path)
    for _ in range(3):
        with sidecar(tmp_path):
            time.sleep(0.9)
    trainer.wait()
    with sidecar(tmp_path) as last:
        time.sleep(1)
        last.send_signal(signal.SIGTERM)
        assert last.wait(timeout=20) == 0
    assert trainer.returncode == -signal.SIGKILL
    assert steps(tmp_path) == list(range(60))
    live = DirectoryBucket(tmp_path / "bucket").get(layout.live_key(PLACE)).data
    assert records.unpack_live(live, "live")[0]["state"] == "drained"


def test_a_missing_setting_is_told_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chiplog_sidecar.start"], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "chiplog-sidecar: CHIPLOG_CLUSTER is not set"


def test_a_sigterm_that_comes_while_the_recorder_loads_still_ends_it(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    with sidecar(tmp_path) as process:
        status = Path(f"/proc/{process.pid}/status")
        while not _handles_sigterm(status):
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    live = DirectoryBucket(tmp_path / "bucket").get(layout.live_key(PLACE)).data
    assert records.unpack_live(live, "live")[0]["state"] == "drained"


def _handles_sigterm(status: Path) -> bool:
    [caught] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def test_a_recorder_of_an_s3_loads_nothing_that_it_has_no_need_of() -> None:
    """It starts with a tenth of a core while the trainer logs its first rows."""
    code = """
import sys
import chiplog_sidecar.main, chiplog.bucket.s3
unneeded = {"boto3", "s3transfer", "structlog", "chiplog.bucket.http", "duckdb", "numpy", "yaml", "chiplog_cli"}
print(sorted(unneeded & set(sys.modules)))
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"


@pytest.mark.parametrize(("has_bucket", "state"), [(True, "ok"), (False, "missing")])
def test_the_status_page_comes_with_the_first_rows_or_the_first_trouble(
    tmp_path: Path, has_bucket: bool, state: str
) -> None:
    if has_bucket:
        (tmp_path / "bucket").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with sidecar(tmp_path, CHIPLOG_STATUS_PORT=str(port)):
        assert json.loads(_asked(f"http://127.0.0.1:{port}/status"))["bucket"]["state"] == state


def _asked(address: str) -> bytes:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address) as answer:
                return bytes(answer.read())
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError(f"{address} never answered")
