"""The `Cluster` protocol over dictionaries, and the fate of an operator that writes to it; it plays no controller."""

import copy
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chiplog_operator import names, times, workloads
from chiplog_operator.cluster import ClusterError, Conflict, Forbidden, Kind, Missing
from chiplog_operator.sightings import Key
from chiplog_operator.specs import Workload

Json = dict[str, Any]

START = 1_795_000_000.0


class Killed(BaseException):
    """The operator dies here; no handler of ours may catch it."""


@dataclass
class Fate:
    """Lets the operator die right after its n-th write, of any kind."""

    die_after: int = 0
    """0 lets it live."""
    writes: list[str] = field(default_factory=list)

    def wrote(self, what: str) -> None:
        self.writes.append(what)
        if len(self.writes) == self.die_after:
            raise Killed(what)


def _merged(below: Json, patch: Json) -> Json:
    """A merge patch as the API server applies it: null takes a field out."""
    found = copy.deepcopy(below)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = _merged(found[key] if isinstance(found.get(key), dict) else {}, value)
        else:
            found[key] = copy.deepcopy(value)
    return found


class FakeCluster:
    """The `Cluster` protocol over dictionaries."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate
        self.runs: dict[Key, Json] = {}
        self.sweeps: dict[Key, Json] = {}
        self.run_refusal: ClusterError | None = None
        """What a TrainingRun is refused with."""
        self.jobs: dict[Key, Json] = {}
        self.all_cronjobs: list[Json] = []
        self.all_warnings: dict[str, list[Json]] = {}
        self.services: dict[Key, Json] = {}
        self.all_pods: dict[Key, Json] = {}
        self.events: dict[str, Json] = {}
        self.workloads: dict[tuple[str, str], Json] = {}
        """Those of others, by kind and name."""
        self.forbidden: set[str] = set()
        """Kinds that we may not read."""
        self.asking: list[Json] = []
        """Namespaces with the inject label."""
        self.refusal: ClusterError | None = None
        """What a Job is refused with."""
        self.event_refusal: ClusterError | None = None
        self.key_of: dict[str, Json] = {}
        """ServiceAccounts of API keys, by name."""
        self.is_raced = False
        """Somebody else writes the TrainingRun right before our next status."""
        self._versions = itertools.count(2)

    def run(self, namespace: str, name: str) -> Json | None:
        return copy.deepcopy(self.runs.get(Key(namespace, name)))

    def key_accounts(self) -> list[Json]:
        return copy.deepcopy(list(self.key_of.values()))

    def delete_key(self, name: str, handle_uid: str) -> None:
        found = self.key_of.get(name)
        if found is not None and found["metadata"]["ownerReferences"][0]["uid"] != handle_uid:
            raise Conflict(f"{name} is another one")
        self.key_of.pop(name, None)

    def sweep(self, namespace: str, name: str) -> Json | None:
        return copy.deepcopy(self.sweeps.get(Key(namespace, name)))

    def trials(self, namespace: str, sweep: str) -> list[Json]:
        found = [run for key, run in self.runs.items() if key.namespace == namespace]
        return copy.deepcopy(
            [run for run in found if run["metadata"].get("labels", {}).get(names.SWEEP_LABEL) == sweep]
        )

    def cronjobs(self, namespaces: Sequence[str]) -> list[Json]:
        return copy.deepcopy(self.all_cronjobs)

    def nights(self, namespace: str, line: str) -> list[Json]:
        found = [run for key, run in self.runs.items() if key.namespace == namespace]
        return copy.deepcopy([run for run in found if run["metadata"].get("labels", {}).get(names.LINE_LABEL) == line])

    def create_run(self, manifest: Json) -> Json:
        if self.run_refusal is not None:
            raise self.run_refusal
        key = Key(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        if key in self.runs:
            raise Conflict(key.name)
        run = self.runs[key] = copy.deepcopy(manifest)
        uid = hashlib.sha256(key.name.encode()).hexdigest()[:32]
        run["metadata"] |= {"uid": uid, "creationTimestamp": times.text(START), "generation": 1, **self._version()}
        self.fate.wrote("trial")
        return copy.deepcopy(run)

    def patch_run(self, namespace: str, name: str, patch: Json) -> Json:
        run = self.runs[Key(namespace, name)]
        if patch["metadata"]["uid"] != run["metadata"]["uid"]:
            raise Conflict(name)
        if patch["metadata"].get("resourceVersion") not in (None, run["metadata"]["resourceVersion"]):
            raise Conflict(name)
        run["metadata"]["annotations"] = {
            **run["metadata"].get("annotations", {}), **patch["metadata"].get("annotations", {}),
        }  # fmt: skip
        run["spec"] = _merged(run["spec"], patch["spec"])
        run["metadata"] |= self._version()
        self.fate.wrote("stop")
        return copy.deepcopy(run)

    def apply_sweep_status(self, manifest: Json) -> Json:
        metadata = manifest["metadata"]
        sweep = self.sweeps[Key(metadata["namespace"], metadata["name"])]
        if sweep["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            raise Conflict(metadata["name"])
        sweep["status"] = copy.deepcopy(manifest["status"])
        sweep["metadata"] |= self._version()
        self.fate.wrote("sweep status")
        return copy.deepcopy(sweep)

    def job(self, namespace: str, name: str) -> Json | None:
        return copy.deepcopy(self.jobs.get(Key(namespace, name)))

    def pod(self, namespace: str, name: str) -> Json | None:
        return self.all_pods.get(Key(namespace, name))

    def pods(self, namespace: str, run: str) -> list[Json]:
        found = [pod for key, pod in self.all_pods.items() if key.namespace == namespace]
        return copy.deepcopy([pod for pod in found if pod["metadata"]["labels"].get(names.RUN_LABEL) == run])

    def workload(self, namespace: str, workload: Workload) -> Json | None:
        if workload.kind in self.forbidden or not workloads.path(namespace, workload):
            raise Forbidden(workload.kind)
        if workload.kind == "Pod":
            return copy.deepcopy(self.all_pods.get(Key(namespace, workload.name)))
        return copy.deepcopy(self.workloads.get((workload.kind, workload.name)))

    def workloads_like(self, workload: Workload, namespaces: Sequence[str]) -> Iterator[Json]:
        if workload.kind in self.forbidden or not workloads.collection("", workload):
            raise Forbidden(workload.kind)
        return iter([body for (kind, _), body in copy.deepcopy(self.workloads).items() if kind == workload.kind])

    def mirrored(self, namespace: str, workload: Workload) -> list[Json]:
        found = [pod for key, pod in self.all_pods.items() if key.namespace == namespace]
        return copy.deepcopy([pod for pod in found if pod["metadata"]["labels"].get(names.INJECT_LABEL) == "true"])

    def asking_namespaces(self) -> list[Json]:
        return copy.deepcopy(self.asking)

    def every_pod(self, namespace: str) -> list[Json]:
        return copy.deepcopy([pod for key, pod in self.all_pods.items() if key.namespace == namespace])

    def create_job(self, manifest: Json) -> Json:
        if self.refusal is not None:
            raise self.refusal
        key = Key(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        if key in self.jobs:
            raise Conflict(key.name)
        job = self.jobs[key] = copy.deepcopy(manifest)
        job["metadata"] |= {"uid": f"job-{key.name}", "creationTimestamp": times.text(START), **self._version()}
        self.fate.wrote("job")
        return copy.deepcopy(job)

    def patch_job(self, namespace: str, name: str, patch: Json) -> Json:
        job = self.jobs[Key(namespace, name)]
        if patch["metadata"]["resourceVersion"] != job["metadata"]["resourceVersion"]:
            raise Conflict(name)
        job["metadata"] |= self._version()
        job["metadata"]["annotations"] |= patch["metadata"]["annotations"]
        job["spec"] |= patch.get("spec", {})
        self.fate.wrote("suspend")
        return copy.deepcopy(job)

    def service(self, namespace: str, name: str) -> Json | None:
        return copy.deepcopy(self.services.get(Key(namespace, name)))

    def create_service(self, manifest: Json) -> Json:
        key = Key(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        if key in self.services:
            raise Conflict(key.name)
        self.services[key] = copy.deepcopy(manifest)
        self.fate.wrote("service")
        return manifest

    def apply_status(self, manifest: Json) -> Json:
        metadata = manifest["metadata"]
        run = self.runs.get(Key(metadata["namespace"], metadata["name"]))
        if run is None:
            raise Missing(metadata["name"])
        if self.is_raced:
            self.is_raced = False
            run["metadata"] |= self._version()
        if run["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            raise Conflict(metadata["name"])
        run["status"] = copy.deepcopy(manifest["status"])
        run["metadata"] |= self._version()
        self.fate.wrote("status")
        return copy.deepcopy(run)

    def delete_run(self, namespace: str, name: str, uid: str, version: str) -> None:
        metadata = self.runs[Key(namespace, name)]["metadata"]
        if (metadata["uid"], metadata["resourceVersion"]) != (uid, version):
            raise Conflict(name)
        del self.runs[Key(namespace, name)]
        self.fate.wrote("delete")

    def warnings(self, namespace: str, uid: str) -> list[Json]:
        return self.all_warnings.get(uid, [])

    def create_event(self, manifest: Json) -> None:
        if self.event_refusal is not None:
            raise self.event_refusal
        self.events.setdefault(manifest["metadata"]["name"], manifest)
        self.fate.wrote("event")

    def listed(self, kind: Kind, namespaces: Sequence[str], *, is_whole: bool = False) -> list[Json]:
        return list(
            {"trainingruns": self.runs, "sweeps": self.sweeps, "jobs": self.jobs, "pods": self.all_pods}[kind].values()
        )

    def uid(self) -> str:
        return "kube-system-uid"

    def reasons(self) -> list[str]:
        """The reasons of all Events, in the order in which they were made."""
        return [event["reason"] for event in self.events.values()]

    def _version(self) -> Json:
        return {"resourceVersion": str(next(self._versions))}
