"""`chiplog explain` on a real cluster: what keeps records away is named, each in a pod that really has that trouble."""

import re
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import embedded
import pytest

pytestmark = pytest.mark.e2e

LABEL = {"chiplog.dev/inject": "true"}
BEGIN = "import wandb\nrun = wandb.init(project='e2e')\n"


@pytest.fixture
def name() -> Iterator[str]:
    """A name of the test's own; what it makes is deleted afterwards."""
    made = f"why-{uuid.uuid4().hex[:6]}"
    yield made
    embedded.kubectl("delete", "jobs,pods", "-n", "default", "-l", f"test={made}", "--ignore-not-found", "--wait=false")


def template(name: str, script: str, labels: dict[str, str] = LABEL, **annotations: str) -> dict[str, Any]:
    container = {
        "name": "main", "image": embedded.IMAGE, "imagePullPolicy": "IfNotPresent", "workingDir": "/tmp",
        "command": ["python3", "-c", script],
        "env": [{"name": "HOME", "value": "/tmp"}, {"name": "WANDB_SILENT", "value": "true"}],
    }  # fmt: skip
    notes = {f"chiplog.dev/{key}": value for key, value in annotations.items()}
    return {
        "metadata": {"labels": {"test": name, **labels}, "annotations": notes},
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 30, "containers": [container]},
    }


def explained(subject: str) -> str:
    done = subprocess.run(["chiplog", "explain", subject, "-n", "default"], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("script", "annotations", "parts"),
    [
        ("import sys; sys.exit('unrecognized arguments: --momentum')", {},
         ["ended with exit code 1 (Error)", "kubectl logs {pod} -c main", "has found nothing to follow"]),
        ("print('accuracy=0.9')", {}, ["has found nothing to follow", "does the script call wandb.init"]),
        ("import os; os.makedirs('/tmp/own'); import wandb\nwandb.init(dir='/tmp/own').log({'loss': 1})", {},
         ["has found nothing to follow", "needs spec.recorder.paths, or chiplog.dev/paths on the pod"]),
        (BEGIN + "[print('accuracy=0.9') for _ in range(3)]", {},
         ["the script logged no metric", "not from what is printed"]),
        (BEGIN + "[run.log({'accuracy': 0.9}) for _ in range(3)]", {"metrics": "acuracy:maximize"},
         ["the metric acuracy that the run names was never logged; the script logs accuracy", "mean accuracy?"]),
    ],
    ids=["fails", "prints", "elsewhere", "logs-nothing", "misspelt"],
)  # fmt: skip
def test_why_a_recorded_pod_shows_nothing(
    name: str, script: str, annotations: dict[str, str], parts: list[str]
) -> None:
    made = template(name, script, **annotations)
    made["metadata"]["name"] = name
    embedded.apply({"apiVersion": "v1", "kind": "Pod", **made}, "default")

    def is_drained() -> bool:
        told = explained(f"pod/{name}")
        is_over = re.search(r"is run \S+, (finished|failed)", told) is not None
        return is_over and "has the recorder" in told and "uploaded all it found" in told

    embedded.until(f"its end in {name}'s explanation", is_drained, 120)
    told = " ".join(explained(f"pod/{name}").split())
    for part in parts:
        assert part.format(pod=name) in told
    assert "need a look" in told


def test_a_label_on_the_job_itself_is_found_to_be_in_the_wrong_place(name: str) -> None:
    spec = {"backoffLimit": 0, "template": template(name, "import time; time.sleep(60)", labels={})}
    metadata = {"name": name, "labels": {"test": name, **LABEL}}
    embedded.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}, "default")
    found = ("get", "pods", "-n", "default", "-l", f"test={name}", "-o", "jsonpath={.items[*].metadata.name}")
    pod = embedded.until("its pod", lambda: embedded.kubectl(*found).split())[0]
    for subject in (f"job/{name}", f"pod/{pod}"):
        told = " ".join(explained(subject).split())
        assert f"stands on Job {name} itself, and pods get those of its template" in told
        assert f"on the pod template of Job {name}, and make it again" in told
