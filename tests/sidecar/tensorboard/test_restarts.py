"""Directories whose writer began again, held against what TensorBoard's own accumulator shows of them."""

import json
from pathlib import Path

import pytest

from chiplog.codec import number
from chiplog.folding import Fold
from chiplog.reading import rewinds
from chiplog_sidecar.tensorboard.log import Reader

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "tensorboard"
FOLDERS = sorted(path.parent for path in FIXTURES.glob("*/shown.json"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_reader_shows_what_tensorboard_shows(folder: Path) -> None:
    files = [Reader(0, Fold()).feed(path.read_bytes(), final=True) for path in sorted(folder.glob("*.tfevents"))]
    shown: dict[str, list[list[float]]] = {}
    for rows in rewinds.survivors(files):
        for row in rows:
            for tag, value in row["values"].items() if row["kind"] == "history" else ():
                shown.setdefault(tag, []).append([row["step"], number(value)])
    assert shown == json.loads((folder / "shown.json").read_text())


def test_both_kinds_of_restart_are_among_the_fixtures() -> None:
    assert [folder.name.split("-tensorboard")[0] for folder in FOLDERS] == ["old-version", "restarts"]
    assert all(json.loads((folder / "shown.json").read_text()) for folder in FOLDERS)
