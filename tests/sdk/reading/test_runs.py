"""Runs are seen from documents and heads, from either alone, and one that cannot be read hides no other."""

import pytest
from bucket_world import CLUSTER, NOW, Source, World, attempt, script

from chiplog import layout, records
from chiplog.errors import RunNotFound
from chiplog.reading import runs


def names(world: World, **where: str) -> list[str]:
    return [view.name for view in runs.every(world.bucket, **where, clock=world.clock)]


def test_a_bucket_without_runs_has_none() -> None:
    assert runs.every(World().bucket) == []


def test_runs_come_newest_first() -> None:
    world = World()
    for name, age in (("old", 300.0), ("new", 100.0), ("middle", 200.0)):
        world.run(name, created_at=NOW - age)
    assert names(world) == ["new", "middle", "old"]


def test_runs_of_a_namespace_and_a_cluster_alone_are_listed() -> None:
    world = World()
    world.run("a")
    world.run("b", namespace="team-b")
    world.run("c", cluster="staging")
    world.record("unbound", namespace="team-b")
    assert sorted(names(world, namespace="team-b")) == ["b", "unbound-pod"]
    assert names(world, cluster="staging") == ["c"]
    assert names(world, cluster=CLUSTER, namespace="team") == ["a"]
    assert names(world, namespace="tea") == []


def test_a_run_is_seen_from_its_documents_and_its_recorders_heads() -> None:
    world = World()
    place = world.run(tags=["nightly"], config={"lr": 1.0})
    world.record("r1", Source(script(loss=[3.0, 2.0])), run=place.id)
    world.outcome(place, "running", [attempt(1, "r1")], started_at=NOW - 90)
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert (view.namespace, view.project, view.run, view.name) == ("team", "vision", "mnist-0123abcd", "mnist")
    assert (view.state, view.attempts, view.step, view.lag_seconds) == ("running", 1, 1, 1.5)
    assert (view.started_at, view.finished_at) == (NOW - 90, None)
    assert (view.config, view.summary, view.tags) == ({"lr": 1.0}, {"loss": 2.0}, ["nightly"])
    assert view.is_bound


def test_a_run_that_nobody_started_is_pending() -> None:
    world = World()
    world.run()
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert (view.state, view.attempts, view.started_at, view.step, view.lag_seconds) == ("pending", 0, None, None, None)


def test_a_run_is_seen_before_the_operator_wrote_an_outcome() -> None:
    world = World()
    place = world.run()
    world.record("r1", Source(script()), run=place.id)
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert (view.state, view.attempts, view.step) == ("running", 1, 1)


def test_a_run_that_the_operator_never_wrote_down_is_seen_from_its_recorders() -> None:
    world = World()
    world.record("r1", Source(script()), run="mnist-0123abcd")
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert (view.run, view.name, view.project, view.state) == ("mnist-0123abcd", "mnist", "vision", "running")
    assert view.is_bound
    assert view.created_at == view.started_at == NOW - 120


def test_a_recorder_that_no_run_has_claimed_is_listed_as_such() -> None:
    world = World()
    world.record("r1", Source(script()))
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert (view.run, view.name, view.state, view.is_bound) == ("r1", "r1-pod", "running", False)
    world.now += 901
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert (view.state, view.reason) == ("silent", "Unknown")


def test_a_recorder_that_the_operator_claimed_afterwards_is_no_run_of_its_own() -> None:
    world = World()
    place = world.run()
    world.record("r1", Source(script()), run="")
    world.outcome(place, "running", [attempt(1, "r1")])
    assert names(world) == ["mnist"]


def test_the_newest_attempt_speaks_for_the_run_as_soon_as_it_said_something() -> None:
    world = World()
    place = world.run()
    world.record("r1", Source(script(loss=[9.0, 8.0, 7.0])), run=place.id)
    world.record("r2", Source([]), run=place.id)
    attempts = [attempt(1, "r1", finished_at=NOW - 10), attempt(2, "r2")]
    world.outcome(place, "running", attempts)
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert (view.attempts, view.step, view.summary) == (2, 2, {"loss": 7.0})
    world.record("r2", Source(script(loss=[5.0])), run=place.id)
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert (view.attempts, view.step, view.summary) == (2, 0, {"loss": 5.0})


