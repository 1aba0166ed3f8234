"""What the command prints of a real wandb file equals what wandb itself prints of it, value for value."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from bucket_world import World
from recorder_world import World as Pod

FIXTURES = Path(__file__).parent.parent / "fixtures" / "wandb"
LOGS = sorted(FIXTURES.glob("*/*/leet.jsonl"))


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Every leaf by its dotted path, so that two ways of nesting compare; -0 and 0, 1 and 1.0 are one."""
    if isinstance(value, dict) and value:
        return {name: leaf for key, below in value.items() for name, leaf in leaves(below, f"{path}.{key}").items()}
    return {path: value}


@pytest.fixture(params=LOGS, ids=lambda path: f"{path.parent.parent.name}-{path.parent.name}")
def log(request: pytest.FixtureRequest, tmp_path: Path, world: World) -> list[dict[str, Any]]:
    """The records that wandb prints of a file that a recorder has brought to the world's bucket."""
    folder: Path = request.param.parent
    shutil.copytree(folder, tmp_path / "main" / "wandb" / "offline-run-20261123_220000-x")
    recorder = Pod(tmp_path, bucket=world.bucket).recorder()
    recorder.record()
    recorder.drain()
    return [json.loads(line) for line in request.param.read_text().splitlines()]


def test_there_are_real_files_to_compare() -> None:
    assert len(LOGS) >= 3


def test_history_is_wandbs_history(chiplog: Any, log: list[dict[str, Any]]) -> None:
    rows = json.loads(chiplog("history", "r-1", "-o", "json").stdout)
    told = [record["history"]["item"] for record in log if record["type"] == "history"]
    assert len(rows) == len(told)
    for row, items in zip(rows, told, strict=True):
        assert leaves({key: value for key, value in row.items() if key != "_attempt"}) == leaves(items)


def test_the_console_is_wandbs_console(chiplog: Any, log: list[dict[str, Any]]) -> None:
    for source in ("stdout", "stderr"):
        writes = [item["output_raw"] for item in log if item["type"] == "output_raw"]
        text = "".join(item["line"] for item in writes if item.get("output_type", "STDERR").lower() == source)
        lines = chiplog("logs", "r-1", "--source", source).stdout.split("\n")[:-1]
        assert [line.split("\r")[-1] for line in text.removesuffix("\n").split("\n") if text] == lines
