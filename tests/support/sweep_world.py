"""A Sweep's surroundings: a cluster and a bucket in memory, and hands that train its trials."""

import copy
from typing import Any

from operator_world import SETTINGS, START, FakeCluster, FatalBucket, Fate, Killed, Time, live

from chiplog import layout, records
from chiplog.bucket.memory import MemoryBucket
from chiplog_operator import names, specs, times
from chiplog_operator.ledger import Ledger
from chiplog_operator.metrics import Metrics
from chiplog_operator.sightings import Key
from chiplog_operator.sweeps.reconciler import SweepReconciler
from chiplog_operator.sweeps.results import Results

Json = dict[str, Any]

SWEEP = Key("team", "lr")
UID = "5eeb0000-0000-4000-8000-000000000001"

GRID: Json = {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [0, 1, 2, 3, 4, 5]}}}


def sweep(config: Json | None = None, **spec: Any) -> Json:
    """A Sweep as the API server gives it."""
    container = {"name": "train", "image": "x", "command": ["python3", "train.py", "${args}"]}
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.SWEEP_KIND,
        "metadata": {
            "name": SWEEP.name,
            "namespace": SWEEP.namespace,
            "uid": UID,
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": times.text(START),
        },
        "spec": {
            "sweepConfig": config or GRID,
            "parallelism": 2,
            "suspend": False,
            "template": {"spec": {"template": {"spec": {"containers": [container]}}}},
            **spec,
        },
    }


class SweepWorld:
    """What is around one Sweep; every method is something that somebody else does."""

    def __init__(self, body: Json | None = None, fate: Fate | None = None) -> None:
        self.fate = fate or Fate()
        self.clock = Time()
        self.cluster = FakeCluster(self.fate)
        self.cluster.sweeps[SWEEP] = body or sweep()
        self.bucket = FatalBucket(self.clock, self.fate)
        self.start_operator()

    def start_operator(self) -> None:
        """The operator begins a new life: all it remembers is what is written down."""
        self.results = Results(self.bucket, SETTINGS.cluster, self.clock)
        self.ledger = Ledger(self.bucket, SETTINGS.cluster, self.clock)
        self.reconciler = SweepReconciler(self.cluster, self.ledger, self.results, Metrics(), self.clock)

    def passes(self, seconds: float = 0.0) -> float | None:
        """Time goes by, and passes are made until one writes nothing; a death is followed by a new life."""
        self.clock.now += seconds
        if self.bucket.fault is None:
            self.ledger.refresh(SWEEP.namespace, [f"pod-{index}" for index in range(10)])
        for _ in range(20):
            before = len(self.fate.writes)
            try:
                delay = self.reconciler.reconcile(SWEEP)
            except Killed:
                self.start_operator()
                continue
            if len(self.fate.writes) == before:
                return delay
        raise AssertionError(f"no end of writes: {self.fate.writes}")

    @property
    def status(self) -> Json:
        return dict(self.cluster.sweeps[SWEEP].get("status") or {})

    def condition(self, kind: str) -> tuple[str, str] | None:
        """Status and reason of a condition."""
        found = [item for item in self.status.get("conditions", []) if item["type"] == kind]
        return (found[0]["status"], found[0]["reason"]) if found else None

    @property
    def trials(self) -> list[str]:
        """The trials that are there, by name."""
        return sorted(key.name for key in self.cluster.runs)

    def trial(self, index: int) -> Json:
        return self.cluster.runs[Key(SWEEP.namespace, names.trial(SWEEP.name, index))]

    def parameters(self, index: int) -> Json:
        return dict(self.trial(index)["spec"]["config"])

    def train(self, index: int, *losses: float) -> None:
        """The trial has logged these losses so far, and its recorder shipped them."""
        body = self.trial(index)
        recorder = layout.Recorder(SETTINGS.cluster, SWEEP.namespace, f"pod-{index}")
        rows = [("s1", _row(place, loss)) for place, loss in enumerate(losses)]
        packed = records.pack_live(live(recorder, rows=len(losses)), records.pack_tail(rows))
        MemoryBucket.put(self.bucket, layout.live_key(recorder), packed)
        self._outcome(index, "running")
        started = body.get("status", {}).get("startTime") or times.text(self.clock())
        body["status"] = {**body.get("status", {}), "state": "running", "rows": len(losses), "startTime": started}

    def end(self, index: int, state: str = "finished", reason: str = "Completed") -> None:
        """The trial is over, and all of it is in the bucket."""
        body = self.trial(index)
        durable = {"type": "Durable", "status": "True", "reason": "AllShipped"}
        ended = {"state": state, "reason": reason, "completionTime": times.text(self.clock()), "conditions": [durable]}
        self._outcome(index, state)
        run = specs.run(body)
        self.reconciler.keep(run, {**run.status, **ended}, self._attempts(index))
        body["status"] = {**body.get("status", {}), **ended}

    def seal(self, index: int) -> None:
        """The compactor takes the trial's rows away."""
        place = layout.Recorder(SETTINGS.cluster, SWEEP.namespace, f"pod-{index}")
        MemoryBucket.delete(self.bucket, layout.live_key(place))

    def run_id(self, index: int) -> str:
        return specs.run(self.trial(index)).id

    def document(self, index: int) -> Json:
        key = layout.trial_key(layout.Run(SETTINGS.cluster, SWEEP.namespace, self.run_id(index)))
        return dict(records.unpack_document(MemoryBucket.get(self.bucket, key).data, records.TRIAL_FORMAT, key))

    def change(self, **spec: Any) -> None:
        """The owner applies the Sweep again."""
        body = self.cluster.sweeps[SWEEP]
        body["spec"] = {**copy.deepcopy(body["spec"]), **spec}
        body["metadata"]["generation"] += 1

    def _outcome(self, index: int, state: str) -> None:
        place = layout.Run(SETTINGS.cluster, SWEEP.namespace, self.run_id(index))
        document = {"format": records.OUTCOME_FORMAT, "min_reader": 1, "run": place.id, "state": state, "reason": "",
                    "durable": False, "attempts": self._attempts(index)}  # fmt: skip
        MemoryBucket.put(self.bucket, layout.outcome_key(place), records.pack_document(document))

    def _attempts(self, index: int) -> list[Any]:
        binding = {"id": f"pod-{index}", "pod": "p", "node": "n", "rank": 0, "containers": []}
        return [{"number": 1, "reason": "", "recorders": [binding]}]


def _row(place: int, loss: float) -> Json:
    return {"at": place, "kind": "history", "step": place, "time": START + place, "values": {"loss": loss}}
