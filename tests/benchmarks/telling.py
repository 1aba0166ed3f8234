"""How late a TrainingRun's status is: from the watch event of what happened to that of the status that says it.

Plain runs, a few at once, and runs that are suspended and resumed, on the demo's node with its real kubelet. One
process watches TrainingRuns, Jobs and pods and lists the recorders' heads by one clock, not by a kubelet's.
Prints a table; exit code 1 where the p99 of transitions is above the goal, or a plain life takes more writes than it
may: `python tests/benchmarks/telling.py`, with `make cluster`'s environment.
"""

import argparse
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import embedded
from targets import quantile
from timeline import Sight, Timeline, followed

from chiplog_operator import news

Json = dict[str, Any]
Wanted = Callable[[Json], bool]

GOAL_SECONDS = 2.0
GOAL_WRITES = 4
AT_ONCE = 3
PATIENCE_SECONDS = 300.0
WHOLE_END = "a trainer has ended"
"""Between this and the status lie the drain of the recorder and the Job controller's word."""
NAMESPACE = "default"
STEPS = 60
SCRIPT = f"""
import chiplog, time
run = chiplog.init(project="telling")
for step in range({STEPS}):
    run.log({{"loss": 1 / (step + 1)}})
    time.sleep(0.1)
run.finish()
"""


def main() -> int:
    """0 where all holds, 1 where it does not."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--plain", type=int, default=40, help="runs that are let alone")
    given.add_argument("--suspended", type=int, default=10, help="runs that are suspended and resumed")
    count = given.parse_args()
    prefix = f"telling-{uuid.uuid4().hex[:5]}"
    plain = [f"{prefix}-p{number}" for number in range(count.plain)]
    suspended = [f"{prefix}-s{number}" for number in range(count.suspended)]
    with followed(NAMESPACE) as timeline, ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda name: _live(timeline, name), plain))
        list(pool.map(lambda name: _live_twice(timeline, name), suspended))
        time.sleep(2)  # What follows the last one's end.
    for name in (*plain, *suspended):
        embedded.kubectl("delete", "trainingrun", name, "-n", NAMESPACE, "--wait=false")
    return _report(timeline, plain, suspended)


def _manifest(name: str) -> Json:
    run = embedded.training_run(name, "")
    run["spec"]["template"]["spec"]["containers"][0]["command"] = ["python3", "-c", SCRIPT]
    return run


def _live(timeline: Timeline, name: str) -> None:
    """A plain life."""
    embedded.apply(_manifest(name), NAMESPACE)
    _until(timeline, name, "Durable", _is_true("Durable"), PATIENCE_SECONDS)


def _live_twice(timeline: Timeline, name: str) -> None:
    """A life that is held up once."""
    embedded.apply(_manifest(name), NAMESPACE)
    _until(timeline, name, "running", _is_in("running"))
    for suspend, state in (("true", "suspended"), ("false", "running")):
        patch = f'{{"spec": {{"suspend": {suspend}}}}}'
        embedded.kubectl("patch", "trainingrun", name, "-n", NAMESPACE, "--type=merge", "-p", patch)
        _until(timeline, name, state, _is_in(state))
    _until(timeline, name, "Durable", _is_true("Durable"), PATIENCE_SECONDS)


def _until(timeline: Timeline, name: str, what: str, wanted: Wanted, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until the newest status says it."""

    def is_told() -> bool:
        seen = timeline.of("trainingruns", name)
        return bool(seen) and wanted(_status(seen[-1]))

    embedded.until(f"{name} to be {what}", is_told, seconds)


def _delays(timeline: Timeline, name: str) -> Iterator[tuple[str, float]]:
    """Each transition of a run's life, and how late it was told."""
    runs, jobs, pods = (timeline.of(kind, name) for kind in ("trainingruns", "jobs", "pods"))
    is_plain, job_ended = not _wishes(runs), _first(jobs, _is_ended)
    facts: list[tuple[str, float | None, Wanted]] = [
        ("a Job is made", _first(jobs, lambda _: True), lambda status: bool(status.get("state"))),
        ("a trainer runs", _first(pods, lambda body: "running" in _trainer(body)), _is_in("running")),
        ("its recorder has written", _first_head(timeline, pods), _is_true("Recording")),
        ("the Job has ended", job_ended, _is_over),
    ]
    if is_plain:
        shipped = _first(pods, _is_shipped)
        last = max(shipped, job_ended) if shipped is not None and job_ended is not None else None
        facts += [
            (WHOLE_END, _first(pods, lambda body: "terminated" in _trainer(body)), _is_over),
            ("all is shipped, and the Job has ended", last, _is_true("Durable")),
        ]
    for what, at, wanted in facts:
        told = _first(runs, lambda body, wanted=wanted: wanted(body.get("status") or {}))  # type: ignore[misc]
        if at is not None and told is not None:
            yield what, max(0.0, told - at)
    yield from _wished(runs)


