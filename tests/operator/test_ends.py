"""How pods end and what is made of it: the kubelet's words in, attempts and the run's state out."""

from dataclasses import replace
from typing import Any

import pytest
from operator_world import START, training_run

from chiplog.documents import Attempt
from chiplog_operator import attempts, observations, pods, specs, status, times
from chiplog_operator.attempts import Circumstances
from chiplog_operator.observations import Observation

Json = dict[str, Any]

TRAINING = Circumstances("trainer")


def body(
    name: str = "p1", *, phase: str = "Failed", code: int | None = None, reason: str = "Error", **more: Any
) -> Json:
    """A pod: `code` None runs; `rank`, `deleted`, `status`, `last`, `restarts` as wanted."""
    running = {"running": {"startedAt": times.text(START)}}
    ended = {"exitCode": code, "reason": reason, "startedAt": times.text(START), "finishedAt": times.text(START + 60)}
    trainer = {
        "name": "trainer",
        "image": "x",
        "imageID": "x@sha256:1",
        "restartCount": more.get("restarts", 0),
        "state": running if code is None else {"terminated": ended},
        "lastState": more.get("last", {}),
    }
    metadata: Json = {"name": name, "namespace": "team", "uid": f"uid-{name}", "creationTimestamp": times.text(START)}
    if "rank" in more:
        metadata["annotations"] = {"batch.kubernetes.io/job-completion-index": str(more["rank"])}
    if "deleted" in more:
        grace = {"deletionGracePeriodSeconds": 30, "deletionTimestamp": times.text(START + more["deleted"] + 30)}
        metadata |= grace
    recorder = {"name": "chiplog", "image": "s", "imageID": "s", "state": running}
    containers = {"containerStatuses": [trainer], "initContainerStatuses": [recorder]}
    return {
        "metadata": metadata,
        "spec": {"nodeName": "n1", "initContainers": [{"name": "chiplog"}], "containers": [{"name": "trainer"}]},
        "status": {"phase": phase, **containers, **more.get("status", {})},
    }


