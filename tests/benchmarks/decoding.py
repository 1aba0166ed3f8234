"""P11: rows of a `.wandb` file brought into the bucket per second of one core, beside the readers of others.

The file holds the same rows for everybody: ten metrics and wandb's own three keys, as its SDK writes them. Ours goes
the whole way: framing, CRC, decoding, JSON lines, zstd, PUT. The peer only reads: wandb's own program prints its
records as JSON lines. Rounds alternate; figures are medians over CPU seconds of the process and its children.
"""

import importlib.metadata
import random
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import wandb_files
from recorder_world import PLACE, RUN_DIRECTORY
from targets import Report

from chiplog.bucket.directory import DirectoryBucket
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings
from chiplog_sidecar.wandb import wandb_pb2

ROWS, METRICS, ROUNDS = 50_000, 10, 5
GOAL = 60_000


def measure() -> Report:
    """Five rounds of both. Needs no cluster."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "run-bench.wandb"
        source.write_bytes(_log())
        rounds = [(_ours(source, Path(folder) / f"round-{number}"), _leet(source)) for number in range(ROUNDS)]
    ours = [ROWS / mine for mine, _ in rounds]
    return Report(
        target="P11",
        what=f"{ROWS} rows of {METRICS} metrics, file to bucket",
        ours=statistics.median(ours),
        unit="rows/s",
        goal=f">= {GOAL}",
        holds=statistics.median(ours) >= GOAL,
        peers={f"wandb {importlib.metadata.version('wandb')} leet": statistics.median(ROWS / his for _, his in rounds)},
        more={"worst round (rows/s)": min(ours)},
    )


def _log() -> bytes:
    """A log as wandb 0.31 writes it: keys nested, numbers as JSON text, items in no order."""
    return wandb_files.written([row(step).SerializeToString() for step in range(ROWS)])


def row(step: int) -> wandb_pb2.Record:
    """One `log()` of METRICS random metrics."""
    source = random.Random(step)
    values = {f"train/metric_{index}": repr(source.random()) for index in range(METRICS)}
    values |= {"_step": str(step), "_runtime": repr(step / 10), "_timestamp": repr(1.79e9 + step / 10)}
    items = [wandb_pb2.Item(nested_key=[key], value_json=value) for key, value in values.items()]
    source.shuffle(items)
    history = wandb_pb2.History(item=items, step=wandb_pb2.Step(num=step))
    return wandb_pb2.Record(num=step + 1, history=history)


def _ours(source: Path, root: Path) -> float:
    """CPU seconds from the file to the drained bucket."""
    target = root / "volume" / "main" / RUN_DIRECTORY / source.name
    target.parent.mkdir(parents=True)
    target.write_bytes(source.read_bytes())
    bucket = root / "bucket"
    bucket.mkdir()
    settings = Settings(bucket=str(bucket), recorder=PLACE, root=root / "volume", quiet_seconds=0.0)
    before = _cpu(resource.RUSAGE_SELF)
    recorder = Recorder(settings, DirectoryBucket(bucket), Clock(time.time, time.monotonic), {})
    recorder.resume()
    recorder.drain()
    return _cpu(resource.RUSAGE_SELF) - before


def _leet(source: Path) -> float:
    before = _cpu(resource.RUSAGE_CHILDREN)
    subprocess.run(["wandb", "leet", "inspect", "--json", str(source)], stdout=subprocess.DEVNULL, check=True)
    return _cpu(resource.RUSAGE_CHILDREN) - before


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
