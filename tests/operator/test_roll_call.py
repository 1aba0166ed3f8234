"""The roll call of a start: who needs no pass, and that a pass would have said the same."""

from collections.abc import Callable
from typing import Any

import pytest
from operator_world import KEY, UID, World, training_run

from chiplog_operator import names, roll_call, times
from chiplog_operator.roll_call import Unchanged
from chiplog_operator.sightings import Key

Harm = Callable[[World], None]


def training(**spec: Any) -> World:
    """A run that trains, and is followed."""
    world = World(training_run(**spec))
    world.passes()
    for rank in range(spec.get("parallelism", 1)):
        world.make_pod(f"p{rank + 1}", rank if "parallelism" in spec else None)
        world.run_pod(f"p{rank + 1}")
        world.record(f"p{rank + 1}")
    world.passes(10)
    world.passes(310)
    assert (world.status["state"], world.condition("Recording")) == ("running", ("True", "Shipping"))
    return world


def called(world: World, chance: float = 0.5) -> list[Unchanged]:
    return roll_call.call(world.cluster, [], world.clock.now, lambda: chance).unchanged


def transitions(world: World) -> float:
    return world.metrics.value("status_writes_total", kind="transition")


def test_a_run_that_trains_as_its_status_says_needs_no_pass_and_is_followed() -> None:
    world = training()
    [found] = called(world)
    assert (found.key, found.uid, found.generation) == (KEY, UID, 1)
    assert (found.recorders, found.pace.is_followed, found.pace.is_heard) == (("uid-p1",), True, True)
    assert found.pace.again_after == 15.0
    assert [(kind, uid) for kind, uid, _ in found.versions] == [
        ("trainingruns", UID), ("jobs", world.job["metadata"]["uid"]), ("pods", "uid-p1"),
    ]  # fmt: skip


def test_a_gang_that_trains_as_its_status_says_needs_no_pass() -> None:
    [found] = called(training(parallelism=3))
    assert set(found.recorders) == {"uid-p1", "uid-p2", "uid-p3"}


def test_a_suspended_run_stays_so_without_a_pass() -> None:
    world = World(training_run(suspend=True))
    world.passes()
    world.passes(5)
    [found] = called(world)
    assert (world.status["state"], found.pace.is_followed, found.pace.is_forgotten) == ("suspended", False, False)


def ends(world: World) -> None:
    world.end_pod()


def restarts(world: World) -> None:
    world.pod()["status"]["containerStatuses"][0]["restartCount"] = 1


def is_stopped(world: World) -> None:
    world.cluster.runs[KEY]["spec"]["stop"] = {"reason": "Stopped"}


def is_edited(world: World) -> None:
    world.cluster.runs[KEY]["metadata"]["generation"] = 2


def is_written_over(world: World) -> None:
    world.cluster.runs[KEY]["metadata"]["managedFields"] = [{"manager": "kubectl-edit", "subresource": "status"}]


def is_deleted(world: World) -> None:
    world.cluster.runs[KEY]["metadata"]["deletionTimestamp"] = times.text(world.clock.now)


def is_suspended(world: World) -> None:
    world.job["spec"]["suspend"] = True


def is_asked_to_wait(world: World) -> None:
    world.cluster.runs[KEY]["spec"]["suspend"] = True


def has_a_job_of_another(world: World) -> None:
    world.job["metadata"]["ownerReferences"][0]["uid"] = "another"


def lost_its_recorder(world: World) -> None:
    clean = {"exitCode": 137, "reason": "OOMKilled", "startedAt": times.text(world.clock.now)}
    running = world.pod()["status"]["containerStatuses"][0]["state"]
    world.set_pod("p1", "Running", running, {"terminated": clean})


