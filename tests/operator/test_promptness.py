"""How late the operator's words are, in the numbers that it tells of itself."""

import pytest
from operator_world import KEY, Patient, World

from chiplog_operator import times
from chiplog_operator.heads import Probe


def timed(world: World, name: str) -> tuple[float, float]:
    """How often something was timed, and how long it took in all."""
    lines = dict(line.rsplit(" ", 1) for line in world.metrics.text().splitlines() if not line.startswith("#"))
    return tuple(float(lines.get(f"chiplog_operator_{name}_{end}", 0)) for end in ("count", "sum"))  # type: ignore[return-value]


def lag(world: World) -> str:
    [line] = [line for line in world.metrics.text().splitlines() if line.startswith("chiplog_operator_lag_seconds ")]
    return line.split()[1]


def test_a_start_and_an_end_are_timed_once(world: World) -> None:
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(seconds=1.5)
    assert timed(world, "start_told_seconds") == (1, pytest.approx(1.5))
    world.record(state="drained")
    world.end_pod()
    world.end_job()
    ended = times.seconds(world.job["status"]["conditions"][0]["lastTransitionTime"])
    world.passes(seconds=0.5)
    assert ended is not None
    assert timed(world, "end_told_seconds") == (1, pytest.approx(world.clock() - ended))
    world.passes(seconds=60)
    assert (timed(world, "start_told_seconds")[0], timed(world, "end_told_seconds")[0]) == (1, 1)


def test_a_transition_is_timed_from_the_first_word_of_it_through_every_pass_that_held_it() -> None:
    world = Patient()
    world.due_seconds = 0.2
    world.passes()
    assert timed(world, "transition_told_seconds") == (0, 0), "the Job is made, its pod is not: nothing is told yet"
    world.passes(seconds=0.5)
    world.make_pod()
    world.passes(seconds=0.1)
    assert timed(world, "transition_told_seconds") == (1, pytest.approx(0.2 + 0.6))
    world.run_pod()
    world.passes(seconds=0.1)
    assert timed(world, "transition_told_seconds") == (2, pytest.approx(0.8 + 0.2)), "no kubelet's second counts"


def test_a_transition_that_was_undone_before_it_was_told_times_none_that_comes_later() -> None:
    world = Patient()
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record()
    world.passes()
    before = timed(world, "transition_told_seconds")
    world.reconciler.budget.noticed(KEY, 0.0)
    world.passes(seconds=30)
    world.pod()["status"]["containerStatuses"][0]["restartCount"] = 1
    world.passes()
    assert timed(world, "transition_told_seconds") == (before[0] + 1, pytest.approx(before[1]))


def behind(world: World) -> World:
    """A run that trains, and whose recorder cannot ship for ten minutes."""
    world.passes()
    world.make_pod()
    world.run_pod()
    world.record()
    world.passes(seconds=1)
    world.prober.answer = Probe("unreachable", "no route to host")
    world.passes(seconds=600)
    return world


def test_the_worst_lag_is_that_of_a_run_that_lives(world: World) -> None:
    assert lag(world) == "0"
    assert float(lag(behind(world))) >= 585
    world.vanish_run()
    world.passes(seconds=1)
    assert lag(world) == "0"


def test_records_that_are_lost_are_late_no_more(world: World) -> None:
    behind(world)
    world.end_pod(code=1)
    world.end_job("Failed", "BackoffLimitExceeded")
    world.passes(seconds=1)
    world.passes(seconds=70)
    assert world.condition("Durable") == ("False", "Lost")
    assert world.status["lagSeconds"] >= 585
    assert lag(world) == "0"
