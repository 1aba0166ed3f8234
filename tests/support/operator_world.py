"""A cluster in memory with hands for the kubelet, a clock that stands still, and the reconciler between them."""

import copy
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chiplog import layout, records
from chiplog.bucket import ETag, Listed, Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, BucketError
from chiplog_operator import names, times, workloads
from chiplog_operator.adoption import Adopter
from chiplog_operator.cluster import ClusterError, Conflict, Forbidden, Kind, Missing
from chiplog_operator.following import Following
from chiplog_operator.heads import Probe
from chiplog_operator.ledger import Ledger
from chiplog_operator.metrics import Metrics
from chiplog_operator.news import Budget
from chiplog_operator.nights import Nights
from chiplog_operator.observer import Observer
from chiplog_operator.reconciler import Reconciler
from chiplog_operator.settings import Settings
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.specs import Workload
from chiplog_operator.strangers import Strangers

Json = dict[str, Any]

START = 1_795_000_000.0
UID = "3f2a9c10-0000-4000-8000-000000000001"
KEY = Key("team", "mnist")
RUN_ID = "mnist-3f2a9c10"

SETTINGS = Settings(
    bucket="s3://records/team",
    cluster="c1",
    sidecar_image="registry.example/chiplog-sidecar:1",
    sidecar_role_arn="arn:aws:iam::1:role/chiplog-sidecar-{namespace}",
)


GANG: Json = {
    "project": "Größe & Maß",
    "displayName": "four ranks",
    "notes": "cost: $5",
    "tags": ["a", "b"],
    "parallelism": 4,
    "backoffLimit": 3,
    "activeDeadlineSeconds": 3600,
    "suspend": True,
    "recorder": {"container": "trainer", "paths": ["/logs"], "console": False, "resources": {"cpu": "1"}},
    "template": {
        "metadata": {"labels": {"team": "vision"}, "annotations": {"note": "kept"}},
        "spec": {
            "restartPolicy": "OnFailure",
            "serviceAccountName": "trainer",
            "containers": [{"name": "trainer", "image": "x"}, {"name": "proxy", "image": "y"}],
        },
    },
}
"""A spec with everything in it."""


@dataclass
class Time:
    """A clock that is moved by hand."""

    now: float = START

    def __call__(self) -> float:
        return self.now


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


def training_run(**spec: Any) -> Json:
    """A TrainingRun as the API server gives it, defaults filled in."""
    container = {"name": "trainer", "image": "registry.example/train:1", "command": ["python3", "train.py"]}
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {
            "name": KEY.name,
            "namespace": KEY.namespace,
            "uid": UID,
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": times.text(START),
        },
        "spec": {
            "project": "digits",
            "parallelism": 1,
            "backoffLimit": 0,
            "suspend": False,
            "recorder": {"console": True},
            "metrics": [{"name": "loss", "goal": "minimize"}],
            "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
            **spec,
        },
    }


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


class FatalBucket(MemoryBucket):
    """A bucket whose writes count for the operator's fate, and that fails as told."""

    def __init__(self, clock: Time, fate: Fate) -> None:
        super().__init__(clock)
        self.fate = fate
        self.fault: BucketError | None = None
        """What the operator's requests fail with."""
        self.is_read_only = False
        self.gets: list[str] = []
        """Keys and prefixes that were read."""

    def get(self, key: str) -> Stored:
        self._meet()
        self.gets.append(key)
        return super().get(key)

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        self._meet()
        if self.is_read_only:
            raise AccessDenied("read only")
        etag = super().put(key, data, if_match=if_match, if_absent=if_absent)
        self.fate.wrote(key.rpartition("/")[2])
        return etag

    def list(self, prefix: str) -> Iterator[Listed]:
        self._meet()
        self.gets.append(prefix)
        return super().list(prefix)

    def _meet(self) -> None:
        if self.fault is not None:
            raise self.fault


class FakeProber:
    """Answers as told, and notes who was asked."""

    def __init__(self) -> None:
        self.answer = Probe("ok")
        self.asked: list[str] = []

    def ask(self, recorder: str, address: str) -> Probe:
        self.asked.append(recorder)
        return self.answer


