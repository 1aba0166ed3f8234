"""Pods of everybody else on a real kubelet: a label is enough, a workload is one run, nothing is ever refused."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from typing import Any

import embedded
import moments
import pytest

from chiplog.bucket import Bucket

pytestmark = pytest.mark.e2e

FLAGGED_SECONDS = 60.0
"""From the making of a pod that was missed to our words on it, by the API server's times."""

LABEL = {"chiplog.dev/inject": "true"}


@pytest.fixture
def name() -> Iterator[str]:
    """A name of the test's own; what it makes is deleted afterwards."""
    made = f"inj-{uuid.uuid4().hex[:6]}"
    yield made
    kinds = "cronjobs,jobs,pods,configmaps"
    embedded.kubectl("delete", kinds, "-n", "default", "-l", f"test={made}", "--ignore-not-found", "--wait=false")


def template(name: str, script: str, *, labels: dict[str, str] = LABEL, **annotations: str) -> dict[str, Any]:
    """A pod template with the label and an unmodified wandb script."""
    container = {
        "name": "main", "image": embedded.IMAGE, "imagePullPolicy": "IfNotPresent", "workingDir": "/tmp",
        "command": ["python3", "-c", embedded.TRAINER + script],
        "env": [{"name": "HOME", "value": "/tmp"}, {"name": "WANDB_SILENT", "value": "true"}],
    }  # fmt: skip
    return {
        "metadata": {
            "labels": {"test": name, **labels},
            "annotations": {f"chiplog.dev/{k}": v for k, v in annotations.items()},
        },
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 30, "containers": [container]},
    }


def job(name: str, made: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": {"test": name}},
            "spec": {"backoffLimit": 0, **spec, "template": made}}  # fmt: skip


def mirror(uid: str, namespace: str = "default") -> dict[str, Any] | None:
    """The TrainingRun that mirrors a workload."""
    runs = json.loads(embedded.kubectl("get", "trainingruns", "-n", namespace, "-o", "json"))["items"]
    return next((run for run in runs if run["spec"].get("mirrors", {}).get("uid") == uid), None)


def uid(kind: str, name: str) -> str:
    return str(embedded.get(kind, name, "default")["metadata"]["uid"])


def shown(run: str) -> dict[str, Any]:
    done = subprocess.run(["chiplog", "show", run, "-o", "json"], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def recorded(run: str, steps: int) -> None:
    """The run is over, durable, and the command shows all of it."""
    embedded.wait_condition(run, "default", "Durable", seconds=180)
    status = embedded.status(run, "default")
    assert (status["state"], status["step"], status["exitCode"]) == ("finished", steps - 1, 0)
    document = shown(run)
    assert (document["state"], document["step"], document["config"]["lr"]) == ("finished", steps - 1, 0.1)


def test_a_labelled_job_is_recorded_and_becomes_a_run_that_mirrors_it(name: str) -> None:
    embedded.apply(job(name, template(name, "train(20, 0.1)", project="nightly", metrics="loss:minimize")), "default")
    made = embedded.until("a mirror", lambda: mirror(uid("job", name)))
    assert made["metadata"]["name"] == f"{name}-{uid('job', name)[:8]}"
    assert made["metadata"]["ownerReferences"][0]["kind"] == "Job"
    recorded(made["metadata"]["name"], 20)
    assert float(embedded.status(made["metadata"]["name"], "default")["metric"]["value"]) == pytest.approx(1 / 20)
    assert shown(name)["run"] == made["metadata"]["name"]
    assert embedded.get("job", name, "default")["status"]["succeeded"] == 1
    told = subprocess.run(["chiplog", "explain", f"job/{name}"], capture_output=True, text=True, check=True).stdout
    assert 'asks by its label chiplog.dev/inject: "true"' in told
    assert "has the recorder" in told
    embedded.kubectl("delete", "job", name, "-n", "default")
    embedded.until("the mirror to go with its Job", lambda: mirror(made["spec"]["mirrors"]["uid"]) is None)
    assert shown(name)["state"] == "finished"


def test_a_bare_pod_is_recorded(name: str) -> None:
    made = template(name, "train(10, 0.1)")
    made["metadata"]["name"] = name
    embedded.apply({"apiVersion": "v1", "kind": "Pod", **made}, "default")
    run = embedded.until("a mirror", lambda: mirror(uid("pod", name)))
    recorded(run["metadata"]["name"], 10)


def test_a_job_of_a_cron_job_is_a_run_of_its_own(name: str) -> None:
    spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"metadata": {"labels": {"test": name}},
            "spec": job(name, template(name, "train(5, 0.1)"))["spec"]}}  # fmt: skip
    embedded.apply({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name, "labels": {"test": name}},
                    "spec": spec}, "default")  # fmt: skip
    night = f"{name}-night"
    embedded.kubectl("create", "job", night, f"--from=cronjob/{name}", "-n", "default")
    run = embedded.until("a mirror", lambda: mirror(uid("job", night)))
    assert run["spec"]["mirrors"]["kind"] == "Job"
    recorded(run["metadata"]["name"], 5)


