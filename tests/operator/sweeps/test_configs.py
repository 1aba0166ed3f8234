"""What is wrong with a sweep config is said by field and value; what W&B takes is taken."""

from typing import Any

import pytest

from chiplog_operator.sweeps import configs
from chiplog_operator.sweeps.configs import InvalidConfig, Metric

GOOD: dict[str, Any] = {
    "method": "bayes",
    "metric": {"name": "val/loss", "goal": "minimize", "target": 0.1},
    "run_cap": 20,
    "early_terminate": {"type": "hyperband", "min_iter": 3},
    "program": "train.py",
    "command": ["${env}", "python3", "${program}", "${args}"],
    "parameters": {"lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1}, "seed": {"value": 7}},
}

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a method that is none": ({"method": "hill"}, r"sweepConfig.method: 'hill' is none of grid, random, bayes"),
    "bayes without a metric": ({"metric": None}, "sweepConfig.metric: method bayes needs one"),
    "an unknown key": ({"paramters": {}}, "sweepConfig.paramters: no key of a sweep config"),
    "a cap of none": ({"run_cap": 0}, "sweepConfig.run_cap: 0 is not a whole number above 0"),
    "a goal that is none": ({"metric": {"name": "a", "goal": "least"}}, "metric.goal: 'least' is none of minimize"),
    "a target that is no number": ({"metric": {"name": "a", "target": "low"}}, "metric.target: 'low' is not a finite"),
    "hyperband without a start": ({"early_terminate": {"type": "hyperband"}}, "needs min_iter, or max_iter and s"),
    "an eta of one": (
        {"early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 1}},
        "early_terminate.eta: 1 is not a number above 1",
    ),
    "another way to stop": ({"early_terminate": {"type": "median"}}, "is not of type hyperband; others are in spec"),
    "no parameters": ({"parameters": {}}, "sweepConfig.parameters: {} is not an object with at least one parameter"),
    "a name that is none": ({"parameters": {"1r": {"value": 1}}}, "parameters.1r: a name has letters"),
    "a grid over a law": (
        {"method": "grid"},
        "parameters.lr: method grid cannot go through log_uniform_values",
    ),
    "a scheduler": ({"scheduler": {"engine": "optuna"}}, "scheduler: schedulers of W&B Launch"),
    "whole bounds without a word which law": (
        {"parameters": {"dropout": {"min": 0, "max": 1}}},
        "parameters.dropout: min 0 and max 1 are whole, and Kubernetes keeps no difference between 0 and 0.0",
    ),
    "deep inside": (
        {"parameters": {"opt": {"parameters": {"lr": {"distribution": "uniform", "min": 2, "max": 1.5}}}}},
        "sweepConfig.parameters.opt.lr: min 2 is not less than max 1.5",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_with_field_and_value(what: str) -> None:
    changed, said = BAD[what]
    with pytest.raises(InvalidConfig) as refused:
        configs.parse({**GOOD, **changed})
    assert said in str(refused.value)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(InvalidConfig) as refused:
        configs.parse({**GOOD, "run_cap": -1, "parameters": {"a": {"values": []}, "b": {"min": 2.5, "max": 1}}})
    assert [part.split(":")[0] for part in str(refused.value).split("; ")] == [
        "sweepConfig.run_cap", "sweepConfig.parameters.a", "sweepConfig.parameters.b",
    ]  # fmt: skip


def test_defaults_are_those_of_the_engine() -> None:
    config = configs.parse({**GOOD, "metric": {"name": "loss"}})
    assert config.metric == Metric("loss", "minimize", None, "worst", None)
    assert config.hyperband is not None
    assert (config.hyperband.eta, config.hyperband.strict) == (3, True)


def test_bounds_as_exponents_are_taken_with_a_warning() -> None:
    config = configs.parse({**GOOD, "parameters": {"lr": {"distribution": "log_uniform", "min": -9.2, "max": -2.3}}})
    assert config.warnings == (
        "parameters.lr: log_uniform takes min and max as exponents of e; log_uniform_values takes them as values",
    )
    assert 1e-4 < config.parameters[0].distribution.value(0.5) < 1e-1


REACHED = [("minimize", 0.1, True), ("minimize", 0.2, False), ("maximize", 0.2, True), ("maximize", 0.0, False)]


@pytest.mark.parametrize(("goal", "value", "is_reached"), REACHED)
def test_a_target_is_reached_from_the_goal_s_side(goal: str, value: float, is_reached: bool) -> None:
    assert Metric("a", goal, target=0.1).is_reached(value) is is_reached
