"""One operator at a time: who takes the Lease, when, and that nobody writes without it."""

import asyncio
import copy
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from operator_world import KEY, SETTINGS, FakeCluster, Fate, Time, training_run

from chiplog_operator import leadership
from chiplog_operator.cluster import Conflict, Unavailable
from chiplog_operator.fencing import Fenced
from chiplog_operator.leadership import Alone, Leadership, LeaseLost, Place
from chiplog_operator.main import Operator

PLACE = Place("chiplog-system", "chiplog-operator")


class FakeLeases:
    """A Lease in memory, with the API server's versions."""

    def __init__(self) -> None:
        self.body: dict[str, Any] | None = None
        self.is_down = False
        self.meanwhile: Callable[[], object] | None = None
        """What happens between somebody's next look and their write."""
        self._versions = itertools.count(1)

    def lease(self, namespace: str, name: str) -> dict[str, Any] | None:
        if self.is_down:
            raise Unavailable("no route")
        found, meanwhile, self.meanwhile = copy.deepcopy(self.body), self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return found

    def create_lease(self, manifest: dict[str, Any]) -> dict[str, Any]:
        if self.body is not None:
            raise Conflict("exists")
        return self._store(manifest)

    def replace_lease(self, manifest: dict[str, Any]) -> dict[str, Any]:
        if self.body is None or self.body["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            raise Conflict("changed")
        return self._store(manifest)

    def _store(self, manifest: dict[str, Any]) -> dict[str, Any]:
        self.body = copy.deepcopy(manifest)
        self.body["metadata"]["resourceVersion"] = str(next(self._versions))
        return copy.deepcopy(self.body)


@pytest.fixture
def leases() -> FakeLeases:
    return FakeLeases()


@pytest.fixture
def clock() -> Time:
    return Time()


def member(leases: FakeLeases, clock: Time, name: str) -> Leadership:
    return Leadership(leases, PLACE, name, clock, clock)


def test_the_first_leads_and_the_second_stands_by(leases: FakeLeases, clock: Time) -> None:
    first, second = member(leases, clock, "a"), member(leases, clock, "b")
    assert first.seek()
    assert not second.seek()
    assert (first.is_held(), second.is_held(), second.holder) == (True, False, "a")
    assert leases.body is not None
    assert leases.body["spec"]["holderIdentity"] == "a"


def test_who_renews_keeps_it(leases: FakeLeases, clock: Time) -> None:
    first, second = member(leases, clock, "a"), member(leases, clock, "b")
    for _ in range(30):
        assert first.seek()
        assert not second.seek()
        clock.now += leadership.RENEW_SECONDS
    assert leases.body is not None
    assert leases.body["spec"]["leaseTransitions"] == 0


def test_a_dead_leader_is_followed_within_fifteen_seconds(leases: FakeLeases, clock: Time) -> None:
    first, second = member(leases, clock, "a"), member(leases, clock, "b")
    first.seek()
    died = clock.now
    while not second.seek():
        clock.now += leadership.RENEW_SECONDS
    assert clock.now - died <= 15
    assert not first.is_held()
    assert leases.body is not None
    assert (leases.body["spec"]["holderIdentity"], leases.body["spec"]["leaseTransitions"]) == ("b", 1)


def test_a_leader_stops_before_anybody_else_may_begin(leases: FakeLeases, clock: Time) -> None:
    first, second = member(leases, clock, "a"), member(leases, clock, "b")
    first.seek()
    second.seek()
    for _ in range(200):
        assert not (first.is_held() and second.seek())
        clock.now += 0.1


def test_a_standby_s_own_clock_counts_and_not_the_time_in_the_lease(leases: FakeLeases, clock: Time) -> None:
    """The clocks of two nodes may be an hour apart."""
    late = Leadership(leases, PLACE, "a", clock, lambda: clock.now - 3600)
    late.seek()
    assert not member(leases, clock, "b").seek()


def test_a_lease_that_is_let_go_is_taken_at_once(leases: FakeLeases, clock: Time) -> None:
    first, second = member(leases, clock, "a"), member(leases, clock, "b")
    first.seek()
    second.seek()
    first.release()
    assert not first.is_held()
    assert second.seek()


def test_who_lost_the_lease_does_not_let_go_of_the_other_s(leases: FakeLeases, clock: Time) -> None:
    first, second = member(leases, clock, "a"), member(leases, clock, "b")
    first.seek()
    second.seek()
    clock.now += leadership.LEASE_SECONDS
    second.seek()
    first.release()
    assert leases.body is not None
    assert leases.body["spec"]["holderIdentity"] == "b"


def test_two_that_reach_for_it_at_once_do_not_both_get_it(leases: FakeLeases, clock: Time) -> None:
    first, second = member(leases, clock, "a"), member(leases, clock, "b")
    leases.meanwhile = first.seek
    assert not second.seek()
    assert (first.is_held(), second.is_held()) == (True, False)


def test_nobody_writes_without_the_lease() -> None:
    cluster = FakeCluster(Fate())
    cluster.runs[KEY] = training_run()
    fenced = Fenced(cluster, lambda: False)
    assert fenced.run(*KEY) is not None
    manifest = {"metadata": {"name": KEY.name, "namespace": KEY.namespace, "resourceVersion": "1"}, "status": {}}
    for write in (
        lambda: fenced.create_job(manifest),
        lambda: fenced.patch_job(*KEY, {}),
        lambda: fenced.create_service(manifest),
        lambda: fenced.apply_status(manifest),
        lambda: fenced.delete_run(*KEY, "u", "1"),
        lambda: fenced.create_event(manifest),
        lambda: fenced.delete_key("ci-1", "u"),
    ):
        with pytest.raises(Unavailable, match="nothing is written"):
            write()
    assert cluster.fate.writes == []


def test_an_operator_that_loses_its_lease_ends(leases: FakeLeases, clock: Time, tmp_path: Path) -> None:
    leader = member(leases, clock, "a")
    operator = Operator(replace(SETTINGS, http_port=0, bucket=str(tmp_path)), FakeCluster(Fate()), leader)
    assert leader.seek()
    leases.is_down = True
    clock.now += leadership.HELD_SECONDS
    with pytest.raises(LeaseLost, match="not renewed in time"):
        asyncio.run(operator._hold())


def test_a_standby_is_ready_and_says_that_it_stands_by(leases: FakeLeases, clock: Time, tmp_path: Path) -> None:
    member(leases, clock, "a").seek()
    leader = member(leases, clock, "b")
    operator = Operator(replace(SETTINGS, http_port=0, bucket=str(tmp_path)), FakeCluster(Fate()), leader)
    assert not asyncio.run(operator._seek())
    assert (operator._unreadiness(), operator._role()) == ("", "standby, a leads")


def test_an_operator_that_is_alone_always_leads() -> None:
    assert (Alone().seek(), Alone().is_held()) == (True, True)
