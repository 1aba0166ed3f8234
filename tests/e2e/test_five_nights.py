"""Two CronJobs that fire every minute, one for each way, until five nights were due: good, good, missed, good, bad.

Nobody makes a Job by hand. It waits for minutes and takes hardly any CPU, so it runs beside the others.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import embedded
import pytest

from chiplog.bucket import Bucket
from chiplog.errors import RunNotFound
from chiplog.reading import lines

pytestmark = [pytest.mark.e2e, pytest.mark.waits]

LOSSES = [0.5, 0.45, None, 0.4, 0.9]
"""Of the nights that are due, by their minute: the third is made to miss, the fifth to regress."""

HOLDS = [True, True, False, True, False]
GATE = {"metric": "loss", "goal": "minimize", "previousPercent": 20}
DEADLINE_SECONDS = 15
"""A Job that could not begin so soon never does."""

TRAIN = """
import json, os, time
minute = int(os.environ["NIGHT"].rpartition("-")[2])
with open(os.environ["CHIPLOG_DIR"] + "/metrics.jsonl", "a") as rows:
    rows.write(json.dumps({{"loss": {losses}[minute - {first}]}}) + chr(10))
if minute == {first} + 1:
    time.sleep(max(0, minute * 60 + {seconds} - time.time()))
"""
"""The second night goes on beyond the deadline of the third, which `concurrencyPolicy: Forbid` then keeps out."""

AGAIN = """
import os, sys
place = int(os.environ["CHIPLOG_JOB"].rpartition("-")[2]) - {first}
loss = {losses}[place]
if loss is None:
    sys.exit("tonight's data did not come")
os.execvp("python3", ["python3", "-m", "chiplog_cli", "retrain", {name!r}, "--namespace={namespace}",
                      f"--set=config.loss={{loss}}", "--promote=latest", '--gate={gate}', "--wait"])
"""
"""`chiplog retrain`, and a third night whose Job ends before it has made a run."""

TRAIN_AGAIN = """
import json, os
with open(os.environ["CHIPLOG_DIR"] + "/metrics.jsonl", "a") as rows:
    rows.write(json.dumps({"loss": json.loads(os.environ["CHIPLOG_CONFIG"])["loss"]}) + chr(10))
"""

Told = dict[str, list[dict[str, Any]]]


@pytest.fixture
def names(granted: str) -> Iterator[tuple[str, str]]:
    """Of the CronJob that trains by itself, and of the one that retrains; both go, with all that they made."""
    made = (f"own-{uuid.uuid4().hex[:6]}", f"again-{uuid.uuid4().hex[:6]}")
    yield made
    for kind in ("cronjob", "trainingrun", "rolebinding", "serviceaccount"):
        embedded.kubectl("delete", kind, *made, "-n", granted, "--ignore-not-found", "--wait=false")
    of_lines = f"chiplog.dev/line in ({','.join(made)})"
    embedded.kubectl("delete", "trainingruns", "-n", granted, "-l", of_lines, "--wait=false")


def cronjob(name: str, template: dict[str, Any], **spec: Any) -> dict[str, Any]:
    history = {"successfulJobsHistoryLimit": 9, "failedJobsHistoryLimit": 9}
    job = {"spec": {"backoffLimit": 0, "template": template}}
    schedule = {"schedule": "*/1 * * * *", "timeZone": "Etc/UTC"}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
            "spec": {**schedule, **history, **spec, "jobTemplate": job}}  # fmt: skip


def pod(image: str, script: str, variable: str, **spec: Any) -> dict[str, Any]:
    """A pod that knows its Job's name, and so its minute, by a variable."""
    field = {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}}
    container = {"name": "main", "image": image, "imagePullPolicy": "IfNotPresent", "workingDir": "/tmp",
                 "command": ["python3", "-c", script], "env": [{"name": variable, "valueFrom": field}]}  # fmt: skip
    return {"spec": {"restartPolicy": "Never", "containers": [container], **spec}}


def own(name: str, first: int) -> dict[str, Any]:
    """Its pods train, and are recorded by the label."""
    notes = {"chiplog.dev/gates": json.dumps([GATE]), "chiplog.dev/promote": "latest"}
    script = TRAIN.format(first=first, losses=LOSSES, seconds=60 + DEADLINE_SECONDS + 10)
    template = {"metadata": {"labels": {"chiplog.dev/inject": "true"}, "annotations": notes},
                **pod(embedded.IMAGE, script, "NIGHT")}  # fmt: skip
    return cronjob(name, template, concurrencyPolicy="Forbid", startingDeadlineSeconds=DEADLINE_SECONDS)


def again(name: str, namespace: str, first: int) -> dict[str, Any]:
    """Its pods do the run of its own name again, by nothing but the Role `retrainer`."""
    script = AGAIN.format(first=first, losses=LOSSES, name=name, namespace=namespace, gate=json.dumps(GATE))
    return cronjob(name, pod("localhost/chiplog-operator:dev", script, "CHIPLOG_JOB", serviceAccountName=name))


