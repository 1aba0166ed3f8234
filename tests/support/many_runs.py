"""Buckets of very many sealed runs, for measuring lists; documents as operator and compactor write them."""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chiplog import codec, layout, records, times
from chiplog.bucket import Bucket, folder_key
from chiplog.bucket.directory import DirectoryBucket
from chiplog.bucket.memory import MemoryBucket
from chiplog.reading import catalog, index
from chiplog.reading.catalog import Entry
from chiplog_compactor.indexing import SPLIT

CLUSTER, NAMESPACE = "prod", "team"

PART = 100_000
"""Runs of a part of the index, at most."""


def place(number: int) -> layout.Run:
    """A run; the newest has the largest number."""
    return layout.Run(CLUSTER, NAMESPACE, f"run{number}-{number:08x}")


def directory(root: Path, count: int) -> DirectoryBucket:
    """A directory bucket of so many runs; made once, and found again."""
    made = root / "made"
    bucket = DirectoryBucket(root)
    if made.is_file() and made.read_text() == str(count):
        return bucket
    root.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        told = documents(number)
        for key, document in told.items():
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes(records.pack_document(document))
    etags = index.listed(bucket)
    _put_index(bucket, count, lambda number: catalog.entry(CLUSTER, NAMESPACE, _line(number, etags)))
    made.write_text(str(count))
    return bucket


class Synthetic(MemoryBucket):
    """An index and the folders of so many runs, and no documents: what a list of settled runs reads."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._names = sorted((place(number).id for number in range(count)), key=folder_key)
        first = catalog.entry(CLUSTER, NAMESPACE, _line(0, {}))
        _put_index(self, count, lambda number: _like(first, number))

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        parts = prefix.strip("/").split("/")[2:]
        names = [[CLUSTER], [NAMESPACE], self._names][len(parts)]
        start = bisect_right(names, folder_key(after), key=folder_key) if after else 0
        end = bisect_right(names, folder_key(until), key=folder_key) if until else len(names)
        return iter(names[start:end])


def _like(first: Entry, number: int) -> Entry:
    """The entry of a run as the first one's, other in all that a list shows and asks for; its papers are not read."""
    at = place(number)
    summary, config = _summary(number), _config(number)
    began = 1.7e9 + number
    named = {"run": at.id, "name": f"run{number}", "display_name": f"run {number}", "created_at": began}
    told = {(name,): value for name, value in named.items()}
    told |= {("started_at",): began, ("finished_at",): began + 900, ("recorders",): [f"rec{number}"]}
    told |= {("summary", key): value for key, value in summary.items()}
    told |= {("config", key): value for key, value in config.items()}
    row = json.loads(first.row) | named | {"id": at.path, "summary": summary, "config": config}
    row |= {"started_at": times.iso(began), "finished_at": times.iso(began + 900)}
    return first._replace(run=at.id, row=codec.dump(row), fields=first.fields | told)


def put_lines(bucket: Bucket, places: list[layout.Run]) -> None:
    """An index of runs whose `run.json` is in the bucket."""
    lines = [
        {"run": at.id, "etags": {}, "document": json.loads(bucket.get(layout.run_key(at)).data), "outcome": None,
         "seal": _seal(at, 0), "config": {}}
        for at in places
    ]  # fmt: skip
    entries = [catalog.entry(CLUSTER, NAMESPACE, line) for line in lines]  # type: ignore[arg-type]
    _put_manifest(bucket, [_put_part(bucket, entries)])


def _put_index(bucket: Bucket, count: int, entry: Callable[[int], Entry]) -> None:
    """In parts of 100,000 runs."""
    parts: list[dict[str, Any]] = []
    names = sorted(range(count), key=lambda number: folder_key(place(number).id))
    for start in range(0, count, PART):
        some = names[start : start + PART]
        parts.append(_put_part(bucket, [*map(entry, some)]))
    ids = [place(number).id for number in names]
    parts[0]["splits"] = ids[SPLIT - 1 :: SPLIT]
    _put_manifest(bucket, parts)


def _put_part(bucket: Bucket, entries: list[Entry]) -> dict[str, Any]:
    data = catalog.pack(entries)
    key = layout.index_part_key(CLUSTER, NAMESPACE, hashlib.sha256(data).hexdigest())
    bucket.put(key, data)
    return {"key": key, "runs": len(entries), "size": len(data)}


def _put_manifest(bucket: Bucket, parts: list[dict[str, Any]]) -> None:
    manifest = {"format": records.INDEX_FORMAT, "min_reader": records.INDEX_READER, "cluster": CLUSTER,
                "namespace": NAMESPACE, "parts": parts}  # fmt: skip
    bucket.put(layout.index_manifest_key(CLUSTER, NAMESPACE), records.pack_document(manifest))


