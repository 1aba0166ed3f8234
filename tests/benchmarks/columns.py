"""One metric of one sealed run of a million points, and `ls` over 10,000 sealed runs; run it alone, it is no target.

python tests/benchmarks/columns.py
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from recorder_world import PLACE

import chiplog
from chiplog import layout, records
from chiplog.bucket.directory import DirectoryBucket
from chiplog.runfile import RunFile
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.finding import CLAIM_SECONDS
from chiplog_compactor.settings import Settings as CompactorSettings
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings

POINTS, RUNS, ROUNDS = 1_000_000, 10_000, 7


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        api, name = _sealed(Path(folder))
        _print("api.run(name).history(keys=['loss']).numpy()", lambda: api.run(name).history(keys=["loss"]).numpy())
        run = api.run(name)
        assert len(run.history(keys=["loss"]).numpy()["loss"]) == POINTS
        _print("run.history(keys=['loss']).numpy()", lambda: run.history(keys=["loss"]).numpy())
    with tempfile.TemporaryDirectory() as folder:
        _many(Path(folder))
        command = [sys.executable, "-c", "from chiplog_cli.main import main; main()", "--bucket", folder, "ls"]
        query = "config.lr < 0.5 order by summary.loss limit 20"
        _print(
            f"chiplog ls '{query}', the whole process",
            lambda: subprocess.run([*command, query], check=True, stdout=subprocess.DEVNULL),
        )
        listing = chiplog.Api(folder)
        assert len(listing.runs()) == RUNS
        _print("api.runs(query)", lambda: listing.runs(query))


def _print(what: str, work: Callable[[], object]) -> None:
    took, cpu = [], []
    for _ in range(ROUNDS):
        began, used = time.monotonic(), time.process_time()
        work()
        took.append((time.monotonic() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    figures = f"median {statistics.median(took):.1f} ms, least {min(took):.1f} ms, worst {max(took):.1f} ms"
    print(f"{what}: {figures}, CPU {statistics.median(cpu):.1f} ms", flush=True)


def _sealed(root: Path) -> tuple[chiplog.Api, str]:
    main = root / "volume" / "main" / "chiplog"
    main.mkdir(parents=True)
    (root / "bucket").mkdir()
    file = RunFile(main / "run-bench.chiplog")
    file.row({"kind": "run", "run_id": "bench", "started_at": 1.0})
    for step in range(POINTS):
        file.history(step, 1.0 + step, {"loss": 1 / (step + 1), "acc": step / POINTS})
    file.row({"kind": "exit", "exit_code": 0})
    file.close()
    bucket = DirectoryBucket(root / "bucket")
    settings = Settings(bucket=str(root / "bucket"), recorder=PLACE, root=root / "volume", quiet_seconds=0.0)
    recorder = Recorder(settings, bucket, Clock(time.time, time.monotonic), {})
    recorder.resume()
    recorder.drain()
    # The recorder was told of no run: the compactor looks after it has waited for one that claims it.
    assert Compactor(bucket, CompactorSettings("directory"), lambda: time.time() + 2 * CLAIM_SECONDS).look() == 1
    return chiplog.Api(bucket), PLACE.id


def _many(root: Path) -> None:
    """Documents of sealed runs and their index, written as files for 30,000 of them."""
    bucket = DirectoryBucket(root)
    lines = []
    for number in range(RUNS):
        place = layout.Run("prod", "team", f"run{number}-{number:08x}")
        documents = {
            layout.run_key(place): _run(place, number),
            layout.outcome_key(place): _outcome(place, number),
            layout.seal_key(place): _seal(place, number),
        }
        for key, document in documents.items():
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes(records.pack_document(document))
        lines.append((place, *documents.values()))
    etags: dict[str, dict[str, str]] = {}
    for item in bucket.list(layout.runs_prefix()):
        found = layout.document_of(item.key)
        if found is not None:
            etags.setdefault(found[0].id, {})[found[1]] = item.etag
    made = [
        {
            "run": place.id,
            "etags": etags[place.id],
            "document": document,
            "outcome": outcome,
            "seal": seal,
            "config": {"lr": document["config"]["lr"]},
        }
        for place, document, outcome, seal in lines
    ]
    data = records.pack_index(made)
    import hashlib

    key = layout.index_part_key("prod", "team", hashlib.sha256(data).hexdigest())
    bucket.put(key, data)
    manifest = {
        "format": records.INDEX_FORMAT,
        "min_reader": 1,
        "cluster": "prod",
        "namespace": "team",
        "parts": [{"key": key, "runs": RUNS, "size": len(data)}],
    }
    bucket.put(layout.index_manifest_key("prod", "team"), records.pack_document(manifest))


def _run(place: layout.Run, number: int) -> dict[str, object]:
    return {
        "format": records.RUN_FORMAT,
        "min_reader": 1,
        "cluster": place.cluster,
        "namespace": place.namespace,
        "run": place.id,
        "name": f"run{number}",
        "uid": "u",
        "display_name": f"run {number}",
        "project": "vision",
        "notes": "",
        "tags": ["a"],
        "config": {"lr": number / RUNS, "opt": {"name": "adam"}},
        "metrics": [{"name": "loss", "goal": "minimize"}],
        "datasets": [],
        "created_at": 1.7e9 + number,
        "created_by": "ada",
        "service_account": "default",
        "images": {},
        "command": {},
    }


def _outcome(place: layout.Run, number: int) -> dict[str, object]:
    recorder = {"id": f"rec{number}", "pod": f"p{number}", "node": "n", "rank": 0, "containers": []}
    done = {"number": 1, "reason": "Completed", "exit_code": 0, "started_at": 1.7e9, "finished_at": 1.7e9 + 9}
    return {
        "format": records.OUTCOME_FORMAT,
        "min_reader": 1,
        "run": place.id,
        "state": "finished",
        "reason": "Completed",
        "durable": True,
        "started_at": 1.7e9,
        "finished_at": 1.7e9 + 9,
        "attempts": [{**done, "recorders": [recorder]}],
    }


def _seal(place: layout.Run, number: int) -> dict[str, object]:
    stream = {
        "id": "s",
        "kind": "wandb",
        "container": "main",
        "path": "wandb/offline-run-x/run-x.wandb",
        "generation": 0,
        "inode": 1,
        "position": 9,
        "segmented": 9,
        "size": 9,
        "kinds": {"history": 9, "run": 1},
        "gaps": 0,
        "loss_bound": "",
        "ended": True,
        "exit_code": 0,
        "run": {
            "run_id": "x",
            "step": 9,
            "started_at": 1.7e9,
            "last_time": 1.7e9,
            "summary": {"loss": number / RUNS, "acc": 0.5},
        },
    }
    recorder = {
        "cluster": place.cluster,
        "namespace": place.namespace,
        "id": f"rec{number}",
        "pod": "p",
        "node": "n",
        "run": place.id,
        "project": "vision",
        "version": "0",
        "started_at": 1.7e9,
    }
    head = {
        "format": records.LIVE_FORMAT,
        "min_reader": 1,
        "recorder": recorder,
        "writer": "",
        "sequence": 1,
        "time": 1.7e9,
        "state": "drained",
        "lag_seconds": 0.0,
        "pending_bytes": 0,
        "problems": [],
        "requests": {},
        "streams": [stream],
    }
    told = {"id": f"rec{number}", "attempt": 1, "rank": 0, "modified": 1.7e9, "head": head, "streams": []}
    return {
        "format": records.SEAL_FORMAT,
        "min_reader": 1,
        "cluster": place.cluster,
        "namespace": place.namespace,
        "run": place.id,
        "is_bound": True,
        "generation": 1,
        "sealed_at": 1.7e9,
        "recorders": [told],
        "parts": [],
    }


if __name__ == "__main__":
    main()
