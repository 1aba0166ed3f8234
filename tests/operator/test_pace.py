"""When living runs are looked at again, however many they are."""

from operator_world import Time, training_run

from chiplog_operator import pace, specs
from chiplog_operator.observations import Observation


def test_a_few_living_runs_are_looked_at_every_half_minute() -> None:
    assert pace.look_again_seconds(0) == pace.look_again_seconds(300) == 30.0


def test_very_many_share_a_rate_of_looks() -> None:
    for live in (301, 1_000, 10_000):
        assert live / pace.look_again_seconds(live) <= pace.LOOKS_PER_SECOND


def test_a_run_among_very_many_that_trains_waits_for_its_turn() -> None:
    run = specs.run(training_run())
    seen = Observation(now=Time()(), training=run.training_container)
    assert pace.following(run, seen, {"state": "running"}, live=10_000).again_after == 1_000.0


def test_runs_that_wait_for_their_pods_share_that_rate_too() -> None:
    """Ten thousand that the cluster has no room for would ask for a thousand requests a second."""
    run = specs.run(training_run())
    seen = Observation(now=run.created_at + 1, training=run.training_container)
    again = [pace.following(run, seen, {"state": "pending"}, live=live).again_after for live in (1, 100, 10_000)]
    assert again == [pace.AWAITED_SECONDS, 10.0, 1_000.0]
