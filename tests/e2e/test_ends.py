"""Every way to die: nothing lost that was in the file, nothing doubled, and the true end in the status."""

from typing import Any

import embedded
import pytest

from chiplog import layout
from chiplog.bucket import Bucket

pytestmark = pytest.mark.e2e

GENTLE = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); "
"""A trainer that ends when it is asked to: Python as PID 1 would ignore SIGTERM."""

FOR_EVER = "train(100000, 0.05)"


def recorded(bucket: Bucket, place: layout.Recorder) -> int:
    """History rows that the live head counts by now."""
    head = embedded.head(bucket, place)
    return sum(stream["kinds"].get("history", 0) for stream in head["streams"]) if head else 0


def running(run: str, namespace: str, bucket: Bucket, cluster: str, rows: int = 20) -> dict[str, Any]:
    """The run's newest pod, once its recorder has shipped some rows."""
    pod: dict[str, Any] = embedded.until("a pod", lambda: (embedded.pods(run, namespace) or [None])[-1])
    place = embedded.recorder(pod, cluster)
    embedded.until(f"{rows} rows in the bucket", lambda: recorded(bucket, place) >= rows)
    return pod


def test_a_trainer_killed_by_sigkill(bucket: Bucket, cluster: str, granted: str, run_name: str) -> None:
    script = "train(50, 0.05); time.sleep(600)"
    embedded.apply(embedded.training_run(run_name, script), granted)
    victim = running(run_name, granted, bucket, cluster, rows=50)
    embedded.kill_on_node("wandb.init", victim["metadata"]["name"])
    embedded.wait_condition(run_name, granted, "Failed")
    embedded.wait_condition(run_name, granted, "Durable")
    status = embedded.status(run_name, granted)
    assert (status["state"], status["exitCode"]) == ("killed", 137)
    [pod] = embedded.pods(run_name, granted)
    assert embedded.steps(bucket, embedded.recorder(pod, cluster)) == list(range(50))


def test_a_program_that_fails_is_failed_with_its_exit_code(granted: str, run_name: str) -> None:
    embedded.apply(embedded.training_run(run_name, "train(3, 0.05); sys.exit(7)", backoffLimit=1), granted)
    embedded.wait_condition(run_name, granted, "Failed")
    embedded.wait_condition(run_name, granted, "Durable")
    status = embedded.status(run_name, granted)
    assert (status["state"], status["exitCode"], status["attempts"]) == ("failed", 7, 2)
    assert [attempt["exitCode"] for attempt in status["lastAttempts"]] == [7, 7]


def test_a_container_out_of_memory(bucket: Bucket, cluster: str, granted: str, run_name: str) -> None:
    script = """
train(20, 0.05); time.sleep(1)
hoard = []
while True: hoard.append(bytearray(os.urandom(1 << 20)))
"""
    manifest = embedded.training_run(run_name, script, limits={"memory": "256Mi"})
    embedded.apply(manifest, granted)
    embedded.wait_condition(run_name, granted, "Failed")
    embedded.wait_condition(run_name, granted, "Durable")
    status = embedded.status(run_name, granted)
    assert (status["state"], status["reason"], status["exitCode"]) == ("killed", "OOMKilled", 137)
    assert status["lastAttempts"][-1]["reason"] == "OOMKilled"
    [pod] = embedded.pods(run_name, granted)
    assert embedded.steps(bucket, embedded.recorder(pod, cluster)) == list(range(20))
    assert "OOMKilled" in embedded.kubectl("describe", "trainingrun", run_name, "-n", granted)


