"""A namespace on a real API server with an operator before it; the test is the kubelet of its pods and the recorder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api_proxy import Faults, kubeconfig
from operator_process import CLUSTER, OperatorProcess, until
from operator_world import live

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.bucket.opening import open_bucket
from chiplog.errors import NotFound
from chiplog_operator.kube import Kube

Json = dict[str, Any]


class Place:
    """A namespace of the test's own, its door to the API server, its bucket, and hands for the kubelet."""

    def __init__(self, kubectl: Callable[..., Any], namespace: str, folder: Path, address: str, faults: Faults) -> None:
        self.kubectl, self.namespace, self.folder, self.faults = kubectl, namespace, folder, faults
        self.kube = Kube.connect()
        self.store = folder / "bucket"
        self.store.mkdir()
        self.bucket: Bucket = open_bucket(str(self.store))
        self.kubeconfig = kubeconfig(address, folder / "kubeconfig")
        self.operators: list[OperatorProcess] = []

    def operator(self, identity: str = "op-1", **more: str) -> OperatorProcess:
        made = OperatorProcess(self.kubeconfig, self.store, self.namespace, identity, **more)
        self.operators.append(made)
        made.start()
        return made

    def apply(self, name: str = "run", **spec: Any) -> None:
        container = {"name": "trainer", "image": "localhost/none:1"}
        template = {"spec": {"nodeSelector": {"chiplog.dev/nowhere": "true"}, "containers": [container]}}
        metrics = [{"name": "loss", "goal": "minimize"}]
        manifest = {
            "apiVersion": "chiplog.dev/v1alpha1", "kind": "TrainingRun",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"template": template, "metrics": metrics, **spec},
        }  # fmt: skip
        done = self.kubectl("apply", "-f", "-", stdin=manifest)
        assert done.returncode == 0, done.stderr

    def run(self, name: str = "run") -> Json:
        found = self.kube.run(self.namespace, name)
        assert found is not None
        return found

    def status(self, name: str = "run") -> Json:
        found: Json = self.run(name).get("status") or {}
        return found

    def lease(self, name: str) -> Json:
        """What a Lease of the namespace says."""
        found = self.kube.lease(self.namespace, name)
        assert found is not None
        return dict(found["spec"])

    def listed(self, kind: str) -> list[Json]:
        done = self.kubectl("get", kind, "-n", self.namespace, "-o", "json")
        assert done.returncode == 0, done.stderr
        found: list[Json] = json.loads(done.stdout)["items"]
        return sorted(found, key=lambda item: item["metadata"]["creationTimestamp"])

    def pod(self, run: str, number: int) -> Json:
        """The n-th pod that the Job controller made for a run."""

        def look() -> Json | None:
            found = [pod for pod in self.listed("pods") if pod["metadata"]["labels"].get("chiplog.dev/run") == run]
            return found[number] if len(found) > number else None

        found: Json = self.until(f"pod {number} of {run}", look)
        return found

    def kubelet(self, pod: Json, phase: str, trainer: Json, recorder: Json) -> None:
        """What the kubelet would say of a pod."""
        word = {"image": "x", "imageID": "x@sha256:1", "restartCount": 0, "ready": phase == "Running"}
        told = {
            "phase": phase,
            "podIP": "127.0.0.1",
            "containerStatuses": [{"name": "trainer", "state": trainer, **word}],
            "initContainerStatuses": [{"name": "chiplog", "state": recorder, **word}],
        }
        name = pod["metadata"]["name"]
        patch = json.dumps({"status": told})
        done = self.kubectl(
            "patch", "pod", name, "-n", self.namespace, "--subresource=status", "--type=merge", "-p", patch
        )
        assert done.returncode == 0, done.stderr

    def starts(self, pod: Json) -> None:
        running = {"running": {"startedAt": "2026-11-26T00:00:00Z"}}
        self.kubelet(pod, "Running", running, running)

    def ends(self, pod: Json, code: int = 0, reason: str = "Completed") -> None:
        self.record(pod, "drained", step=9)
        span = {"startedAt": "2026-11-26T00:00:00Z", "finishedAt": "2026-11-26T00:01:00Z"}
        ended = {"terminated": {"exitCode": code, "reason": reason, **span}}
        clean = {"terminated": {"exitCode": 0, "reason": "Completed", **span}}
        self.kubelet(pod, "Failed" if code else "Succeeded", ended, clean)

    def record(self, pod: Json, state: str = "recording", **told: Any) -> None:
        place = layout.Recorder(CLUSTER, self.namespace, pod["metadata"]["uid"])
        self.bucket.put(layout.live_key(place), records.pack_live(live(place, state, **told), records.pack_tail([])))

    def outcome(self, name: str = "run") -> Json:
        try:
            stored = self.bucket.get(
                layout.outcome_key(layout.Run(CLUSTER, self.namespace, self.status(name)["runId"]))
            )
        except NotFound:
            return {}
        return dict(records.unpack_document(stored.data, records.OUTCOME_FORMAT, "outcome.json"))

    def until(self, what: str, probe: Callable[[], Any], seconds: float = 60) -> Any:
        return until(what, probe, seconds, self.operators[-1].log if self.operators else None)

    def until_state(self, state: str, name: str = "run", seconds: float = 60) -> None:
        self.until(f"{name} {state}", lambda: self.status(name).get("state") == state, seconds)

    def until_durable(self, name: str = "run", seconds: float = 60) -> None:
        def is_durable() -> bool:
            conditions = self.status(name).get("conditions") or []
            return any(item["type"] == "Durable" and item["status"] == "True" for item in conditions)

        self.until(f"{name} durable", is_durable, seconds)

    def live_twice(self, name: str = "run") -> None:
        """A whole life: out of memory at first, well at the second try."""
        first = self.pod(name, 0)
        self.starts(first)
        self.record(first, step=3)
        self.until_state("running", name)
        self.ends(first, 137, "OOMKilled")
        second = self.pod(name, 1)
        self.starts(second)
        self.record(second, step=7)
        self.until(f"{name} runs again", lambda: self.status(name).get("attempts") == 2)
        self.ends(second)
        self.until_durable(name)
