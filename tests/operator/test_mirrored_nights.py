"""A CronJob's own pods as nights of its line."""

import jsonschema
import pytest
from crd import SCHEMA, strict
from others_world import (
    CRONJOB,
    JOB,
    Json,
    Others,
    named,
    workload,
)

from chiplog_operator import names

GATES = '[{"metric": "loss", "goal": "minimize", "limit": 0.4}]'


def of_a_night(others: Others, **marks: str) -> Json:
    """A pod of a CronJob's Job, adopted; gives its mirror."""
    job = workload("Job", "mnist-of-cron", 1, CRONJOB)
    job["metadata"]["annotations"] = {"batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-26T03:00:00+01:00"}
    others.cluster.workloads["Job", "mnist-of-cron"] = job
    others.make("p1", named(JOB, "mnist-of-cron"), **marks)
    key = others.arrive()
    assert key is not None
    return others.cluster.runs[key]


def test_a_cronjob_s_own_pod_is_a_night_of_its_line(others: Others) -> None:
    metadata = of_a_night(others)["metadata"]
    assert metadata["labels"][names.LINE_LABEL] == "nightly"
    assert metadata["annotations"] == {
        names.LINE_UID_ANNOTATION: CRONJOB["uid"], names.SCHEDULED_ANNOTATION: "2026-11-26T02:00:00Z",
    }  # fmt: skip


def test_a_night_brings_its_gates_in_annotations(others: Others) -> None:
    mirror = of_a_night(others, **{"chiplog.dev/gates": GATES, "chiplog.dev/promote": "latest"})
    assert mirror["spec"]["gates"] == [{"metric": "loss", "goal": "minimize", "limit": 0.4}]
    assert mirror["spec"]["promote"] == "latest"
    jsonschema.validate(mirror["spec"], strict(SCHEMA["spec"]))


@pytest.mark.parametrize("gates", ["loss<1", "{}", '[{"metric": "loss", "goal": "minimize"}]'])
def test_a_wrong_gate_is_said_and_no_pointer_moves(others: Others, gates: str) -> None:
    mirror = of_a_night(others, **{"chiplog.dev/gates": gates, "chiplog.dev/promote": "latest"})
    assert not {"gates", "promote"} & set(mirror["spec"])
    assert others.cluster.reasons() == ["AnnotationIgnored"]


def test_a_job_that_was_made_by_hand_is_no_night(others: Others) -> None:
    others.make("p1", named(JOB, "mnist-of-cron"))
    key = others.arrive()
    assert key is not None
    assert names.LINE_LABEL not in others.cluster.runs[key]["metadata"]["labels"]