def disrupted(reason: str) -> Json:
    return {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": reason}]}


def merged(*bodies: Json, known: list[Attempt] | None = None, circumstances: Circumstances = TRAINING) -> list[Attempt]:
    return attempts.merge(known or [], [pods.pod(item) for item in bodies], circumstances)


def test_an_attempt_names_what_its_container_was_given() -> None:
    pod = body(code=1)
    pod["spec"]["containers"][0]["resources"] = {"requests": {"cpu": 1}, "limits": {"cpu": 2, "nvidia.com/gpu": 8}}
    [attempt] = merged(pod)
    word = attempts.trainer(attempt["recorders"][0], "trainer")
    assert (word["requests"], word["limits"]) == ({"cpu": "1"}, {"cpu": "2", "nvidia.com/gpu": "8"})
    [shown] = attempts.shown([attempt], "trainer")
    assert (shown["requests"], shown["limits"]) == (word["requests"], word["limits"])
    [recalled] = attempts.recalled([shown], "trainer")
    assert attempts.trainer(recalled["recorders"][0], "trainer")["limits"] == word["limits"]


def test_what_the_kubelet_gave_outranks_what_was_asked_for() -> None:
    pod = body(code=1)
    pod["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "2"}}
    pod["status"]["containerStatuses"][0]["resources"] = {"limits": {"cpu": "4"}}
    [attempt] = merged(pod)
    assert attempts.trainer(attempt["recorders"][0], "trainer")["limits"] == {"cpu": "4"}


@pytest.mark.parametrize(("deletion", "reason"), [("DeadlineExceeded", "DeadlineExceeded"), ("Deleted", "SIGKILL")])
def test_a_trainer_killed_at_the_end_of_its_grace_was_ended_by_the_deadline(deletion: str, reason: str) -> None:
    """As the API server shows it then: a deletion without grace, a second after the end."""
    pod = body(code=137)
    pod["metadata"] |= {"deletionTimestamp": times.text(START + 61), "deletionGracePeriodSeconds": 0}
    [attempt] = merged(pod, circumstances=Circumstances("trainer", deletion))
    assert attempt["reason"] == reason


ENDS = [
    pytest.param({"code": 0, "phase": "Succeeded", "reason": "Completed"}, "finished", "Completed", None, id="clean"),
    pytest.param({"code": 1}, "failed", "Error", None, id="own exit code"),
    pytest.param({"code": 255}, "failed", "Error", None, id="exit code beyond all signals"),
    pytest.param({"code": 1, "reason": "ContainerCannotRun"}, "failed", "ContainerCannotRun", None, id="cannot run"),
    pytest.param({"code": 137}, "killed", "SIGKILL", 9, id="SIGKILL"),
    pytest.param({"code": 143}, "killed", "SIGTERM", 15, id="SIGTERM"),
    pytest.param({"code": 139}, "killed", "SIGSEGV", 11, id="SIGSEGV"),
    pytest.param({"code": 137, "reason": "OOMKilled"}, "killed", "OOMKilled", 9, id="OOMKilled"),
    pytest.param({"code": 1, "reason": "OOMKilled"}, "killed", "OOMKilled", None, id="a child OOMKilled"),
    pytest.param({"code": 137, "status": {"reason": "Evicted", "message": "low on memory"}}, "killed", "Evicted", 9,
                 id="evicted by the node"),
    pytest.param({"code": 143, "status": disrupted("PreemptionByScheduler")}, "killed", "Preempted", 15, id="preempt"),
    pytest.param({"code": 143, "status": disrupted("EvictionByEvictionAPI")}, "killed", "Evicted", 15, id="drained"),
    pytest.param({"code": 1, "status": disrupted("DeletionByTaintManager")}, "killed", "NodeLost", None, id="tainted"),
    pytest.param({"code": 143, "status": {"reason": "DeadlineExceeded"}}, "killed", "DeadlineExceeded", 15,
                 id="pod deadline"),
    pytest.param({"code": 143, "status": {"reason": "Terminated"}}, "killed", "NodeShutdown", 15, id="node shutdown"),
    pytest.param({"code": 143, "deleted": 30}, "killed", "Deleted", 15, id="deleted"),
    pytest.param({"code": 1, "deleted": 30}, "killed", "Deleted", None, id="deleted, and left by an exit code"),
    pytest.param({"code": 1, "deleted": 90}, "failed", "Error", None, id="deleted after it had failed"),
    pytest.param({"code": 137, "reason": "OOMKilled", "deleted": 30}, "killed", "OOMKilled", 9, id="OOM, then deleted"),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "state", "reason", "signal"), ENDS)
def test_a_pod_s_end_is_the_run_s_end(pod: Json, state: str, reason: str, signal: int | None) -> None:
    found = decided(
        body(**pod), job={"Complete": "Done"} if state == "finished" else {"Failed": "BackoffLimitExceeded"}
    )
    assert (found["state"], found["reason"], found["exitCode"]) == (state, reason, pod["code"])
    [attempt] = found["lastAttempts"]
    assert (attempt["reason"], attempt["exitCode"], attempt.get("signal")) == (reason, pod["code"], signal)
    assert found["completionTime"] == times.text(START + 60)


def decided(*bodies: Json, job: dict[str, str] | None = None, before: Json | None = None, **seen: Any) -> Json:
    """The status of a run with these pods and this Job (`{condition: reason}`)."""
    run = specs.run({**training_run(), "status": before or {}})
    run = replace(run, backoff_limit=seen.pop("backoff_limit", run.backoff_limit))
    conditions = [
        {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": times.text(START + 61)}
        for kind, reason in (job or {}).items()
    ]
    made = {
        "metadata": {"uid": "j", "creationTimestamp": times.text(START)},
        "spec": {"suspend": seen.pop("is_suspended", False)},
        "status": {"conditions": conditions},
    }
    facts: Json = {"now": START + 62, "was_begun": True, "job": observations.job(made), **seen}
    found = Observation(
        training="trainer",
        pods=tuple(pods.pod(item) for item in bodies),
        attempts=tuple(merged(*bodies)),
        **facts,
    )
    return status.decide(run, found)


def test_the_job_s_own_deadline_is_the_reason_whatever_the_pod_says() -> None:
    found = decided(body(code=143, deleted=10), job={"Failed": "DeadlineExceeded"})
    assert (found["state"], found["reason"]) == ("killed", "DeadlineExceeded")


def test_a_job_that_failed_without_a_pod_failed_by_its_own_word() -> None:
    found = decided(job={"Failed": "BackoffLimitExceeded"})
    assert (found["state"], found["reason"], found["attempts"]) == ("failed", "BackoffLimitExceeded", 0)


def test_an_end_stays_once_it_was_said() -> None:
    before = decided(body(code=137, reason="OOMKilled"), job={"Failed": "BackoffLimitExceeded"})
    after = decided(job={"Complete": "Done"}, before=before)
    assert (after["state"], after["reason"], after["lastAttempts"]) == ("killed", "OOMKilled", before["lastAttempts"])


def test_a_trainer_that_ended_while_the_recorder_ships_is_ending() -> None:
    found = decided(body(code=0, phase="Running", reason="Completed"))
    assert (found["state"], found["reason"]) == ("running", "Ending")


BETWEEN = [
    pytest.param({"code": 1}, 2, ("pending", "Restarting"), id="failed, with attempts left"),
    pytest.param({"code": 1}, 0, ("running", "Ending"), id="failed, with none left"),
    pytest.param({"code": 137, "reason": "OOMKilled"}, 0, ("running", "Ending"), id="out of memory, with none left"),
    pytest.param({"code": 143, "deleted": 30}, 0, ("pending", "Restarting"), id="deleted, which costs no attempt"),
    pytest.param({"code": 0}, 2, ("running", "Ending"), id="succeeded"),
]


@pytest.mark.parametrize(("pod", "limit", "expected"), BETWEEN)
def test_a_pod_that_is_over_before_its_job_speaks(pod: Json, limit: int, expected: tuple[str, str]) -> None:
    found = decided(body(**pod), backoff_limit=limit)
    assert (found["state"], found["reason"]) == expected


@pytest.mark.parametrize(
    ("waiting", "reason"),
    [("ErrImagePull", "ImagePullBackOff"), ("ImagePullBackOff", "ImagePullBackOff"),
     ("CreateContainerConfigError", "CreateContainerConfigError"), ("InvalidImageName", "InvalidImageName")],
)  # fmt: skip
def test_what_a_container_waits_for_is_told(waiting: str, reason: str) -> None:
    made = body(phase="Pending")
    made["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": waiting, "message": "pull of x failed"}}
    found = decided(made)
    assert (found["state"], found["reason"]) == ("pending", reason)
    assert found["message"] == "container trainer: pull of x failed"


def test_the_two_words_of_one_pull_problem_write_one_status() -> None:
    made = body(phase="Pending")
    state = made["status"]["containerStatuses"][0]
    state["state"] = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}
    before = decided(made)
    state["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}}
    assert decided(made, before=before) == before


def test_a_recorder_whose_image_cannot_be_pulled_is_told_as_such() -> None:
    made = body(phase="Pending")
    waiting = {"waiting": {"reason": "ErrImagePull", "message": "no"}}
    made["status"]["initContainerStatuses"][0]["state"] = waiting
    made["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "PodInitializing"}}
    assert decided(made)["message"] == "container chiplog: no"


def test_a_pod_that_no_node_takes_is_told_in_the_scheduler_s_words() -> None:
    made = body(phase="Pending")
    made["status"] = {
        "phase": "Pending",
        "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: no gpu"}
        ],
    }
    assert (decided(made)["reason"], decided(made)["message"]) == ("Unschedulable", "0/1 nodes: no gpu")


