"""Pods that ask for the recorder and have none: which they are, and what they are told."""

from dataclasses import replace
from typing import Any

import pytest
from operator_world import SETTINGS, START
from others_world import JOB, Json, Others

from chiplog_operator import times
from chiplog_operator.sightings import Key


def test_a_pod_that_was_missed_is_told_so_and_its_run_is_untracked(others: Others) -> None:
    others.make("p1", JOB, is_missed=True)
    key = others.arrive()
    assert key is not None
    [event] = others.cluster.events.values()
    assert (event["type"], event["reason"]) == ("Warning", "Missed")
    assert event["regarding"] == {"apiVersion": "v1", "kind": "Pod", "name": "p1", "namespace": "team", "uid": "uid-p1"}
    others.run_pod()
    status = others.look(key)
    assert (status["state"], status["reason"]) == ("untracked", "Missed")
    assert "the injector did not answer the API server in time" in status["message"]
    [recording] = [item for item in status["conditions"] if item["type"] == "Recording"]
    assert (recording["status"], recording["reason"]) == ("False", "Untracked")
    others.end_pod()
    done = {"type": "Complete", "status": "True", "lastTransitionTime": times.text(others.clock())}
    others.cluster.workloads["Job", "mnist"]["status"] = {"conditions": [done]}
    status = others.look(key, 120)
    [durable] = [item for item in status["conditions"] if item["type"] == "Durable"]
    assert (status["state"], durable["status"], durable["reason"]) == ("finished", "False", "Untracked")
    others.look(key, 1)
    assert len([event for event in others.cluster.events.values() if event["regarding"]["kind"] == "Pod"]) == 1


def entry(manager: str, seconds: float, **fields: Any) -> Json:
    labels = {"f:labels": {"f:chiplog.dev/inject": {}}}
    return {"manager": manager, "time": times.text(START + seconds), "fieldsV1": {"f:metadata": labels, **fields}}


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([entry("kubectl-label", 60)], "LabelledLate"),
        ([entry("kubectl-client-side-apply", 60, **{"f:spec": {}})], "LabelledLate"),
        ([entry("kubectl-create", 0, **{"f:spec": {}})], "Missed"),
        ([entry("kube-controller-manager", 600, **{"f:spec": {}})], "Missed"),
        ([], "Missed"),
    ],
)
def test_a_label_that_came_late_is_told_in_other_words(others: Others, entries: list[Json], reason: str) -> None:
    others.make("p1", None, is_missed=True)["metadata"]["managedFields"] = entries
    others.arrive()
    assert [event["reason"] for event in others.cluster.events.values()] == [reason]


def test_a_pod_that_does_not_say_who_trains_is_flagged_with_that(others: Others) -> None:
    others.make("p1", None, is_missed=True)["spec"]["containers"].append({"name": "proxy"})
    key = others.arrive()
    assert key is not None
    [event] = others.cluster.events.values()
    assert event["reason"] == "NotInjectable"
    assert "which of the containers trainer, proxy trains?" in event["note"]


def test_an_ignored_annotation_is_told_on_the_pod(others: Others) -> None:
    told = others.make("p1", None)
    told["metadata"]["annotations"]["chiplog.dev/cpu"] = "lots"
    others.arrive()
    [event] = others.cluster.events.values()
    assert event["reason"] == "AnnotationIgnored"
    assert "chiplog.dev/cpu: 'lots'" in event["note"]


def namespace(seconds: float) -> Json:
    entries = [entry("kubectl-label", seconds)]
    return {"metadata": {"name": "team", "labels": {"chiplog.dev/inject": "true"}, "managedFields": entries}}


@pytest.mark.parametrize(
    ("asked_at", "labels", "is_found"),
    [(-60, {}, True), (60, {}, False), (-60, {"chiplog.dev/inject": "false"}, False)],
)
def test_pods_that_were_missed_in_an_asking_namespace_are_found(
    others: Others, asked_at: float, labels: dict[str, str], is_found: bool
) -> None:
    others.cluster.asking = [namespace(asked_at)]
    others.make("p1", JOB, is_missed=True)["metadata"]["labels"] = labels
    found = list(others.adopter.missed())
    assert found == ([Key("team", "p1")] if is_found else [])
    if not found:
        return
    key = others.adopter.adopt(found[0])
    assert key is not None
    others.run_pod()
    for again in others.adopter.missed():
        assert others.adopter.adopt(again) == key
    assert others.look(key)["state"] == "untracked"
    assert [event["reason"] for event in others.cluster.events.values()] == ["Missed", "Started"]


def test_a_closed_namespace_is_not_swept_and_a_labelled_pod_there_is_told_why(others: Others) -> None:
    closed = replace(SETTINGS, closed_namespaces=("team",))
    others.adopter = replace(others.adopter, settings=closed)
    others.cluster.asking = [namespace(-60)]
    others.make("p1", JOB, is_missed=True)
    assert list(others.adopter.missed()) == []
    others.arrive()
    [event] = others.cluster.events.values()
    assert "namespace team is closed to Chiplog" in event["note"]


def test_a_pod_that_ended_before_anybody_looked_makes_no_noise(others: Others) -> None:
    others.make("p1", JOB, is_missed=True)["status"]["phase"] = "Succeeded"
    assert others.arrive() is None
    assert others.cluster.runs == {}
    assert others.cluster.events == {}
