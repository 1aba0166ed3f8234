"""The roll call of a start among mirrors: who needs no pass, that a pass would have said the same, and what it asks."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from operator_world import KEY, training_run
from others_world import JOB, JOBSET, RAYCLUSTER, TRAINJOB, Json, Others, named, of_many_kinds, ref, workload

from chiplog_operator import mirrors, names, roll_call, times
from chiplog_operator.cluster import Kind
from chiplog_operator.comparison import Comparison
from chiplog_operator.intake import Intake
from chiplog_operator.lookout import Lookout
from chiplog_operator.motion import Motion
from chiplog_operator.roll_call import Answer, Unchanged
from chiplog_operator.sightings import Key
from chiplog_operator.specs import Workload
from chiplog_operator.workqueue import WorkQueue

Harm = Callable[[Others, Key], object]
JOBSET_JOB = named(JOB, "mnist-of-set")


def empty(owner: Json | None = JOB) -> Others:
    """Workloads of every kind, of Jobs only one, for they share a UID."""
    others = of_many_kinds()
    name = owner["name"] if owner is not None else "mnist"
    kept = {place: body for place, body in others.cluster.workloads.items() if place[0] != "Job" or place[1] == name}
    others.cluster.workloads = kept
    return others


def training(owner: Json | None = JOB, pods: int = 1) -> tuple[Others, Key]:
    """Somebody's workload, whose pods train and are recorded."""
    others = empty(owner)
    names = [f"p{number + 1}" for number in range(pods)]
    for name in names:
        others.make(name, owner)
    keys = {others.arrive(name) for name in names}
    [key] = keys
    assert key is not None
    for name in names:
        others.run_pod(name)
        others.record(name)
    others.look(key)
    others.look(key, 10)
    status = others.look(key, 310)
    assert (status["state"], status["recorders"], status["attempts"]) == ("running", pods, 1)
    return others, key


def called(others: Others) -> Answer:
    return roll_call.call(others.cluster, [], others.clock.now, lambda: 0.5)


def unchanged(others: Others) -> list[Unchanged]:
    return called(others).unchanged


OWNERS = [JOB, JOBSET_JOB, RAYCLUSTER, ref("ReplicaSet", "serve-5d9", 6, "apps/v1"), None]


@pytest.mark.parametrize("owner", OWNERS)
def test_a_mirror_that_trains_as_its_status_says_needs_no_pass_and_is_followed(owner: Json | None) -> None:
    others, key = training(owner)
    [found] = unchanged(others)
    assert (found.key, found.recorders, found.strangers) == (key, ("uid-p1",), ("uid-p1",))
    assert (found.pace.is_followed, found.pace.is_heard, found.pace.again_after) == (True, True, 15.0)
    assert [kind for kind, *_ in found.versions] == ["trainingruns", "pods"]
    assert called(others).pods == [(key, "p1")], "its pods are read by name from now on"


def test_a_gang_over_three_owners_needs_no_pass() -> None:
    others = empty(JOBSET_JOB)
    others.cluster.workloads["JobSet", "gang"] = workload("JobSet", "gang", 2, TRAINJOB)
    for name in ("p1", "p2", "p3"):
        others.make(name, JOBSET_JOB, **{names.COMPLETION_INDEX: name[1:]})
        key = others.arrive(name)
        others.run_pod(name)
        others.record(name)
    assert key is not None
    others.look(key)
    others.look(key, 310)
    [found] = unchanged(others)
    assert (found.key.name[:4], set(found.recorders)) == ("llm-", {"uid-p1", "uid-p2", "uid-p3"})


def test_a_kind_that_may_not_be_listed_gets_a_pass_each() -> None:
    others, _ = training(JOBSET_JOB)
    others.cluster.forbidden = {"JobSet"}
    assert unchanged(others) == []


def test_a_suspended_mirror_stays_so_without_a_pass() -> None:
    others = of_many_kinds()
    others.make("p1", JOBSET)
    key = others.arrive()
    assert key is not None
    others.cluster.workloads["JobSet", "gang"]["spec"] = {"suspend": True}
    others.cluster.all_pods.clear()
    assert others.look(key)["state"] == "suspended"
    others.look(key, 10)
    others.start_operator()
    others.look(key, 10)
    before = writes(others)
    is_left_out = unchanged(others) != []
    others.start_operator()
    others.look(key)
    assert not (is_left_out and writes(others) != before)