def test_a_recorder_killed_by_sigkill_harms_and_loses_nothing(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    embedded.apply(embedded.training_run(run_name, "train(240, 0.05)"), granted)
    pod = running(run_name, granted, bucket, cluster)
    embedded.kill_on_node("chiplog_sidecar", pod["metadata"]["name"])
    embedded.wait_condition(run_name, granted, "Complete")
    embedded.wait_condition(run_name, granted, "Durable")
    [after] = embedded.pods(run_name, granted)
    [sidecar] = [found for found in after["status"]["initContainerStatuses"] if found["name"] == "chiplog"]
    assert sidecar["restartCount"] == 1
    assert embedded.steps(bucket, embedded.recorder(pod, cluster)) == list(range(240))


HOARDERS = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        hoard = b"x" * (20 << 20)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
"""Each smaller than a recorder, so that the kernel takes that one when the container's limit is reached."""


def ended_as(run: str, namespace: str) -> str:
    """Why the recorder's container of the run's one pod ended last; empty while it has not."""
    [pod] = embedded.pods(run, namespace)
    [recorder] = [found for found in pod["status"]["initContainerStatuses"] if found["name"] == "chiplog"]
    return str(recorder["lastState"].get("terminated", {}).get("reason", ""))


def test_a_recorder_out_of_memory_harms_and_loses_nothing(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    embedded.apply(embedded.training_run(run_name, "train(600, 0.05)"), granted)
    pod = running(run_name, granted, bucket, cluster)
    name = pod["metadata"]["name"]
    hoard = ("exec", name, "-n", granted, "-c", "chiplog", "--", "python3", "-c", HOARDERS)
    embedded.kubectl(*hoard, check=False)  # It ends with the container that it is in.
    embedded.until("the kubelet's word", lambda: ended_as(run_name, granted) == "OOMKilled")
    embedded.wait_condition(run_name, granted, "Complete")
    embedded.wait_condition(run_name, granted, "Durable")
    assert embedded.steps(bucket, embedded.recorder(pod, cluster)) == list(range(600))


def test_a_deleted_pod_is_an_attempt_and_the_next_one_goes_on(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    embedded.apply(embedded.training_run(run_name, GENTLE + "train(200, 0.05)", backoffLimit=1), granted)
    pod = running(run_name, granted, bucket, cluster)
    embedded.kubectl("delete", "pod", pod["metadata"]["name"], "-n", granted, "--wait=false")
    embedded.wait_condition(run_name, granted, "Complete", seconds=180)
    embedded.wait_condition(run_name, granted, "Durable")
    status = embedded.status(run_name, granted)
    assert (status["state"], status["attempts"]) == ("finished", 2)
    steps = embedded.steps(bucket, embedded.recorder(pod, cluster))
    assert len(steps) >= 20
    assert steps == list(range(len(steps)))
    head = embedded.head(bucket, embedded.recorder(pod, cluster))
    assert head is not None
    assert head["state"] == "drained"


@pytest.mark.alone
def test_a_dead_operator_changes_nothing_and_catches_up(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    embedded.apply(embedded.training_run(run_name, "train(80, 0.05)"), granted)
    pod = running(run_name, granted, bucket, cluster)
    embedded.kubectl("scale", "deployment/chiplog-operator", "-n", "chiplog-system", "--replicas=0")
    embedded.kubectl(
        "delete",
        "pod",
        "-n",
        "chiplog-system",
        "-l",
        "app.kubernetes.io/component=operator",
        "--force",
        "--grace-period=0",
    )
    try:
        name = pod["metadata"]["name"]
        embedded.kubectl(
            "wait", "--for=jsonpath={.status.phase}=Succeeded", f"pod/{name}", "-n", granted, "--timeout=90s"
        )
        assert embedded.status(run_name, granted)["state"] == "running"
    finally:
        embedded.kubectl("scale", "deployment/chiplog-operator", "-n", "chiplog-system", "--replicas=1")
    embedded.wait_condition(run_name, granted, "Durable")
    assert embedded.status(run_name, granted)["state"] == "finished"
    assert embedded.steps(bucket, embedded.recorder(pod, cluster)) == list(range(80))


def test_no_container_but_the_sidecar_holds_a_credential(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    embedded.apply(embedded.training_run(run_name, FOR_EVER), granted)
    pod = running(run_name, granted, bucket, cluster, rows=1)
    name = pod["metadata"]["name"]
    environment = embedded.kubectl("exec", name, "-n", granted, "-c", "trainer", "--", "env")
    assert "AWS_" not in environment
    mounts = embedded.kubectl("exec", name, "-n", granted, "-c", "trainer", "--", "cat", "/proc/mounts")
    assert "chiplog.dev/bucket" not in mounts
    assert "chiplog.dev/bucket" in embedded.kubectl(
        "exec", name, "-n", granted, "-c", "chiplog", "--", "cat", "/proc/mounts"
    )
