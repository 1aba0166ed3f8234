"""A pod that the cluster takes away, evicted, drained or preempted: one run, its attempts in order."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import embedded
import pytest

from chiplog import layout, records
from chiplog.bucket import Bucket

pytestmark = pytest.mark.e2e

GENTLE = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); "


def script(name: str) -> str:
    """Trains for long unless the ConfigMap of that name says that the disturbance is over."""
    return f"""
{GENTLE}
train(5 if os.path.exists("/after/{name}") else 2000, 0.05)
"""


def disturbed(name: str, **spec: Any) -> dict[str, Any]:
    """A run that ends soon once `over` was called, and trains for long before."""
    manifest = embedded.training_run(name, script("over"), **spec)
    pod = manifest["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "after", "configMap": {"name": f"{name}-after", "optional": True}}]
    pod["containers"][0]["volumeMounts"] = [{"name": "after", "mountPath": "/after"}]
    return manifest


def over(name: str, namespace: str) -> None:
    embedded.kubectl("create", "configmap", f"{name}-after", "-n", namespace, "--from-literal=over=yes")


def training(name: str, namespace: str, bucket: Bucket, cluster: str) -> dict[str, Any]:
    """The run's pod, as it is once rows are in the bucket: before that it may have no node yet."""
    pod: dict[str, Any] = embedded.until("a pod", lambda: (embedded.pods(name, namespace) or [None])[-1])
    place = embedded.recorder(pod, cluster)

    def rows() -> bool:
        head = embedded.head(bucket, place)
        return bool(head) and sum(item["kinds"].get("history", 0) for item in head["streams"]) >= 5

    embedded.until("rows in the bucket", rows, 90)
    return embedded.get("pod", pod["metadata"]["name"], namespace)


def finished(name: str, namespace: str, bucket: Bucket, cluster: str) -> tuple[dict[str, Any], Any]:
    """Status and outcome of a run that went through."""
    embedded.wait_condition(name, namespace, "Complete", seconds=240)
    embedded.wait_condition(name, namespace, "Durable")
    status = embedded.status(name, namespace)
    place = layout.outcome_key(layout.Run(cluster, namespace, status["runId"]))
    return status, records.unpack_document(bucket.get(place).data, records.OUTCOME_FORMAT, place)


def ends(status: dict[str, Any]) -> list[tuple[int, str]]:
    return [(item["number"], item["reason"]) for item in status["lastAttempts"]]


@pytest.fixture
def name(run_name: str, granted: str) -> Iterator[str]:
    yield run_name
    embedded.kubectl("delete", "configmap", f"{run_name}-after", "-n", granted, "--ignore-not-found")


def test_an_evicted_pod_is_an_attempt_that_costs_none(bucket: Bucket, cluster: str, granted: str, name: str) -> None:
    embedded.apply(disturbed(name, backoffLimit=0), granted)
    pod = training(name, granted, bucket, cluster)
    over(name, granted)
    eviction = {
        "apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": pod["metadata"]["name"], "namespace": granted},
    }  # fmt: skip
    path = f"/api/v1/namespaces/{granted}/pods/{pod['metadata']['name']}/eviction"
    embedded.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    status, outcome = finished(name, granted, bucket, cluster)
    assert ends(status) == [(1, "Evicted"), (2, "Completed")]
    first = outcome["attempts"][0]
    word = first["recorders"][0]["containers"][0]
    assert (first["reason"], first["recorders"][0]["node"]) == ("Evicted", pod["spec"]["nodeName"])
    assert word["image_id"]
    assert word["finished_at"] >= word["started_at"]


@pytest.mark.alone
def test_a_drained_node_is_an_eviction_too(bucket: Bucket, cluster: str, granted: str, name: str) -> None:
    embedded.apply(disturbed(name, backoffLimit=0), granted)
    pod = training(name, granted, bucket, cluster)
    over(name, granted)
    node = pod["spec"]["nodeName"]
    try:
        embedded.kubectl("drain", node, f"--pod-selector=chiplog.dev/run={name}", "--delete-emptydir-data", "--force",
                         "--ignore-daemonsets", "--timeout=150s")  # fmt: skip
        embedded.until(
            "it waits for a node", lambda: embedded.status(name, granted).get("reason") == "Unschedulable", 30
        )
        assert embedded.condition(name, granted, "Started")["status"] == "True"
    finally:
        embedded.kubectl("uncordon", node)
    status, _ = finished(name, granted, bucket, cluster)
    assert ends(status) == [(1, "Evicted"), (2, "Completed")]