def test_rank_0_speaks_for_the_gang() -> None:
    world = World()
    place = world.run()
    world.record("a", Source(script(loss=[1.0] * 9)), run=place.id)
    world.record("b", Source(script(loss=[2.0])), run=place.id)
    world.outcome(place, "running", [attempt(1, "b", "a")])
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert view.summary == {"loss": 2.0}


def test_the_slowest_recorder_is_the_lag() -> None:
    world = World()
    place = world.run()
    world.record("a", run=place.id, lag_seconds=0.5)
    world.record("b", run=place.id, lag_seconds=7.0)
    world.outcome(place, "running", [attempt(1, "a", "b")])
    assert runs.one(world.bucket, place, world.clock).lag_seconds == 7.0


def test_a_finished_run_whose_live_objects_are_sealed_keeps_what_the_operator_wrote() -> None:
    world = World()
    place = world.run()
    world.outcome(place, "killed", [attempt(1, "r1")], reason="OOMKilled", finished_at=NOW - 5, durable=True)
    for view in (runs.one(world.bucket, place, world.clock), *runs.every(world.bucket, clock=world.clock)):
        assert (view.state, view.reason, view.finished_at, view.attempts) == ("killed", "OOMKilled", NOW - 5, 1)
        assert view.lag_seconds is None


def test_one_run_is_seen_as_in_the_list_of_all() -> None:
    world = World()
    place = world.run()
    world.run("other", "11111111")
    world.record("r1", Source(script()), run=place.id)
    world.record("r2", Source(script()))
    world.outcome(place, "running", [attempt(1, "r1")])
    listed = {view.run: view for view in runs.every(world.bucket, clock=world.clock)}
    assert runs.one(world.bucket, place, world.clock) == listed[place.id]


def test_a_run_that_neither_document_nor_recorder_knows_is_not_found() -> None:
    with pytest.raises(RunNotFound, match="no run gone-00000000 in namespace team"):
        runs.one(World().bucket, layout.Run(CLUSTER, "team", "gone-00000000"))


@pytest.mark.parametrize("damage", [b"not json", records.pack_document({"format": "chiplog.run", "min_reader": 99})])
def test_a_document_that_cannot_be_read_is_said_and_hides_no_other_run(damage: bytes) -> None:
    world = World()
    place = world.run("mnist")
    world.run("cifar", "99999999")
    world.bucket.put(layout.run_key(place), damage)
    found = {view.name: view for view in runs.every(world.bucket, clock=world.clock)}
    assert set(found) == {"mnist", "cifar"}
    assert layout.run_key(place) in found["mnist"].unread[0]
    assert found["cifar"].unread == ()


def test_a_live_object_that_cannot_be_read_is_said_and_hides_no_other_run() -> None:
    world = World()
    place = world.run()
    world.outcome(place, "running", [attempt(1, "r1")])
    for recorder in ("r1", "r2"):
        world.bucket.put(layout.live_key(layout.Recorder(CLUSTER, "team", recorder)), b"junk")
    world.record("r3", Source(script()))
    found = {view.run: view for view in runs.every(world.bucket, clock=world.clock)}
    assert set(found) == {place.id, "r2", "r3"}
    assert "r1" in found[place.id].unread[0]
    assert found[place.id].state == "running"
    assert (found["r2"].state, found["r2"].is_bound) == ("running", False)
    assert found["r3"].unread == ()


def test_foreign_objects_in_the_bucket_are_no_runs() -> None:
    world = World()
    for key in ("v1/runs/readme.txt", "v1/runs/a/b/c/d/run.json", "v1/live/x", "v1/live/a/b/c.txt", "else"):
        world.bucket.put(key, b"x")
    assert runs.every(world.bucket) == []