def _line(number: int, etags: dict[layout.Run, dict[str, str]]) -> Any:
    run, outcome, seal = documents(number).values()
    config = _config(number)
    return {"run": run["run"], "etags": etags.get(place(number), {}), "document": run, "outcome": outcome,
            "seal": seal, "config": config}  # fmt: skip


def _config(number: int) -> dict[str, Any]:
    return {"lr": _draw(number, 1), "optimizer": {"name": "adam", "beta": 0.9}, "batch": 2 ** (number % 8)}


def _summary(number: int) -> dict[str, float]:
    metrics = {f"metric_{key}": _draw(number, 10 + key) for key in range(8)}
    return {"loss": _draw(number, 2), "acc": _draw(number, 3), **metrics}


def documents(number: int) -> dict[str, dict[str, Any]]:
    """The three documents of a run by their keys."""
    at = place(number)
    return {
        layout.run_key(at): _run(at, number),
        layout.outcome_key(at): _outcome(at, number),
        layout.seal_key(at): _seal(at, number),
    }


def _draw(number: int, salt: int) -> float:
    """A number of [0, 1) that looks like chance, and is the same every time."""
    return ((number * 2_654_435_761 + salt * 40_503) % 2**32) / 2**32


def _run(at: layout.Run, number: int) -> dict[str, Any]:
    return {
        "format": records.RUN_FORMAT, "min_reader": 1, "cluster": at.cluster, "namespace": at.namespace, "run": at.id,
        "name": f"run{number}", "uid": f"{number:08x}-0000", "display_name": f"run {number}", "project": "vision",
        "notes": "", "tags": ["a"], "config": {"lr": _draw(number, 1), "opt": {"name": "adam"}},
        "metrics": [{"name": "loss", "goal": "minimize"}], "datasets": [], "created_at": 1.7e9 + number,
        "created_by": "ada", "service_account": "default", "images": {"main": "example/train:1"},
        "command": {"main": ["python", "train.py"]},
    }  # fmt: skip


def _outcome(at: layout.Run, number: int) -> dict[str, Any]:
    began = 1.7e9 + number
    binding = {"id": f"rec{number}", "pod": f"p{number}", "node": "n", "rank": 0, "containers": []}
    done = {"number": 1, "reason": "Completed", "exit_code": 0, "started_at": began, "finished_at": began + 900}
    return {
        "format": records.OUTCOME_FORMAT, "min_reader": 1, "run": at.id, "state": "finished", "reason": "Completed",
        "durable": True, "started_at": began, "finished_at": began + 900,
        "attempts": [{**done, "recorders": [binding]}],
    }  # fmt: skip


def _seal(at: layout.Run, number: int) -> dict[str, Any]:
    began = 1.7e9 + number
    told = {"run_id": f"{number:08x}", "step": 1000, "started_at": began, "last_time": began + 900,
            "summary": _summary(number)}  # fmt: skip
    stream = {
        "id": "s", "kind": "wandb", "container": "main", "path": "wandb/offline-run-x/run-x.wandb", "generation": 0,
        "inode": 1, "position": 9, "segmented": 9, "size": 9, "kinds": {"history": 9, "run": 1}, "gaps": 0,
        "loss_bound": "", "ended": True, "exit_code": 0, "run": told,
    }  # fmt: skip
    recorder = {"cluster": at.cluster, "namespace": at.namespace, "id": f"rec{number}", "pod": f"p{number}",
                "node": "n", "run": at.id, "project": "vision", "version": "0", "started_at": began}  # fmt: skip
    head = {
        "format": records.LIVE_FORMAT, "min_reader": 1, "recorder": recorder, "writer": "", "sequence": 1,
        "time": began + 900, "state": "drained", "lag_seconds": 0.0, "pending_bytes": 0, "problems": [],
        "requests": {"PutObject": 40, "bytes": 90_000}, "streams": [stream],
    }  # fmt: skip
    sealed = {"id": f"rec{number}", "attempt": 1, "rank": 0, "modified": began + 900, "head": head, "streams": []}
    return {
        "format": records.SEAL_FORMAT, "min_reader": 1, "cluster": at.cluster, "namespace": at.namespace,
        "run": at.id, "is_bound": True, "generation": 1, "sealed_at": began + 901, "recorders": [sealed], "parts": [],
    }  # fmt: skip


def size(bucket: Any) -> int:
    """Bytes of the index."""
    return sum(item.size for item in bucket.list("v1/index/"))
