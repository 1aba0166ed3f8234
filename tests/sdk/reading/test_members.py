"""Recorders get their attempt and rank from the operator, and where it is silent from time."""

from bucket_world import CLUSTER, NOW, World, attempt

from chiplog import layout
from chiplog.reading import heads, members


def placed(world: World, place: layout.Run, outcome: object = None) -> list[tuple[str, int, int]]:
    beats = heads.of(world.bucket, heads.present(world.bucket))
    found = members.of(place, outcome, beats)  # type: ignore[arg-type]
    return [(member.recorder.id, member.attempt, member.rank) for member in found]


PLACE = layout.Run(CLUSTER, "team", "mnist-0123abcd")


def outcome(*attempts: object) -> object:
    return {"attempts": list(attempts), "state": "running"}


def test_the_operators_word_places_a_recorder() -> None:
    world = World()
    for name in ("a", "b", "c"):
        world.record(name, run=PLACE.id)
    told = outcome(attempt(1, "a", finished_at=NOW - 50), attempt(2, "c", "b"))
    assert placed(world, PLACE, told) == [("a", 1, 0), ("c", 2, 0), ("b", 2, 1)]


def test_a_recorder_without_a_live_object_is_a_member() -> None:
    assert placed(World(), PLACE, outcome(attempt(1, "sealed"))) == [("sealed", 1, 0)]


def test_a_recorder_that_the_operator_has_not_named_yet_is_in_the_attempt_that_goes_on() -> None:
    world = World()
    world.record("a", run=PLACE.id)
    world.record("b", run=PLACE.id)
    assert placed(world, PLACE, outcome(attempt(1, "a"))) == [("a", 1, 0), ("b", 1, 0)]


def test_a_recorder_that_came_after_the_last_attempt_ended_is_the_next_attempt() -> None:
    world = World()
    world.record("b", run=PLACE.id)
    assert placed(world, PLACE, outcome(attempt(1, "a", finished_at=NOW - 50))) == [("a", 1, 0), ("b", 2, 0)]


def test_without_the_operator_those_that_overlap_are_a_gang_and_a_later_one_is_the_next_attempt() -> None:
    world = World()
    gang = {"w-0-x": 100.0, "w-1-x": 101.0, "w-10-x": 99.0, "w-2-x": 103.0}
    for pod, began in gang.items():
        world.record(f"id-{pod}", run=PLACE.id, told={"pod": pod, "started_at": began}, time=200.0)
    world.record("late", run=PLACE.id, told={"started_at": 201.0}, time=300.0)
    assert placed(world, PLACE) == [
        ("id-w-0-x", 1, 0),
        ("id-w-1-x", 1, 1),
        ("id-w-2-x", 1, 2),
        ("id-w-10-x", 1, 3),
        ("late", 2, 0),
    ]


def test_recorders_of_other_runs_and_namespaces_are_no_members() -> None:
    world = World()
    world.record("a", run="other-00000000")
    world.record("b", run="")
    world.record("c", run=PLACE.id, namespace="team-b")
    world.record("d", run=PLACE.id, cluster="staging")
    assert placed(world, PLACE) == []
