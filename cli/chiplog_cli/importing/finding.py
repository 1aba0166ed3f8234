"""Finds what can be brought in below a directory, and what names each run for ever; it reads names, not contents.

A recorder's id follows from that name and not from the path, so that a directory that was moved or copied is the same.
"""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chiplog import rundir, runfile
from chiplog.local import directory, identity
from chiplog.local.papers import End
from chiplog.reading.voices import SPLITS

MAX_DEPTH = 6
"""Directories below this one are not searched."""

LOCAL, WANDB, TENSORBOARD, MLFLOW, CHIPLOG, JSONL = "local", "wandb", "tensorboard", "mlflow", "chiplog", "jsonl"

_PASSED_OVER = frozenset({"node_modules", "__pycache__", "wandb-data", "wandb-cache", "site-packages"})


@dataclass(frozen=True)
class Found:
    """One run that can be brought in."""

    kind: str
    path: Path
    """The run directory; of MLflow, the run's directory in its store."""
    recorder: str
    name: str
    project: str = ""
    sources: tuple[str, ...] = ()
    """Globs of the files to follow; empty means all."""
    end: End | None = None
    """How it ended, where its store says so."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What its store says beside: `display_name`, `notes`, `tags`, `created_by`, `started_at`."""

    @property
    def is_own(self) -> bool:
        """A run directory of `chiplog run`, which has documents of its own."""
        return self.kind == LOCAL


def find(top: Path) -> list[Found]:
    """Every run at or below a directory, by path. Raises FormatError for words of ours that cannot be read."""
    top = top.resolve()
    found: list[Found] = []
    events: list[Path] = []
    for folder, names in _folders(top, 0):
        found += _at(folder, names)
        if any("tfevents" in name for name in names):
            events.append(folder)
    found += [_tensorboard(folder, events) for folder in _experiments(top, events)]
    return sorted(found, key=lambda item: (str(item.path), item.name))


def _folders(folder: Path, depth: int) -> Iterator[tuple[Path, list[str]]]:
    """Directories with the names of their files; what lies inside of a run of wandb, MLflow or ours belongs to it."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except (PermissionError, FileNotFoundError, NotADirectoryError):
        return
    names = [entry.name for entry in listed if entry.is_file(follow_symlinks=False)]
    yield folder, names
    if depth >= MAX_DEPTH or directory.FILE in names or _is_wandb(folder, names) or _is_mlflow(folder, names):
        return
    for entry in listed:
        is_ours = entry.name == rundir.FILES and any(map(_is_run_file, names))
        if entry.is_dir(follow_symlinks=False) and not is_ours and not _is_passed_over(entry.name):
            yield from _folders(folder / entry.name, depth + 1)


def _is_passed_over(name: str) -> bool:
    return name in _PASSED_OVER or (name.startswith(".") and name not in rundir.WANDB_DIRECTORIES)


def _at(folder: Path, names: list[str]) -> list[Found]:
    """The runs of which this is the directory, but for TensorBoard's."""
    if directory.FILE in names:
        told = directory.read(folder)
        return [Found(LOCAL, folder, told.run.recorder, told.run.name, told.run.project)] if told else []
    if _is_wandb(folder, names):
        log = next(name for name in names if _is_wandb_log(name))
        run_id = log.removeprefix("run-").removesuffix(".wandb")
        return [Found(WANDB, folder, identity.recorder_id(WANDB, folder.name), run_id)]
    if _is_mlflow(folder, names):
        from chiplog_cli.importing import mlflow

        return mlflow.found(folder)
    return [*_run_files(folder, names), *_json_lines(folder, names)]


def _is_wandb_log(name: str) -> bool:
    return name.startswith("run-") and name.endswith(".wandb")


def _is_wandb(folder: Path, names: list[str]) -> bool:
    return folder.name.startswith(("offline-run-", "run-")) and any(map(_is_wandb_log, names))


def _is_mlflow(folder: Path, names: list[str]) -> bool:
    return "meta.yaml" in names and (folder / "metrics").is_dir() and (folder / "params").is_dir()


def _is_run_file(name: str) -> bool:
    return name.startswith("run-") and name.endswith(runfile.SUFFIX)


def _run_files(folder: Path, names: list[str]) -> Iterator[Found]:
    """Run files of `import chiplog`: those of forked processes are called like the run's first, `-` and more."""
    stems = sorted(name.removesuffix(runfile.SUFFIX) for name in names if _is_run_file(name))
    first = [stem for stem in stems if not any(stem.startswith(f"{other}-") for other in stems)]
    for stem in first:
        globs = (f"{stem}{runfile.SUFFIX}", f"{stem}-*{runfile.SUFFIX}")
        yield Found(CHIPLOG, folder, identity.recorder_id(CHIPLOG, stem), stem.removeprefix("run-"), sources=globs)


def _json_lines(folder: Path, names: list[str]) -> Iterator[Found]:
    """JSON lines have a name that says nothing, so here the path is what names the run."""
    if "metrics.jsonl" in names:
        recorder = identity.recorder_id(JSONL, socket.gethostname(), str(folder))
        yield Found(JSONL, folder, recorder, folder.name, folder.parent.name, ("metrics.jsonl",))


def _experiments(top: Path, events: list[Path]) -> list[Path]:
    """The directories that TensorBoard's page would call runs, with those of one experiment (`train`, `eval`, those of
    hyperparameters) as one."""
    holders = set(events) | {folder.parent for folder in events if folder.name in SPLITS and folder != top}
    return sorted({_outermost(top, folder, holders) for folder in events})


def _outermost(top: Path, folder: Path, holders: set[Path]) -> Path:
    above = [parent for parent in (folder, *folder.parents) if parent.is_relative_to(top)]
    return next((parent for parent in reversed(above) if parent in holders), folder)


def _tensorboard(folder: Path, events: list[Path]) -> Found:
    inside = [path.name for place in events if place.is_relative_to(folder) for path in place.glob("*tfevents*")]
    recorder = identity.recorder_id(TENSORBOARD, folder.name, min(inside, default=""))
    return Found(TENSORBOARD, folder, recorder, folder.name, folder.parent.name, ("*tfevents*",))
