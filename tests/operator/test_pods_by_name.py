"""How a pass reads the pods of a run: one by one where it goes on and all are known, else by a LIST."""

from typing import Any

import pytest
from operator_world import KEY, World, training_run

from chiplog_operator.sightings import Sightings


@pytest.fixture
def world() -> World:
    """A run that trains."""
    return training(World())


def training(world: World, pods: int = 1) -> World:
    world.passes()
    for rank in range(pods):
        name = f"p{rank + 1}"
        world.make_pod(name, rank if pods > 1 else None)
        world.run_pod(name)
        world.record(name)
    world.passes(10)
    return world


def asked(world: World, *names: str) -> list[str]:
    """What a pass asks for, where these pods were seen."""
    for name in names:
        world.sightings.pod_seen(KEY, name)
    cluster, found = world.cluster, list[str]()

    def noted(what: str, ask: Any) -> Any:
        return lambda *where: (found.append(" ".join((what, *where[1:]))), ask(*where))[1]

    cluster.pods, cluster.pod = noted("list", cluster.pods), noted("get", cluster.pod)  # type: ignore[method-assign]
    world.passes(10)
    return found


def test_before_every_pod_was_seen_they_are_listed(world: World) -> None:
    assert asked(world, "p1") == ["list mnist"]


def test_of_a_run_that_goes_on_the_pod_is_read_by_its_name(world: World) -> None:
    world.sightings.all_seen()
    assert asked(world, "p1") == ["get p1"]
    assert world.status["state"] == "running"


def test_a_pod_that_is_on_record_is_read_though_the_watch_has_not_brought_it_yet(world: World) -> None:
    """After a restart the first pod of two was delivered: the other, which trains, was not gone for that."""
    world.sightings.all_seen()
    assert asked(world, "p0") == ["get p0", "get p1"]
    assert (world.status["state"], world.status["attempts"]) == ("running", 1)
    assert world.sightings.pod_names(KEY) == set(), "what is not there is not asked for again"


@pytest.mark.parametrize("names", [(), ("p1",)])
def test_where_fewer_are_known_than_train_they_are_listed(names: tuple[str, ...]) -> None:
    world = training(World(training_run(parallelism=2)), pods=2)
    world.sightings.all_seen()
    assert asked(world, *names) == ["list mnist"]


def test_a_large_gang_is_listed() -> None:
    world = training(World(training_run(parallelism=5)), pods=5)
    world.sightings.all_seen()
    assert asked(world, "p1", "p2", "p3", "p4", "p5") == ["list mnist"]


def ends(world: World) -> None:
    world.end_job()


def fails(world: World) -> None:
    world.end_job("FailureTarget", "BackoffLimitExceeded")


def is_suspended(world: World) -> None:
    world.job["spec"]["suspend"] = True


def is_deleted(world: World) -> None:
    world.cluster.jobs.clear()


@pytest.mark.parametrize("change", [ends, fails, is_suspended, is_deleted])
def test_what_may_end_a_run_for_good_is_judged_by_a_list(world: World, change: Any) -> None:
    world.sightings.all_seen()
    change(world)
    assert asked(world, "p1") == ["list mnist"]


def test_a_pod_that_vanished_is_known_no_more() -> None:
    sightings = Sightings()
    sightings.all_seen()
    for name in ("p1", "p2"):
        sightings.pod_seen(KEY, name)
    sightings.pod_vanished(KEY, {"metadata": {"uid": "u1", "name": "p1"}})
    assert sightings.pod_names(KEY) == {"p2"}
    sightings.pod_vanished(KEY, {"metadata": {"uid": "u2", "name": "p2"}})
    assert sightings.pod_names(KEY) == set()
