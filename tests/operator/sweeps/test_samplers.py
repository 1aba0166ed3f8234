"""What the next trial tries: deterministic, by the law, and better than chance where a model is asked."""

import math
import statistics
from typing import Any

import pytest

from chiplog_operator.sweeps import configs, samplers, values
from chiplog_operator.sweeps.samplers import Search
from chiplog_operator.sweeps.trials import Curve, Trial, curve

CONFIG = configs.parse({
    "method": "bayes",
    "metric": {"name": "loss"},
    "parameters": {
        "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
        "layers": {"distribution": "int_uniform", "min": 1, "max": 8},
        "optimizer": {"parameters": {"name": {"values": ["adam", "sgd"]}, "decay": {"min": 0.0, "max": 0.5}}},
        "seed": {"value": 7},
    },
})  # fmt: skip
assert CONFIG.metric is not None
METRIC = CONFIG.metric


def search(sampler: str = "tpe", uid: str = "u") -> Search:
    return Search(uid, CONFIG, (METRIC,), sampler)


def loss(config: dict[str, Any]) -> float:
    optimizer = config["optimizer"]
    wrong = (optimizer["name"] == "sgd") + (config["layers"] - 4) ** 2 / 4 + (optimizer["decay"] - 0.2) ** 2
    return float((math.log10(config["lr"]) + 3) ** 2 + wrong)


def finished(index: int, config: dict[str, Any]) -> Trial:
    return Trial(index, f"s-{index}", "succeeded", config, {"loss": curve([loss(config)])})


def swept(sampler: str, count: int, uid: str = "u") -> list[Trial]:
    trials: list[Trial] = []
    for index in range(count):
        trials.append(finished(index, samplers.suggest(search(sampler, uid), index, trials)))
    return trials


@pytest.mark.parametrize("sampler", samplers.KINDS)
def test_a_suggestion_depends_on_uid_index_and_results_alone(sampler: str) -> None:
    trials = swept(sampler, 14)
    again = samplers.suggest(search(sampler), 14, list(reversed(trials)))
    assert samplers.suggest(search(sampler), 14, trials) == again
    assert samplers.suggest(search(sampler, uid="v"), 14, trials) != again
    assert samplers.suggest(search(sampler), 15, trials) != again


@pytest.mark.parametrize("sampler", samplers.KINDS)
def test_every_suggestion_holds_every_parameter_within_its_bounds(sampler: str) -> None:
    for trial in swept(sampler, 14):
        config = trial.config
        assert set(config) == {"lr", "layers", "optimizer", "seed"}
        assert 1e-5 * 0.999 <= config["lr"] <= 1.001
        assert config["layers"] in range(1, 9)
        assert config["optimizer"]["name"] in ("adam", "sgd")
        assert 0 <= config["optimizer"]["decay"] <= 0.5
        assert config["seed"] == 7


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "gp"])
def test_a_model_finds_better_points_than_chance(sampler: str) -> None:
    def late(kind: str) -> float:
        return statistics.median(loss(dict(trial.config)) for uid in "ab" for trial in swept(kind, 32, uid)[-10:])

    assert late(sampler) < late("random") / 2


def test_generations_are_bred_from_the_best() -> None:
    def late(kind: str) -> float:
        return statistics.median(loss(dict(trial.config)) for trial in swept(kind, 80)[-20:])

    assert late("nsga2") < late("random")


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_trials_that_run_are_not_suggested_again(sampler: str) -> None:
    trials = swept(sampler, 20)
    running: list[Trial] = []
    for index in range(20, 26):
        config = samplers.suggest(search(sampler), index, [*trials, *running])
        running.append(Trial(index, f"s-{index}", "running", config))
    assert len({trial.config["lr"] for trial in running}) == 6


def failed(index: int, *losses: float) -> Trial:
    return Trial(index, f"s-{index}", "failed", {}, {"loss": curve(losses)})


@pytest.mark.parametrize(("impute", "value"), [("worst", 9.0), ("best", 0.5), ("latest", 3.0)])
def test_a_failed_trial_counts_by_what_is_imputed(impute: configs.Impute, value: float) -> None:
    metric = configs.Metric("loss", impute=impute)
    ended = [Trial(0, "s-0", "succeeded", {}, {"loss": curve([9.0, 1.0])}), failed(1, 4.0, 0.5, 3.0)]
    running = Trial(2, "s-2", "running", {}, {"loss": curve([99.0])})
    assert values.of(ended[1], [*ended, running], metric) == value
    assert values.of(ended[0], ended, metric) == 1.0


def test_a_running_trial_counts_only_where_that_is_asked_for() -> None:
    running = Trial(2, "s-2", "running", {}, {"loss": curve([2.0, 1.0, 3.0])})
    assert values.of(running, [running], METRIC) is None
    assert values.of(running, [running], configs.Metric("loss", impute_while_running="best")) == 1.0


class Counted(dict[str, Curve]):
    """Curves that count how often one is looked at."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        Counted.looks += 1
        return super().get(key, default)


@pytest.mark.parametrize("impute", ["worst", "best", "latest"])
def test_a_number_for_each_of_many_failed_trials_costs_a_few_looks_at_each(impute: configs.Impute) -> None:
    trials = [Trial(place, f"s-{place}", "failed", {}, Counted(loss=curve([float(place)]))) for place in range(500)]
    Counted.looks = 0
    numbers = values.every(trials, configs.Metric("loss", impute=impute))
    assert Counted.looks <= 4 * len(trials)
    assert numbers == [499.0 if impute == "worst" else float(place) for place in range(500)]


def test_a_failed_trial_says_nothing_where_nothing_can_be_imputed() -> None:
    assert values.of(failed(0), [failed(0)], METRIC) is None


def test_a_study_with_two_objectives_is_asked_too() -> None:
    second = configs.Metric("latency")
    both = Search("u", CONFIG, (METRIC, second), "tpe")
    trials = [
        Trial(item.index, item.name, "succeeded", item.config, {**item.curves, "latency": curve([1.0 * item.index])})
        for item in swept("tpe", 12)
    ]
    assert set(samplers.suggest(both, 12, trials)) == {"lr", "layers", "optimizer", "seed"}


def test_the_number_of_trials_is_the_cap_s_or_the_grid_s() -> None:
    grid = {"method": "grid", "parameters": {"a": {"values": [1, 2, 3]}, "b": {"values": [1, 2]}}}
    sizes = [samplers.total(Search("u", configs.parse({**grid, **more}), ())) for more in ({}, {"run_cap": 4})]
    assert sizes == [6, 4]
    assert samplers.total(search()) is None