CHANGES: list[Harm] = [
    ends,
    restarts,
    is_stopped,
    is_edited,
    is_written_over,
    is_deleted,
    is_suspended,
    is_asked_to_wait,
    has_a_job_of_another,
    lost_its_recorder,
    lambda world: world.vanish_pod(is_seen=False),
    lambda world: world.cluster.jobs.clear(),
    lambda world: world.end_job(),
    lambda world: world.end_job("Failed", "DeadlineExceeded"),
    lambda world: (world.make_pod("p2"), None)[1],
    lambda world: world.pod()["metadata"]["annotations"].pop(names.RUN_ID_ANNOTATION),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_of_which_anything_changed_gets_a_pass(change: Harm) -> None:
    world = training()
    change(world)
    assert called(world) == []


@pytest.mark.parametrize("change", [lambda world: None, *CHANGES])
@pytest.mark.parametrize("seconds", [0, 200])
def test_a_run_that_needs_no_pass_would_have_been_told_nothing_new_by_one(change: Harm, seconds: float) -> None:
    world = training()
    change(world)
    world.clock.now += seconds
    world.record()
    is_left_out = called(world) != []
    world.start_operator()
    world.passes()
    assert not (is_left_out and transitions(world))


def test_a_run_that_was_told_silent_gets_a_pass() -> None:
    world = training()
    world.prober.answer = type(world.prober.answer)("silent")
    world.passes(1000)
    assert world.condition("Recording") == ("False", "Silent")
    assert called(world) == []


def test_a_run_that_waits_for_its_pod_gets_a_pass() -> None:
    world = World()
    world.passes()
    world.passes(60)
    assert (world.status["state"], called(world)) == ("pending", [])


def test_a_gang_of_which_a_pod_is_gone_gets_a_pass() -> None:
    world = training(parallelism=2)
    world.vanish_pod("p2", is_seen=False)
    assert called(world) == []


def test_a_run_of_another_controller_is_left_to_its_pass() -> None:
    world = training()
    world.cluster.runs[KEY]["spec"]["managedBy"] = "example.com/other"
    assert called(world) == []


@pytest.mark.parametrize(("ttl", "after"), [(None, None), (3600, 3590.0), (5, "a pass")])
def test_a_durable_run_is_remembered_by_nothing_but_its_time_to_live(ttl: int | None, after: Any) -> None:
    world = World(training_run(**({} if ttl is None else {"ttlSecondsAfterFinished": ttl})))
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(5)
    world.end_pod()
    world.record(state="drained", exit_code=0)
    world.end_job()
    world.passes(5)
    assert world.condition("Durable") == ("True", "AllShipped")
    world.clock.now += 10
    found = called(world)
    if after == "a pass":
        assert found == []
        return
    assert [(item.pace.is_forgotten, item.pace.again_after, item.recorders) for item in found] == [(True, after, ())]
    assert [kind for kind, *_ in found[0].versions] == ["trainingruns", "jobs", "pods"], "none of them makes a pass"


def test_very_many_are_looked_at_in_their_turn_and_not_at_once() -> None:
    world = training()
    stores = (world.cluster.runs, world.cluster.jobs, world.cluster.all_pods)
    for store, body in [(store, next(iter(store.values()))) for store in stores]:
        for number in range(999):
            store[Key(KEY.namespace, f"r{number}")] = named(body, f"r{number}")
    found = called(world, chance=1.0)
    assert len(found) == 1000
    assert {item.pace.again_after for item in found} == {100.0}


def named(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The same object, of a run of another name."""
    metadata = body["metadata"]
    labels = {**(metadata.get("labels") or {}), names.RUN_LABEL: name}
    tries = [{**item, "pod": name} for item in (body.get("status") or {}).get("lastAttempts", [])]
    told = {"runId": names.run_id(name, UID), "jobName": names.run_id(name, UID), "lastAttempts": tries}
    status = {**(body.get("status") or {}), **(told if body.get("kind") == names.KIND else {})}
    return {**body, "metadata": {**metadata, "name": name, "labels": labels}, "status": status}
