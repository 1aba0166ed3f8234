"""P20: what the injector adds to a pod's creation, at 200 pods a second over real TLS; its process has one core.

The load is open: each request has its moment, and an answer that is late counts from that moment. Beside it stands the
same load of pods that are left alone, which is the way through TLS, HTTP and kopf without our work.
"""

import base64
import copy
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from operator_process import free_port, until
from targets import Report, quantile
from tls import Authority

RATE = 200
SECONDS = 20
CONNECTIONS = 8
GOAL_MS = 5.0
_WARM_REQUESTS = 200

Json = dict[str, Any]


def measure() -> Report:
    """Needs an API server for kopf to start beside (`make cluster`); none of its pods is touched."""
    with tempfile.TemporaryDirectory() as folder, _injector(Path(folder)) as (port, trust):
        _load(port, trust, _review(is_asking=True), _WARM_REQUESTS)
        alone = _load(port, trust, _review(is_asking=False), RATE * SECONDS)
        injected = _load(port, trust, _review(is_asking=True), RATE * SECONDS)
    p99 = quantile(injected, 0.99)
    return Report(
        target="P20",
        what=f"review of a pod at {RATE} a second, p99",
        ours=p99,
        unit="ms",
        goal=f"≤ {GOAL_MS:g} ms",
        holds=p99 <= GOAL_MS,
        peers={"a pod that is left alone, p99 (ms)": quantile(alone, 0.99)},
        more={
            "p50 (ms)": quantile(injected, 0.5),
            "worst (ms)": max(injected),
            "left alone, p50 (ms)": quantile(alone, 0.5),
        },
    )


@contextmanager
def _injector(folder: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """The injector as a process on one core, and the trust that its clients need."""
    authority = Authority.make(folder, "ca")
    certificate, key = authority.sign("leaf", "localhost")
    (folder / "tls.crt").write_bytes(certificate)
    (folder / "tls.key").write_bytes(key)
    port, health = free_port(), free_port()
    environ = {
        "PATH": os.environ["PATH"], "KUBECONFIG": os.environ["KUBECONFIG"], "CHIPLOG_BUCKET": "s3://bench/x",
        "CHIPLOG_CLUSTER": "bench", "CHIPLOG_SIDECAR_IMAGE": "localhost/chiplog-sidecar:dev",
        "CHIPLOG_SIDECAR_ROLE_ARN": "arn:aws:iam::1:role/{namespace}", "CHIPLOG_CERTIFICATES": str(folder),
        "CHIPLOG_WEBHOOK_PORT": str(port), "CHIPLOG_HTTP_PORT": str(health),
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "chiplog_operator.injector"], env=environ,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    os.sched_setaffinity(process.pid, {0})
    try:
        until("the injector to listen", lambda: _is_ready(health), 60)
        yield port, ssl.create_default_context(cadata=authority.certificate)
    finally:
        process.terminate()
        process.wait(30)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def _review(*, is_asking: bool) -> bytes:
    """What the API server sends for a pod of a Job, with the environment and the volumes of a usual one."""
    labels = {"chiplog.dev/inject": str(is_asking).lower(), "batch.kubernetes.io/job-name": "train"}
    container = {"name": "trainer", "image": "registry.example.com/team/train:1", "command": ["python3", "train.py"],
                 "env": [{"name": f"SETTING_{number}", "value": "x" * 40} for number in range(20)],
                 "resources": {"limits": {"nvidia.com/gpu": "1", "memory": "16Gi"}},
                 "volumeMounts": [{"name": "data", "mountPath": "/data"}]}  # fmt: skip
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"generateName": "train-", "namespace": "team", "labels": labels},
           "spec": {"restartPolicy": "Never", "containers": [container],
                    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}}  # fmt: skip
    kind = {"group": "", "version": "v1", "kind": "Pod"}
    place = {"group": "", "version": "v1", "resource": "pods"}
    request = {"uid": "0", "kind": kind, "resource": place, "requestKind": kind, "requestResource": place,
               "namespace": "team", "operation": "CREATE", "userInfo": {"username": "bench", "uid": "", "groups": []},
               "object": pod, "oldObject": None, "dryRun": False, "options": {}}  # fmt: skip
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(review).encode()


def _load(port: int, trust: ssl.SSLContext, review: bytes, count: int) -> list[float]:
    """Milliseconds from each request's moment to its answer."""
    waits: list[float] = []
    began = time.perf_counter() + 0.2
    turns = [range(first, count, CONNECTIONS) for first in range(CONNECTIONS)]
    threads = [threading.Thread(target=_ask, args=(port, trust, review, turn, began, waits)) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(waits) != count:
        raise AssertionError(f"{len(waits)} of {count} reviews were answered")
    return waits


def _ask(port: int, trust: ssl.SSLContext, review: bytes, turn: range, began: float, waits: list[float]) -> None:
    connection = http.client.HTTPSConnection("localhost", port, context=trust, timeout=10)
    headers = {"Content-Type": "application/json"}
    is_wanted = b'"chiplog.dev/inject": "true"' in review
    for number in turn:
        due = began + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        connection.request("POST", "/pods", review, headers)
        answer = json.loads(connection.getresponse().read())["response"]
        waits.append((time.perf_counter() - due) * 1000)
        if bool(answer.get("patch")) != is_wanted or not answer["allowed"]:
            raise AssertionError(f"an answer that was not asked for: {_told(answer)}")
    connection.close()


def _told(answer: Json) -> Json:
    told = copy.copy(answer)
    if "patch" in told:
        told["patch"] = base64.b64decode(told["patch"]).decode()
    return told
