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

import many_runs
from recorder_world import PLACE

import chiplog
from chiplog.bucket.directory import DirectoryBucket
from chiplog.runfile import RunFile
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.finding import CLAIM_SECONDS
from chiplog_compactor.settings import Settings as CompactorSettings
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings

POINTS, RUNS, ROUNDS = 1_000_000, 10_000, 12


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        api, name = _sealed(Path(folder))
        _print("api.run(name).history(keys=['loss']).numpy()", lambda: api.run(name).history(keys=["loss"]).numpy())
        run = api.run(name)
        assert len(run.history(keys=["loss"]).numpy()["loss"]) == POINTS
        _print("run.history(keys=['loss']).numpy()", lambda: run.history(keys=["loss"]).numpy())
    folder = Path(".chiplog") / f"bench-runs-{RUNS}"
    many_runs.directory(folder, RUNS)
    command = [sys.executable, "-c", "from chiplog_cli.main import main; main()", "--bucket", str(folder), "ls"]
    query = "config.lr < 0.5 order by summary.loss limit 20"
    for words in ([], [query]):
        _print(
            f"chiplog ls {words}, the whole process",
            lambda words=words: subprocess.run([*command, *words], check=True, stdout=subprocess.DEVNULL),
        )
    listing = chiplog.Api(str(folder))
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


if __name__ == "__main__":
    main()