@pytest.fixture
def classes() -> Iterator[tuple[str, str]]:
    """Two priority classes of the test's own, the lesser first."""
    mark = uuid.uuid4().hex[:6]
    found = (f"low-{mark}", f"high-{mark}")
    for name, value in zip(found, ("-100", "100"), strict=True):
        embedded.kubectl("create", "priorityclass", name, f"--value={value}")
    yield found
    embedded.kubectl("delete", "priorityclass", *found)


@pytest.mark.alone
def test_a_run_that_is_preempted_says_so_and_goes_on_later(
    bucket: Bucket, cluster: str, granted: str, name: str, classes: tuple[str, str]
) -> None:
    """Both want nearly the whole node; the one of higher priority takes it."""
    node = json.loads(embedded.kubectl("get", "nodes", "-o", "json"))["items"][0]
    free = _free_memory(node)
    manifest = disturbed(name, backoffLimit=0)
    pod = manifest["spec"]["template"]["spec"]
    pod["priorityClassName"] = classes[0]
    pod["containers"][0]["resources"] = {"requests": {"memory": f"{int(free * 0.6)}Ki"}}
    pod["terminationGracePeriodSeconds"] = 10
    embedded.apply(manifest, granted)
    training(name, granted, bucket, cluster)
    over(name, granted)
    container = {
        "name": "sleeper", "image": embedded.IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["sleep", "8"],
        "resources": {"requests": {"memory": f"{int(free * 0.6)}Ki"}},
    }  # fmt: skip
    rival = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{name}-rival"},
        "spec": {"priorityClassName": classes[1], "restartPolicy": "Never", "containers": [container]},
    }  # fmt: skip
    try:
        embedded.apply(rival, granted)
        status, _ = finished(name, granted, bucket, cluster)
        assert ends(status) == [(1, "Preempted"), (2, "Completed")]
    finally:
        embedded.kubectl("delete", "pod", f"{name}-rival", "-n", granted, "--ignore-not-found", "--wait=false")


def test_a_run_over_its_deadline_is_killed_and_says_so(granted: str, run_name: str) -> None:
    embedded.apply(embedded.training_run(run_name, GENTLE + "train(9999, 0.05)", activeDeadlineSeconds=8), granted)
    embedded.wait_condition(run_name, granted, "Failed", seconds=180)
    embedded.wait_condition(run_name, granted, "Durable")
    status = embedded.status(run_name, granted)
    assert (status["state"], status["reason"]) == ("killed", "DeadlineExceeded")
    assert status["lastAttempts"][-1]["reason"] == "DeadlineExceeded"


def test_a_container_that_the_kubelet_restarts_is_one_attempt(
    bucket: Bucket, cluster: str, granted: str, name: str
) -> None:
    manifest = embedded.training_run(name, """
mark = os.environ["CHIPLOG_DIR"] + "/once"
if not os.path.exists(mark):
    open(mark, "w").close(); train(5, 0.05); sys.exit(3)
train(5, 0.05)
""", backoffLimit=2, limits={"memory": "512Mi"})  # fmt: skip
    manifest["spec"]["template"]["spec"]["restartPolicy"] = "OnFailure"
    embedded.apply(manifest, granted)
    status, outcome = finished(name, granted, bucket, cluster)
    [shown] = status["lastAttempts"]
    assert (shown["restarts"], shown["exitCode"], shown["limits"]) == (1, 0, {"memory": "512Mi"})
    assert len(outcome["attempts"]) == 1


def _free_memory(node: dict[str, Any]) -> int:
    """KiB that pods may still ask for, roughly: what the node offers."""
    return int(node["status"]["allocatable"]["memory"].removesuffix("Ki"))