class World:
    """A TrainingRun's surroundings; every method is something that somebody else does."""

    settle_seconds = 0.0
    """For how long the operator holds a fleeting status: not at all, so that a test need not wait for one."""

    def __init__(self, run: Json | None = None, fate: Fate | None = None) -> None:
        self.fate = fate or Fate()
        self.clock = Time()
        self.cluster = FakeCluster(self.fate)
        self.cluster.runs[KEY] = run or training_run()
        self.bucket = FatalBucket(self.clock, self.fate)
        self.prober = FakeProber()
        self.start_operator()

    def start_operator(self) -> None:
        """The operator begins a new life: all it remembers is what is written down."""
        self.following = Following()
        self.sightings = Sightings()
        self.metrics = Metrics()
        self.ledger = Ledger(self.bucket, SETTINGS.cluster, self.clock)
        role = SETTINGS.sidecar_role_arn
        self.strangers = Strangers(self.cluster.workload)
        observer = Observer(self.cluster, self.ledger, self.prober, self.sightings, self.strangers, role, self.clock)
        self.adopter = Adopter(SETTINGS, self.cluster, self.ledger, self.strangers, self.metrics, clock=self.clock)
        self.reconciler = Reconciler(
            SETTINGS,
            self.cluster,
            self.ledger,
            self.sightings,
            observer,
            self.following,
            self.metrics,
            Budget(SETTINGS.progress_writes, self.clock, self.settle_seconds),
            close=Nights(self.bucket, SETTINGS.cluster, self.clock).close,
        )

    def passes(self, seconds: float = 0.0) -> float | None:
        """Time goes by, the heads are looked at, and one pass is made."""
        self.clock.now += seconds
        for namespace, recorders in self.following.due(self.clock.now).items():
            self.ledger.refresh(namespace, recorders)
        return self.reconciler.reconcile(KEY)

    @property
    def status(self) -> Json:
        return dict(self.cluster.runs[KEY].get("status") or {})

    def condition(self, kind: str) -> tuple[str, str] | None:
        """Status and reason of a condition."""
        found = [item for item in self.status.get("conditions", []) if item["type"] == kind]
        return (found[0]["status"], found[0]["reason"]) if found else None

    @property
    def job(self) -> Json:
        return self.cluster.jobs[Key(KEY.namespace, RUN_ID)]

    @property
    def outcome(self) -> Json:
        return self.document("outcome.json", records.OUTCOME_FORMAT)

    def document(self, name: str, expected: str) -> Json:
        key = f"v1/runs/{SETTINGS.cluster}/{KEY.namespace}/{RUN_ID}/{name}"
        return dict(records.unpack_document(MemoryBucket.get(self.bucket, key).data, expected, key))

    def make_pod(self, name: str = "p1", rank: int | None = None) -> Json:
        """The Job controller makes a pod of the Job's template."""
        template = copy.deepcopy(self.job["spec"]["template"])
        if rank is not None:
            template["metadata"]["annotations"][names.COMPLETION_INDEX] = str(rank)
        metadata = {**template["metadata"], "name": name, "namespace": KEY.namespace, "uid": f"uid-{name}"}
        pod = {
            "metadata": {**metadata, "resourceVersion": "1", "creationTimestamp": times.text(self.clock())},
            "spec": {**template["spec"], "nodeName": "node-1"},
            "status": {"phase": "Pending", "podIP": "10.0.0.1"},
        }
        self.cluster.all_pods[Key(KEY.namespace, name)] = pod
        return pod

    def pod(self, name: str = "p1") -> Json:
        return self.cluster.all_pods[Key(KEY.namespace, name)]

    def run_pod(self, name: str = "p1") -> None:
        """Both containers run."""
        running = {"running": {"startedAt": times.text(self.clock())}}
        self.set_pod(name, "Running", running, running)

    def end_pod(self, name: str = "p1", code: int = 0, reason: str = "", **status: Any) -> None:
        """The trainer ended, and after it the recorder."""
        reason = reason or ("Completed" if code == 0 else "Error")
        ended = {"exitCode": code, "reason": reason, "finishedAt": times.text(self.clock())}
        phase = "Succeeded" if code == 0 else "Failed"
        before = self.pod(name)["status"]["containerStatuses"][0]["state"]
        started = before.get("running", {}).get("startedAt")
        clean = {"exitCode": 0, "reason": "Completed", "startedAt": started}
        self.set_pod(name, phase, {"terminated": {**ended, "startedAt": started}}, {"terminated": clean}, **status)

    def set_pod(self, name: str, phase: str, trainer: Json, recorder: Json, **status: Any) -> None:
        """The kubelet says how the pod is."""
        word = {"image": "x", "imageID": "x@sha256:1", "restartCount": 0}
        self.pod(name)["status"] |= {
            "phase": phase,
            "containerStatuses": [{"name": "trainer", "state": trainer, **word}],
            "initContainerStatuses": [{"name": "chiplog", "state": recorder, **word}],
            **status,
        }

    def vanish_pod(self, name: str = "p1", *, is_seen: bool = True) -> None:
        """The pod is deleted; the watch shows it last, unless the operator is away."""
        body = self.cluster.all_pods.pop(Key(KEY.namespace, name))
        if is_seen:
            self.sightings.pod_vanished(KEY, body)

    def vanish_run(self) -> None:
        """The TrainingRun is deleted, and with it the Job."""
        self.sightings.run_vanished(KEY, self.cluster.runs.pop(KEY))
        self.cluster.jobs.clear()

    def end_job(self, kind: str = "Complete", reason: str = "", message: str = "") -> None:
        """The Job controller judges the Job."""
        when = times.text(self.clock())
        word = {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": when}
        self.job.setdefault("status", {}).setdefault("conditions", []).append(word)
        if kind == "Complete":
            self.job["status"]["completionTime"] = when

    def record(self, name: str = "p1", state: str = "recording", **told: Any) -> None:
        """The recorder writes its live object."""
        place = layout.Recorder(SETTINGS.cluster, KEY.namespace, f"uid-{name}")
        packed = records.pack_live(live(place, state, **told), records.pack_tail([]))
        MemoryBucket.put(self.bucket, layout.live_key(place), packed)


def live(place: layout.Recorder, state: str = "recording", **told: Any) -> records.LiveHead:
    """A live head; `told` are `step`, `loss`, `rows`, `lag`, `pending`, `problems`, `exit_code`, `streams`."""
    stream: records.StreamHead = {
        "id": "s1", "kind": "wandb", "container": "trainer", "path": "wandb/r/run-a.wandb", "generation": 0, "inode": 1,
        "position": 10, "segmented": 10, "size": 10, "kinds": {"history": told.get("rows", 5), "run": 1}, "gaps": 0,
        "loss_bound": "0.25 s", "ended": "exit_code" in told,
        "run": {"run_id": "a", "step": told.get("step", 4), "summary": {"loss": told.get("loss", 0.5)}},
    }  # fmt: skip
    if "exit_code" in told:
        stream["exit_code"] = told["exit_code"]
    return {
        "format": records.LIVE_FORMAT, "min_reader": 1, "writer": "w", "sequence": 1, "time": 0.0, "state": state,
        "lag_seconds": told.get("lag", 0.4), "pending_bytes": told.get("pending", 0),
        "problems": told.get("problems", []), "requests": {}, "streams": told.get("streams", [stream]),
        "recorder": {"cluster": place.cluster, "namespace": place.namespace, "id": place.id, "pod": "p", "node": "n",
                     "run": RUN_ID, "project": "digits", "version": "1", "started_at": START},
    }  # fmt: skip


def until_stable(world: World, limit: int = 10) -> None:
    """Passes until one writes nothing; a death is followed by a new life."""
    for _ in range(limit):
        before = len(world.fate.writes)
        try:
            world.passes()
        except Killed:
            world.start_operator()
            continue
        if len(world.fate.writes) == before:
            return
    raise AssertionError(f"no end of writes: {world.fate.writes}")


Step = Callable[[World], object]
