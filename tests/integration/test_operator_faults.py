"""The operator on a real API server that is harmed on the way: killed, stalled, refused, told old and odd things.

The Job controller is real; the test is the kubelet, for these pods are for no node. Rows 17 to 23 of the fault table.
"""

import random
import signal
import socket
import threading
import time
from typing import Any

import pytest
from api_proxy import EXPIRED, Faults, Gap
from operator_place import Place
from operator_process import CLUSTER, OperatorProcess, until

from chiplog import layout, records
from chiplog.errors import NotFound
from chiplog_operator import times

pytestmark = [pytest.mark.integration, pytest.mark.waits]

Json = dict[str, Any]


def ended(place: Place) -> dict[str, Any]:
    """What stands there in the end: Events are told a moment after the status."""
    deadline = time.monotonic() + 5
    while golden(place) != GOLDEN and time.monotonic() < deadline:
        time.sleep(0.1)
    return golden(place)


def golden(place: Place, name: str = "run") -> Json:
    """What a life came to, without the moments and the names that chance gave."""
    status, outcome = place.status(name), place.outcome(name)
    conditions = sorted((item["type"], item["status"], item["reason"]) for item in status["conditions"])
    attempts = [(item["number"], item["reason"], item.get("exitCode")) for item in status["lastAttempts"]]
    told = [(item["number"], item["reason"], len(item["recorders"])) for item in outcome["attempts"]]
    events = {
        item["reason"] for item in place.listed("events") if item.get("reportingComponent") == "chiplog.dev/operator"
    }
    return {
        "state": (status["state"], status["reason"], status["exitCode"], status["attempts"], status.get("step")),
        "conditions": conditions,
        "attempts": attempts,
        "outcome": (outcome["state"], outcome["durable"], told),
        "jobs": len(place.listed("jobs")),
        "events": sorted(events & {"Started", "Finished", "Durable"}),
    }


GOLDEN = {
    "state": ("finished", "Completed", 0, 2, 9),
    "conditions": [
        ("Admitted", "True", "JobMade"),
        ("Complete", "True", "Completed"),
        ("Durable", "True", "AllShipped"),
        ("Recording", "True", "Drained"),
        ("Started", "True", "TrainingStarted"),
    ],
    "attempts": [(1, "OOMKilled", 137), (2, "Completed", 0)],
    "outcome": ("finished", True, [(1, "OOMKilled", 1), (2, "Completed", 1)]),
    "jobs": 1,
    "events": ["Durable", "Finished", "Started"],
}


def untouched(place: Place) -> None:
    """Nothing of ours is on anybody's object: no finalizer, no progress of kopf."""
    for kind in ("trainingruns", "jobs", "pods"):
        for item in place.listed(kind):
            found = item["metadata"].get("finalizers") or []
            assert [name for name in found if "kubernetes.io" not in name] == [], item["metadata"]
            assert not [key for key in item["metadata"].get("annotations") or {} if "kopf" in key]


def test_a_life_on_a_quiet_server_is_the_golden_one_and_cheap(place: Place, faults: Faults) -> None:
    operator = place.operator()
    place.apply(backoffLimit=1)
    place.live_twice()
    assert ended(place) == GOLDEN
    untouched(place)
    written = [what for what in faults.writes if "/events" not in what]
    assert written[0].startswith("POST")
    assert written[0].endswith("/jobs")
    assert all(what.endswith("/status") for what in written[1:])
    # Three for the transitions of one attempt, two for those of another, and one because no node takes these pods;
    # progress comes within its own budget.
    assert operator.metric('status_writes_total{kind="transition"}') <= 6


