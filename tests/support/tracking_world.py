"""Runs of `import chiplog` that stand in a directory of the test's, and what the recorder makes of them."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recorder_world import World

from chiplog import codec, folding
from chiplog.codec import Row
from chiplog.tracking import identity, ownfile, places
from chiplog.tracking.run import Run
from chiplog.tracking.settings import Settings

SDK = Path(__file__).parents[2] / "sdk"


@dataclass
class Recorded:
    """What the bucket holds of one stream, each row once."""

    rows: list[Row]
    fold: folding.Fold = field(default_factory=folding.Fold)

    def __post_init__(self) -> None:
        for row in self.rows:
            self.fold.apply(row)

    def of(self, kind: str) -> list[Row]:
        """Its rows of a kind."""
        return [row for row in self.rows if row["kind"] == kind]

    @property
    def history(self) -> list[tuple[int, dict[str, Any]]]:
        """Step and values of each row, without wandb's own keys."""
        return [(row["step"], own(row["values"])) for row in self.of("history") if own(row["values"])]

    @property
    def summary(self) -> dict[str, Any]:
        """Without wandb's own keys."""
        return own(self.fold.summary)


def own(values: dict[str, Any]) -> dict[str, Any]:
    """What a script logged, without what the tracker adds; NaN and infinities as floats."""
    return {key: codec.number(value) for key, value in values.items() if not key.startswith("_")}


def make_run(root: Path, start: int = 0, **who: Any) -> Run:
    """A run in `root/main`, a container's run directory."""
    place = places.decide({"CHIPLOG_DIR": str(root / "main")}, None, root)
    made = Run(
        identity.decide({}, **{"id": "r1", "project": "p", **who}),
        place,
        Settings(),
        lambda name: ownfile.create(place.directory, name),
        start,
    )
    made.journal.opened()
    return made


def recorded(root: Path) -> Recorded:
    """Drain the only stream of a run directory, and read the bucket."""
    (found,) = every(root)
    return found


def every(root: Path) -> list[Recorded]:
    """Drain a run directory; what the bucket holds of each stream of rows, in the order of their paths."""
    world = World(root)
    recorder = world.recorder()
    recorder.drain()
    streams = {head["id"]: head for head in world.head()["streams"] if head["kind"] != "files"}
    rows = world.rows()
    found = []
    for stream in sorted(streams, key=lambda stream: streams[stream]["path"]):
        once = {row["at"]: row for row in rows.get(stream, [])}
        found.append(Recorded([once[at] for at in sorted(once)]))
    return found


def script(
    root: Path, text: str, *arguments: str, code: int | None = 0, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a script with `CHIPLOG_DIR` in `root/main`, in an environment without trackers' variables."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "CHIPLOG_"))}
    (root / "main").mkdir(parents=True, exist_ok=True)
    told = {"CHIPLOG_DIR": str(root / "main"), "PYTHONPATH": str(SDK), **environ}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text, *arguments],
        env={**clean, **told}, cwd=root, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert code is None or done.returncode == code, done.stderr
    return done
