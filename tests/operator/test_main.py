"""The parts put together: the claim of the cluster's name, the comparison with the watches, wrong settings."""

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from operator_world import KEY, SETTINGS, FakeCluster, Fate, World, live, training_run

from chiplog import layout, records
from chiplog.bucket.opening import open_bucket
from chiplog_operator import main
from chiplog_operator.cluster import Unavailable
from chiplog_operator.following import Following
from chiplog_operator.main import Operator
from chiplog_operator.workqueue import WorkQueue

NEAR = replace(SETTINGS, http_port=0)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(Fate())


@pytest.fixture
def operator(tmp_path: Path, cluster: FakeCluster) -> Operator:
    return Operator(replace(NEAR, bucket=str(tmp_path)), cluster)


def soon(operator: Operator, loop: str) -> None:
    """Let one of the loops turn for a moment."""
    owner = operator.lookout if hasattr(operator.lookout, loop) else operator

    async def turn() -> None:
        try:
            await asyncio.wait_for(getattr(owner, loop)(), 0.5)
        except TimeoutError:
            return

    asyncio.run(turn())


def test_an_operator_is_ready_once_its_cluster_s_name_is_claimed(operator: Operator) -> None:
    assert operator.claim.trouble
    soon(operator, "_claim")
    assert operator.claim.trouble == ""


def test_an_operator_whose_name_is_taken_says_so_and_does_nothing(operator: Operator, cluster: FakeCluster) -> None:
    operator.ledger.claim("another cluster's uid")
    soon(operator, "_claim")
    assert "belongs to another cluster" in operator.claim.trouble
    cluster.runs[KEY] = training_run()
    assert asyncio.run(operator._reconcile(KEY)) == main.CLAIM_SECONDS
    assert cluster.jobs == {}


def test_an_operator_without_its_bucket_is_not_ready_but_works(tmp_path: Path) -> None:
    cluster = FakeCluster(Fate())
    cluster.runs[KEY] = training_run()
    operator = Operator(replace(NEAR, bucket=str(tmp_path / "missing")), cluster)
    soon(operator, "_claim")
    assert "does not exist" in operator.claim.trouble
    asyncio.run(operator._reconcile(KEY))
    assert len(cluster.jobs) == 1


def test_what_the_watches_missed_is_worked_on(operator: Operator, cluster: FakeCluster) -> None:
    cluster.runs[KEY] = training_run()
    soon(operator, "compare")
    assert len(operator.queue) == 1


def test_a_run_of_which_something_went_before_any_watch_had_begun_is_looked_at(operator: Operator) -> None:
    operator.motion.known("pods", "uid-p1", "1", KEY)
    soon(operator, "compare")
    assert len(operator.queue) == 1


def test_an_operator_begins_with_what_listings_say_and_goes_on_without_a_pass(
    operator: Operator, cluster: FakeCluster
) -> None:
    world = World()
    for _ in range(2):
        world.passes(10)
        if not world.cluster.all_pods:
            world.make_pod()
            world.run_pod()
            world.record()
    for name in ("runs", "jobs", "all_pods"):
        setattr(cluster, name, getattr(world.cluster, name))
    soon(operator, "call_roll")
    assert (len(operator.queue), len(operator.following)) == (0, 1)
    assert operator.reconciler.budget.wait(KEY, 10**9) > 0, "its progress is told in its turn"
    operator.intake.take("trainingruns", cluster.runs[KEY], is_gone=False)
    operator.intake.take("pods", world.pod(), is_gone=False)
    assert len(operator.queue) == 0
    operator.intake.take("pods", {"metadata": {**world.pod()["metadata"], "resourceVersion": "99"}}, is_gone=False)
    assert len(operator.queue) == 1


def test_an_operator_whose_roll_cannot_be_called_looks_at_every_run(operator: Operator, cluster: FakeCluster) -> None:
    cluster.listed = refused  # type: ignore[method-assign]
    soon(operator, "call_roll")
    operator.intake.take("trainingruns", training_run(), is_gone=False)
    assert len(operator.queue) == 1


def refused(*_: object, **__: object) -> list[Any]:
    raise Unavailable("no")


def test_a_run_that_only_came_further_is_looked_at_when_its_turn_comes(operator: Operator) -> None:
    place = layout.Recorder(SETTINGS.cluster, KEY.namespace, "uid-p1")
    store = open_bucket(operator.settings.bucket)
    operator.reconciler.budget.told(KEY)
    waiting = []
    for step, state, is_heard in (
        (1, "recording", True), (2, "recording", True), (3, "recording", False), (3, "drained", True),
    ):  # fmt: skip
        store.put(layout.live_key(place), records.pack_live(live(place, state, step=step), records.pack_tail([])))
        look(operator, is_heard=is_heard)
        waiting.append(len(operator.queue))
    assert waiting == [1, 0, 1, 1], "its first word, its last, and each of one that was not heard of, are news"


def test_a_run_whose_recorder_missed_its_heartbeat_is_looked_at_until_its_status_says_so(operator: Operator) -> None:
    place = layout.Recorder(SETTINGS.cluster, KEY.namespace, "uid-p1")
    store = open_bucket(operator.settings.bucket)
    store.put(layout.live_key(place), records.pack_live(live(place), records.pack_tail([])))
    waiting = []
    for hours, is_heard in ((0, True), (0, True), (1, True), (1, False)):
        operator.ledger._clock = lambda hours=hours: time.time() + hours * 3600  # type: ignore[misc]
        look(operator, is_heard=is_heard)
        waiting.append(len(operator.queue))
    assert waiting == [1, 0, 1, 0], "the first word is news"


def look(operator: Operator, *, is_heard: bool) -> None:
    """One look at a run that was heard of, or was not, when its status was decided last."""
    operator.lookout.following = Following()
    operator.lookout.following.follow(KEY, ["uid-p1"], is_hot=True, is_heard=is_heard)
    operator.lookout.queue = operator.queue = WorkQueue()
    soon(operator, "look")


def test_a_wrong_setting_ends_the_program_with_two_and_a_sentence() -> None:
    environ = {"PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-m", "chiplog_operator.main"], env=environ, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "chiplog-operator: CHIPLOG_BUCKET is not set\n"
