"""P21: how much later a training container starts for the recorder beside it, on the demo's node, images present.

Bare pods with and without the label take turns. A pod's start is the time that its own first command prints, less the
moment before it was asked for; the kubelet's own times are whole seconds.
"""

import json
import time
import uuid

import embedded
from targets import Report, quantile

PAIRS = 8
GOAL_MS = 250.0
NAMESPACE = "default"


def measure() -> Report:
    """Start the pods, one at a time. Needs `make cluster`'s node and environment."""
    for is_recorded in (True, False):
        _start(is_recorded=is_recorded)
    waits: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(PAIRS):
        for is_recorded, found in waits.items():
            found.append(_start(is_recorded=is_recorded))
    added = quantile(waits[True], 0.5) - quantile(waits[False], 0.5)
    return Report(
        target="P21",
        what=f"added to a pod's start, median of {PAIRS}",
        ours=added,
        unit="ms",
        goal=f"≤ {GOAL_MS:g} ms",
        holds=added <= GOAL_MS,
        peers={"a pod without a recorder, p50 (ms)": quantile(waits[False], 0.5)},
        more={"with it, p50 (ms)": quantile(waits[True], 0.5), "with it, worst (ms)": max(waits[True])},
    )


def _start(*, is_recorded: bool) -> float:
    """Milliseconds from asking for a pod to its training container's first command."""
    name = f"start-{uuid.uuid4().hex[:8]}"
    container = {"name": "trainer", "image": embedded.IMAGE, "imagePullPolicy": "IfNotPresent",
                 "command": ["sh", "-c", "date +%s%N"]}  # fmt: skip
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"name": name, "labels": {"chiplog.dev/inject": str(is_recorded).lower()}},
           "spec": {"restartPolicy": "Never", "containers": [container]}}  # fmt: skip
    asked = time.time()
    embedded.kubectl("create", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(pod))
    try:
        embedded.until("the pod to end", lambda: _phase(name) == "Succeeded")
        if bool(embedded.get("pod", name, NAMESPACE)["spec"].get("initContainers")) != is_recorded:
            raise AssertionError(f"pod {name}: the injector did not do as asked")
        printed = embedded.kubectl("logs", name, "-n", NAMESPACE, "-c", "trainer")
    finally:
        embedded.kubectl("delete", "pod", name, "-n", NAMESPACE, "--wait=false", "--grace-period=0")
    return (int(printed) / 1e9 - asked) * 1000


def _phase(name: str) -> str:
    return str(embedded.get("pod", name, NAMESPACE)["status"].get("phase"))
