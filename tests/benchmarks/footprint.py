"""P9 and P10: what the recorder costs the pod, as a process of its own against the demo's S3.

Idle: one open run, older than five minutes by its settings, of which nothing more is written. Shipping: then a hundred
thousand rows of ten metrics and 1 GiB of files appear at once. The peer is wandb's own recorder, wandb-core, with an
idle offline run.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import embedded
import wandb_files
from decoding import row
from recorder_world import RUN_DIRECTORY
from targets import Report

ROWS, FILE_BYTES = 100_000, 1 << 30
IDLE_SECONDS = 120
PORT = 19754
RSS_GOALS = {"idle": 64.0, "shipping": 80.0}
CPU_GOAL = 0.1
_MIB = 1 << 20


def memory() -> Report:
    """P9."""
    with tempfile.TemporaryDirectory() as folder, _recorder(Path(folder)) as process:
        time.sleep(5)
        idle = _rss(process)
        _write_much(Path(folder))
        embedded.until("everything in the bucket", _is_all_shipped, seconds=600)
        peak = _peak(process)
    return Report(
        target="P9",
        what="RSS of the recorder, idle; then 1 M points and 1 GiB of files",
        ours=idle,
        unit="MiB",
        goal="idle <= 64, shipping <= 80",
        holds=idle <= RSS_GOALS["idle"] and peak <= RSS_GOALS["shipping"],
        peers={f"wandb-core {importlib.metadata.version('wandb')}, idle": _wandb_core()},
        more={"shipping, highest (MiB)": peak},
    )


def idling() -> Report:
    """P10."""
    with tempfile.TemporaryDirectory() as folder, _recorder(Path(folder)) as process:
        time.sleep(5)
        began, requests = _cpu(process), _status()["requests"]
        time.sleep(IDLE_SECONDS)
        share = 100 * (_cpu(process) - began) / IDLE_SECONDS
        made = sum(_status()["requests"].values()) - sum(requests.values())
    return Report(
        target="P10",
        what=f"CPU of an idle recorder over {IDLE_SECONDS} s",
        ours=share,
        unit="% core",
        goal="<= 0.1, no request",
        holds=share <= CPU_GOAL and made == 0,
        more={"requests": made},
    )


@contextmanager
def _recorder(root: Path) -> Iterator[int]:
    """The recorder as its image starts it, with one run to follow; gives its process id and deletes its objects."""
    _log(root, "idle", 10)
    recorder = f"bench-{uuid.uuid4().hex[:8]}"
    env = {
        **os.environ,
        "CHIPLOG_CLUSTER": "bench",
        "CHIPLOG_NAMESPACE": "bench",
        "CHIPLOG_RECORDER": recorder,
        "CHIPLOG_DIR": str(root),
        "CHIPLOG_YOUNG_SECONDS": "0",
        "CHIPLOG_STATUS_PORT": str(PORT),
        "MALLOC_ARENA_MAX": "1",  # As in images/sidecar.Dockerfile.
    }
    command = [sys.executable, "-m", "chiplog_sidecar.start"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        embedded.until("the first upload", lambda: _status().get("bucket", {}).get("state") == "ok")
        yield process.pid
    finally:
        process.kill()
        process.wait()
        _forget(recorder)


def _status() -> dict:  # type: ignore[type-arg]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/status", timeout=5) as answer:
            return json.load(answer)  # type: ignore[no-any-return]
    except OSError:
        return {}


def _is_all_shipped() -> bool:
    status = _status()
    rows = sum(stream["kinds"].get("history", 0) for stream in status["streams"])
    return rows >= ROWS and status["pending_bytes"] == 0


def _write_much(root: Path) -> None:
    files = root / "main" / "files"
    files.mkdir(parents=True)
    with (files / "checkpoint.part").open("wb") as out:
        for _ in range(FILE_BYTES // _MIB):
            out.write(os.urandom(_MIB))
    (files / "checkpoint.part").rename(files / "checkpoint.bin")
    _log(root, "busy", ROWS)


def _log(root: Path, name: str, rows: int) -> None:
    path = root / "main" / f"{RUN_DIRECTORY}-{name}" / f"run-{name}.wandb"
    path.parent.mkdir(parents=True)
    path.write_bytes(wandb_files.written([row(step).SerializeToString() for step in range(rows)]))


def _forget(recorder: str) -> None:
    name, _, prefix = os.environ["CHIPLOG_BUCKET"].removeprefix("s3://").partition("/")
    objects = boto3.resource("s3").Bucket(name).objects
    for area in ("live", "raw", "blobs"):
        for found in objects.filter(Prefix=f"{prefix}/v1/{area}/bench/bench/{recorder}"):
            found.delete()


def _wandb_core() -> float:
    """MiB of wandb's own recorder beside an idle offline run."""
    script = "import wandb, sys; r = wandb.init(mode='offline'); r.log({'a': 1}); sys.stdin.read()"
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "WANDB_DIR": folder, "WANDB_SILENT": "true"}
        process = subprocess.Popen([sys.executable, "-c", script], env=env, stdin=subprocess.PIPE)
        try:
            core = embedded.until("wandb-core", lambda: _process_of("wandb-core", f"WANDB_DIR={folder}"))
            time.sleep(5)
            return _rss(core)
        finally:
            process.communicate()


def _process_of(name: str, variable: str) -> int | None:
    for entry in Path("/proc").iterdir():
        try:
            is_named = (entry / "comm").read_text().strip() == name
            if is_named and variable.encode() in (entry / "environ").read_bytes().split(b"\0"):
                return int(entry.name)
        except OSError:
            continue
    return None


def _cpu(process: int) -> float:
    """CPU seconds that a process has used, by its threads, to the nanosecond: /proc/PID/stat counts hundredths."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def _rss(process: int) -> float:
    return _from_status(process, "VmRSS")


def _peak(process: int) -> float:
    return _from_status(process, "VmHWM")


def _from_status(process: int, field: str) -> float:
    """A size in MiB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1]) / 1024