def test_a_failed_init_container_of_the_user_s_is_named() -> None:
    made = body(phase="Failed")
    made["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "PodInitializing"}}
    fetch = {"name": "fetch", "state": {"terminated": {"exitCode": 3, "reason": "Error", "message": "no such host"}}}
    made["status"]["initContainerStatuses"].append(fetch)
    found = decided(made, job={"Failed": "BackoffLimitExceeded"})
    assert (found["state"], found["reason"]) == ("failed", "InitContainerFailed")
    assert "fetch ended with exit code 3: no such host" in found["message"]


def test_a_job_held_back_by_a_queue_is_suspended_in_other_words() -> None:
    assert decided(is_suspended=True)["reason"] == "Queued"


def test_a_job_that_makes_no_pod_is_worth_a_word() -> None:
    assert decided()["reason"] == "NoPod"
    assert decided(now=START + 5)["reason"] == "Pending"


def test_a_pod_without_a_recorder_is_untracked() -> None:
    made = body(phase="Running")
    made["spec"]["initContainers"] = []
    made["status"]["initContainerStatuses"] = []
    assert decided(made)["state"] == "untracked"


def test_attempts_are_numbered_by_the_creation_of_their_pods() -> None:
    late, early = body("a", phase="Running"), body("b", code=1)
    late["metadata"]["creationTimestamp"] = times.text(START + 100)
    found = merged(late, early)
    assert [(item["number"], item["recorders"][0]["pod"]) for item in found] == [(1, "b"), (2, "a")]


def test_a_number_is_never_given_twice_however_pods_come_and_go() -> None:
    first = merged(body("a", code=1))
    second = merged(body("b", code=1), known=first)
    third = merged(body("c"), known=second)
    assert [item["number"] for item in third] == [1, 2, 3]
    assert third[0] == first[0]


def test_a_gang_starts_together_and_its_first_bad_end_decides() -> None:
    whole = [body("a", rank=0, phase="Running"), body("b", rank=1, code=137, reason="OOMKilled")]
    [attempt] = merged(*whole)
    assert [item["rank"] for item in attempt["recorders"]] == [0, 1]
    assert (attempt["reason"], attempt["exit_code"]) == ("OOMKilled", 137)
    [shown] = attempts.shown([attempt], "trainer")
    assert shown["pod"] == "b"


def test_a_gang_runs_as_long_as_none_ended_badly_and_not_all_ended() -> None:
    whole = [body("a", rank=0, phase="Running"), body("b", rank=1, phase="Succeeded", code=0, reason="Completed")]
    [attempt] = merged(*whole)
    assert attempt["reason"] == ""


def test_a_rank_started_again_is_the_gang_s_second_attempt() -> None:
    known = merged(body("a", rank=0, phase="Running"), body("b", rank=1, code=1))
    found = merged(body("a", rank=0, phase="Running"), body("b2", rank=1, phase="Running"), known=known)
    assert [[item["pod"] for item in attempt["recorders"]] for attempt in found] == [["a", "b"], ["b2"]]
    assert {rank: item["pod"] for rank, item in attempts.current(found).items()} == {0: "a", 1: "b2"}


def test_a_restart_in_place_is_no_end_but_is_counted() -> None:
    last = {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": times.text(START), "finishedAt": None}}
    made = body(phase="Running", restarts=2, last=last)
    [attempt] = merged(made, circumstances=Circumstances("trainer", restarts_in_place=True))
    assert attempt["reason"] == ""
    assert attempts.shown([attempt], "trainer")[0]["restarts"] == 2


def test_an_end_that_the_kubelet_will_restart_is_no_end() -> None:
    circumstances = Circumstances("trainer", restarts_in_place=True)
    assert merged(body(phase="Running", code=1), circumstances=circumstances)[0]["reason"] == ""
    assert merged(body(phase="Running", code=0), circumstances=circumstances)[0]["exit_code"] == 0


def test_a_start_is_the_first_one_whatever_restarts_follow() -> None:
    known = merged(body(phase="Running"))
    again = body(phase="Running", restarts=1)
    again["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": times.text(START + 500)}}
    assert merged(again, known=known)[0]["started_at"] == START


@pytest.mark.parametrize(("exits", "reason", "code"), [({}, "Deleted", None), ({"uid-p1": 0}, "Completed", 0),
                                                       ({"uid-p1": 3}, "Error", 3)])  # fmt: skip
def test_of_a_pod_that_vanished_unseen_the_program_s_own_word_is_left(
    exits: dict[str, int], reason: str, code: int | None
) -> None:
    known = merged(body(phase="Running"))
    [attempt] = merged(known=known, circumstances=Circumstances("trainer", exits=exits))
    assert (attempt["reason"], attempt.get("exit_code")) == (reason, code)


def test_a_pod_taken_away_by_a_suspension_is_not_called_deleted() -> None:
    circumstances = Circumstances("trainer", deletion="Suspended")
    assert merged(body(code=143, deleted=30), circumstances=circumstances)[0]["reason"] == "Suspended"


def test_what_a_status_shows_can_be_recalled_without_the_bucket() -> None:
    [attempt] = merged(body(code=137, reason="OOMKilled"))
    shown = attempts.shown([attempt], "trainer")
    again = attempts.recalled(shown, "trainer")
    assert attempts.shown(again, "trainer") == shown
    assert attempts.shown(merged(body(code=137, reason="OOMKilled"), known=again), "trainer") == shown


def test_a_status_shows_the_newest_five() -> None:
    known: list[Attempt] = []
    for number in range(8):
        known = merged(body(f"p{number}", code=1), known=known)
    assert [item["number"] for item in attempts.shown(known, "trainer")] == [4, 5, 6, 7, 8]


def test_a_long_farewell_is_cut() -> None:
    made = body(code=1)
    made["status"]["containerStatuses"][0]["state"]["terminated"]["message"] = "x" * 4096
    assert len(attempts.shown(merged(made), "trainer")[0]["message"]) == 1024


def test_a_refusal_by_the_node_before_the_start_is_the_cluster_s_doing() -> None:
    made = body(phase="Failed", status={"reason": "OutOfcpu", "message": "Node didn't have enough resource: cpu"})
    made["status"]["containerStatuses"] = []
    found = decided(made, job={"Failed": "BackoffLimitExceeded"})
    assert (found["state"], found["reason"]) == ("killed", "OutOfcpu")