def test_an_indexed_job_is_one_run_with_a_rank_for_each_pod(bucket: Bucket, name: str) -> None:
    spec = {"completions": 2, "parallelism": 2, "completionMode": "Indexed"}
    embedded.apply(job(name, template(name, "train(10, 0.1)"), **spec), "default")
    run = embedded.until("a mirror", lambda: mirror(uid("job", name)))
    embedded.wait_condition(run["metadata"]["name"], "default", "Durable", seconds=180)
    status = embedded.status(run["metadata"]["name"], "default")
    assert (status["state"], status["attempts"], status["recorders"]) == ("finished", 1, 2)


def test_a_pod_that_is_labelled_after_it_started_is_told_so(name: str) -> None:
    made = template(name, "", labels={})
    made["metadata"]["name"] = name
    made["spec"]["containers"][0]["command"] = ["sleep", "120"]  # Without our variables wandb would end.
    embedded.apply({"apiVersion": "v1", "kind": "Pod", **made}, "default")
    embedded.kubectl("wait", "--for=condition=Ready", f"pod/{name}", "-n", "default", "--timeout=60s")
    time.sleep(4)  # The API server's times are whole seconds: a label of the first two counts as made with the pod.
    embedded.kubectl("label", "pod", name, "-n", "default", "chiplog.dev/inject=true")
    labelled = time.time()
    flagged(mirror_of("pod", name), name, "LabelledLate", labelled)


def mirror_of(kind: str, name: str) -> str:
    found = embedded.until("a mirror", lambda: mirror(uid(kind, name)), 2 * FLAGGED_SECONDS)
    return str(found["metadata"]["name"])


def flagged(run: str, pod: str, reason: str, since: float) -> None:
    """The run is untracked, and an Event on the pod says so, both in time."""
    embedded.until("the word untracked", lambda: embedded.status(run, "default").get("state") == "untracked",
                   2 * FLAGGED_SECONDS)  # fmt: skip
    found = embedded.get("trainingrun", run, "default")
    assert found["status"]["reason"] == reason
    assert moments.told(found) - since <= FLAGGED_SECONDS

    def event() -> dict[str, Any] | None:
        selector = f"involvedObject.name={pod},reason={reason}"
        listed = embedded.kubectl("get", "events", "-n", "default", "--field-selector", selector, "-o", "json")
        return next(iter(json.loads(listed)["items"]), None)

    said = embedded.until(f"the Event {reason}", event)
    assert moments.happened(said) - since <= FLAGGED_SECONDS


@pytest.mark.alone
def test_with_the_injector_down_no_pod_is_refused_and_the_missed_one_is_flagged(name: str) -> None:
    embedded.kubectl("scale", "deployment/chiplog-injector", "-n", "chiplog-system", "--replicas=0")
    try:
        embedded.kubectl("wait", "--for=delete", "pod", "-n", "chiplog-system", "-l",
                         "app.kubernetes.io/component=injector", "--timeout=90s")  # fmt: skip
        embedded.apply(job(name, template(name, "train(200, 0.1)")), "default")
        run = mirror_of("job", name)
        (pod,) = embedded.kubectl("get", "pods", "-n", "default", "-l", f"test={name}", "-o", "name").split()
        made = embedded.get("pod", pod.removeprefix("pod/"), "default")
        flagged(run, made["metadata"]["name"], "Missed", moments.made(made))
        told = subprocess.run(["chiplog", "explain", f"job/{name}"], capture_output=True, text=True, check=True).stdout
        assert "no replica of the injector chiplog-system/chiplog-injector is ready" in told
    finally:
        embedded.kubectl("scale", "deployment/chiplog-injector", "-n", "chiplog-system", "--replicas=2")
        embedded.kubectl("rollout", "status", "deployment/chiplog-injector", "-n", "chiplog-system", "--timeout=120s")