def base(name: str) -> dict[str, Any]:
    """What is done again; it never ran itself, for it is suspended."""
    container = {"name": "train", "image": embedded.IMAGE, "imagePullPolicy": "IfNotPresent",
                 "command": ["python3", "-c", TRAIN_AGAIN]}  # fmt: skip
    spec = {"suspend": True, "config": {"loss": 1}, "template": {"spec": {"containers": [container]}}}
    return {"apiVersion": "chiplog.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": name}, "spec": spec}


def grant(name: str, namespace: str) -> None:
    """The chart's Role for retraining, and nothing else."""
    embedded.kubectl("create", "serviceaccount", name, "-n", namespace)
    embedded.kubectl("create", "rolebinding", name, "--clusterrole=chiplog-retrainer",
                     f"--serviceaccount={namespace}:{name}", "-n", namespace)  # fmt: skip


def started(names: tuple[str, str], namespace: str) -> int:
    """Both CronJobs, with time to spare before the minute that fires them first; gives that minute."""
    embedded.until("a minute that is not nearly over", lambda: time.time() % 60 < 45, 20)
    first = int(time.time()) // 60 + 1
    embedded.apply(own(names[0], first), namespace)
    embedded.apply(again(names[1], namespace, first), namespace)
    return first


def stopped(name: str, namespace: str, last: int) -> None:
    """Wait, by one watch, for the Job of the last minute, and let none follow it."""
    job = f"job/{name}-{last}"
    embedded.kubectl("wait", job, "-n", namespace, "--for=create", f"--timeout={60 * last - int(time.time()) + 60}s")
    embedded.kubectl("patch", "cronjob", name, "-n", namespace, "-p", '{"spec": {"suspend": true}}')


def line_of(bucket: Bucket, place: str, cluster: str) -> lines.Line:
    """The line, once it has all five nights."""

    def found() -> lines.Line | None:
        try:
            line = lines.find(bucket, place, cluster)
        except RunNotFound:
            return None
        return line if len(line.nights) == 5 else None

    whole: lines.Line = embedded.until(f"five nights of {place}", found, 240)
    return whole


def told(namespace: str) -> Told:
    """Events of the namespace by what they are of."""
    found: Told = {}
    for event in json.loads(embedded.kubectl("get", "events", "-n", namespace, "-o", "json"))["items"]:
        found.setdefault(event["involvedObject"]["name"], []).append(event)
    return found


def checked(place: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """`chiplog line …`, as a pipeline calls it."""
    command = [sys.executable, "-m", "chiplog_cli", "line", words[0], place, *words[1:]]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False)


def test_five_nights_of_both_ways_are_on_their_lines_the_missed_and_the_bad_one_reported(
    bucket: Bucket, cluster: str, granted: str, names: tuple[str, str]
) -> None:
    embedded.apply(base(names[1]), granted)
    grant(names[1], granted)
    first = started(names, granted)
    for name in names:
        stopped(name, granted, first + 4)
    found = [line_of(bucket, f"{granted}/{name}", cluster) for name in names]
    events = told(granted)
    for name, line, reason in zip(names, found, ("Overlap", "NoRun"), strict=True):
        assert [night["scheduled_at"] for night in line.nights] == [60.0 * (first + place) for place in range(5)]
        assert [night["metrics"].get("loss") for night in line.nights] == LOSSES
        assert [night["holds"] for night in line.nights] == HOLDS
        missed, bad = line.nights[2], line.nights[4]
        assert (missed["state"], missed["reason"], bad["state"]) == ("missed", reason, "finished")
        _is_noticed_in_time(events[name], missed["message"], 60 * (first + 2))
        _is_reported(events[bad["name"]], bad["gates"])
        pointer = lines.latest(bucket, line)
        assert pointer is not None
        assert pointer["run"] == line.nights[3]["run"]
        _is_told_to_pipelines(f"{granted}/{name}", bad["name"])
    _ended_by_the_gate(f"{names[1]}-{first + 4}", granted)


def _is_noticed_in_time(events: list[dict[str, Any]], said: str, due: int) -> None:
    """Once, and within a minute of the moment from which no Job would come any more."""
    [event] = [event for event in events if event["reason"] == "NightMissed"]
    assert event["message"] == said
    noticed = datetime.fromisoformat(event["metadata"]["creationTimestamp"]).timestamp()
    assert noticed - due <= DEADLINE_SECONDS + 60


def _is_reported(events: list[dict[str, Any]], gates: Any) -> None:
    assert [gate["said"] for gate in gates] == ["loss 0.9 is above 0.48, the night before and 20 %"]
    assert any(event["reason"] == "GateFailed" and gates[0]["said"] in event["message"] for event in events)


def _is_told_to_pipelines(place: str, bad: str) -> None:
    asked = checked(place, "check")
    assert (asked.returncode, f"{bad}, scheduled at" in asked.stdout) == (1, True), asked.stderr
    listed = json.loads(checked(place, "show", "-o", "json").stdout)
    assert [row["is_latest"] for row in listed] == [False, False, False, True, False]


def _ended_by_the_gate(job: str, namespace: str) -> None:
    """`retrain --wait` of the bad night ended with an exit code, so its Job failed."""
    embedded.kubectl("wait", f"job/{job}", "-n", namespace, "--for=condition=Failed", "--timeout=60s")
