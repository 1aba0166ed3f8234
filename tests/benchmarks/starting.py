"""P21: how much later a training container starts for the recorder beside it, on the demo's node, images present.

Three kinds of bare pods take turns: one that asks for a recorder, one that does not, and one with a native sidecar that
only sleeps, which is what the kubelet takes to start any pod of two steps. A pod's start is the time that its own first
command prints, less the moment before it was asked for; the kubelet's own times are whole seconds.
"""

import json
import time
import uuid

import embedded
from targets import Report, quantile

ROUNDS = 8
GOAL_MS = 250.0
NAMESPACE = "default"
BARE, IDLE, RECORDED = "without a sidecar", "with a sidecar that sleeps", "recorded"


def measure() -> Report:
    """Start the pods, one at a time. Needs `make cluster`'s node and environment."""
    waits: dict[str, list[float]] = {BARE: [], IDLE: [], RECORDED: []}
    for kind in waits:
        _start(kind)
    for _ in range(ROUNDS):
        for kind, found in waits.items():
            found.append(_start(kind))
    median = {kind: quantile(found, 0.5) for kind, found in waits.items()}
    added = median[RECORDED] - median[IDLE]
    return Report(
        target="P21",
        what=f"added to a pod's start by the recorder, more than by any native sidecar, median of {ROUNDS}",
        ours=added,
        unit="ms",
        goal=f"≤ {GOAL_MS:g} ms",
        holds=added <= GOAL_MS,
        peers={f"{BARE}, p50 (ms)": median[BARE], f"{IDLE}, p50 (ms)": median[IDLE]},
        more={
            "recorded, p50 (ms)": median[RECORDED],
            "recorded, worst (ms)": max(waits[RECORDED]),
            "added in all (ms)": median[RECORDED] - median[BARE],
        },
    )


def _start(kind: str) -> float:
    """Milliseconds from asking for a pod to its training container's first command."""
    name, is_recorded = f"start-{uuid.uuid4().hex[:8]}", kind == RECORDED
    image = {"image": embedded.IMAGE, "imagePullPolicy": "IfNotPresent"}
    spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "trainer", "command": ["sh", "-c", "date +%s%N"], **image}]}  # fmt: skip
    if kind == IDLE:
        spec["initContainers"] = [{"name": "idle", "restartPolicy": "Always", "command": ["sleep", "600"], **image}]
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": spec,
           "metadata": {"name": name, "labels": {"chiplog.dev/inject": str(is_recorded).lower()}}}  # fmt: skip
    asked = time.time()
    embedded.kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(pod))
    try:
        embedded.until("the pod to end", lambda: _phase(name) == "Succeeded")
        if bool(embedded.get("pod", name, NAMESPACE)["spec"].get("initContainers")) != (kind != BARE):
            raise AssertionError(f"pod {name}: the injector did not do as asked")
        printed = embedded.kubectl("logs", name, "-n", NAMESPACE, "-c", "trainer")
    finally:
        embedded.kubectl("delete", "pod", name, "-n", NAMESPACE, "--wait=false", "--grace-period=0")
    return (int(printed) / 1e9 - asked) * 1000


def _phase(name: str) -> str:
    return str(embedded.get("pod", name, NAMESPACE)["status"].get("phase"))
