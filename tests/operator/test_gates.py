"""Gates: verdicts with their numbers, against a number and against earlier nights."""

from typing import Any

import jsonschema
import pytest
from crd import SCHEMA, strict

from chiplog_operator import gates

LOSS = {"metric": "loss", "goal": "minimize"}
ACCURACY = {"metric": "accuracy", "goal": "maximize"}
WEEK = [0.50, 0.52, 0.48, 0.51, 0.49, 0.50, 0.53]

CASES: list[tuple[dict[str, Any], float, list[float], bool, str]] = [
    ({**LOSS, "limit": 0.5}, 0.5, [], True, "loss 0.5 is within 0.5, the limit"),
    ({**LOSS, "limit": 0.5}, 0.51, [], False, "loss 0.51 is above 0.5, the limit"),
    ({**ACCURACY, "limit": 0.9}, 0.89, [], False, "accuracy 0.89 is below 0.9, the limit"),
    ({**LOSS, "previousPercent": 10}, 0.58, WEEK, True, "loss 0.58 is within 0.583, the night before and 10 %"),
    ({**LOSS, "previousPercent": 10}, 0.59, WEEK, False, "loss 0.59 is above 0.583, the night before and 10 %"),
    ({**ACCURACY, "previousPercent": 10}, 0.44, WEEK, False, "accuracy 0.44 is below 0.477, the night before and 10 %"),
    ({**LOSS, "previousPercent": 1}, 99, [], True, "loss 99: no earlier night to compare with"),
    ({**LOSS, "nights": 7, "deviations": 3}, 0.54, WEEK, True,
     "loss 0.54 is within 0.544478, the median of 7 nights and 3 deviations"),
    ({**LOSS, "nights": 7, "deviations": 3}, 0.71, WEEK, False,
     "loss 0.71 is above 0.544478, the median of 7 nights and 3 deviations"),
    ({**LOSS, "nights": 2, "quantile": 1}, 0.53, WEEK, True, "loss 0.53 is within 0.53, the quantile 1 of 2 nights"),
    ({**ACCURACY, "nights": 7, "quantile": 0.9}, 0.47, WEEK, False,
     "accuracy 0.47 is below 0.486, the quantile 0.9 of 7 nights"),
    ({**LOSS, "nights": 7, "quantile": 0.9}, 9, [0.5], True, "loss 9: 1 earlier nights are too few to compare with"),
]  # fmt: skip


@pytest.mark.parametrize(("gate", "tonight", "earlier", "holds", "said"), CASES)
def test_a_verdict_names_its_numbers(
    gate: dict[str, Any], tonight: float, earlier: list[float], holds: bool, said: str
) -> None:
    assert gates.judge(gate, tonight, earlier) == gates.Verdict(holds, False, said)


@pytest.mark.parametrize(("tonight", "said"), [(None, "loss was not logged"), (float("nan"), "loss is nan")])
def test_a_metric_without_a_number_does_not_hold(tonight: float | None, said: str) -> None:
    assert gates.judge({**LOSS, "limit": 1}, tonight, []) == gates.Verdict(False, False, said)


def test_a_gate_that_only_warns_stands_in_nobody_s_way() -> None:
    warned = gates.judge({**LOSS, "limit": 0, "action": "warn"}, 1.0, [])
    assert (warned.holds, gates.holds([warned])) == (False, True)
    assert not gates.holds([warned, gates.judge({**LOSS, "limit": 0}, 1.0, [])])


GOOD = [
    {"metric": "loss", "goal": "minimize", "limit": -0.5},
    {"metric": "loss", "goal": "maximize", "previousPercent": 0, "action": "warn"},
    {"metric": "loss", "goal": "minimize", "nights": 7, "deviations": 3},
    {"metric": "loss", "goal": "minimize", "nights": 366, "quantile": 0.5},
]
WRONG = [
    {"goal": "minimize", "limit": 1},
    {"metric": "", "goal": "minimize", "limit": 1},
    {"metric": "loss", "limit": 1},
    {"metric": "loss", "goal": "smaller", "limit": 1},
    {"metric": "loss", "goal": "minimize", "limit": "1"},
    {"metric": "loss", "goal": "minimize", "limit": True},
    {"metric": "loss", "goal": "minimize", "previousPercent": -1},
    {"metric": "loss", "goal": "minimize", "nights": 1, "deviations": 3},
    {"metric": "loss", "goal": "minimize", "nights": 2.5, "deviations": 3},
    {"metric": "loss", "goal": "minimize", "nights": 7, "quantile": 1.5},
    {"metric": "loss", "goal": "minimize", "limit": 1, "action": "stop"},
    {"metric": "loss", "goal": "minimize", "limit": 1, "bound": 2},
    [],
]  # fmt: skip
OF_SEVERAL = [
    {"metric": "loss", "goal": "minimize"},
    {"metric": "loss", "goal": "minimize", "limit": 1, "previousPercent": 1},
    {"metric": "loss", "goal": "minimize", "nights": 7},
    {"metric": "loss", "goal": "minimize", "nights": 7, "deviations": 3, "quantile": 0.9},
]
"""What CEL refuses, not the schema alone."""

SHAPE = strict(SCHEMA["spec"]["properties"]["gates"]["items"])


@pytest.mark.parametrize("gate", GOOD)
def test_a_gate_that_the_api_server_takes_has_no_problem(gate: Any) -> None:
    jsonschema.validate(gate, SHAPE)
    assert gates.problem(gate) == ""


@pytest.mark.parametrize("gate", WRONG)
def test_a_gate_that_the_schema_refuses_is_told_with_its_field(gate: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(gate, SHAPE)
    assert gates.problem(gate)


@pytest.mark.parametrize("gate", [*OF_SEVERAL, {"metric": "loss", "goal": "minimize", "limit": float("nan")}])
def test_a_gate_that_says_too_much_or_too_little_is_told(gate: Any) -> None:
    assert gates.problem(gate)
