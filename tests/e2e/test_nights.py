"""A line on the real cluster: nights of both kinds, one that regresses, one that is missed, and the pointer."""

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import embedded
import pytest

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.errors import RunNotFound
from chiplog.reading import lines

pytestmark = pytest.mark.e2e

LOSSES = [0.5, 0.45, 0.4, 0.9]
"""Of the nights that train by themselves; the last is bad."""

GATES = [{"metric": "loss", "goal": "minimize", "limit": 0.6}]
SCRIPT = "import os; open(os.environ['CHIPLOG_DIR'] + '/metrics.jsonl', 'a').write('{\"loss\": %s}\\n')"


@pytest.fixture
def line_name(granted: str) -> Iterator[str]:
    name = f"e2e-{uuid.uuid4().hex[:6]}"
    yield name
    for kind in ("cronjob", "trainingrun", "rolebinding", "serviceaccount"):
        embedded.kubectl("delete", kind, name, "-n", granted, "--ignore-not-found", "--wait=false")


def pod(command: list[str], image: str = embedded.IMAGE, **spec: Any) -> dict[str, Any]:
    container = {"name": "main", "image": image, "imagePullPolicy": "IfNotPresent", "command": command,
                 "workingDir": "/tmp"}  # fmt: skip
    return {"spec": {"restartPolicy": "Never", "containers": [container], **spec}}


def cronjob(name: str) -> dict[str, Any]:
    """It fires once, within 75 s, and its pod ends before it has retrained anything."""
    due = datetime.fromtimestamp(time.time() // 60 * 60 + (60 if time.time() % 60 < 45 else 120), UTC)
    template = pod(["false"])
    template["spec"]["containers"][0]["env"] = [{"name": "CHIPLOG_JOB", "value": "x"}]
    return {
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
        "spec": {"schedule": f"{due.minute} {due.hour} * * *", "timeZone": "Etc/UTC", "successfulJobsHistoryLimit": 9,
                 "jobTemplate": {"spec": {"backoffLimit": 0, "template": template}}},
    }  # fmt: skip


def job(cron: dict[str, Any], day: int, template: dict[str, Any]) -> dict[str, Any]:
    """The Job of a night, as the CronJob controller makes and stamps it."""
    name, stamp = cron["metadata"]["name"], f"2026-11-{day:02}T02:00:00Z"
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": name, "uid": cron["metadata"]["uid"],
             "controller": True}  # fmt: skip
    minutes = int(datetime.fromisoformat(stamp).timestamp()) // 60
    metadata = {"name": f"{name}-{minutes}", "ownerReferences": [owner],
                "annotations": {"batch.kubernetes.io/cronjob-scheduled-timestamp": stamp}}  # fmt: skip
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata,
            "spec": {"backoffLimit": 0, "template": template}}  # fmt: skip


def training(loss: float) -> dict[str, Any]:
    """Its pod trains, and is recorded by the label."""
    notes = {"chiplog.dev/gates": json.dumps(GATES), "chiplog.dev/promote": "latest"}
    return {"metadata": {"labels": {"chiplog.dev/inject": "true"}, "annotations": notes},
            **pod(["python3", "-c", SCRIPT % loss])}  # fmt: skip


def retraining(name: str, namespace: str) -> dict[str, Any]:
    """Its pod does the run `name` again, with nothing but the retrainer's rights."""
    command = ["python3", "-m", "chiplog_cli", "retrain", name, f"--namespace={namespace}", "--set", "config.day=27",
               f"--gate={json.dumps(GATES[0])}", "--promote=latest"]  # fmt: skip
    found = pod(command, "localhost/chiplog-operator:dev", serviceAccountName=name)
    field = {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}}
    found["spec"]["containers"][0]["env"] = [{"name": "CHIPLOG_JOB", "valueFrom": field}]
    return found


def base(name: str) -> dict[str, Any]:
    """What is done again; it never ran itself, for it is suspended."""
    spec = {"suspend": True, "config": {"day": 1}, "template": pod(["python3", "-c", SCRIPT % 0.42])}
    return {"apiVersion": "chiplog.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": name}, "spec": spec}


def test_a_line_has_its_nights_and_its_gap_and_serves_the_last_good_one(
    bucket: Bucket, cluster: str, granted: str, line_name: str
) -> None:
    embedded.apply(base(line_name), granted)
    embedded.kubectl("create", "serviceaccount", line_name, "-n", granted)
    embedded.kubectl("create", "rolebinding", line_name, "--clusterrole=chiplog-retrainer",
                     f"--serviceaccount={granted}:{line_name}", "-n", granted)  # fmt: skip
    embedded.apply(cronjob(line_name), granted)
    cron = embedded.get("cronjob", line_name, granted)
    for day, template in enumerate(
        [*map(training, LOSSES[:3]), retraining(line_name, granted), training(LOSSES[3])], 1
    ):
        embedded.apply(job(cron, day, template), granted)

    def found() -> lines.Line | None:
        try:
            line = lines.find(bucket, f"{granted}/{line_name}", cluster)
        except RunNotFound:
            return None
        return line if len(line.nights) == 6 else None

    line = embedded.until("five nights and a gap", found, 300)
    assert line.place == layout.Line(cluster, granted, cron["metadata"]["uid"])
    assert [night["metrics"].get("loss") for night in line.nights] == [0.5, 0.45, 0.4, 0.42, 0.9, None]
    assert [night["holds"] for night in line.nights] == [True, True, True, True, False, False]
    assert (line.nights[5]["state"], line.nights[5]["reason"]) == ("missed", "NoRun")
    pointer = lines.latest(bucket, line)
    assert pointer is not None
    assert pointer["run"] == line.nights[3]["run"]
    chosen = f"involvedObject.name={line_name},reason=NightMissed"
    told = embedded.kubectl("get", "events", "-n", granted, "--field-selector", chosen, "-o", "json")
    assert "ended (BackoffLimitExceeded) and made none" in told
    again = embedded.get("trainingrun", line.nights[3]["name"], granted)
    assert (again["spec"]["from"], again["spec"]["config"]) == ({"run": line_name}, {"day": 27})
