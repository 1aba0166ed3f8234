"""P14: from the end of a run of a million points to its final tables, beside DuckDB on the same rows.

The run is drained; then the time counts from the compactor's look to its seal, everything included: reading segments
and sources, staging, Parquet, PUT, read-back, markers, deletions. The peer is DuckDB alone, in SQL, from the same rows
as JSON lines to a Parquet file of the same points, with no check and no delete. Rounds alternate. CPU seconds stand
beside the clock's, for a machine that does other work too. On a machine where DuckDB alone needs more than the goal,
its worst round is the goal: whoever makes such a table at all takes that long there.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import wandb_files
from decoding import METRICS, row
from recorder_world import PLACE, RUN_DIRECTORY
from targets import Report

from chiplog.bucket.directory import DirectoryBucket
from chiplog_compactor import main
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.finding import CLAIM_SECONDS
from chiplog_compactor.settings import Settings as CompactorSettings
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings

ROWS, ROUNDS = 100_000, 5
GOAL_SECONDS = 2.0


def measure() -> Report:
    """Five rounds of both. Needs no cluster."""
    main.spare_collections()  # As the compactor's process does.
    ours: list[Spent] = []
    peer: list[Spent] = []
    with tempfile.TemporaryDirectory() as folder:
        log = wandb_files.written([row(step).SerializeToString() for step in range(ROWS)])
        lines = Path(folder) / "rows.jsonl"
        for number in range(ROUNDS):
            root = Path(folder) / f"round-{number}"
            bucket = _recorded(root, log)
            if number == 0:
                _write_lines(bucket, lines)
            ours.append(_spent(partial(_seal, bucket)))
            peer.append(_spent(partial(_duckdb, lines, root / "peer.parquet")))
    return Report(
        target="P14",
        what=f"end of a run of {ROWS * METRICS:,} points to its tables",
        ours=max(wall for wall, _ in ours),
        unit="s worst",
        goal=f"<= {GOAL_SECONDS:g} s, or what DuckDB alone takes",
        holds=max(wall for wall, _ in ours) <= max(GOAL_SECONDS, *(wall for wall, _ in peer)),
        peers={f"duckdb {duckdb.__version__}, JSON lines to Parquet": max(wall for wall, _ in peer)},
        more={
            "median (s)": statistics.median(wall for wall, _ in ours),
            "median (CPU s)": statistics.median(cpu for _, cpu in ours),
            "peer's median (s)": statistics.median(wall for wall, _ in peer),
            "peer's median (CPU s)": statistics.median(cpu for _, cpu in peer),
        },
    )


Spent = tuple[float, float]
"""Seconds by the clock, and of all cores together."""


def _spent(work: Callable[[], object]) -> Spent:
    began, used = time.monotonic(), time.process_time()
    work()
    return time.monotonic() - began, time.process_time() - used


def _recorded(root: Path, log: bytes) -> DirectoryBucket:
    target = root / "volume" / "main" / RUN_DIRECTORY / "run-bench.wandb"
    target.parent.mkdir(parents=True)
    target.write_bytes(log)
    (root / "bucket").mkdir()
    bucket = DirectoryBucket(root / "bucket")
    settings = Settings(bucket=str(root / "bucket"), recorder=PLACE, root=root / "volume", quiet_seconds=0.0)
    recorder = Recorder(settings, bucket, Clock(time.time, time.monotonic), {})
    recorder.resume()
    recorder.drain()
    return bucket


def _write_lines(bucket: DirectoryBucket, path: Path) -> None:
    """The rows as the segments hold them, in one file."""
    from chiplog import codec, layout

    with path.open("wb") as file:
        for listed in bucket.list(layout.raw_prefix(PLACE)):
            if listed.key.endswith(".rows.jsonl.zst"):
                data = codec.decompress(bucket.get(listed.key).data, listed.key)
                file.write(data.partition(b"\n")[2])


def _seal(bucket: DirectoryBucket) -> None:
    """The recorder was told of no run, so the compactor looks after it has waited for one that claims it."""
    assert Compactor(bucket, CompactorSettings("directory"), clock=lambda: time.time() + 2 * CLAIM_SECONDS).look() == 1


def _duckdb(lines: Path, target: Path) -> None:
    """Each metric of each row as a line, sorted by metric, as in our table."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(_PEER.format(lines=lines, target=target))


_PEER = """
COPY (
  SELECT "at", step, time, item.key, item.value AS value
  FROM (SELECT "at", step, time, unnest(map_entries("values")) AS item
        FROM read_ndjson('{lines}', columns = {{"at": 'BIGINT', kind: 'VARCHAR', step: 'BIGINT', time: 'DOUBLE',
                                               "values": 'MAP(VARCHAR, DOUBLE)'}}))
  ORDER BY item.key, "at"
) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""
