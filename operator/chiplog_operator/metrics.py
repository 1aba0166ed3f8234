"""The operator's numbers in Prometheus' text format; it serves nothing."""

import threading
from collections.abc import Callable, Mapping

HELP = {
    "api_requests_total": "Requests to the API server, by method and status code; 0 is no answer.",
    "bucket_requests_total": "Requests to the bucket, by operation.",
    "reconcile_seconds": "How long passes over a TrainingRun take.",
    "queue_seconds": "How long TrainingRuns wait for a pass.",
    "transition_told_seconds": "From the first word that the operator had of a transition until the status says it.",
    "start_told_seconds": "From a training container's start, by the kubelet's clock, until the status says it.",
    "end_told_seconds": "From the end of a run's Job, by its own clock, until the status says it.",
    "lag_seconds": "By how much the bucket is behind the files of the live run that is worst.",
    "runs_followed": "Live TrainingRuns whose recorders are followed.",
    "reconciles_total": "Passes over a TrainingRun by result.",
    "status_writes_total": "Writes of a TrainingRun's status, by kind: transition or progress.",
    "sweep_status_writes_total": "Writes of a Sweep's status.",
    "events_total": "Events made, by reason.",
    "heads_read": "Live heads read from the bucket.",
    "heads_unreadable": "Live heads of a format that this operator does not know.",
    "bucket_errors": "Requests that the bucket refused or did not answer.",
    "adoptions_total": "Mirrors made of workloads that are not ours, by kind.",
    "admissions_total": "Pods reviewed at their admission, by result.",
    "nights_total": "Nights of a line that were late, missed or overlapped, by namespace, line and fault.",
    "notices_total": "Messages to webhooks, by channel and result: sent, again, refused or given up.",
    "notices_waiting": "Notices that are to be sent.",
    "leader": "1 where this operator leads, 0 where it stands by.",
    "queue_depth": "TrainingRuns that wait for a pass.",
    "watch_missed_seconds": "For how long the oldest change that the watch did not deliver has stood in a listing.",
}

BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Upper bounds of what is timed, in seconds."""

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counters, and gauges that are read when they are asked for; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[str, dict[Labels, int]] = {}
        self._gauges: dict[str, Callable[[], float]] = {}
        self._timings: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def count(self, name: str, **labels: str) -> None:
        """One more of it."""
        with self._lock:
            series = self._counters.setdefault(name, {})
            key = tuple(sorted(labels.items()))
            series[key] = series.get(key, 0) + 1

    def took(self, name: str, seconds: float) -> None:
        """It took so long, once more."""
        with self._lock:
            counts = self._timings.setdefault(name, [0] * (len(BUCKETS) + 1))
            counts[sum(seconds > bound for bound in BUCKETS)] += 1
            self._sums[name] = self._sums.get(name, 0.0) + seconds

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """A number to be read whenever it is asked for."""
        self._gauges[name] = read

    def value(self, name: str, **labels: str) -> int:
        """A counter as it stands."""
        with self._lock:
            return self._counters.get(name, {}).get(tuple(sorted(labels.items())), 0)

    def text(self) -> str:
        """Everything, as Prometheus reads it."""
        with self._lock:
            counters = {name: dict(series) for name, series in self._counters.items()}
            timings = {name: (list(counts), self._sums[name]) for name, counts in self._timings.items()}
        timed = [line for name, told in sorted(timings.items()) for line in _histogram(name, *told)]
        lines = timed + [line for name, series in sorted(counters.items()) for line in _counter(name, series)]
        for name, read in sorted(self._gauges.items()):
            lines += [*_head(name, "gauge"), f"chiplog_operator_{name} {read():g}"]
        return "\n".join(lines) + "\n"


def _counter(name: str, series: Mapping[Labels, int]) -> list[str]:
    full = f"chiplog_operator_{name.removesuffix('_total')}_total"
    return [*_head(name, "counter"), *(f"{full}{_labels(labels)} {value}" for labels, value in sorted(series.items()))]


def _histogram(name: str, counts: list[int], total: float) -> list[str]:
    """Prometheus wants each bucket to hold those below it too."""
    full, so_far, lines = f"chiplog_operator_{name}", 0, _head(name, "histogram")
    for bound, count in zip((*(f"{bound:g}" for bound in BUCKETS), "+Inf"), counts, strict=True):
        so_far += count
        lines.append(f'{full}_bucket{{le="{bound}"}} {so_far}')
    return [*lines, f"{full}_sum {total:g}", f"{full}_count {so_far}"]


def _head(name: str, kind: str) -> list[str]:
    full = f"chiplog_operator_{name.removesuffix('_total')}_total" if kind == "counter" else f"chiplog_operator_{name}"
    return [f"# HELP {full} {HELP.get(name, name)}", f"# TYPE {full} {kind}"]


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels) + "}" if labels else ""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
