"""`log`: W&B's rules of steps and pieces, what a row holds, and what happens to what is no value."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tracking_world import make_run, recorded, script

from chiplog.tracking import notices


@pytest.fixture(autouse=True)
def _told_anew() -> None:
    notices.forget()


def test_a_row_a_call_at_the_next_step(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for loss in (3.0, 2.0, 1.0):
        run.log({"loss": loss, "seen": 7, "good": True})
    run.finish()
    found = recorded(tmp_path)
    assert found.history == [(step, {"loss": 3.0 - step, "seen": 7, "good": True}) for step in range(3)]
    assert found.summary == {"loss": 1.0, "seen": 7, "good": True}
    assert (found.fold.exit_code, found.fold.run["run_id"], found.fold.run["project"]) == (0, "r1", "p")


def test_a_row_is_in_the_file_when_log_returns(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"loss": 1.0})
    run.log({"loss": 0.5})
    run.log({"text": "a"})
    run.log({"piece": 1}, step=9)
    assert [values for _, values in recorded(tmp_path).history] == [
        {"loss": 1.0},
        {"loss": 0.5},
        {"text": "a"},
        {"piece": 1},
    ]


def test_a_row_is_whole_when_a_higher_step_comes(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"a": 1}, step=5)
    run.log({"b": 2}, step=5)
    run.log({"a": 3}, step=7)
    run.log({"c": 4}, step=7, commit=True)
    run.log({"d": 5})
    run.finish()
    assert recorded(tmp_path).history == [(5, {"a": 1, "b": 2}), (7, {"a": 3, "c": 4}), (8, {"d": 5})]


def test_commit_false_gathers_for_the_next_call(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"a": 1}, commit=False)
    run.log({"a": 2, "b": 3}, commit=False)
    assert run.step == 0
    run.log({"c": 4})
    run.log({"d": 5}, commit=False)
    run.finish()
    found = recorded(tmp_path)
    assert found.history == [(0, {"a": 2, "b": 3, "c": 4}), (1, {"d": 5})]
    assert found.summary == {"a": 2, "b": 3, "c": 4, "d": 5}


def test_a_step_below_the_counter_is_ignored_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path)
    run.log({"loss": 1.0}, step=5)
    run.log({"lost": 2.0}, step=3)
    run.log({"lost": 2.0}, step=-1)
    run.log({"lost": 2.0}, step="7")  # type: ignore[arg-type]
    run.log({"loss": 3.0}, step=6.0)  # type: ignore[arg-type]
    run.finish()
    assert recorded(tmp_path).history == [(5, {"loss": 1.0}), (6, {"loss": 3.0})]
    said = capsys.readouterr().err
    assert "step=3 goes back, the run is at step 5" in said
    assert "lost" in said
    assert "step='7'" in said or "step=-1" in said


def test_an_empty_call_moves_the_counter_alone(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({})
    run.log({"a": 1})
    run.finish()
    assert recorded(tmp_path).history == [(1, {"a": 1})]


def test_nested_values_are_nested_and_the_summary_is_merged_leaf_by_leaf(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"opt": {"lr": 0.1, "name": "sgd"}, "x.y": 1})
    run.log({"opt": {"lr": 0.2}})
    assert run.summary["opt"]["name"] == "sgd"
    run.finish()
    found = recorded(tmp_path)
    assert found.history[0] == (0, {"opt": {"lr": 0.1, "name": "sgd"}, "x.y": 1})
    assert found.summary == {"opt": {"lr": 0.2, "name": "sgd"}, "x.y": 1}


def test_numbers_that_json_lacks_and_none(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"a": math.nan, "b": math.inf})
    run.log({"a": 1.0, "b": None})
    run.log({"list": [1.0, -math.inf], "big": 2**70})
    run.finish()
    found = recorded(tmp_path)
    assert math.isnan(found.history[0][1]["a"])
    assert found.history[1:] == [(1, {"a": 1.0, "b": None}), (2, {"list": [1.0, -math.inf], "big": 2**70})]
    assert found.summary["b"] == math.inf


def test_an_integer_beyond_64_bits_costs_no_row(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for number in (1, 2**63, 3):
        run.log({"n": number})
    run.finish()
    assert recorded(tmp_path).history == [(0, {"n": 1}), (1, {"n": 2**63}), (2, {"n": 3})]


def test_numpys_numbers_are_numbers(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for _ in range(2):
        run.log({"f": np.float32(0.1), "d": np.float64(0.5), "i": np.int64(3), "b": np.True_, "u": np.uint8(200)})
    run.log({"one": np.array([7.0]), "few": np.arange(3), "many": np.arange(100.0)})
    run.finish()
    found = recorded(tmp_path)
    assert found.history[0][1] == {"f": float(np.float32(0.1)), "d": 0.5, "i": 3, "b": True, "u": 200}
    assert found.history[1][1] == found.history[0][1]
    assert (found.history[2][1]["one"], found.history[2][1]["few"]) == (7.0, [0, 1, 2])
    assert found.history[2][1]["many"]["_type"] == "histogram"
    assert len(found.history[2][1]["many"]["values"]) == 32


class _Odd:
    def __repr__(self) -> str:
        raise RuntimeError("no")


_DEEP: list[Any] = []
_DEEP.append(_DEEP)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "neither a number"),
        (_Odd(), "without a repr"),
        ("x" * 5_000_000, "5000000 characters"),
        (list(range(100_001)), "100001 items"),
    ],
)
def test_what_is_no_value_is_left_out_by_name_and_the_row_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: Any, reason: str
) -> None:
    run = make_run(tmp_path)
    run.log({"loss": 1.0, "odd/key ☃": value})
    run.log({"loss": 2.0})
    run.finish()
    assert recorded(tmp_path).history == [(0, {"loss": 1.0}), (1, {"loss": 2.0})]
    said = capsys.readouterr().err
    assert "odd/key ☃" in said
    assert reason in said


def test_a_list_that_holds_itself_ends(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"deep": _DEEP, "loss": 1.0})
    run.finish()
    assert recorded(tmp_path).history[0][1]["loss"] == 1.0


def test_keys_with_slashes_emoji_and_surrogates_and_keys_that_are_no_text(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"train/loss": 1.0, "🚢": 2.0, "a\ud800b": 3.0, 7: 4.0, "": 5.0})  # type: ignore[dict-item]
    run.finish()
    assert recorded(tmp_path).history == [(0, {"train/loss": 1.0, "🚢": 2.0, "a\ufffdb": 3.0, "7": 4.0})]


@pytest.mark.parametrize("data", [5, "text", None, [1, 2]])
def test_a_call_without_names_is_told_and_training_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: Any
) -> None:
    run = make_run(tmp_path)
    run.log(data)
    run.log({"a": 1})
    run.finish()
    assert len(recorded(tmp_path).history) == 1
    assert "is no mapping of names to values" in capsys.readouterr().err


def test_after_finish_nothing_is_recorded_and_a_second_finish_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path)
    run.log({"a": 1.0})
    run.log({"a": 2.0})
    run.finish(exit_code=3)
    run.finish(exit_code=4)
    run.log({"a": 3.0})
    run.summary["b"] = 1
    found = recorded(tmp_path)
    assert (len(found.history), found.fold.exit_code) == (2, 3)
    assert "log after finish: run r1 is over, not recorded: {'a': 3.0}" in capsys.readouterr().err


def test_a_later_timestamp_of_the_script_is_the_rows_time(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"a": 1, "_timestamp": 12.5, "_step": 99})
    run.finish()
    (row,) = recorded(tmp_path).of("history")
    assert (row["time"], row["step"], row["values"]) == (12.5, 0, {"a": 1})


def test_a_gigantic_row_is_left_out_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path)
    run.log({f"text{number}": "y" * 4_000_000 for number in range(5)})
    run.log({"a": 1})
    run.finish()
    assert recorded(tmp_path).history == [(1, {"a": 1})]
    assert "16777215" in capsys.readouterr().err


def test_a_value_of_200_mb_is_left_out_by_its_name_and_the_row_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path)
    run.log({"big": "x" * 200_000_000, "loss": 1.0})
    run.finish()
    assert recorded(tmp_path).history == [(0, {"loss": 1.0})]
    said = capsys.readouterr().err
    assert "big='xxx" in said
    assert "a text of 200000000 characters, 4194304 bytes are allowed" in said
    assert len(said) < 1000


def test_a_base_install_needs_nothing_but_python(tmp_path: Path) -> None:
    text = """
import sys
sys.modules.update(dict.fromkeys(["numpy", "PIL", "zstandard", "botocore", "duckdb", "google", "structlog", "yaml"]))
import chiplog
with chiplog.init(project="p") as run:
    run.log({"loss": 1.0, "words": ["a"]})
    chiplog.log({"page": chiplog.Html("<p>hello</p>")})
"""
    script(tmp_path, text)
    assert recorded(tmp_path).history[0] == (0, {"loss": 1.0, "words": ["a"]})
