"""A cluster in memory with hands for the kubelet, a clock that stands still, and the reconciler between them."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fake_cluster import START, FakeCluster, Fate, Killed

from chiplog import layout, records
from chiplog.bucket import ETag, Listed, Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, BucketError
from chiplog_operator import names, times
from chiplog_operator.adoption import Adopter
from chiplog_operator.following import Following
from chiplog_operator.heads import Probe
from chiplog_operator.ledger import Ledger
from chiplog_operator.metrics import Metrics
from chiplog_operator.news import SETTLE_SECONDS, Budget
from chiplog_operator.nights import Nights
from chiplog_operator.observer import Observer
from chiplog_operator.reconciler import Reconciler
from chiplog_operator.settings import Settings
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.strangers import Strangers

Json = dict[str, Any]

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
    due_seconds = 0.0
    """For how long a pass has been due when it is made."""

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
        self.following = Following(self.clock)
        self.sightings = Sightings()
        self.metrics = Metrics()
        self.ledger = Ledger(self.bucket, SETTINGS.cluster, self.clock)
        role = SETTINGS.sidecar_role_arn
        self.strangers = Strangers(self.cluster.workload)
        observer = Observer(self.cluster, self.ledger, self.prober, self.sightings, self.strangers, role, self.clock)
        self.adopter = Adopter(
            SETTINGS, self.cluster, self.ledger, self.strangers, self.sightings, self.metrics, clock=self.clock
        )
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
            due_seconds=lambda _: self.due_seconds,
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


class Patient(World):
    """A world whose operator holds what is fleeting, as the real one does."""

    settle_seconds = SETTLE_SECONDS


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
