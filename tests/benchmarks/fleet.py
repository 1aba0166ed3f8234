"""P19: a thousand TrainingRuns at once beside a thousand Jobs made by hand, then all of them alive, and a restart.

The API server and the Job controller are real; no pod is for any node, so the benchmark writes what a kubelet would.
The operator is a process of its own over a directory as its bucket; limits of requests are lifted for both sides
until all Jobs are there; what comes after keeps to 50 a second.
"""

import http.client
import itertools
import json
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import embedded
from api_proxy import Upstream
from operator_process import CLUSTER, OperatorProcess, until
from operator_world import live
from targets import Report

from chiplog import layout, records
from chiplog.bucket.opening import open_bucket

RUNS = int(os.environ.get("CHIPLOG_BENCH_RUNS", "1000"))
"""How many are made at once, and live then; 10000 plays the target's other half, in about half an hour."""

HEAD_SECONDS = 14.0
"""Between two heads of a recorder whose run trains."""

WINDOW_SECONDS = 120.0
"""For so long the operator is watched while all live: several looks at each namespace, and at some runs."""

CONNECTIONS = 8
GOAL = 1.5
MIB = 1024
_RUNNING = {"running": {"startedAt": "2026-11-26T00:00:00Z"}}
_AS_IN_THE_IMAGE = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
_UNLIMITED = {"CHIPLOG_API_QPS": "100000", "CHIPLOG_API_BURST": "100000"}

Json = dict[str, Any]
Request = tuple[str, str, Json]


def measure() -> Report:
    """Needs `make cluster`'s node and environment; the release's own operator rests meanwhile."""
    with _resting(), _namespace() as hand, _namespace() as ours, tempfile.TemporaryDirectory() as folder:
        by_hand = _by_hand(hand)
        bucket = Path(folder) / "bucket"
        bucket.mkdir()
        operator = OperatorProcess(Path(os.environ["KUBECONFIG"]), bucket, ours, **_AS_IN_THE_IMAGE, **_UNLIMITED)
        operator.start()
        try:
            by_operator = _by_operator(operator, ours)
            more = _lives(operator, ours, bucket)
        finally:
            operator.stop()
    return Report(
        target="P19",
        what=f"{RUNS} TrainingRuns until all Jobs exist, beside {RUNS} Jobs made by hand",
        ours=by_operator / by_hand,
        unit="times",
        goal=f"≤ {GOAL:g} times",
        holds=by_operator / by_hand <= GOAL,
        peers={"by hand (s)": by_hand},
        more={"by TrainingRuns (s)": by_operator, **more},
    )


def _by_hand(namespace: str) -> float:
    began = time.monotonic()
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    _send([("POST", path, _job(f"run-{number}")) for number in range(RUNS)])
    return time.monotonic() - began


def _by_operator(operator: OperatorProcess, namespace: str) -> float:
    until("the operator to watch", lambda: operator.said("operator leads"), 60, operator.log)
    began = time.monotonic()
    path = f"/apis/chiplog.dev/v1alpha1/namespaces/{namespace}/trainingruns"
    _send([("POST", path, _run(f"run-{number}")) for number in range(RUNS)])
    # Counted, not parsed: what the benchmark itself takes of the two cores is taken from those that it measures.
    until(f"{RUNS} Jobs", lambda: operator.log.read_bytes().count(b'"job made"') >= RUNS, 900, operator.log)
    return time.monotonic() - began


def _lives(operator: OperatorProcess, namespace: str, bucket: Path) -> dict[str, float]:
    """Every run has a pod that trains and a recorder that ships; then the operator starts anew, within its limits."""
    found = until(f"{RUNS} pods", lambda: _pods(namespace), 900)
    uids = [pod["metadata"]["uid"] for pod in found]  # type: ignore[attr-defined]
    with _recorders(bucket, namespace, uids):
        path = f"/api/v1/namespaces/{namespace}/pods"
        _send([("PATCH", f"{path}/{pod['metadata']['name']}/status", _started()) for pod in found])  # type: ignore[attr-defined]
        until("all runs followed", lambda: operator.metric("runs_followed") >= RUNS, 900, operator.log)
        until("an empty queue", lambda: operator.metric("queue_depth") == 0, 900, operator.log)
        writes = operator.metric('status_writes_total{kind="transition"}')
        before = _rss(operator)
        for name in _UNLIMITED:
            del operator.environ[name]
        return {
            f"RSS with {RUNS} runs made and live (MiB)": before,
            "transitions written per run": writes / RUNS,
            **_restarted(operator),
            **_watched(operator),
            "RSS after the restart (MiB)": _rss(operator),
        }


