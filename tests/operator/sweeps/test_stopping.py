"""Which trials are stopped early by rules of our own, and the words that say why."""

import pytest

from chiplog_operator.sweeps.configs import Hyperband, Metric
from chiplog_operator.sweeps.stopping import Bands, Percentile, SuccessiveHalving, percentile
from chiplog_operator.sweeps.trials import State, Trial, curve

LOSS = Metric("loss")
ACCURACY = Metric("accuracy", "maximize")


def trials(*values: float, metric: Metric = LOSS, length: int = 9, state: State = "running") -> list[Trial]:
    """Each logs one value over and over."""
    return [
        Trial(place, f"s-{place}", state, curves={metric.name: curve([value] * length)})
        for place, value in enumerate(values)
    ]


def test_six_constant_losses_leave_the_best_third() -> None:
    decisions = Bands(Hyperband(min_iter=3)).decide(trials(0, 1, 2, 3, 4, 5), LOSS)
    assert [decision.trial.index for decision in decisions] == [3, 4, 5]
    assert decisions[0].said == "stopped at iteration 9: loss 3 is above 2, the best 1/3 of 6 trials there"


def test_the_median_rule_names_its_numbers() -> None:
    [decision, *_] = Percentile(50, first=4, every=2).decide(trials(0.2, 0.4, 0.42, 0.44, 0.9, 0.71, 0.3), LOSS)
    assert decision.said == "stopped at iteration 8: loss 0.44 is above 0.41, the median of 6 other trials there"


def test_the_median_rule_waits_for_enough_trials() -> None:
    assert Percentile(50, first=1, startup=5).decide(trials(1, 2, 3, 4, 5), LOSS) == []
    assert len(Percentile(50, first=1, startup=4).decide(trials(1, 2, 3, 4, 5), LOSS)) == 2


def test_more_is_better_where_the_goal_says_so() -> None:
    found = Percentile(50, first=1, startup=3).decide(trials(0.1, 0.5, 0.9, 0.8, metric=ACCURACY), ACCURACY)
    assert [decision.trial.index for decision in found] == [0, 1]
    assert "accuracy 0.1 is below 0.8" in found[0].said


def test_halving_keeps_the_best_share_of_those_that_came_so_far() -> None:
    rule = SuccessiveHalving(first=2, eta=3)
    assert rule.iterations()[:4] == [2, 6, 18, 54]
    assert [decision.trial.index for decision in rule.decide(trials(1, 2, 3, 4, 5, 6), LOSS)] == [2, 3, 4, 5]
    assert rule.decide(trials(5), LOSS) == []


@pytest.mark.parametrize("rule", [Bands(Hyperband(min_iter=3)), Percentile(50, first=3), SuccessiveHalving(first=3)])
def test_nobody_is_judged_before_the_first_look(rule: Bands | Percentile | SuccessiveHalving) -> None:
    assert rule.decide(trials(1, 2, 3, 4, 5, 6, 7, 8, length=2), LOSS) == []


@pytest.mark.parametrize("rule", [Bands(Hyperband(min_iter=3)), Percentile(50, first=3), SuccessiveHalving(first=3)])
def test_only_running_trials_are_stopped_and_ended_ones_count(rule: Bands | Percentile | SuccessiveHalving) -> None:
    ended = trials(1, 2, 3, 4, 5, 6, state="succeeded")
    late = Trial(9, "s-9", "running", curves={"loss": curve([7.0] * 9)})
    assert [decision.trial.index for decision in rule.decide([*ended, late], LOSS)] == [9]


def test_a_decision_is_the_same_however_late_it_is_made() -> None:
    rule = Bands(Hyperband(min_iter=3))
    early = [Trial(place, "", "running", curves={"loss": curve([float(place)] * 3)}) for place in range(6)]
    late = [Trial(place, "", "running", curves={"loss": curve([float(place)] * 3 + [0.0] * 5)}) for place in range(6)]
    assert [item.trial.index for item in rule.decide(early, LOSS)] == [
        item.trial.index for item in rule.decide(late, LOSS)
    ]


def test_a_percentile_lies_between_two_values() -> None:
    assert [percentile([1, 2, 3, 4], percent) for percent in (0, 50, 75, 100)] == [1, 2.5, 3.25, 4]