@pytest.mark.parametrize("every", [1, 2, 3])
def test_an_operator_killed_after_every_so_many_writes_comes_to_the_same_end(
    place: Place, faults: Faults, every: int
) -> None:
    """The door kills it when the server has taken a write, so it never hears the answer. tests/operator/test_crashes
    goes through every single write of a life.
    """
    operator = OperatorProcess(place.kubeconfig, place.store, place.namespace)
    place.operators.append(operator)
    deaths: list[str] = []
    is_over = threading.Event()

    def die(number: int, what: str) -> bool:
        if is_over.is_set() or number % every:
            return False
        deaths.append(what)
        operator.kill()
        return True

    def revive() -> None:
        while not is_over.is_set():
            if not operator.is_running():
                operator.start()
            time.sleep(0.05)

    faults.after_write = die
    keeper = threading.Thread(target=revive)
    keeper.start()
    try:
        place.apply(backoffLimit=1)
        first = place.pod("run", 0)
        place.starts(first)
        place.record(first, step=3)
        place.until_state("running", seconds=120)
        place.ends(first, 137, "OOMKilled")
        second = place.pod("run", 1)
        place.starts(second)
        place.record(second, step=7)
        place.until("it runs again", lambda: place.status().get("attempts") == 2, 120)
        place.ends(second)
        place.until_durable(seconds=120)
    finally:
        is_over.set()
        keeper.join()
    assert deaths
    found = golden(place)
    assert {**found, "events": GOLDEN["events"]} == GOLDEN
    untouched(place)


