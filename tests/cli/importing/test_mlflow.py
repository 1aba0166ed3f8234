"""MLflow's file store as rows of ours."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog_cli.importing import mlflow
from chiplog_cli.importing.mlflow import Point

REAL = Path(__file__).parents[2] / "fixtures" / "mlflow"
"""Stores that the real MLflow wrote, by its version; of 3.17.2 with MLFLOW_ALLOW_FILE_STORE=true."""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    run = tmp_path / "mlruns" / "12" / "abc"
    write(run.parent / "meta.yaml", 'experiment_id: "12"\nname: digits\n')
    write(run / "meta.yaml", 'experiment_id: "12"\nrun_id: abc\nrun_name: bold fox\nstatus: 3\nend_time: 2000\n')
    write(run / "params" / "opt" / "lr", "0.01")
    write(run / "tags" / "mlflow.note.content", "hello")
    write(run / "tags" / "team", "a")
    write(run / "metrics" / "loss", "1000 0.5 0\n2000 0.25 1\n")
    write(run / "metrics" / "val" / "acc", "1000 0.7 0\n2000 nan 1\n")
    write(run / "artifacts" / "sub" / "model.txt", "weights")
    return run


def rows(target: Path) -> list[Any]:
    return [json.loads(line) for line in (target / "main" / "metrics.jsonl").read_text().splitlines()]


def test_a_run_of_the_store_says_who_it_is_and_how_it_ended(store: Path) -> None:
    (found,) = mlflow.found(store)
    assert (found.name, found.project, found.facts["notes"], found.facts["tags"]) == (
        "bold fox", "digits", "hello", ["team=a"]
    )  # fmt: skip
    assert (found.end.state, found.end.finished_at, found.end.exit_code) == ("finished", 2.0, 0)


@pytest.mark.parametrize("meta", ["lifecycle_stage: deleted\nexperiment_id: 1", "- 1", "a: [", "x: 1"])
def test_what_is_deleted_or_unreadable_is_no_run(store: Path, meta: str) -> None:
    write(store / "meta.yaml", meta)
    assert mlflow.found(store) == []


def test_lines_of_one_step_are_one_row_and_files_come_along(store: Path, tmp_path: Path) -> None:
    mlflow.convert(store, tmp_path / "made")
    config, first, second = rows(tmp_path / "made")
    assert config == {"_config": {"opt/lr": 0.01}}
    assert first == {"_step": 0, "_timestamp": 1.0, "loss": 0.5, "val/acc": 0.7}
    assert (second["_step"], second["loss"], math.isnan(second["val/acc"])) == (1, 0.25, True)
    assert (tmp_path / "made" / "main" / "files" / "sub" / "model.txt").read_text() == "weights"


def test_the_same_again_adds_nothing_and_new_lines_are_added(store: Path, tmp_path: Path) -> None:
    mlflow.convert(store, tmp_path / "made")
    before = rows(tmp_path / "made")
    mlflow.convert(store, tmp_path / "made")
    assert str(rows(tmp_path / "made")) == str(before)
    with (store / "metrics" / "loss").open("a") as file:
        file.write("3000 0.1 2\n4000 0.0")
    mlflow.convert(store, tmp_path / "made")
    assert rows(tmp_path / "made")[len(before) :] == [{"_step": 2, "_timestamp": 3.0, "loss": 0.1}]


def test_rows_that_were_written_and_not_noted_are_written_once(store: Path, tmp_path: Path) -> None:
    mlflow.convert(store, tmp_path / "made")
    whole = (tmp_path / "made" / "main" / "metrics.jsonl").read_text()
    (tmp_path / "made" / "cursor.json").unlink()  # It died between the two.
    mlflow.convert(store, tmp_path / "made")
    assert (tmp_path / "made" / "main" / "metrics.jsonl").read_text() == whole


def test_a_store_of_the_real_mlflow_is_read_whole(tmp_path: Path) -> None:
    found = {
        item.name: item for path in sorted(REAL.glob("3.17.2/*/*/meta.yaml")) for item in mlflow.found(path.parent)
    }
    fox, fails = found["bold fox"], found["fails"]
    assert (fox.project, fox.end.state, fox.facts["notes"]) == ("digits 1", "finished", "hello")
    assert (fox.facts["tags"], fails.end.state) == (["late=1", "team=a"], "failed")
    mlflow.convert(fox.path, tmp_path)
    config, *history = rows(tmp_path)
    assert config == {"_config": {"layers": "[1, 2]", "lr": 0.01, "on": True, "opt": "adam"}}
    assert [(row["_step"], row["loss"], row["val/acc"]) for row in history[:20]] == [
        (step, 1 / (step + 1), step / 20) for step in range(20)
    ]
    (last,) = history[20:]
    assert (math.isnan(last["nan"]), last["inf"], last["_step"]) == (True, math.inf, 0)
    assert (tmp_path / "main" / "files" / "sub" / "model.txt").read_text() == "weights"


@given(st.text(max_size=20))
def test_any_line_is_a_point_or_none(line: str) -> None:
    mlflow.point("loss", line)


_POINTS = st.builds(Point, st.integers(0, 5).map(float), st.integers(0, 3), st.sampled_from("abc"), st.floats(-1, 1))


@given(st.lists(_POINTS, max_size=12))
def test_every_point_is_in_one_row_under_its_step(points: list[Point]) -> None:
    made = list(mlflow.history(points))
    flat = [(row["_step"], name, value) for row in made for name, value in row.items() if not name.startswith("_")]
    assert sorted(flat) == sorted((point.step, point.name, point.value) for point in points)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("1e-4", 1e-4),
        ("True", True),
        ("None", None),
        ("adam", "adam"),
        ("nan", "nan"),
        ("", ""),
    ],
)
def test_a_parameter_is_the_number_or_truth_that_it_says(text: str, value: Any) -> None:
    assert mlflow.plain(text) == value