def _restarted(operator: OperatorProcess) -> dict[str, float]:
    """A new process, from its first word that it leads until every run is followed and none waits for a pass."""
    operator.kill()
    leads, called = len(operator.said("operator leads")), len(operator.said("roll called"))
    operator.start()
    until("it leads", lambda: len(operator.said("operator leads")) > leads, 60, operator.log)
    began = time.monotonic()
    until("its first list", lambda: len(operator.said("roll called")) > called, 900, operator.log)
    listed = time.monotonic()
    until("all runs followed", lambda: operator.metric("runs_followed") >= RUNS, 900, operator.log)
    until("no run waits", lambda: operator.metric("queue_depth") == 0, 900, operator.log)
    return {
        "first list (s)": listed - began,
        "first list to converged (s)": time.monotonic() - listed,
        "passes until then": operator.metric("reconciles_total"),
    }


def _watched(operator: OperatorProcess) -> dict[str, float]:
    """What is asked of the API server while all live and write, by what it is asked for."""
    names = [f'api_requests_total{{code="200",method="{verb}"' for verb in ("GET", "PATCH")]
    names += ['status_writes_total{kind="transition"', "reconciles_total", "api_requests_total"]
    before = [operator.metric(name) for name in names]
    time.sleep(WINDOW_SECONDS)
    told = ("GET", "PATCH", "transitions written", "passes", "API requests")
    spent = [(operator.metric(name) - was) / WINDOW_SECONDS for name, was in zip(names, before, strict=True)]
    return {f"{what} a second while all live": value for what, value in zip(told, spent, strict=True)}


@contextmanager
def _recorders(bucket: Path, namespace: str, uids: Sequence[str]) -> Iterator[None]:
    """A recorder for each pod, which writes its head as often as a real one."""
    store, over = open_bucket(str(bucket)), threading.Event()

    def write(step: int, uid: str) -> None:
        place = layout.Recorder(CLUSTER, namespace, uid)
        store.put(layout.live_key(place), records.pack_live(live(place, "recording", step=step), records.pack_tail([])))

    def follow() -> None:
        for step in itertools.count(2):
            for uid in uids:
                write(step, uid)
                if over.wait(HEAD_SECONDS / len(uids)):
                    return

    for uid in uids:
        write(1, uid)
    thread = _thread(follow)
    try:
        yield
    finally:
        over.set()
        thread.join()


def _rss(operator: OperatorProcess) -> float:
    process = operator.process
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines() if process is not None else []
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / MIB


def _template() -> Json:
    """Pods that the scheduler leaves alone."""
    return {"spec": {"restartPolicy": "Never", "schedulerName": "nobody",
                     "containers": [{"name": "trainer", "image": "localhost/none:1"}]}}  # fmt: skip


def _job(name: str) -> Json:
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": _template()}}


def _run(name: str) -> Json:
    return {"apiVersion": "chiplog.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": name},
            "spec": {"template": _template()}}  # fmt: skip


def _started() -> Json:
    word = {"image": "x", "imageID": "x@sha256:1", "restartCount": 0, "ready": True, "state": _RUNNING}
    return {"status": {"phase": "Running", "containerStatuses": [{"name": "trainer", **word}],
                       "initContainerStatuses": [{"name": "chiplog", **word}]}}  # fmt: skip


def _pods(namespace: str) -> list[Json]:
    """The metadata of all pods once all are there: until then they are counted, for ten thousand are ten megabytes."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    one = json.loads(embedded.kubectl("get", "--raw", f"{path}?limit=1"))
    if len(one["items"]) + one["metadata"].get("remainingItemCount", 0) < RUNS:
        return []
    found: list[Json] = json.loads(embedded.kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    return found


def _send(requests: Sequence[Request]) -> None:
    """All of them, over a few connections at once."""
    upstream, failures = Upstream(Path(os.environ["KUBECONFIG"])), list[str]()
    threads = [_thread(_send_some, upstream, requests[first::CONNECTIONS], failures) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError(f"{len(failures)} requests were refused, the first: {failures[0]}")


def _thread(work: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    return thread


def _send_some(upstream: Upstream, requests: Sequence[Request], failures: list[str]) -> None:
    connection = upstream.connect()
    for method, path, body in requests:
        kind = "application/json" if method == "POST" else "application/merge-patch+json"
        headers = {"Content-Type": kind, **({"Authorization": f"Bearer {upstream.token}"} if upstream.token else {})}
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            failures.append(told.decode()[:300])
    connection.close()


@contextmanager
def _namespace() -> Iterator[str]:
    name = f"bench-{uuid.uuid4().hex[:8]}"
    embedded.kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        embedded.kubectl("delete", "namespace", name, "--wait=false")


@contextmanager
def _resting() -> Iterator[None]:
    """The release's own operator rests."""
    where = ("deployment/chiplog-operator", "-n", "chiplog-system")
    embedded.kubectl("scale", *where, "--replicas=0")
    try:
        yield
    finally:
        embedded.kubectl("scale", *where, "--replicas=1")
