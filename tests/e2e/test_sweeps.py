"""A sweep of an unmodified wandb script on the real cluster: none doubled or lost, bad ones stopped, the best found."""

import json
import os
import uuid
from collections.abc import Iterator
from typing import Any

import embedded
import pytest

from chiplog import layout, records
from chiplog.bucket import Bucket

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

TRIALS, KILLS = (20, 3) if os.environ.get("CHIPLOG_LONG") else (6, 1)

SCRIPT = """
import os, signal, sys, time, wandb
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
run = wandb.init(project="e2e", config={"x": -1})
for step in range(40):
    run.log({"loss": abs(run.config.x - 2) + 1 / (step + 1)})
    time.sleep(0.25)
run.finish()
"""


@pytest.fixture
def sweep_name(granted: str) -> Iterator[str]:
    name = f"e2e-{uuid.uuid4().hex[:6]}"
    yield name
    embedded.kubectl("delete", "sweep", name, "-n", granted, "--ignore-not-found", "--wait=false")


def sweep(name: str, **config: Any) -> dict[str, Any]:
    run = embedded.training_run("unused", "pass")["spec"]
    [container] = run["template"]["spec"]["containers"]
    container["command"], container["args"] = ["python3", "-c", SCRIPT], []
    run["template"]["spec"]["terminationGracePeriodSeconds"] = 15
    return {
        "apiVersion": "chiplog.dev/v1alpha1",
        "kind": "Sweep",
        "metadata": {"name": name},
        "spec": {
            "parallelism": 3,
            "sweepConfig": {
                "method": "grid",
                "metric": {"name": "loss", "goal": "minimize"},
                "parameters": {"x": {"values": list(range(TRIALS))}},
                **config,
            },
            "template": {"spec": {"template": run["template"]}},
        },
    }


def found(name: str, namespace: str) -> dict[str, Any]:
    return dict(json.loads(embedded.kubectl("get", "sweep", name, "-n", namespace, "-o", "json")))


def trials(name: str, namespace: str) -> list[dict[str, Any]]:
    listed = embedded.kubectl("get", "trainingruns", "-n", namespace, "-l", f"chiplog.dev/sweep={name}", "-o", "json")
    return list(json.loads(listed)["items"])


def kill_operator() -> None:
    embedded.kubectl("delete", "pod", "-n", "chiplog-system", "-l", "app.kubernetes.io/component=operator", "--force",
                     "--grace-period=0")  # fmt: skip


def test_a_sweep_with_hyperband_survives_its_operator(
    bucket: Bucket, cluster: str, granted: str, sweep_name: str
) -> None:
    embedded.apply(sweep(sweep_name, early_terminate={"type": "hyperband", "min_iter": 8, "eta": 3}), granted)
    for number in range(1, KILLS + 1):
        wanted = min(TRIALS, 3 * number)
        embedded.until(f"{wanted} trials", lambda wanted=wanted: len(trials(sweep_name, granted)) >= wanted, 240)
        kill_operator()
    embedded.kubectl("wait", f"sweep/{sweep_name}", "-n", granted, "--for=condition=Complete",
                     f"--timeout={120 * TRIALS}s")  # fmt: skip
    status = found(sweep_name, granted)["status"]
    runs = trials(sweep_name, granted)
    assert sorted(run["spec"]["config"]["x"] for run in runs) == list(range(TRIALS))
    assert (status["trials"], status["failed"], status["running"]) == (TRIALS, 0, 0)
    assert status["pruned"] >= 1
    assert status["succeeded"] + status["pruned"] == TRIALS
    assert (status["best"]["parameters"], status["best"]["value"]) == ({"x": 2}, "0.025")
    stopped = [run for run in runs if run["status"]["reason"] == "Pruned"]
    assert all("stopped at iteration" in run["status"]["message"] for run in stopped)
    assert {run["status"]["state"] for run in stopped} == {"killed"}
    for run in runs:
        _holds(bucket, cluster, granted, run)


def _holds(bucket: Bucket, cluster: str, namespace: str, run: dict[str, Any]) -> None:
    """The trial's document agrees with its status, and a stopped one has the values that it was judged by."""
    place = layout.Run(cluster, namespace, run["status"]["runId"])
    key = layout.trial_key(place)
    document = records.unpack_document(bucket.get(key).data, records.TRIAL_FORMAT, key)
    assert document["parameters"] == {"x": run["spec"]["config"]["x"]}
    assert (document["state"] == "pruned") == (run["status"]["reason"] == "Pruned")
    [metric] = document["metrics"]
    # Where the operator was away a stop may come when a trial has logged all it had.
    assert 8 <= metric["count"] <= 40, document
