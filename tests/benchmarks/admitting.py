"""P20: what the injector adds to a pod's creation, by a real API server and the chart's own injector, on one core.

Pods are posted with `dryRun=All`, so that all of admission is done and nothing is kept: A without the label, which our
webhook never hears of, and B with it, in turns. The load is open: each request has its moment, and an answer that is
late counts from that moment. Where the machine cannot take 200 a second, the rate that it takes is measured and told.
"""

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import embedded
from api_proxy import Upstream
from targets import Report, quantile

RATES = (200, 100, 50, 25, 10)
"""Pods a second; the first that the machine takes is measured."""

TAKEN_MS = 50.0
"""A rate is taken where half of the answers, with the injector, come within this time."""

ROUNDS = 5
SECONDS = 10
PROBE_SECONDS = 4
CONNECTIONS = 16
GOAL_MS = 5.0
CORE = 0
"""The injector's only core."""

PATH = "/api/v1/namespaces/default/pods?dryRun=All"

Json = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """What is posted, and how often."""

    server: Upstream
    body: bytes
    is_asking: bool
    rate: int

    def run(self, seconds: float) -> list[float]:
        """Milliseconds from each request's moment to its answer."""
        waits: list[float] = []
        count, began = int(self.rate * seconds), time.perf_counter() + 0.2
        turns = [range(first, count, CONNECTIONS) for first in range(CONNECTIONS)]
        threads = [threading.Thread(target=self._ask, args=(turn, began, waits)) for turn in turns]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(waits) != count:
            raise AssertionError(f"{len(waits)} of {count} pods were answered")
        return waits

    def _ask(self, turn: range, began: float, waits: list[float]) -> None:
        connection = self.server.connect()
        headers = {"Content-Type": "application/json"}
        if self.server.token:
            headers["Authorization"] = f"Bearer {self.server.token}"
        for number in turn:
            due = began + number / self.rate
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("POST", PATH, self.body, headers)
            answer = connection.getresponse()
            said = answer.read()
            waits.append((time.perf_counter() - due) * 1000)
            if answer.status != http.client.CREATED or (b'"CHIPLOG_BUCKET"' in said) != self.is_asking:
                raise AssertionError(f"an answer that was not asked for: {answer.status} {said[:500]!r}")
        connection.close()


def measure() -> Report:
    """Needs the node of `make cluster`, with its environment; no pod is made."""
    server = Upstream(Path(os.environ["KUBECONFIG"]))
    with _on_one_core() as injectors:
        rate = next((rate for rate in RATES if _takes(server, rate)), RATES[-1])
        alone, asking = (Load(server, _pod(is_asking=told), told, rate) for told in (False, True))
        waits: dict[bool, list[list[float]]] = {False: [], True: []}
        spent = 0.0
        for _ in range(ROUNDS):
            waits[False].append(alone.run(SECONDS))
            before = _cpu_seconds(injectors)
            waits[True].append(asking.run(SECONDS))
            spent += _cpu_seconds(injectors) - before
    return _report(rate, waits, spent / (ROUNDS * rate * SECONDS))


def _report(rate: int, waits: Mapping[bool, list[list[float]]], cpu_seconds: float) -> Report:
    without, with_injector = ([wait for found in waits[told] for wait in found] for told in (False, True))
    added = quantile(with_injector, 0.99) - quantile(without, 0.99)
    rounds = [quantile(b, 0.99) - quantile(a, 0.99) for a, b in zip(waits[False], waits[True], strict=True)]
    return Report(
        target="P20",
        what=f"added to the creation of pods at {rate} a second, p99 of {ROUNDS} rounds in turns",
        ours=added,
        unit="ms",
        goal=f"≤ {GOAL_MS:g} ms at {RATES[0]}",
        holds=added <= GOAL_MS and rate == RATES[0],
        peers={
            "without the label, p50 (ms)": quantile(without, 0.5),
            "without the label, p99 (ms)": quantile(without, 0.99),
        },
        more={
            "pods a second": rate,
            "with it, p50 (ms)": quantile(with_injector, 0.5),
            "with it, p99 (ms)": quantile(with_injector, 0.99),
            "added, p50 (ms)": quantile(with_injector, 0.5) - quantile(without, 0.5),
            "added, p99, best round (ms)": min(rounds),
            "added, p99, median round (ms)": quantile(rounds, 0.5),
            "added, p99, worst round (ms)": max(rounds),
            "CPU of a review (ms)": cpu_seconds * 1000,
        },
    )


def _takes(server: Upstream, rate: int) -> bool:
    waits = Load(server, _pod(is_asking=True), is_asking=True, rate=rate).run(PROBE_SECONDS)
    return quantile(waits, 0.5) <= TAKEN_MS


def _pod(*, is_asking: bool) -> bytes:
    """A usual pod of a Job, with its environment and volumes."""
    labels = {"app": "train", **({"chiplog.dev/inject": "true"} if is_asking else {})}
    container = {"name": "trainer", "image": "registry.example.com/team/train:1", "command": ["python3", "train.py"],
                 "env": [{"name": f"SETTING_{number}", "value": "x" * 40} for number in range(20)],
                 "resources": {"limits": {"cpu": "1", "memory": "16Gi"}},
                 "volumeMounts": [{"name": "data", "mountPath": "/data"}]}  # fmt: skip
    return json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "train-", "labels": labels},
        "spec": {"restartPolicy": "Never", "containers": [container],
                 "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]},
    }).encode()  # fmt: skip


@contextmanager
def _on_one_core() -> Iterator[list[int]]:
    """The processes of the release's injector, all on one core for as long as this lasts."""
    selector = ("-n", "chiplog-system", "-l", "app.kubernetes.io/component=injector", "-o", "json")
    pods = json.loads(embedded.kubectl("get", "pods", *selector))["items"]
    found = [embedded.process("chiplog_operator.injector", pod["metadata"]["name"]) for pod in pods]
    before = os.sched_getaffinity(found[0])
    _pin(found, {CORE})
    try:
        yield found
    finally:
        _pin(found, before)


def _pin(processes: list[int], cores: set[int]) -> None:
    for process in processes:
        for thread in Path(f"/proc/{process}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)


def _cpu_seconds(processes: list[int]) -> float:
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
