"""Trainers that are killed at random instants: what `log` had returned for, and what is in the file. Run as a program.

    python killing.py <directory> <kills> <seed> <seconds at most>

Each trial is a fork that logs as fast as it can and says after every call, through a pipe, that the call returned.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from chiplog.folding import Fold
from chiplog.tracking import identity, ownfile, places
from chiplog.tracking.run import Run
from chiplog.tracking.settings import Settings
from chiplog_sidecar.runfile.log import Reader

MAX_SECONDS = 0.02


def train(folder: Path, pipe: int, seed: int) -> None:
    """Log for ever: plain rows, texts, pieces, new keys."""
    place = places.Place(folder, is_recorded=True)
    run = Run(identity.decide({}, id="r"), place, Settings(), lambda name: ownfile.create(folder, name))
    source, count = random.Random(seed), 0
    values = {f"metric_{index}": 0.5 * index for index in range(source.randrange(1, 40))}
    while True:
        kind = source.random()
        row = {"text": "x" * source.randrange(3000)} if kind < 0.1 else values
        row = {**row, f"new_{source.randrange(50)}": 1} if kind > 0.95 else row
        if 0.1 < kind < 0.15:
            run.log({f"piece_{count}": count}, commit=False)
        else:
            run.log({**row, "count": count})
        count += 1
        os.write(pipe, b".")


def kill_one(folder: Path, seed: int) -> tuple[int, int]:
    """Calls that returned, and calls whose values are in the file."""
    folder.mkdir()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        train(folder, writing, seed)
    os.close(writing)
    time.sleep(random.Random(seed).random() * MAX_SECONDS)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    returned = 0
    while piece := os.read(reading, 1 << 16):
        returned += len(piece)
    os.close(reading)
    return returned, counted(folder)


def counted(folder: Path) -> int:
    """How many calls the recorder finds. Raises ValueError where one of them is missing, or there twice."""
    found = 0
    for path in folder.glob("run-*.chiplog"):
        rows = Reader(0, Fold()).feed(path.read_bytes(), final=True)
        said = [row["values"] for row in rows if row["kind"] == "history"]
        counts = sorted(
            value for row in said for key, value in row.items() if key == "count" or key.startswith("piece_")
        )
        if counts != list(range(len(counts))) or any(row["kind"] == "gap" and row["reason"] != "torn" for row in rows):
            raise ValueError(f"{path}: rows are missing or twice: {counts}")
        found = max(found, len(counts))
    return found


def main() -> None:
    """Print trials, calls and what was lost as JSON."""
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    end = time.monotonic() + float(sys.argv[4])
    told = {"kills": 0, "returned": 0, "lost": 0, "in_calls": 0}
    for trial in range(kills):
        if time.monotonic() >= end:
            break
        place = folder / str(trial)
        returned, found = kill_one(place, seed + trial)
        told["kills"] += 1
        told["returned"] += returned
        told["lost"] += max(0, returned - found)
        told["in_calls"] += found > returned
        for path in [*place.iterdir(), place]:
            path.rmdir() if path.is_dir() else path.unlink()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
