"""P15 and P16: 200 runs opened by a cold server, and one chart of a thousand runs.

The runs are recorded, sealed and drawn by our own code, once, and found again in `.chiplog`. P15 starts the server as a
process on a warm disk, its modules compiled as an installation has them, and asks it for the list and for one metric of
all 200 runs. Beside it TensorBoard's data server loads event files of the same points, until it tells the last step of
every run. Rounds alternate. The goal of 100 ms is a quarter of what that server took on the machine of the targets; so
the ratio counts too, where the two do their work on this one.

P16 asks a warm server for one chart of a thousand runs of 10,000 rows again and again; the first time, when the blocks
of curves are read and unpacked, stands apart. All runs have the same rows, so that these blocks are smaller than any
others. Beside it, in turns, DuckDB makes the same buckets of the same ten million points in one file, without HTTP and
JSON; the goal of 60 ms is a third of its time on the machine of the targets.
"""

import functools
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import grpc
import tensorboard_data_server
from listing import served
from targets import Report, quantile
from tensorboard.data.proto import data_provider_pb2, data_provider_pb2_grpc

from chiplog import codec, layout, records
from chiplog.bucket.directory import DirectoryBucket
from chiplog_cli import eventfile
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.drawing import Drawer
from chiplog_compactor.indexing import Indexer
from chiplog_compactor.settings import Settings

ROWS = 10_000
CLUSTER, NAMESPACE = "prod", "team"
OPENED, DRAWN = 200, 1000
POINTS = 200
KEYS = ("loss", "acc")
ROUNDS = 3
OPEN_MS, OPEN_MIB, DRAW_MS = 100.0, 128.0, 60.0
OPEN_TIMES, DRAW_TIMES = 4.0, 3.0
"""As fast as TensorBoard's data server, as DuckDB from the raw points."""
_NOW = 1_795_000_000.0
_LARGE = [("grpc.max_receive_message_length", 1 << 28)]


def opened() -> Report:
    """P15."""
    root = _sealed(OPENED)
    with tempfile.TemporaryDirectory() as folder:
        _event_files(Path(folder))
        _started(root)
        rounds = [(_started(root), _tensorboard(Path(folder))) for _ in range(ROUNDS)]
    wall, imports, memory = (list(column) for column in zip(*(ours for ours, _ in rounds), strict=True))
    whole = [served + imported for served, imported in zip(wall, imports, strict=True)]
    theirs, held = (list(column) for column in zip(*(other for _, other in rounds), strict=True))
    version = f"tensorboard-data-server {tensorboard_data_server.__version__}"
    return Report(
        target="P15",
        what=f"{OPENED} runs of {ROWS:,} rows opened by a cold process: list and one chart",
        ours=statistics.median(whole) * 1000,
        unit="ms",
        goal=f"<= {OPEN_MS:g} ms or {OPEN_TIMES:g} times TensorBoard's server, {OPEN_MIB:g} MiB",
        holds=statistics.median(whole) <= max(OPEN_MS / 1000, statistics.median(theirs) / OPEN_TIMES)
        and max(memory) <= OPEN_MIB,
        peers={f"{version} (ms)": statistics.median(theirs) * 1000, f"{version} (MiB)": max(held)},
        more={
            "worst (ms)": max(whole) * 1000,
            "after the imports (ms)": statistics.median(wall) * 1000,
            "RSS (MiB)": max(memory),
        },
    )


def drawn() -> Report:
    """P16."""
    bucket = DirectoryBucket(_sealed(DRAWN))
    names = [quote(layout.Run(CLUSTER, NAMESPACE, _id(number)).path) for number in range(DRAWN)]
    ours: list[float] = []
    raw: list[float] = []
    with served(bucket) as port, tempfile.TemporaryDirectory() as folder:
        points = Path(folder) / "points.parquet"
        _raw_points(points)
        first = [_asked(port, key, names) for key in KEYS]
        for _ in range(20):
            ours += [_asked(port, key, names) for key in KEYS]
            raw.append(_raw_chart(points))
    p95, theirs = quantile(ours, 0.95), quantile(raw, 0.95)
    return Report(
        target="P16",
        what=f"one chart of {DRAWN} runs of {ROWS:,} rows, p95",
        ours=p95,
        unit="ms",
        goal=f"<= {DRAW_MS:g} ms or {DRAW_TIMES:g} times DuckDB raw",
        holds=p95 <= max(DRAW_MS, theirs / DRAW_TIMES),
        peers={f"duckdb {duckdb.__version__}, raw points": theirs},
        more={"median (ms)": statistics.median(ours), "a metric's first time (ms)": statistics.median(first)},
    )