def test_a_durable_mirror_s_pods_make_no_adoption() -> None:
    others, key = training()
    others.end_pod()
    others.record(state="drained", exit_code=0)
    others.cluster.workloads["Job", "mnist"]["status"] = complete(others)
    others.look(key, 2)
    [found] = unchanged(others)
    assert (found.pace.is_forgotten, found.strangers) == (True, ("uid-p1",))


def complete(others: Others) -> Json:
    return {
        "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": times.text(others.clock())}],
        "completionTime": times.text(others.clock()),
    }


def is_complete(others: Others, _: Key) -> None:
    others.cluster.workloads["Job", "mnist"]["status"] = complete(others)


def is_suspended(others: Others, _: Key) -> None:
    others.cluster.workloads["Job", "mnist"]["spec"] = {"suspend": True}


def is_edited(others: Others, key: Key) -> None:
    others.cluster.runs[key]["metadata"]["generation"] = 2


def has_another_pod(others: Others, _: Key) -> None:
    others.make("p2", JOB)


def has_a_follower(others: Others, key: Key) -> None:
    others.cluster.all_pods.clear()
    others.make("p9", JOB)
    others.run_pod("p9")


def lost_its_recorder(others: Others, _: Key) -> None:
    del others.pod()["spec"]["initContainers"]
    del others.pod()["status"]["initContainerStatuses"]


def restarts(others: Others, _: Key) -> None:
    others.pod()["status"]["containerStatuses"][0]["restartCount"] = 1


OF_ITS_JOB: list[Harm] = [
    is_complete,
    is_suspended,
    lambda others, _: others.cluster.workloads.pop(("Job", "mnist")),
]
OF_ITS_PODS: list[Harm] = [
    is_edited,
    has_another_pod,
    has_a_follower,
    lost_its_recorder,
    restarts,
    lambda others, _: others.end_pod(),
    lambda others, _: others.cluster.all_pods.clear(),
]
CHANGES = [*OF_ITS_JOB, *OF_ITS_PODS]


@pytest.mark.parametrize("change", CHANGES)
def test_a_mirror_of_which_anything_changed_gets_a_pass(change: Harm) -> None:
    others, key = training()
    change(others, key)
    assert unchanged(others) == []


def writes(others: Others) -> int:
    """Statuses that were written, but for progress."""
    return others.fate.writes.count("status") - others.metrics.value("status_writes_total", kind="progress")


@pytest.mark.parametrize(
    ("owner", "change"),
    [
        *((owner, change) for owner in OWNERS for change in (lambda *_: None, *OF_ITS_PODS)),
        *((JOB, change) for change in OF_ITS_JOB),
    ],
)
@pytest.mark.parametrize("seconds", [0, 200])
def test_a_mirror_that_needs_no_pass_would_have_been_told_nothing_new_by_one(
    owner: Json | None, change: Harm, seconds: float
) -> None:
    others, key = training(owner)
    change(others, key)
    others.clock.now += seconds
    if Key("team", "p1") in others.cluster.all_pods:
        others.record()
    is_left_out = unchanged(others) != []
    others.start_operator()
    others.look(key)
    assert not (is_left_out and others.metrics.value("status_writes_total", kind="transition"))


class Asked:
    """A cluster's requests, by what they are."""

    def __init__(self, others: Others) -> None:
        self.found: list[str] = []
        for name in ("run", "job", "pod", "pods", "workload", "mirrored", "listed", "workloads_like"):
            setattr(others.cluster, name, self._noted(name, getattr(others.cluster, name)))

    def _noted(self, name: str, ask: Any) -> Any:
        def noted(*where: Any, **how: Any) -> Any:
            self.found.append(name)
            return ask(*where, **how)

        return noted


