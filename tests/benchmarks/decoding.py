"""P11: rows of a `.wandb` file brought into the bucket per second of one core, beside the readers of others.

The file holds the same rows for everybody: ten metrics and wandb's own three keys, as its SDK writes them. Ours goes
the whole way: framing, CRC, decoding, JSON lines, zstd, PUT. One peer only reads: wandb's own program prints its
records as JSON lines. The other is what there is to keep up with: wandb's SDK, which logs such rows as fast as it can.
Rounds alternate; figures are medians, over CPU seconds of the process and its children but for the SDK, which is
given both cores and the clock.

The goal of 60,000 is five times what the SDK wrote on the machine of the targets; so the ratio holds too, where the
machine is another.
"""

import importlib.metadata
import os
import random
import resource
import statistics
import subprocess
import sys
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
_WANDB = f"wandb {importlib.metadata.version('wandb')}"
TIMES = 5.0
"""What a recorder is to read, of what one script can write."""

LOGGED = 5_000
"""Rows that the SDK writes."""


def measure() -> Report:
    """Five rounds of both. Needs no cluster."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "run-bench.wandb"
        source.write_bytes(_log())
        rounds = [_round(source, Path(folder) / f"round-{number}") for number in range(ROUNDS)]
    ours = [ROWS / mine for mine, _, _ in rounds]
    writes = statistics.median(LOGGED / seconds for _, _, seconds in rounds)
    median = statistics.median(ours)
    return Report(
        target="P11",
        what=f"{ROWS} rows of {METRICS} metrics, file to bucket",
        ours=median,
        unit="rows/s",
        goal=f">= {GOAL}, or {TIMES:g} times what wandb writes",
        holds=median >= GOAL or median >= TIMES * writes,
        peers={
            f"{_WANDB} leet": statistics.median(ROWS / his for _, his, _ in rounds),
            f"{_WANDB} writes": writes,
        },
        more={"worst round (rows/s)": min(ours), "times what wandb writes": median / writes},
    )


def _round(source: Path, root: Path) -> tuple[float, float, float]:
    """Seconds of ours, of wandb's reader, and of its SDK."""
    return _ours(source, root), _leet(source), _sdk(root)


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


def _sdk(root: Path) -> float:
    """Seconds by the clock until an offline run has written LOGGED rows and ended; to start it does not count."""
    script = _SDK.format(metrics=METRICS, rows=LOGGED)
    environ = {**os.environ, "WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DIR": str(root)}
    found = subprocess.run([sys.executable, "-c", script], env=environ, stdout=subprocess.PIPE, check=True)
    return float(found.stdout.split()[-1])


_SDK = """
import random, time, wandb
draw = random.Random(1)
rows = [{{f"train/metric_{{index}}": draw.random() for index in range({metrics})}} for _ in range({rows})]
run = wandb.init(project="bench", settings=wandb.Settings(x_disable_stats=True, console="off"))
began = time.monotonic()
for row in rows:
    run.log(row)
run.finish()
print(time.monotonic() - began)
"""


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