def _raw_points(path: Path) -> None:
    """Ten million points of one metric in one file, by run and step."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(_POINTS.format(runs=DRAWN, rows=ROWS, path=path))


def _raw_chart(path: Path) -> float:
    """Milliseconds until every bucket of every run is in memory."""
    with duckdb.connect(config={"threads": 2}) as connection:
        began = time.monotonic()
        made = connection.execute(_BUCKETS.format(points=POINTS, rows=ROWS, path=path)).fetchnumpy()
        took = time.monotonic() - began
    if len(made["run"]) != DRAWN * POINTS:
        raise SystemExit(f"duckdb made {len(made['run'])} buckets")
    return took * 1000


_POINTS = """
COPY (
  SELECT run::INTEGER AS run, step::INTEGER AS step, (1 + hash(step) / 2.0 ** 64) / (step + 1) AS value
  FROM range({runs}) AS runs(run), range({rows}) AS steps(step) ORDER BY run, step
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""

_BUCKETS = """
SELECT run, step * {points} // {rows} AS bucket, min(value) AS min, max(value) AS max, arg_max(value, step) AS last
FROM read_parquet('{path}') GROUP BY ALL
"""


def _asked(port: int, key: str, names: list[str]) -> float:
    """Milliseconds until the whole chart is there."""
    runs = "&".join(f"run={name}" for name in names)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    began = time.monotonic()
    connection.request("GET", f"/api/v1/curves?key={key}&points={POINTS}&{runs}")
    answer = connection.getresponse()
    text = answer.read()
    took = time.monotonic() - began
    connection.close()
    if answer.status != 200 or text.count(b'"attempt"') != len(names):
        raise SystemExit(f"the server says {answer.status}: {text[:200]!r}")
    return took * 1000


_COLD = """
import http.client, time  # The asker's own.
began = time.monotonic()
import os, sys, threading
import uvicorn
from chiplog_dashboard import main
from chiplog_dashboard.settings import Settings
imported = time.monotonic()
config = uvicorn.Config(main.build(Settings.from_env(os.environ)), port=0, log_level="error", lifespan="off", ws="none")
server = uvicorn.Server(config)
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.001)
connection = http.client.HTTPConnection("127.0.0.1", server.servers[0].sockets[0].getsockname()[1])
for path, expected in (("/api/v1/runs", b'"run":'), (sys.argv[1], b'"attempt"')):
    connection.request("GET", path)
    text = connection.getresponse().read()
    assert text.count(expected) == int(sys.argv[2]), text[:300]
with open("/proc/self/status") as status:  # ru_maxrss would be the benchmark's own, which outlives exec.
    memory = int(status.read().partition("VmHWM:")[2].split()[0]) / 1024
print(time.monotonic() - imported, imported - began, memory)
"""


def _started(root: Path) -> tuple[float, float, float]:
    """Seconds from the imports to the chart, seconds of the imports, and the most memory in MiB."""
    runs = "&".join(f"run={quote(layout.Run(CLUSTER, NAMESPACE, _id(number)).path)}" for number in range(OPENED))
    path = f"/api/v1/curves?key=loss&points={POINTS}&{runs}"
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(".chiplog/bench-compiled").resolve())}
    environ = {**os.environ, **compiled, "CHIPLOG_BUCKET": str(root)}
    told = subprocess.run(
        [sys.executable, "-c", _COLD, path, str(OPENED)], env=environ, capture_output=True, text=True, check=True
    )
    wall, imports, memory = map(float, told.stdout.split())
    return wall, imports, memory


