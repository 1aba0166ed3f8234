"""The summary: newest values, hand-set ones that win, and what `define_metric` asks for."""

from pathlib import Path

import pytest
from tracking_world import make_run, recorded

from chiplog.tracking import metrics


def test_a_value_set_by_hand_wins_over_later_ones(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.log({"acc": 0.5, "loss": 2.0})
    run.summary["acc"] = 0.99
    run.log({"acc": 0.6, "loss": 1.0})
    run.log({"acc": 0.7, "loss": 0.5})
    assert run.summary["acc"] == 0.99
    run.finish()
    found = recorded(tmp_path)
    assert found.summary == {"acc": 0.99, "loss": 0.5}
    assert [values["acc"] for _, values in found.history] == [0.5, 0.6, 0.7]


def test_a_deleted_value_comes_back_with_the_next_row(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.summary["best"] = 1
    run.summary.update({"opt": {"lr": 0.1}, "gone": 2})
    del run.summary["gone"]
    run.summary["opt"]["name"] = "adam"
    del run.summary["best"]
    run.log({"best": 3})
    run.finish()
    assert recorded(tmp_path).summary == {"best": 3, "opt": {"lr": 0.1, "name": "adam"}}


def test_the_summary_reads_what_was_logged_in_order(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for step in range(3):
        run.log({"a": float(step), "b": 1})
        run.log({"a": float(-step)})
    assert dict(run.summary) == {"a": -2.0, "b": 1}
    assert run.summary.b == 1
    assert "c" not in run.summary


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("min", {"min": 1.0}),
        ("max", {"max": 3.0}),
        ("mean", {"mean": 2.0}),
        ("first,last", {"first": 2.0, "last": 1.0}),
    ],
)
def test_aggregates_that_define_metric_asks_for(tmp_path: Path, words: str, expected: dict[str, float]) -> None:
    run = make_run(tmp_path)
    run.define_metric("val/*", summary=words)
    for value in (2.0, 3.0, 1.0):
        run.log({"val/loss": value, "other": value})
    run.finish()
    assert recorded(tmp_path).summary == {"val/loss": expected, "other": 1.0}


def test_none_keeps_a_metric_out_of_the_summary(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.define_metric("grad", summary="none")
    run.log({"grad": 1.0, "loss": 2.0})
    run.finish()
    found = recorded(tmp_path)
    assert (found.summary, found.history) == ({"loss": 2.0}, [(0, {"grad": 1.0, "loss": 2.0})])


def test_a_step_metric_is_put_into_rows_that_lack_it(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.define_metric("epoch")
    run.define_metric("val/*", step_metric="epoch")
    run.log({"epoch": 1, "loss": 5.0})
    run.log({"val/loss": 2.0})
    run.log({"val/loss": 1.0, "epoch": 2})
    run.finish()
    found = recorded(tmp_path)
    assert [values for _, values in found.history][1:] == [{"val/loss": 2.0, "epoch": 1}, {"val/loss": 1.0, "epoch": 2}]
    assert {"kind": "metric", "glob": "val/*", "step_metric": "epoch", "step_sync": True}.items() <= found.of("metric")[
        1
    ].items()


def test_pieces_of_which_one_is_set_by_hand(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.summary["b"] = 9
    run.log({"a": 1, "c": 1}, step=1)
    run.log({"b": 2}, step=1)
    run.log({"a": 3}, step=2)
    run.finish()
    found = recorded(tmp_path)
    assert found.history == [(1, {"a": 1, "c": 1, "b": 2}), (2, {"a": 3})]
    assert found.summary == {"a": 3, "b": 9, "c": 1}


@pytest.mark.parametrize(
    ("name", "named", "message"),
    [
        ("", {}, "name=''"), ("a*b", {}, "name='a\\*b'"), ("loss", {"summary": "median"}, "'median' is none of"),
        ("loss", {"goal": "up"}, "goal='up'"),
    ],
)  # fmt: skip
def test_a_definition_that_means_nothing_is_refused(name: str, named: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.rule(name, **named)  # type: ignore[arg-type]


def test_the_goal_decides_what_best_is() -> None:
    assert metrics.rule("acc", summary="best,last", goal="maximize").summary == ("max", "last")
    assert metrics.rule("loss", summary="best", goal="minimize").summary == ("min",)
