"""Equal to the peer: what W&B's own engine (PyPI `sweeps` 0.3.0) answers, kept in tests/fixtures/sweeps/engine.json."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from chiplog_operator.sweeps import configs, grids, parameters, samplers, seeds, stopping
from chiplog_operator.sweeps.parameters import Findings, Parameter
from chiplog_operator.sweeps.trials import State, Trial, curve

ENGINE = json.loads((Path(__file__).parents[2] / "fixtures" / "sweeps" / "engine.json").read_text())
STATES: dict[str, State] = {"running": "running", "finished": "succeeded", "failed": "failed", "killed": "failed"}

UNLIKELY = 1e-4
"""Both samples are drawn with fixed seeds, so a test that passes passes always."""


def parameter(config: dict[str, Any]) -> Parameter:
    findings = Findings()
    found = parameters.parse({"p": config}, findings)
    assert findings.problems == []
    return found[0]


@pytest.mark.parametrize("name", ENGINE["grids"])
def test_a_grid_has_the_combinations_of_the_engine_in_its_order(name: str) -> None:
    case = ENGINE["grids"][name]
    config = configs.parse({"method": "grid", "parameters": case["parameters"]})
    search = samplers.Search("u", config, ())
    found = [samplers.suggest(search, index, []) for index in range(samplers.total(search) or 0)]
    assert found == case["configs"]
    with pytest.raises(IndexError):
        samplers.suggest(search, len(found), [])


@pytest.mark.parametrize("name", ENGINE["laws"])
def test_a_law_gives_the_engine_s_value_at_each_share(name: str) -> None:
    case = ENGINE["laws"][name]
    law = parameter(case["parameter"]).distribution
    assert [float(law.value(share)) for share in case["shares"]] == pytest.approx(case["values"], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", ENGINE["laws"])
def test_draws_have_the_law_of_the_engine_s_draws(name: str) -> None:
    case = ENGINE["laws"][name]
    law = parameter(case["parameter"]).distribution
    drawn = [float(law.value(seeds.chance("uid", name, index).random())) for index in range(len(case["drawn"]))]
    assert stats.ks_2samp(drawn, case["drawn"]).pvalue > UNLIKELY


BOUNDED = [name for name, case in ENGINE["laws"].items() if "min" in case["parameter"]]


@pytest.mark.parametrize("name", BOUNDED)
def test_no_draw_leaves_the_span_of_the_engine_s_law(name: str) -> None:
    case = ENGINE["laws"][name]
    law = parameter(case["parameter"]).distribution
    ends = [float(law.value(share)) for share in (0.0, 1.0)]
    assert min(ends) <= min(case["drawn"])
    assert max(ends) >= max(case["drawn"])


@pytest.mark.parametrize("name", ENGINE["laws"])
def test_a_share_is_found_again_from_its_value(name: str) -> None:
    law = parameter(ENGINE["laws"][name]["parameter"]).distribution
    for share in (0.05, 0.3, 0.5, 0.77, 0.95):
        value = law.value(share)
        assert law.value(law.share(value)) == pytest.approx(value, rel=1e-6), share


@pytest.mark.parametrize("number", range(len(ENGINE["stops"])))
def test_hyperband_stops_the_engine_s_runs(number: int) -> None:
    case = ENGINE["stops"][number]
    config = configs.parse({"method": "random", "parameters": {"a": {"values": [1]}}, **rest(case)})
    trials = [trial(place, run) for place, run in enumerate(case["runs"])]
    assert config.hyperband is not None
    assert config.metric is not None
    decisions = stopping.Bands(config.hyperband).decide(trials, config.metric)
    assert [decision.trial.index for decision in decisions] == case["stopped"]


def rest(case: dict[str, Any]) -> dict[str, Any]:
    return {key: case[key] for key in ("metric", "early_terminate")}


def trial(place: int, run: dict[str, Any]) -> Trial:
    finite = [value for value in map(float, run["values"]) if math.isfinite(value)]
    return Trial(place, str(place), STATES.get(run["state"], "pending"), curves={"m": curve(finite)})


def test_the_fixtures_hold_runs_that_stop_and_runs_that_go_on() -> None:
    stopped = sum(len(case["stopped"]) for case in ENGINE["stops"])
    assert 20 <= stopped < sum(len(case["runs"]) for case in ENGINE["stops"]) / 2


@pytest.mark.parametrize("name", ENGINE["bad"])
def test_what_the_engine_refuses_is_refused_with_the_parameter_s_name(name: str) -> None:
    case = ENGINE["bad"][name]
    assert case["said"]
    with pytest.raises(configs.InvalidConfig, match=r"parameters\.p: "):
        configs.parse({"method": "random", "parameters": {"p": case["parameter"]}})


def test_a_grid_counts_itself_without_listing() -> None:
    config = configs.parse(
        {
            "method": "grid",
            "parameters": {name: {"distribution": "int_uniform", "min": 1, "max": 1000} for name in "abcd"},
        }
    )
    assert len(grids.Grid(config.parameters)) == 10**12
    last = grids.Grid(config.parameters).combination(10**12 - 2)
    assert last == {("a",): 1000, ("b",): 1000, ("c",): 1000, ("d",): 999}
