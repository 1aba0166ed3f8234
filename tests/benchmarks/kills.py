"""P6: rows of an unmodified wandb script that a SIGKILL costs, under our settings and under wandb's own.

A script logs at a random rate and writes down, for us and outside of wandb, what each `log()` that returned had
logged. At a random instant the script and everything it started are killed, as the end of a container kills them. What
its log then lacks of what was logged is lost. Needs no cluster; `CHIPLOG_BENCH_TRIALS` says how many trials.

Scripts are forked from this process, which has imported wandb once: that takes most of a trial's CPU.
"""

import multiprocessing
import os
import random
import signal
import statistics
import struct
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import wandb
from targets import Report

from chiplog import rundir
from chiplog_sidecar.wandb import log

TRIALS = 60
PLAIN_SHARE = 6
"""One trial of so many is of plain wandb, which nobody doubts."""

AT_ONCE = 3
"""Trials beside one another: most of one is waiting, and a machine that is busy makes it harder."""

GOAL_SECONDS = 1.0
_ACK = struct.Struct("<qd")

SCRIPT = """
import os, struct, sys, time, wandb
pause, acks = float(sys.argv[1]), os.open(sys.argv[2], os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
run = wandb.init(project="kills")
step = 0
while True:
    run.log({f"metric/{i}": step + i / 10 for i in range(10)})
    os.write(acks, struct.pack("<qd", step, time.time()))
    step += 1
    time.sleep(pause)
"""


@dataclass(frozen=True)
class Trial:
    """What one kill cost."""

    logged: int
    lost: int
    seconds: float
    """From the first `log()` whose row is lost to the kill; 0 where none is."""


def measure() -> Report:
    """All trials, each with a seed of its own."""
    count = int(os.environ.get("CHIPLOG_BENCH_TRIALS", TRIALS))
    ours: list[Trial] = []
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("fork")) as pool:
        shadows = pool.map(partial(_trial, is_ours=False), range(0, count, PLAIN_SHARE))
        for number, trial in enumerate(pool.map(partial(_trial, is_ours=True), range(count)), 1):
            ours.append(trial)
            if number % 20 == 0:
                print(f"  {number} trials: worst {max(trial.seconds for trial in ours):.2f} s", flush=True)
        plain = [*shadows]
    worst = max(trial.seconds for trial in ours)
    return Report(
        target="P6",
        what=f"seconds of rows lost by a SIGKILL, worst of {count} trials",
        ours=worst,
        unit="s",
        goal=f"<= {GOAL_SECONDS:g} s",
        holds=worst <= GOAL_SECONDS,
        peers={f"wandb {wandb.__version__} alone, worst (s)": max(t.seconds for t in plain)},
        more={
            "rows logged, median": statistics.median(trial.logged for trial in ours),
            "rows lost, median": statistics.median(trial.lost for trial in ours),
            "rows lost, worst": max(trial.lost for trial in ours),
            "wandb alone: rows logged, median": statistics.median(trial.logged for trial in plain),
            "wandb alone: rows lost, median": statistics.median(trial.lost for trial in plain),
            "wandb alone, trials": len(plain),
        },
    )


def _trial(seed: int, *, is_ours: bool) -> Trial:
    source = random.Random(seed)
    pause, life = source.choice([0.0, 0.001, 0.01, 0.05]), source.uniform(0.05, 2.5)
    with tempfile.TemporaryDirectory() as folder:
        root, acks = Path(folder) / "run", Path(folder) / "acks"
        root.mkdir()
        told = rundir.training_environment("r", "p", "w", {}, str(root)) if is_ours else {"WANDB_DIR": str(root)}
        # Without the console, which plain wandb captures too and which fills its buffer.
        trainer = _start(folder, {"WANDB_MODE": "offline", "WANDB_SILENT": "true", **told}, [str(pause), str(acks)])
        while not acks.exists() or not acks.stat().st_size:
            time.sleep(0.01)
        time.sleep(life)
        # The helper first, so that it does not see its parent die and save something: a container's end spares neither.
        for process in [*_started(folder, trainer), trainer]:
            os.kill(process, signal.SIGKILL)
        killed = time.time()
        os.waitpid(trainer, 0)
        return _counted(root, acks, killed)


def _start(folder: str, env: dict[str, str], arguments: list[str]) -> int:
    """Run the script as a process of its own; gives its id."""
    process = os.fork()
    if process:
        return process
    try:
        os.setsid()
        os.chdir(folder)
        os.environ.update(env)
        sys.argv = ["kills", *arguments]
        exec(SCRIPT, {"__name__": "__main__"})
    finally:
        os._exit(1)


def _started(folder: str, trainer: int) -> list[int]:
    """What the script started: by its working directory, for wandb's helper is in a session of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str((entry / "cwd").readlink()) == folder and int(entry.name) != trainer:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _counted(root: Path, acks: Path, killed: float) -> Trial:
    data = acks.read_bytes()
    logged = dict(_ACK.iter_unpack(data[: len(data) // _ACK.size * _ACK.size]))
    (path,) = root.glob("wandb/offline-run-*/run-*.wandb")
    rows = log.Reader(0, None).feed(path.read_bytes(), final=True)  # type: ignore[arg-type]
    kept = {row["step"] for row in rows if row["kind"] == "history"}
    lost = [at for step, at in logged.items() if step not in kept]
    return Trial(len(logged), len(lost), killed - min(lost) if lost else 0.0)
