"""P1 to P5: `log()` of `import chiplog` beside the other trackers, each round in a process of its own, in turns.

P1 and P2 are the time of a call with 10 and 100 scalars, P3 points per second including `finish`, P4 bytes per point on
disk, P5 import and `init`. wandb and tensorboardX are of this environment; trackio, neptune-scale and mlflow are
installed into one of their own, where they install. Every figure is kept in `logging.csv` beside `bench.json`.

The figures of a target are those of one machine, and stand for how many times as fast as its peers we are to be: on
another machine that ratio counts, over every peer that was measured.
"""

import csv
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from targets import Report

SCRIPT = Path(__file__).parent / "trackers" / "workloads.py"
SDK = Path(__file__).parents[2] / "sdk"
ROUNDS = 5
PEER_SECONDS = 240
HEAVY = {"trackio": "0.43.0", "neptune-scale": "0.30.0", "mlflow": "3.17.2"}
"""Peers with an environment of their own, and the versions that were measured; any newer one will do."""

TIMES = {
    "P1": {"trackio": 3.0, "wandb": 15.0, "neptune-scale": 34.0},
    "P2": {"wandb": 9.0},
    "P3": {"trackio": 8.0, "wandb": 22.0},
    "P5": {"trackio": 12.0, "wandb": 12.0},
}
"""What each target's figure was, of its peers' on the same machine."""

CSV = Path(os.environ.get("CHIPLOG_BENCH_CSV", ".chiplog/logging.csv"))


def calls_of_ten() -> Report:
    """P1."""
    ours, peers, costs = _compared("log10", "p50_us")
    worst = statistics.median(figures["p99_us"] for figures in ours)
    median = statistics.median(figures["p50_us"] for figures in ours)
    return Report(
        "P1",
        "log() of 10 scalars, p50",
        median,
        "us",
        f"<= 5, p99 <= 15, or {_times('P1')}",
        (median <= 5 and worst <= 15) or _is_as_fast("P1", 1 / median, _inverse(peers)),
        peers,
        {"p99 (us)": worst, **costs},
    )


def calls_of_hundred() -> Report:
    """P2."""
    ours, peers, costs = _compared("log100", "p50_us")
    median = statistics.median(figures["p50_us"] for figures in ours)
    holds = median <= 25 or _is_as_fast("P2", 1 / median, _inverse(peers))
    goal = f"<= 25, or {_times('P2')}"
    return Report("P2", "log() of 100 scalars, p50", median, "us", goal, holds, peers, costs)


def points() -> Report:
    """P3."""
    ours, peers, costs = _compared("points", "points_per_second")
    found = [figures["points_per_second"] for figures in ours]
    median = statistics.median(found)
    more = {"worst round (points/s)": min(found), **costs}
    holds = median >= 2e6 or _is_as_fast("P3", median, peers)
    goal = f">= 2,000,000, or {_times('P3')}"
    return Report("P3", "10 keys, with finish", median, "points/s", goal, holds, peers, more)


def size() -> Report:
    """P4."""
    ours, peers, _ = _compared("size", "bytes_per_point", rounds=1)
    found = ours[0]["bytes_per_point"]
    return Report("P4", "bytes on disk per point, 10 keys", found, "bytes", "<= 10.5", found <= 10.5, peers)


def start() -> Report:
    """P5."""
    ours, peers, costs = _compared("start", "ready_seconds")
    found = [1000 * figures["ready_seconds"] for figures in ours]
    median = statistics.median(found)
    shown = {name: 1000 * seconds for name, seconds in peers.items()}
    holds = median <= 60 or _is_as_fast("P5", 1 / median, _inverse(shown))
    goal = f"<= 60, or {_times('P5')}"
    return Report("P5", "import and init", median, "ms", goal, holds, shown, {"worst round (ms)": max(found), **costs})


def _is_as_fast(target: str, ours: float, peers: Mapping[str, float]) -> bool:
    """So many times as fast as each peer that the target names and that was measured; False where none was."""
    asked = [(speed, TIMES[target].get(name.split()[0])) for name, speed in peers.items()]
    named = [(speed, times) for speed, times in asked if times is not None]
    return bool(named) and all(ours >= times * speed for speed, times in named)


