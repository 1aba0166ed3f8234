"""A bucket filled by hand as the operator and the recorders fill it, at a clock that stands still."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.bucket.memory import MemoryBucket
from chiplog.codec import Row
from chiplog.documents import Attempt, RecorderBinding, RunDocument
from chiplog.folding import Fold
from chiplog.records import LiveHead, SegmentHead, StreamHead

CLUSTER = "prod"
NOW = 1_795_471_200.0
"""2026-11-23T22:00:00Z."""


def numbered(rows: Iterable[dict[str, Any]], step: int = 10) -> list[Row]:
    """The rows, each at a position of its own."""
    return [{"at": at * step, **row} for at, row in enumerate(rows)]


def history(step: int, time: float | None = None, **values: Any) -> dict[str, Any]:
    """A row of history."""
    return {"kind": "history", "step": step, "time": NOW - 100 + step if time is None else time, "values": values}


def console(text: str, source: str = "stdout", time: float | None = NOW) -> dict[str, Any]:
    """One write to a console."""
    return {"kind": "console", "source": source, "time": time, "text": text}


def file(path: str, sha256: str = "a" * 64, recorder: str = "r1", **facts: Any) -> dict[str, Any]:
    """A row of a file that a recorder shipped."""
    key = layout.blob_key(layout.Recorder(CLUSTER, "team", recorder), sha256, path.rpartition("/")[2])
    told = {"sha256": sha256, "size": 3, "key": key, "modified": NOW - 5, "policy": "now"}
    facts = facts if "missing" in facts else {**told, **facts}
    return {"kind": "file", "container": "main", "path": path, **facts}


def script(loss: Iterable[Any] = (1.0, 0.5), started_at: float = NOW - 100, **config: Any) -> list[Row]:
    """The rows of a short training script."""
    rows = [
        {"kind": "header", "producer": "0.31.0+abc"},
        {"kind": "run", "run_id": "w1", "project": "vision", "started_at": started_at,
         "config": [[[key], value] for key, value in config.items()]},
    ]  # fmt: skip
    for step, value in enumerate(loss):
        rows += [{"kind": "summary", "update": [[["loss"], value]], "remove": []}, history(step, loss=value)]
    return numbered(rows)


@dataclass
class Source:
    """A stream as a recorder ships it: rows before `cut` are in a segment, the others in the live object's tail."""

    rows: list[Row]
    id: str = "s0"
    kind: str = "wandb"
    path: str = "wandb/offline-run-20261123_220000-w1/run-w1.wandb"
    container: str = "main"
    cut: int = 0

    @property
    def end(self) -> int:
        """The position behind all rows."""
        return max((row["at"] for row in self.rows), default=0) + 1

    def head(self) -> StreamHead:
        """What the live object says of it."""
        fold = Fold()
        for row in self.rows:
            fold.apply(row)
        told = {**fold.run, "step": fold.step, "last_time": fold.last_time, "summary": fold.summary}
        told |= {"config": fold.config} if fold.config else {}
        head: StreamHead = {
            "id": self.id, "kind": self.kind, "container": self.container, "path": self.path, "generation": 0,
            "inode": 7, "position": self.end, "segmented": self.cut, "size": self.end, "kinds": fold.kinds,
            "gaps": fold.gaps, "skipped": fold.skipped, "loss_bound": "rows of the last 0.25 s", "run": told,
            "ended": fold.ended,
        }  # fmt: skip
        if fold.exit_code is not None:
            head["exit_code"] = fold.exit_code
        return head


@dataclass
class World:
    """The bucket and its clock."""

    now: float = NOW
    bucket: Bucket = field(init=False)

    def __post_init__(self) -> None:
        self.bucket = MemoryBucket(self.clock)

    def clock(self) -> float:
        """The store's clock, and every reader's."""
        return self.now

    def run(self, name: str = "mnist", uid: str = "0123abcd", namespace: str = "team", **other: Any) -> layout.Run:
        """Write run.json."""
        place = layout.Run(other.pop("cluster", CLUSTER), namespace, f"{name}-{uid}")
        document: RunDocument = {
            "format": records.RUN_FORMAT, "min_reader": 1, "cluster": place.cluster, "namespace": namespace,
            "run": place.id, "name": name, "uid": f"{uid}-0000", "display_name": name, "project": "vision",
            "notes": "", "tags": [], "config": {}, "metrics": [{"name": "loss", "goal": "minimize"}], "datasets": [],
            "created_at": self.now - 200, "created_by": "ada", "service_account": "default",
            "images": {"main": "example/train:1"}, "command": {"main": ["python", "train.py"]},
        }  # fmt: skip
        self.bucket.put(layout.run_key(place), records.pack_document({**document, **other}))
        return place

    def outcome(self, place: layout.Run, state: str, attempts: Iterable[Attempt] = (), **other: Any) -> None:
        """Write outcome.json."""
        document = {
            "format": records.OUTCOME_FORMAT, "min_reader": 1, "run": place.id, "state": state, "reason": "",
            "durable": False, "attempts": list(attempts), "started_at": self.now - 150,
        }  # fmt: skip
        self.bucket.put(layout.outcome_key(place), records.pack_document({**document, **other}))

    def record(self, recorder: str, *sources: Source, run: str = "", namespace: str = "team", **other: Any) -> None:
        """Write a recorder's segments and its live object."""
        place = layout.Recorder(other.pop("cluster", CLUSTER), namespace, recorder)
        for source in sources:
            self.segment(place, source, 0, source.cut)
        told = {"pod": f"{recorder}-pod", "node": "node-1", "project": "vision", "version": "0.1.0",
                "started_at": self.now - 120, **other.pop("told", {})}  # fmt: skip
        head: LiveHead = {
            "format": records.LIVE_FORMAT, "min_reader": 1,
            "recorder": {"cluster": place.cluster, "namespace": namespace, "id": recorder, "run": run, **told},
            "sequence": 3, "time": self.now, "state": "recording", "lag_seconds": 1.5, "pending_bytes": 0,
            "problems": [], "requests": {"PutObject": 40, "ListObjectsV2": 2, "GetObject": 1, "bytes": 9000},
            "streams": [source.head() for source in sources],
        }  # type: ignore[typeddict-item]  # fmt: skip
        tail = [(source.id, row) for source in sources for row in source.rows if row["at"] >= source.cut]
        data = records.pack_live({**head, **other}, records.pack_tail(tail))  # type: ignore[typeddict-item]
        self.bucket.put(layout.live_key(place), data)

    def segment(self, place: layout.Recorder, source: Source, start: int, end: int) -> None:
        """Write the rows of a stretch as one segment; nothing where it is empty."""
        if start >= end:
            return
        rows = [row for row in source.rows if start <= row["at"] < end]
        head: SegmentHead = {
            "format": records.SEGMENT_FORMAT, "min_reader": 1, "cluster": place.cluster,
            "namespace": place.namespace, "recorder": place.id, "stream": source.id, "kind": source.kind,
            "container": source.container, "path": source.path, "generation": 0, "start": start, "end": end,
            "rows": len(rows),
        }  # fmt: skip
        self.bucket.put(layout.segment_key(place, source.id, start, end), records.pack_segment(head, rows))


def attempt(number: int, *recorders: str, **other: Any) -> Attempt:
    """An attempt of a gang of the given recorders, by rank."""
    bindings: list[RecorderBinding] = [
        {"id": recorder, "pod": f"{recorder}-pod", "node": "node-1", "rank": rank, "containers": []}
        for rank, recorder in enumerate(recorders)
    ]
    return {"number": number, "reason": "", "recorders": bindings, **other}  # type: ignore[typeddict-item]
