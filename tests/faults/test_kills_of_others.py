"""Fault 1 for the writers of others: whatever a SIGKILL leaves in the file is recorded, without a hole, and what is
lost is no more than the head's loss bound says.

tensorboardX and wandb as they are installed; also every wandb that `tests/fixtures/wandb/versions/make.py` made an
environment for, where `CHIPLOG_WANDB_VENVS` says. `CHIPLOG_KILLS_OF_OTHERS=100` is the long form, which
`CHIPLOG_KILL_SECONDS` ends earlier.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import killing_others
import pytest
import recorder_process
from recorder_world import World

from chiplog import rundir

KILLS = int(os.environ.get("CHIPLOG_KILLS_OF_OTHERS", "2"))
SECONDS = float(os.environ.get("CHIPLOG_KILL_SECONDS", "3600"))
OLDER = sorted(Path(os.environ.get("CHIPLOG_WANDB_VENVS", os.devnull)).glob("wandb-*/bin/python"))
WRITERS = {
    "tensorboardx": ("tensorboardx", sys.executable),
    "wandb": ("wandb", sys.executable),
    **{python.parents[1].name: ("wandb", str(python)) for python in OLDER},
}


def killed(root: Path, writer: str, python: str, seed: int) -> int:
    """Kill a script and all that it started at a random instant; the number of calls that had returned."""
    directory, said = root / "main", root / "said"
    directory.mkdir(parents=True)
    told = rundir.training_environment("r", "p", "w", {}, str(directory))
    environment = {**os.environ, **told, "WANDB_SILENT": "true", "PYTHONWARNINGS": "ignore"}
    words = [python, killing_others.__file__, writer, str(directory), str(said)]
    script = subprocess.Popen(words, env=environment, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        recorder_process.until(lambda: said.exists() and said.stat().st_size > 100, 180)
        time.sleep(random.Random(seed).uniform(0.3, 1.5))
    finally:
        # The helper first, so that it does not see its parent die and save something: a container's end spares neither.
        for process in [*started(root, script.pid), script.pid]:
            os.kill(process, signal.SIGKILL)
        script.wait()
    return said.stat().st_size


def started(root: Path, script: int) -> list[int]:
    """What a script started: by its working directory, for wandb's helper is in a session of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == root and int(entry.name) != script:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def rows_of(bound: str, size: float) -> int:
    """How many rows of a size in bytes a head's loss bound allows to be lost; a row is on its way beside it."""
    if "tensorboardX" in bound:
        return int(4096 / size) + 11
    seconds, memory = "rows of the last 0.25 s" in bound, "32 KiB" in bound
    assert seconds or memory, bound
    return int(1.0 / killing_others.PAUSE_SECONDS if seconds else 32768 / size) + 11


@pytest.mark.parametrize("writer", WRITERS)
def test_a_kill_costs_no_more_than_the_head_says(writer: str, tmp_path: Path) -> None:
    kind, python = WRITERS[writer]
    end = time.monotonic() + SECONDS / len(WRITERS)
    for trial in range(KILLS):
        if trial and time.monotonic() >= end:
            break
        root = tmp_path / str(trial)
        returned = killed(root, kind, python, trial)
        world = World(root)
        world.recorder().drain()
        (stream,) = [head for head in world.head()["streams"] if head["kind"] != "files"]
        kept = world.steps()
        assert kept == list(range(len(kept))), "a hole"
        assert kept or returned * 40 < 32768
        lost, size = returned - len(kept), stream["size"] / max(len(kept), 1)
        print(f"{writer}: {returned} logged, {lost} lost ({stream['loss_bound']})")
        assert lost <= rows_of(stream["loss_bound"], size)
        assert set(stream.get("skipped", {})) <= {"torn"}
