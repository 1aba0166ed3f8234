"""What people should not have written, on a real API server: each has its answer, and nothing of theirs is touched."""

import json
from typing import Any

import pytest
from operator_place import Place

pytestmark = [pytest.mark.integration, pytest.mark.waits]

Json = dict[str, Any]


def test_a_status_that_is_edited_by_hand_is_put_right(place: Place) -> None:
    place.operator()
    place.apply()
    place.starts(place.pod("run", 0))
    place.until_state("running")
    edit = {"status": {"state": "finished", "reason": "Completed", "runId": "another-00000000", "attempts": 7}}
    done = place.kubectl("patch", "trainingrun", "run", "-n", place.namespace, "--subresource=status", "--type=merge",
                         "-p", json.dumps(edit))  # fmt: skip
    assert done.returncode == 0, done.stderr

    def is_right() -> bool:
        status = place.status()
        identity = f"run-{place.run()['metadata']['uid'][:8]}"
        return (status["state"], status["runId"], status["attempts"]) == ("running", identity, 1)

    place.until("its own status again", is_right)
    assert len(place.listed("jobs")) == 1


def test_a_job_of_the_run_s_name_that_is_not_ours_is_left_alone_and_told(place: Place) -> None:
    place.apply()
    name = f"run-{place.run()['metadata']['uid'][:8]}"
    container = {"name": "theirs", "image": "localhost/none:1"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": place.namespace},
           "spec": {"suspend": True, "template": template}}  # fmt: skip
    assert place.kubectl("create", "-f", "-", stdin=job).returncode == 0
    before = theirs(place)
    place.operator()
    place.until("the reason", lambda: place.status().get("reason") == "NameTaken")
    assert theirs(place) == before
    assert name in place.status()["message"]


def theirs(place: Place) -> Json:
    """The only Job, without what its controller notes."""
    (job,) = place.listed("jobs")
    metadata = {key: job["metadata"].get(key) for key in ("uid", "labels", "annotations", "ownerReferences")}
    return {"metadata": metadata, "spec": job["spec"]}


def test_an_environment_of_a_thousand_containers_reaches_the_job_whole(place: Place) -> None:
    told = [{"name": f"SETTING_{number}", "value": "x" * 40} for number in range(10_000)]
    container = {"name": "trainer", "image": "localhost/none:1", "env": told}
    template = {"spec": {"nodeSelector": {"chiplog.dev/nowhere": "true"}, "containers": [container]}}
    manifest = {"apiVersion": "chiplog.dev/v1alpha1", "kind": "TrainingRun",
                "metadata": {"name": "run", "namespace": place.namespace}, "spec": {"template": template}}  # fmt: skip
    done = place.kubectl("create", "-f", "-", stdin=manifest)
    assert done.returncode == 0, done.stderr
    place.operator()
    place.until("a Job", lambda: place.listed("jobs"))
    (made,) = place.listed("jobs")[0]["spec"]["template"]["spec"]["containers"]
    mine = [item for item in made["env"] if item["name"].startswith("SETTING_")]
    assert mine == told