def _inverse(peers: Mapping[str, float]) -> dict[str, float]:
    return {name: 1 / figure for name, figure in peers.items()}


def _times(target: str) -> str:
    return ", ".join(f"{times:g} {name}" for name, times in TIMES[target].items())


def _costs(found: Mapping[str, list[dict[str, float]]]) -> dict[str, float]:
    """CPU and memory of each tracker's process, beside what was measured by the clock; a peer's helpers come on top."""
    return {
        f"{name}: {what}": choose(row[key] for row in rows)
        for name, rows in found.items()
        if rows
        for what, key, choose in (("CPU (s)", "cpu_seconds", statistics.median), ("peak RSS (MiB)", "rss_mib", max))
    }


def _compared(
    workload: str, figure: str, rounds: int = ROUNDS
) -> tuple[list[dict[str, float]], dict[str, float], dict[str, float]]:
    """Every round of ours, each peer's median, and what each cost; the rounds take turns."""
    trackers: dict[str, Callable[[], dict[str, float] | None]] = {
        "chiplog": lambda: _run(sys.executable, "chiplog", workload)
    }
    for name in ("wandb", "tensorboardX"):
        version = f"{name} {importlib.metadata.version(name)}"
        trackers[version] = lambda name=name: _run(sys.executable, name, workload)  # type: ignore[misc]
    for name, (python, version) in environments().items():
        trackers[f"{name} {version}"] = lambda name=name, python=python: _run(python, name, workload)  # type: ignore[misc]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in trackers}
    for _ in range(rounds):
        for name, measure in trackers.items():
            figures = measure()
            if figures is not None:
                found[name].append(figures)
                _keep(workload, name, figures)
    peers = {
        name: statistics.median(f[figure] for f in rows) for name, rows in found.items() if rows and name != "chiplog"
    }
    return found["chiplog"], peers, _costs(found)


def _run(python: str, tracker: str, workload: str) -> dict[str, float] | None:
    """One round in a process; None where a peer cannot do it."""
    hidden = ("CHIPLOG_", "WANDB_", "PYTHONDONTWRITEBYTECODE")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    if tracker == "chiplog":
        # Compiled once, as an installed package is.
        environ |= {"PYTHONPATH": str(SDK), "PYTHONPYCACHEPREFIX": f"{tempfile.gettempdir()}/chiplog-bench-pyc",
                    "CHIPLOG_RECORDER": "off"}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [python, str(SCRIPT), tracker, workload, folder],
                env=environ, cwd=folder, capture_output=True, text=True, timeout=PEER_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
    told = [line for line in done.stdout.splitlines() if line.startswith("FIGURES ")]
    if not told:
        if tracker == "chiplog":
            raise RuntimeError(done.stderr)
        print(f"  {tracker} did not finish {workload}: {done.stderr.strip().splitlines()[-1:]}")
        return None
    figures: dict[str, float] = json.loads(told[-1].removeprefix("FIGURES "))
    return figures


@lru_cache(maxsize=1)
def environments() -> dict[str, tuple[str, str]]:
    """The heavy peers that install here: Python and version of each; what is installed stays in the cache."""
    found = {}
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "chiplog" / "peers"
    for name, version in HEAVY.items():
        folder = cache / f"{name}-{version}"
        python = folder / "bin" / "python"
        if not (folder / "ready").exists():
            try:
                subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
                subprocess.run(
                    [str(python), "-m", "pip", "install", "-q", f"{name}=={version}"], check=True, timeout=300
                )
            except (subprocess.SubprocessError, OSError):
                print(f"  {name} {version} does not install here, left out")
                continue
            (folder / "ready").touch()
        found[name] = (str(python), version)
    return found


def _keep(workload: str, tracker: str, figures: dict[str, float]) -> None:
    CSV.parent.mkdir(parents=True, exist_ok=True)
    with CSV.open("a", newline="") as file:
        csv.writer(file).writerows([workload, tracker, name, value] for name, value in figures.items())
