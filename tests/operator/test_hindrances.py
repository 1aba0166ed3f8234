"""Why a pod is not made or does not start, in plain words, from Events of their real shape."""

from typing import Any

import pytest
from operator_world import KEY, World

from chiplog_operator import hindrances, times
from chiplog_operator.cluster import Forbidden


def warning(reason: str, said: str, at: float = 0.0) -> dict[str, Any]:
    return {"reason": reason, "message": said, "type": "Warning", "lastTimestamp": times.text(at)}


POD = 'Error creating: pods "mnist-3f2a9c10-x7k2p" is forbidden: '

REFUSED = [
    (f"{POD}exceeded quota: gpus, requested: requests.nvidia.com/gpu=1, used: 4, limited: 4", "QuotaExceeded"),
    (f"{POD}failed quota: cpu: must specify limits.cpu for: trainer; requests.cpu for: trainer", "QuotaExceeded"),
    (f'{POD}violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false', "PodSecurityViolation"),
    (f"{POD}maximum memory usage per Container is 1Gi, but limit is 2Gi", "LimitRangeViolation"),
    (f"{POD}error looking up service account team/x: serviceaccount \"x\" not found", "ServiceAccountMissing"),
    (f"{POD}no PriorityClass with name high was found", "PriorityClassMissing"),
    ('Error creating: admission webhook "v.example" denied the request: no', "AdmissionDenied"),
    (f"{POD}node-selector conflict", "PodRefused"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "reason"), REFUSED)
def test_a_refused_pod_is_told_in_a_word_and_the_cluster_s_own(world: World, said: str, reason: str) -> None:
    world.passes()
    world.cluster.all_warnings["job-mnist-3f2a9c10"] = [warning("FailedCreate", said)]
    world.passes(seconds=5)
    assert (world.status["state"], world.status["reason"]) == ("pending", reason)
    assert (world.condition("Admitted"), world.condition("Started")) == (("False", reason), ("False", reason))
    assert said.rpartition("forbidden: ")[2].removeprefix("Error creating: ") in world.status["message"]


def test_the_name_of_the_pod_that_was_refused_is_no_news(world: World) -> None:
    world.passes()
    for pod in "abc":
        said = POD.replace("x7k2p", pod) + "exceeded quota: gpus"
        world.cluster.all_warnings["job-mnist-3f2a9c10"] = [warning("FailedCreate", said)]
        world.passes(seconds=10)
    assert world.fate.writes.count("status") == 2


def test_a_pod_whose_volume_is_not_there_says_which(world: World) -> None:
    world.passes()
    world.make_pod()
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    world.set_pod("p1", "Pending", waiting, waiting)
    said = 'MountVolume.SetUp failed for volume "keys" : secret "keys" not found'
    world.cluster.all_warnings["uid-p1"] = [warning("FailedMount", said)]
    world.passes(seconds=5)
    assert (world.status["reason"], world.condition("Admitted")) == ("VolumeNotMounted", ("True", "JobMade"))
    assert said in world.status["message"]


def test_a_run_whose_pod_starts_in_time_asks_for_no_event(world: World) -> None:
    asked: list[str] = []
    world.cluster.warnings = lambda namespace, uid: asked.append(uid) or []  # type: ignore[func-returns-value,method-assign,assignment]
    world.passes()
    world.make_pod()
    world.passes(seconds=1)
    world.run_pod()
    world.passes(seconds=60)
    assert asked == []


def test_it_is_looked_at_every_few_seconds_at_first_and_less_often_later(world: World) -> None:
    assert world.passes() == pytest.approx(2.5)
    assert world.passes(seconds=100) == pytest.approx(8)
    assert world.passes(seconds=3600) == pytest.approx(8), "why it does not start is told within 10 s"


def test_an_operator_that_may_not_read_events_goes_on(world: World) -> None:
    def refuse(namespace: str, uid: str) -> list[dict[str, Any]]:
        raise Forbidden("events is forbidden")

    world.cluster.warnings = refuse  # type: ignore[method-assign]
    world.passes()
    world.passes(seconds=60)
    assert world.status["reason"] == "NoPod"


def test_the_newest_word_counts() -> None:
    old, new = warning("FailedMount", "old", 1), warning("FailedMount", "new", 2)
    found = hindrances.hindrance([new, old])
    assert found is not None
    assert "new" in found.message
    assert hindrances.hindrance([warning("BackOff", "x")]) is None


def test_a_quota_that_frees_lets_the_run_go_on(world: World) -> None:
    world.passes()
    world.cluster.all_warnings["job-mnist-3f2a9c10"] = [warning("FailedCreate", f"{POD}exceeded quota: q")]
    world.passes(seconds=5)
    world.make_pod()
    world.run_pod()
    world.passes(seconds=1)
    assert (world.status["state"], world.condition("Admitted")) == ("running", ("True", "JobMade"))


def test_a_run_in_kueue_s_queue_names_it(world: World) -> None:
    world.cluster.runs[KEY]["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "gpu"}
    world.passes()
    world.job["spec"]["suspend"] = True
    world.passes(seconds=1)
    assert (world.status["state"], world.condition("Admitted")) == ("suspended", ("False", "Queued"))
    assert "Kueue's queue gpu" in world.status["message"]