def test_an_operator_whose_store_is_silent_ends_when_it_is_told_to(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # It takes connections, and never says a word.
        port = silent.getsockname()[1]
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
        operator = place.operator(
            CHIPLOG_BUCKET="s3://silent/demo", AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{port}", **keys
        )
        until("its start", lambda: operator.said("operator leads"), 30, operator.log)
        with silent.accept()[0]:
            operator.stop()
        assert operator.process is not None
        assert operator.process.returncode == 0


def test_a_stalled_watch_is_found_out_and_nothing_waits_for_it(place: Place, faults: Faults) -> None:
    """Bytes stop and the connection stays: kopf#585. The listing finds what the watch did not bring."""
    place.operator()
    place.apply("before")
    place.pod("before", 0)
    faults.is_stalled.set()
    began = time.monotonic()
    place.apply("during")
    place.pod("during", 0)
    assert time.monotonic() - began <= 75
    faults.is_stalled.clear()


def test_a_watch_that_stays_dead_turns_health_red(place: Place, faults: Faults) -> None:
    operator = place.operator()
    place.apply("before")
    place.pod("before", 0)
    faults.rewrite = lambda path, line: []
    began = time.monotonic()
    place.apply("during")
    place.until("/healthz is red", lambda: operator.page("/healthz")[0] == 503, 240)
    assert time.monotonic() - began <= 150
    assert "a watch has not delivered" in operator.page("/healthz")[1]


def test_a_watch_that_is_told_410_lists_anew(place: Place, faults: Faults) -> None:
    told = {"left": 6}

    def expire(path: str, line: bytes) -> list[bytes]:
        if told["left"] and "trainingruns" in path:
            told["left"] -= 1
            return [EXPIRED]
        return [line]

    faults.rewrite = expire
    place.operator()
    place.apply(backoffLimit=1)
    place.live_twice()
    assert ended(place) == GOLDEN


def test_what_went_while_a_watch_had_lost_its_place_is_no_stall(place: Place, faults: Faults) -> None:
    """410 Gone: nobody tells of what was deleted meanwhile, and the operator was restarted for it."""
    gap, operator = Gap(faults), place.operator()
    for name in ("stays", "goes"):
        place.apply(name, backoffLimit=3)
        place.starts(place.pod(name, 0))
        place.until_state("running", name)
    gap.is_on = True
    place.kubectl("delete", "trainingrun", "goes", "-n", place.namespace)
    lost = place.pod("stays", 0)["metadata"]["name"]
    place.kubectl("delete", "pod", lost, "-n", place.namespace)

    def is_replaced() -> bool:
        names = [pod["metadata"]["name"] for pod in place.listed("pods")]
        return len(names) == 1 and names != [lost]

    place.until("one is gone, and the other's pod is another", is_replaced)
    gap.is_over = True
    for kind in gap.KINDS:  # Something moves in each watch, which shows that it lost its place.
        place.kubectl("annotate", kind, "--all", "moved=yes", "-n", place.namespace)
    place.until("each watch is told", lambda: gap.is_told, 90)
    place.starts(place.pod("stays", 0))
    place.until("it runs again", lambda: place.status("stays").get("attempts") == 2)
    compared = time.monotonic() + 65
    place.until("nothing is missing after two comparisons",
                lambda: time.monotonic() > compared and operator.metric("watch_missed_seconds") == 0, 100)  # fmt: skip
    assert operator.page("/healthz") == (200, "ok\n")


def test_events_doubled_and_out_of_order_come_to_the_same_end(place: Place, faults: Faults) -> None:
    """Each event comes twice, and every second pair of neighbours is swapped."""
    kept: dict[str, bytes] = {}

    def shuffle(path: str, line: bytes) -> list[bytes]:
        if path in kept:
            return [line, kept.pop(path), line]
        if b'"MODIFIED"' in line and hash(line) % 2:
            kept[path] = line
            return []
        return [line, line]

    faults.rewrite = shuffle
    place.operator()
    place.apply(backoffLimit=1)
    place.live_twice()
    assert ended(place) == GOLDEN


def test_an_old_read_makes_no_second_job_and_no_wrong_write(place: Place, faults: Faults) -> None:
    """For a while every GET of the run and of its Job answers what it answered first."""
    first: dict[str, bytes] = {}
    is_old = threading.Event()

    def stale(path: str, body: bytes) -> bytes:
        if "watch=" in path or not ("/trainingruns/" in path or "/jobs/" in path):
            return body
        return first.setdefault(path, body) if is_old.is_set() else body

    faults.substitute = stale
    is_old.set()
    place.operator()
    place.apply(backoffLimit=1)
    pod = place.pod("run", 0)
    place.starts(pod)
    time.sleep(3)
    assert len(place.listed("jobs")) == 1
    assert place.status().get("attempts", 0) in (0, 1)
    is_old.clear()
    place.live_twice()
    assert ended(place) == GOLDEN


@pytest.mark.parametrize("code", [429, 500])
def test_refusals_are_waited_out(place: Place, faults: Faults, code: int) -> None:
    """Half of all requests are refused, for a whole life."""
    chance = random.Random(7)

    def refuse(method: str, path: str) -> tuple[int, dict[str, str]] | None:
        is_ours = "trainingruns" in path or "jobs" in path or "pods" in path or "/events" in path
        return (code, {"Retry-After": "1"} if code == 429 else {}) if is_ours and chance.random() < 0.5 else None

    faults.refuse = refuse
    place.operator()
    place.apply(backoffLimit=1)
    place.live_twice()
    assert {**golden(place), "events": GOLDEN["events"]} == GOLDEN


def test_an_operator_that_was_away_for_the_whole_life_tells_it_afterwards(place: Place) -> None:
    operator = place.operator()
    place.apply(backoffLimit=1)
    pod = place.pod("run", 0)
    operator.kill()
    place.starts(pod)
    place.ends(pod, 137, "OOMKilled")
    second = place.pod("run", 1)
    place.starts(second)
    place.ends(second)
    operator.start()
    place.until("it is back", lambda: operator.page("/healthz")[0] == 200)
    began = time.monotonic()
    place.until_durable()
    assert time.monotonic() - began <= 5
    assert ended(place) == GOLDEN


LEASE = "CHIPLOG_LEASE"


def test_a_second_operator_stands_by_and_takes_over_within_fifteen_seconds(place: Place) -> None:
    lease = {LEASE: f"{place.namespace}/operator"}
    first = place.operator("op-1", **lease)
    place.until("the first leads", lambda: first.page("/readyz") == (200, "ok\n"))
    second = place.operator("op-2", **lease)
    place.until("the second stands by", lambda: "standby, op-1 leads" in second.page("/readyz")[1])
    assert second.page("/healthz")[0] == 200
    first.kill()
    renewed = place.lease("operator")["renewTime"]
    place.until("the second leads", lambda: second.page("/readyz") == (200, "ok\n"), 60)
    taken = place.lease("operator")
    assert (taken["holderIdentity"], taken["leaseTransitions"]) == ("op-2", 1)
    # By the Lease's own times, to the microsecond: it died after its last renewal.
    assert (times.seconds(taken["acquireTime"]) or 0) - (times.seconds(renewed) or 0) <= 15
    place.apply(backoffLimit=1)
    place.live_twice()
    assert ended(place) == GOLDEN


def test_a_leader_that_is_told_to_end_lets_go_at_once(place: Place) -> None:
    lease = {LEASE: f"{place.namespace}/operator"}
    first = place.operator("op-1", **lease)
    place.until("the first leads", lambda: first.page("/readyz") == (200, "ok\n"))
    second = place.operator("op-2", **lease)
    place.until("the second stands by", lambda: "standby" in second.page("/readyz")[1])
    first.stop()
    began = time.monotonic()
    place.until("the second leads", lambda: second.page("/readyz") == (200, "ok\n"), 20)
    assert time.monotonic() - began <= 5


def test_a_frozen_leader_that_wakes_up_writes_nothing(place: Place, faults: Faults) -> None:
    """Row 23: it is stopped in the middle of its work for longer than its Lease, and another leads by then."""
    lease = {LEASE: f"{place.namespace}/operator"}
    first = place.operator("op-1", **lease)
    place.until("the first leads", lambda: first.page("/readyz") == (200, "ok\n"))
    first.send(signal.SIGSTOP)
    second = place.operator("op-2", **lease)
    place.apply(backoffLimit=1)
    place.until("the second leads", lambda: second.page("/readyz") == (200, "ok\n"), 30)
    place.pod("run", 0)
    first.send(signal.SIGCONT)
    place.until("the first ends", lambda: not first.is_running(), 30)
    place.live_twice()
    assert ended(place) == GOLDEN
    assert first.said("job made") == []
    assert first.said("event") == []


def test_a_namespace_with_a_live_run_goes(place: Place) -> None:
    operator = place.operator()
    place.apply()
    pod = place.pod("run", 0)
    place.starts(pod)
    place.record(pod, step=3)
    place.until_state("running")
    assert place.kubectl("delete", "namespace", place.namespace, "--wait=false").returncode == 0
    place.ends(pod, 137, "Error")
    place.until("it is gone", lambda: place.kubectl("get", "namespace", place.namespace).returncode != 0)
    assert operator.is_running()


def test_a_run_is_deleted_with_its_job_and_its_records_stay(place: Place) -> None:
    place.operator()
    place.apply()
    pod = place.pod("run", 0)
    place.starts(pod)
    place.record(pod, step=3)
    place.until_state("running")
    identity = place.status()["runId"]
    assert place.kubectl("delete", "trainingrun", "run", "-n", place.namespace, "--timeout=10s").returncode == 0
    place.until("its Job is gone", lambda: place.listed("jobs") == [])

    def outcome() -> Any:
        try:
            return place.bucket.get(layout.outcome_key(layout.Run(CLUSTER, place.namespace, identity))).data
        except NotFound:
            return None

    def is_told() -> bool:
        found = outcome()
        return found is not None and records.unpack_document(found, records.OUTCOME_FORMAT, "o")["state"] == "killed"

    place.until("its outcome", is_told, 90)
    assert place.bucket.get(layout.live_key(layout.Recorder(CLUSTER, place.namespace, pod["metadata"]["uid"]))).data