def _event_files(folder: Path) -> None:
    """The same points as event files, one a run: one file by 200 names."""
    first = folder / "run0000" / "events.out.tfevents.1.bench"
    first.parent.mkdir()
    with first.open("wb") as file:
        eventfile.start(file, _NOW)
        for line in _lines()[1:]:
            row = codec.load(line)
            values = [eventfile.scalar(key, row["values"][key]) for key in KEYS]
            eventfile.add(file, row["time"], row["step"], values)
    for number in range(1, OPENED):
        place = folder / f"run{number:04d}"
        place.mkdir()
        (place / first.name).hardlink_to(first)


def _tensorboard(folder: Path) -> tuple[float, float]:
    """Seconds from the start of TensorBoard's data server until it has loaded every run, and its memory in MiB."""
    with tempfile.TemporaryDirectory() as own:
        port = Path(own) / "port"
        words = ["--logdir", folder, "--port", "0", "--port-file", port, "--reload", "once"]
        began = time.monotonic()
        process = subprocess.Popen([tensorboard_data_server.server_binary(), *map(str, words)])
        try:
            while not (port.is_file() and port.read_text().strip()):
                time.sleep(0.001)
            with grpc.insecure_channel(f"127.0.0.1:{port.read_text().strip()}", _LARGE) as channel:
                stub = data_provider_pb2_grpc.TensorBoardDataProviderStub(channel)
                while _loaded(stub) < OPENED * len(KEYS):
                    time.sleep(0.005)
            took = time.monotonic() - began
            status = Path(f"/proc/{process.pid}/status").read_text()
            return took, int(status.partition("VmHWM:")[2].split()[0]) / 1024
        finally:
            process.kill()
            process.wait()


def _loaded(stub: Any) -> int:
    """Series whose last step is there."""
    wanted = data_provider_pb2.ListScalarsRequest(
        experiment_id="", plugin_filter=data_provider_pb2.PluginFilter(plugin_name="scalars")
    )
    runs = stub.ListScalars(wanted).runs
    return sum(tag.metadata.max_step == ROWS - 1 for run in runs for tag in run.tags)


def _id(number: int) -> str:
    return f"run{number:04d}-{number:08x}"


def _sealed(count: int) -> Path:
    """A directory bucket of so many sealed runs, made and drawn once."""
    root = Path(".chiplog") / f"bench-charts-{count}"
    root.mkdir(parents=True, exist_ok=True)
    bucket = DirectoryBucket(root)
    if not (root / "made").is_file():
        _make(bucket, count)
        (root / "made").write_text("")
    Drawer(bucket, max_runs=count).draw(time.time())
    return root


def _make(bucket: DirectoryBucket, count: int) -> None:
    """One run by our own code, the others its copies, each with documents and files of its own; they share the
    recorder's name, which no reader minds."""
    _record(bucket, 0)
    Compactor(bucket, Settings("directory"), lambda: _NOW + 1000).look()
    first, recorder = layout.Run(CLUSTER, NAMESPACE, _id(0)), layout.Recorder(CLUSTER, NAMESPACE, "rec-0000")
    seal = records.unpack_document(bucket.get(layout.seal_key(first)).data, records.SEAL_FORMAT, "the seal")
    for number in range(1, count):
        place = layout.Run(CLUSTER, NAMESPACE, _id(number))
        parts = [part | {"key": part["key"].replace(first.id, place.id)} for part in seal["parts"]]
        for part, old in zip(parts, seal["parts"], strict=True):
            bucket.put(part["key"], bucket.get(old["key"]).data)
        found = _documents(place, recorder, number)
        for key, document in (found | {layout.seal_key(place): seal | {"run": place.id, "parts": parts}}).items():
            bucket.put(key, records.pack_document(document))
    Indexer(bucket).reconcile(_NOW + 2000)


