"""The Job of a TrainingRun against its golden manifest; `CHIPLOG_GOLDEN=write` writes what is right now."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from operator_world import GANG, SETTINGS, training_run

from chiplog_operator import manifests, specs
from chiplog_operator.specs import Run

GOLDEN = Path(__file__).parent / "golden"


def run(labels: dict[str, str] | None = None, **spec: Any) -> Run:
    body = training_run(**spec)
    body["metadata"]["labels"] = labels or {}
    return specs.run(body)


@pytest.mark.parametrize(("name", "made"), [("single", run()), ("gang", run({"team": "vision"}, **GANG))])
def test_the_job_is_the_golden_one(name: str, made: Run) -> None:
    job = manifests.job(made, SETTINGS)
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("CHIPLOG_GOLDEN") == "write":
        path.write_text(yaml.safe_dump(job, sort_keys=False, allow_unicode=True))
    assert job == yaml.safe_load(path.read_text())


def test_the_job_goes_with_its_run() -> None:
    [owner] = manifests.job(run(), SETTINGS)["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["controller"], owner["blockOwnerDeletion"]) == (run().uid, True, True)


def test_a_queue_s_label_reaches_the_job_and_ours_cannot_be_taken() -> None:
    labels = {"kueue.x-k8s.io/queue-name": "gpu", "chiplog.dev/run": "other"}
    found = manifests.job(run(labels), SETTINGS)["metadata"]["labels"]
    assert (found["kueue.x-k8s.io/queue-name"], found["chiplog.dev/run"]) == ("gpu", "mnist")


def test_a_job_never_dies_by_its_own_clock() -> None:
    assert "ttlSecondsAfterFinished" not in manifests.job(run(ttlSecondsAfterFinished=5), SETTINGS)["spec"]


def test_an_owner_s_pod_failure_policy_stands_instead_of_ours() -> None:
    policy = {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [7]}}]}
    assert manifests.job(run(podFailurePolicy=policy), SETTINGS)["spec"]["podFailurePolicy"] == policy


def test_suspend_is_applied_only_where_it_is_asked_for() -> None:
    assert "suspend" not in manifests.job(run(), SETTINGS)["spec"]
    assert manifests.job(run(suspend=True), SETTINGS)["spec"]["suspend"] is True


@pytest.mark.parametrize(("made", "now"), [(False, False), (True, True)])
def test_an_unchanged_suspend_patches_nothing_whatever_the_job_says(made: bool, now: bool) -> None:
    job = manifests.job(run(suspend=made), SETTINGS)
    job["spec"]["suspend"] = not made
    assert manifests.suspension(run(suspend=now), job) is None


def test_what_somebody_else_had_suspended_is_not_let_go_by_resuming() -> None:
    job = manifests.job(run(), SETTINGS)
    job["spec"]["suspend"] = True
    held = manifests.suspension(run(suspend=True), job)
    assert held == {"metadata": {"annotations": {"chiplog.dev/suspend": "held"}}}
    job["metadata"]["annotations"] |= held["metadata"]["annotations"]
    assert manifests.suspension(run(suspend=True), job) is None
    assert manifests.suspension(run(), job) == {"metadata": {"annotations": {"chiplog.dev/suspend": "false"}}}


def test_a_patch_names_the_very_version_that_was_seen() -> None:
    job = manifests.job(run(), SETTINGS)
    job["metadata"] |= {"uid": "u1", "resourceVersion": "7"}
    patch = manifests.suspension(run(suspend=True), job)
    assert patch is not None
    assert (patch["metadata"]["uid"], patch["metadata"]["resourceVersion"]) == ("u1", "7")


def test_a_changed_suspend_is_a_patch_that_notes_itself() -> None:
    patch = manifests.suspension(run(suspend=True), manifests.job(run(), SETTINGS))
    assert patch == {"metadata": {"annotations": {"chiplog.dev/suspend": "true"}}, "spec": {"suspend": True}}


def test_a_stranger_s_word_in_our_annotation_of_a_job_lets_nothing_go() -> None:
    job = manifests.job(run(), SETTINGS)
    job["spec"]["suspend"] = True
    job["metadata"]["annotations"]["chiplog.dev/suspend"] = "garbage"
    assert manifests.suspension(run(), job) is None


def test_a_thousand_containers_worth_of_environment_is_kept_in_its_order() -> None:
    container = {"name": "trainer", "image": "x", "env": [{"name": f"V{n}", "value": "x" * 100} for n in range(5000)]}
    made = manifests.job(run(template={"spec": {"containers": [container]}}), SETTINGS)
    variables = made["spec"]["template"]["spec"]["containers"][0]["env"]
    assert [item["name"] for item in variables[:5000]] == [f"V{n}" for n in range(5000)]