def _wished(runs: Sequence[Sight]) -> Iterator[tuple[str, float]]:
    """Suspended and resumed, from the TrainingRun's own change."""
    for at, is_held in _wishes(runs):
        later = (sight for sight in runs if sight.at >= at)
        told = next((sight.at for sight in later if (_status(sight).get("state") == "suspended") == is_held), None)
        if told is not None:
            yield ("it is suspended" if is_held else "it is resumed"), told - at


def _wishes(runs: Sequence[Sight]) -> list[tuple[float, bool]]:
    found, before = list[tuple[float, bool]](), False
    for sight in runs:
        is_held = bool(sight.body["spec"].get("suspend"))
        found += [(sight.at, is_held)] if is_held != before else []
        before = is_held
    return found


def _writes(timeline: Timeline, name: str) -> tuple[int, int]:
    """How many of a run's statuses were transitions, and how many progress."""
    statuses = [_status(sight) for sight in timeline.of("trainingruns", name) if sight.type != "DELETED"]
    changes = [(before, after) for before, after in zip(({}, *statuses), statuses) if before != after]  # noqa: B905
    turned = sum(news.is_transition(before, after) for before, after in changes)
    return turned, len(changes) - turned


def _report(timeline: Timeline, plain: Sequence[str], suspended: Sequence[str]) -> int:
    found: dict[str, list[float]] = {}
    for name in (*plain, *suspended):
        for what, seconds in _delays(timeline, name):
            found.setdefault(what, []).append(seconds)
    found["all of them, without the end of a trainer"] = ours = [
        wait for what, waits in found.items() if what != WHOLE_END for wait in waits
    ]
    print(f"{'from when … until the status says so':<45}    n    p50    p99  worst, in seconds")
    for what, waits in found.items():
        p50, p99 = statistics.median(waits), quantile(waits, 0.99)
        print(f"{what:<45} {len(waits):>4} {p50:>6.2f} {p99:>6.2f} {max(waits):>6.2f}")
    _report_heads(timeline, plain)
    writes = [_report_writes(timeline, what, names) for what, names in (("plain", plain), ("held", suspended)) if names]
    return int(quantile(ours, 0.99) > GOAL_SECONDS or writes[0] > GOAL_WRITES)


def _report_heads(timeline: Timeline, names: Sequence[str]) -> None:
    """How long after a trainer is seen to run its recorder's first head comes."""
    pods = [timeline.of("pods", name) for name in names]
    pairs = [(_first_head(timeline, seen), _first(seen, lambda body: "running" in _trainer(body))) for seen in pods]
    gaps = [head - start for head, start in pairs if head is not None and start is not None]
    least, most = quantile(gaps, 0.05), quantile(gaps, 0.95)
    middle = statistics.median(gaps)
    print(f"a first head comes {middle:.2f} s after its trainer is seen to run (5 % of them {least:.2f}, "
          f"95 % {most:.2f})")  # fmt: skip


def _report_writes(timeline: Timeline, what: str, names: Sequence[str]) -> int:
    """Prints how often a status was written; returns the most transitions of one run."""
    writes = [_writes(timeline, name) for name in names]
    turned, other = [item[0] for item in writes], [item[1] for item in writes]
    print(f"writes of a {what} life: {statistics.mean(turned):.2f} of transitions, at most {max(turned)}; "
          f"{statistics.mean(other):.2f} of progress")  # fmt: skip
    return max(turned)


def _first(sights: Sequence[Sight], wanted: Wanted) -> float | None:
    return next((sight.at for sight in sights if wanted(sight.body)), None)


def _first_head(timeline: Timeline, pods: Sequence[Sight]) -> float | None:
    seen = [timeline.heads[uid] for uid in {sight.body["metadata"]["uid"] for sight in pods} if uid in timeline.heads]
    return min(seen, default=None)


def _status(sight: Sight) -> Json:
    return sight.body.get("status") or {}


def _trainer(body: Json) -> Json:
    """The state of the container that trains."""
    words = (body.get("status") or {}).get("containerStatuses") or []
    return next((word["state"] for word in words if word["name"] == "trainer"), {})


def _is_shipped(body: Json) -> bool:
    """The recorder has ended, which it does when all it found is in the bucket."""
    words = (body.get("status") or {}).get("initContainerStatuses") or []
    return any("terminated" in word["state"] for word in words if word["name"] == "chiplog")


def _is_ended(body: Json) -> bool:
    held = (body.get("status") or {}).get("conditions") or []
    return any(item["type"] in ("Complete", "Failed") and item["status"] == "True" for item in held)


def _is_in(state: str) -> Wanted:
    return lambda status: status.get("state") == state


def _is_over(status: Json) -> bool:
    return status.get("state") in ("finished", "failed", "killed")


def _is_true(kind: str) -> Wanted:
    def is_true(status: Json) -> bool:
        held = status.get("conditions") or []
        return any(item["type"] == kind and item["status"] == "True" for item in held)

    return is_true


if __name__ == "__main__":
    sys.exit(main())