def many(count: int) -> Others:
    """So many mirrors of Jobs, each with a pod that trains."""
    others, key = training()
    run, pod, job = others.cluster.runs[key], others.pod(), others.cluster.workloads["Job", "mnist"]
    for number in range(1, count):
        owner = {**JOB, "name": f"j{number}", "uid": f"{number:08x}-0000"}
        made = _mirror(run, owner)
        metadata = {**pod["metadata"], "name": f"{owner['name']}-p", "uid": f"uid-{number}", "ownerReferences": [owner]}
        others.cluster.runs[Key("team", made["metadata"]["name"])] = made
        others.cluster.all_pods[Key("team", metadata["name"])] = {**pod, "metadata": metadata}
        others.cluster.workloads["Job", owner["name"]] = {**job, "metadata": {**job["metadata"], "uid": owner["uid"]}}
    return others


def _mirror(run: Json, owner: Json) -> Json:
    """The same mirror of another workload."""
    mirrored = {**run["spec"]["mirrors"], "name": owner["name"], "uid": owner["uid"]}
    name = mirrors.name(Workload("batch/v1", "Job", owner["name"], owner["uid"]))
    metadata = {**run["metadata"], "name": name, "uid": f"run-{owner['uid']}"}
    tries = [{**item, "pod": f"{owner['name']}-p"} for item in run["status"]["lastAttempts"]]
    status = {**run["status"], "runId": name, "lastAttempts": tries}
    return {**run, "metadata": metadata, "spec": {**run["spec"], "mirrors": mirrored}, "status": status}


def resumed(others: Others) -> list[Key]:
    """A start over what is there, and what its watches bring first: the runs that get a pass, and pods to adopt."""
    added: list[Key] = []

    async def start() -> None:
        motion = Motion(others.clock)
        intake = Intake(added.append, others.sightings, motion, others.strangers, added.append)
        lookout = Lookout(
            others.cluster, [], others.ledger, others.following, others.sightings, intake,
            Comparison(others.cluster, motion, others.strangers), WorkQueue(), others.reconciler.budget,
        )  # fmt: skip
        lookout.resume(called(others))
        for kind, body in _brought(others):
            intake.take(kind, body, is_gone=False)

    asyncio.run(start())
    return added


def _brought(others: Others) -> Iterator[tuple[Kind, Json]]:
    kinds: tuple[Kind, ...] = ("trainingruns", "jobs", "pods")
    for kind in kinds:
        for body in list(others.cluster.listed(kind, [])):
            yield kind, body


def test_two_thousand_mirrors_cost_a_start_three_lists_and_nothing_else() -> None:
    others = many(2000)
    others.start_operator()
    asked = Asked(others)
    assert resumed(others) == []
    assert sorted(asked.found) == sorted(["listed"] * 6 + ["workloads_like"]), "the half of them are this test's"
    assert len(others.following) == 2000


def test_the_lists_of_mirrors_do_not_grow_with_time() -> None:
    others = many(50)
    others.start_operator()
    assert resumed(others) == []
    asked = Asked(others)
    for _ in range(20):
        others.clock.now += 30
        for key in list(others.cluster.runs):
            others.reconciler.reconcile(key)
    assert set(asked.found) == {"run", "workload", "pod"}


@pytest.mark.parametrize("code", [0, 3])
def test_the_end_of_a_mirror_is_judged_by_a_list(code: int) -> None:
    others, key = training(ref("MyTrainer", "x", 9, "example.com/v1"))
    others.sightings.all_seen()
    asked = Asked(others)
    others.look(key, 30)
    assert asked.found == ["run", "workload", "pod"]
    others.end_pod(code=code)
    asked.found.clear()
    others.look(key, 30)
    assert asked.found == ["run", "workload", "pod", "mirrored"]


def test_a_pod_is_read_by_its_name_from_its_adoption_on() -> None:
    others = of_many_kinds()
    others.sightings.all_seen()
    others.make("p1", JOB)
    key = others.arrive()
    assert key is not None
    asked = Asked(others)
    others.look(key)
    assert asked.found == ["run", "workload", "pod"]


def test_a_run_of_our_own_is_no_mirror_s() -> None:
    others, key = training()
    others.cluster.runs[KEY] = training_run()
    assert [item.key for item in unchanged(others)] == [key]
