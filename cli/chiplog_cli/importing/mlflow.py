"""A run of MLflow's file store (`mlruns`) as a run directory of ours: JSON lines and files. It writes nothing into the
store.

A store has a directory for each experiment and in it one for each run: `meta.yaml`, a file for each parameter and tag,
one for each metric with a line `<milliseconds> <value> <step>` for each value, and `artifacts/`. Lines of one step make
one row. What a metric's file holds is only ever appended to, and so is what is made of it.
"""

import json
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from chiplog import rundir
from chiplog.local import identity
from chiplog.local.papers import End

STATES = {3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_ENDS = {
    "FINISHED": ("finished", "Completed"),
    "FAILED": ("failed", "Error"),
    "KILLED": ("killed", "Killed"),
}
_NOTE, _USER = "mlflow.note.content", "mlflow.user"
ROWS = "metrics.jsonl"


class Point(NamedTuple):
    """One value of a metric."""

    time: float
    step: int
    name: str
    value: float


def found(folder: Path) -> list[Any]:
    """The run in a directory of the store; none for one that was deleted there, or that cannot be read."""
    from chiplog_cli.importing.finding import MLFLOW, Found

    meta, experiment = _yaml(folder / "meta.yaml"), _yaml(folder.parent / "meta.yaml")
    if not meta or meta.get("lifecycle_stage") == "deleted" or "experiment_id" not in meta:
        return []
    tags = texts(folder / "tags")
    run_id = str(meta.get("run_id") or meta.get("run_uuid") or folder.name)
    facts = {
        "display_name": str(meta.get("run_name") or tags.get("mlflow.runName") or run_id),
        "notes": tags.get(_NOTE, ""),
        "created_by": str(meta.get("user_id") or tags.get(_USER, "")),
        "started_at": _seconds(meta.get("start_time")),
        "tags": [f"{name}={value}" for name, value in sorted(tags.items()) if not name.startswith("mlflow.")],
    }
    recorder = identity.recorder_id(MLFLOW, str(meta["experiment_id"]), run_id)
    project = str(experiment.get("name") or meta["experiment_id"])
    return [Found(MLFLOW, folder, recorder, str(facts["display_name"]), project, (ROWS,), _end(meta), facts)]


def convert(folder: Path, target: Path) -> None:
    """Write, or write on, what a run's directory holds as a run directory of ours. Raises OSError.

    `target/cursor.json` remembers how much of each metric's file was taken.
    """
    rows = target / identity.CONTAINER / ROWS
    rows.parent.mkdir(parents=True, exist_ok=True)
    cursor = _cursor(target / "cursor.json", rows)
    lines = []
    config = {name: plain(text) for name, text in sorted(texts(folder / "params").items())}
    if config != cursor["config"]:
        lines.append(json.dumps({"_config": config}))
    taken = dict(cursor["taken"])
    lines += [json.dumps(row) for row in history(_points(folder / "metrics", taken))]
    with rows.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))
    size = rows.stat().st_size
    _write(target / "cursor.json", json.dumps({"config": config, "taken": taken, "size": size}))
    _bring(folder / "artifacts", target / identity.CONTAINER / rundir.FILES)


def history(points: list[Point]) -> Iterator[dict[str, Any]]:
    """Rows of points in the order of their time: those of one step stand together while each has another name."""
    row: dict[str, Any] = {}
    for point in sorted(points):
        if row and (row["_step"] != point.step or point.name in row):
            yield row
            row = {}
        row = row or {"_step": point.step, "_timestamp": point.time}
        row[point.name] = point.value
    if row:
        yield row


def point(name: str, line: str) -> Point | None:
    """The point of a metric's line; None for a line that is none."""
    parts = line.split()
    try:
        time, value = int(parts[0]) / 1000, float(parts[1])
        return Point(time, int(parts[2]) if len(parts) > 2 else 0, name, value)
    except (IndexError, ValueError, OverflowError):
        return None


def plain(text: str) -> Any:
    """A parameter, which MLflow keeps as a text, as the number or truth that it says."""
    if text in ("True", "False"):
        return text == "True"
    if text == "None":
        return None
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        return value if math.isfinite(value) else text
    return text


def texts(folder: Path) -> dict[str, str]:
    """The files of a directory by their names, of which slashes are a part."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_text(errors="replace").rstrip("\n")
    return found


def _points(folder: Path, taken: dict[str, int]) -> list[Point]:
    """The new points of all metrics; `taken` counts the bytes of each file, and is moved on. A torn line waits."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file():
            continue
        with path.open("rb") as file:
            file.seek(taken.get(name, 0))
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        taken[name] = taken.get(name, 0) + len(whole)
        found += [item for line in whole.decode(errors="replace").splitlines() if (item := point(name, line))]
    return found


def _cursor(path: Path, rows: Path) -> dict[str, Any]:
    """What was taken; rows that were written and not noted are cut off again, for they will be written once more."""
    try:
        cursor: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        cursor = {"config": {}, "taken": {}, "size": 0}
    if rows.exists() and rows.stat().st_size > cursor["size"]:
        os.truncate(rows, cursor["size"])
    return cursor


def _bring(folder: Path, target: Path) -> None:
    """Hard links to the artifacts, or copies where the file system has none."""
    for path in folder.rglob("*"):
        place = target / path.relative_to(folder)
        if not path.is_file() or (place.exists() and place.stat().st_mtime_ns == path.stat().st_mtime_ns):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        try:
            place.hardlink_to(path)
        except OSError:
            shutil.copy2(path, place)


def _write(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    new.replace(path)


def _yaml(path: Path) -> dict[str, Any]:
    try:
        told = yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) else None


def _end(meta: dict[str, Any]) -> End | None:
    status = meta.get("status")
    told = _ENDS.get(STATES.get(status, str(status)) if isinstance(status, int) else str(status))
    if told is None:
        return None
    code = {"finished": 0}.get(told[0])
    return End(*told, finished_at=_seconds(meta.get("end_time")), exit_code=code)