def _record(bucket: DirectoryBucket, number: int) -> None:
    """The documents and the rows of a run that is over, as operator and recorder write them."""
    place = layout.Run(CLUSTER, NAMESPACE, _id(number))
    recorder = layout.Recorder(CLUSTER, NAMESPACE, f"rec-{number:04d}")
    head = {
        "format": records.SEGMENT_FORMAT, "min_reader": 1, "cluster": CLUSTER, "namespace": NAMESPACE,
        "recorder": recorder.id, "stream": "s", "kind": "wandb", "container": "main", "path": "run.wandb",
        "generation": 0, "start": 0, "end": ROWS + 1, "rows": ROWS + 1,
    }  # fmt: skip
    key = layout.segment_key(recorder, "s", 0, ROWS + 1)
    bucket.put(key, codec.compress([codec.dump(head), *_lines()]))
    stream = {
        "id": "s", "kind": "wandb", "container": "main", "path": "run.wandb", "generation": 0, "inode": 1,
        "position": ROWS + 1, "segmented": ROWS + 1, "size": ROWS + 1, "kinds": {"run": 1, "history": ROWS}, "gaps": 0,
        "loss_bound": "", "ended": True, "exit_code": 0,
        "run": {"run_id": "r", "step": ROWS - 1, "started_at": _NOW - 900, "last_time": _NOW, "summary": {"loss": 0.1}},
    }  # fmt: skip
    told = {"cluster": CLUSTER, "namespace": NAMESPACE, "id": recorder.id, "pod": "p", "node": "n", "run": place.id,
            "project": "vision", "version": "0", "started_at": _NOW - 900}  # fmt: skip
    live = {
        "format": records.LIVE_FORMAT, "min_reader": 1, "recorder": told, "writer": "", "sequence": 1, "time": _NOW,
        "state": "drained", "lag_seconds": 0.0, "pending_bytes": 0, "problems": [], "requests": {}, "streams": [stream],
    }  # fmt: skip
    bucket.put(layout.live_key(recorder), records.pack_live(live, records.pack_tail([])))  # type: ignore[arg-type]
    for key, document in _documents(place, recorder, number).items():
        bucket.put(key, records.pack_document(document))


@functools.cache
def _lines() -> list[bytes]:
    """The rows of every run: two metrics of many digits."""
    began = {"at": 0, "kind": "run", "run_id": "r", "started_at": _NOW - 900, "resume": False, "starting_step": 0,
             "config": [], "summary": []}  # fmt: skip
    rows = [began]
    for step in range(ROWS):
        loss = (1.0 + (step * 2_654_435_761 % 2**32) / 2**32) / (step + 1)
        rows.append({"at": step + 1, "kind": "history", "step": step, "time": _NOW - 900 + step * 0.09,
                     "values": {"loss": loss, "acc": 1 - loss}})  # fmt: skip
    return [codec.dump(row) for row in rows]


def _documents(place: layout.Run, recorder: layout.Recorder, number: int) -> dict[str, dict[str, Any]]:
    binding = {"id": recorder.id, "pod": "p", "node": "n", "rank": 0, "containers": []}
    attempt = {"number": 1, "reason": "Completed", "exit_code": 0, "started_at": _NOW - 900, "finished_at": _NOW,
               "recorders": [binding]}  # fmt: skip
    return {
        layout.run_key(place): {
            "format": records.RUN_FORMAT, "min_reader": 1, "cluster": CLUSTER, "namespace": NAMESPACE, "run": place.id,
            "name": f"run{number}", "uid": "u", "display_name": f"run {number}", "project": "vision", "notes": "",
            "tags": [], "config": {"lr": 0.1}, "metrics": [{"name": "loss", "goal": "minimize"}], "datasets": [],
            "created_at": _NOW - 1000 + number, "created_by": "ada", "service_account": "default", "images": {},
            "command": {},
        },
        layout.outcome_key(place): {
            "format": records.OUTCOME_FORMAT, "min_reader": 1, "run": place.id, "state": "finished",
            "reason": "Completed", "durable": True, "started_at": _NOW - 900, "finished_at": _NOW,
            "attempts": [attempt],
        },
    }  # fmt: skip
