"""From an event of a watch to a key, whom to follow how closely, and whether the watches move."""

import asyncio
from typing import Any

import pytest
from operator_world import Time

from chiplog_operator import handlers
from chiplog_operator.cluster import Kind
from chiplog_operator.following import Following
from chiplog_operator.intake import Intake, key_of
from chiplog_operator.motion import STALLED_SECONDS, Motion
from chiplog_operator.pace import Pace
from chiplog_operator.roll_call import Unchanged
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.strangers import Strangers

KEY = Key("team", "mnist")


def body(uid: str = "u1", version: str = "1", **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "mnist",
            "namespace": "team",
            "uid": uid,
            "resourceVersion": version,
            "generation": 1,
            "labels": {"chiplog.dev/run": "mnist"},
            "annotations": {"chiplog.dev/run-id": "mnist-3f2a9c10"},
            **metadata,
        }
    }


class Listener:
    """An intake that notes the keys it was given."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.sightings = Sightings()
        self.motion = Motion()
        self.arrivals: list[Key] = []
        self.strangers = Strangers(lambda *_: None)
        self.begun: list[Key] = []
        self.intake = Intake(
            self.keys.append, self.sightings, self.motion, self.strangers, self.arrivals.append, begin=self._begin
        )

    def _begin(self, key: Key) -> None:
        self.begun.append(key)
        self.keys.append(key)


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_our_own_status_write_comes_back_and_is_no_news(listener: Listener) -> None:
    listener.intake.take("trainingruns", body(version="1"), is_gone=False)
    listener.intake.take("trainingruns", body(version="2"), is_gone=False)
    assert listener.keys == [KEY]


def test_a_status_that_somebody_else_wrote_is_news(listener: Listener) -> None:
    listener.intake.take("trainingruns", body(), is_gone=False)
    by_hand = [{"manager": "kubectl-edit", "operation": "Update", "subresource": "status"}]
    listener.intake.take("trainingruns", body(version="2", managedFields=by_hand), is_gone=False)
    assert listener.keys == [KEY, KEY]


def test_a_new_wish_and_a_deletion_are_news(listener: Listener) -> None:
    listener.intake.take("trainingruns", body(), is_gone=False)
    listener.intake.take("trainingruns", body(version="2", generation=2), is_gone=False)
    listener.intake.take("trainingruns", body(version="3", generation=2, deletionTimestamp="now"), is_gone=False)
    listener.intake.take("trainingruns", body(generation=2), is_gone=True)
    assert listener.keys == [KEY] * 4
    assert listener.sightings.run(KEY) is not None


def test_a_run_that_nothing_was_done_for_comes_first(listener: Listener) -> None:
    listener.intake.take("trainingruns", body(), is_gone=False)
    listener.intake.take("jobs", body(), is_gone=False)
    listener.intake.take("trainingruns", body(generation=2) | {"status": {"state": "pending"}}, is_gone=False)
    assert listener.begun == [KEY]


@pytest.mark.parametrize("kind", ["jobs", "pods"])
def test_every_change_of_a_job_or_a_pod_is_news(listener: Listener, kind: Any) -> None:
    listener.intake.take(kind, body(version="1"), is_gone=False)
    listener.intake.take(kind, body(version="2"), is_gone=False)
    assert listener.keys == [KEY, KEY]


def test_a_deleted_pod_is_kept_until_it_is_written_down(listener: Listener) -> None:
    listener.intake.take("pods", body(), is_gone=True)
    assert listener.sightings.pods(KEY) == [body()]
    listener.sightings.pods_written_down(KEY, ["u1"])
    assert listener.sightings.pods(KEY) == []


def test_a_stranger_has_no_key() -> None:
    assert key_of("pods", body(labels={})) is None


def test_hot_namespaces_are_looked_at_often_and_calm_ones_seldom() -> None:
    following = Following()
    following.follow(Key("hot", "a"), ["u1"], is_hot=True)
    following.follow(Key("calm", "b"), ["u2"], is_hot=False)
    assert set(following.due(0)) == {"hot", "calm"}
    assert set(following.due(1)) == set()
    assert following.due(2) == {"hot": {"u1": Key("hot", "a")}}
    assert set(following.due(14)) == {"hot", "calm"}


def test_a_look_at_very_many_is_paid_for_by_a_longer_time_until_the_next() -> None:
    following = Following()
    for number in range(5000):
        following.follow(Key("hot", f"r{number}"), [f"u{number}"], is_hot=number == 7)
    looks = [moment for moment in range(12) if following.due(float(moment))]
    assert looks == [0, 5, 10]


def test_one_look_serves_all_runs_of_a_namespace() -> None:
    following = Following()
    following.follow(Key("n", "a"), ["u1", "u2"], is_hot=False)
    following.follow(Key("n", "b"), ["u3"], is_hot=False)
    assert following.due(0) == {"n": {"u1": Key("n", "a"), "u2": Key("n", "a"), "u3": Key("n", "b")}}


def test_nobody_is_followed_without_recorders_or_after_being_dropped() -> None:
    following = Following()
    following.follow(KEY, [], is_hot=True)
    assert following.due(0) == {}
    following.follow(KEY, ["u1"], is_hot=True)
    following.drop(KEY)
    assert following.due(0) == {}


def test_a_watch_that_delivers_what_is_listed_moves() -> None:
    motion = Motion()
    motion.delivered("pods", body(version="7"), is_gone=False)
    assert motion.compare("pods", [body(version="7")], 0) == []
    assert motion.missed_seconds(1000) == 0


def test_a_version_that_was_delivered_already_is_no_news_but_a_deletion_is() -> None:
    motion = Motion()
    assert motion.delivered("pods", body(version="7"), is_gone=False)
    assert not motion.delivered("pods", body(version="7"), is_gone=False)
    assert motion.delivered("pods", body(version="8"), is_gone=False)
    assert motion.delivered("pods", body(version="8"), is_gone=True)
    assert motion.delivered("pods", body(version="8"), is_gone=False)


def test_a_watch_that_lists_everything_anew_makes_no_passes(listener: Listener) -> None:
    for _ in range(2):
        listener.intake.take("pods", body(), is_gone=False, is_listed=True)
    assert listener.keys == [KEY]


def test_a_pod_that_a_new_list_has_no_more_makes_a_pass_over_its_run(listener: Listener) -> None:
    listener.intake.take("pods", body(), is_gone=False, is_listed=True)
    for _ in range(2):
        listener.intake.take("pods", body(uid="other"), is_gone=False, is_listed=True)
    listener.motion.compare("pods", [body(uid="other")], 0)
    assert listener.motion.vanished() == [KEY]


def test_a_run_of_which_nothing_changed_at_a_start_is_no_news_until_it_moves(listener: Listener) -> None:
    told = {**body(version="5"), "status": {"state": "running"}}
    told["metadata"]["generation"] = 3
    versions: tuple[tuple[Kind, str, str], ...] = (("trainingruns", "u1", "5"), ("pods", "u2", "6"))
    listener.intake.unchanged(Unchanged(KEY, "u1", 3, Pace(), ("u2",), versions))
    listener.intake.take("trainingruns", told, is_gone=False)
    listener.intake.take("pods", body(uid="u2", version="6"), is_gone=False)
    told["metadata"]["resourceVersion"] = "7"
    listener.intake.take("trainingruns", told, is_gone=False)
    assert listener.keys == [], "our own write of its status is no news either"
    listener.intake.take("pods", body(uid="u2", version="8"), is_gone=False)
    assert listener.keys == [KEY]


def test_a_quiet_cluster_is_no_stall() -> None:
    motion = Motion()
    motion.compare("pods", [], 0)
    assert not motion.is_stalled(10_000)


def test_what_the_watch_has_not_brought_is_handed_on_and_in_time_a_stall() -> None:
    motion = Motion()
    assert motion.compare("pods", [body(version="7")], 0) == [body(version="7")]
    motion.compare("pods", [body(version="7")], 60)
    assert not motion.is_stalled(STALLED_SECONDS)
    assert motion.is_stalled(STALLED_SECONDS + 1)


def test_a_watch_that_is_slow_and_moves_is_no_stall_but_one_that_stops_is() -> None:
    """The list with which a watch begins is of ten thousands: the operator was killed before its end, for ever."""
    clock = Time(0.0)
    motion = Motion(clock)
    everything = [body(uid=f"u{number}", version="7") for number in range(100)]
    motion.compare("pods", everything, 0)
    for number in range(60):
        clock.now += 5
        motion.delivered("pods", everything[number], is_gone=False)
        motion.compare("pods", everything, clock.now)
        assert not motion.is_stalled(clock.now)
    assert motion.missed_seconds(clock.now) == 300
    assert motion.is_stalled(clock.now + STALLED_SECONDS + 1)


def test_what_others_deliver_in_time_does_not_hide_a_watch_that_is_dead() -> None:
    clock = Time(0.0)
    motion = Motion(clock)
    dead = body(uid="dead", version="7")
    for number in range(60):
        clock.now += 5
        fresh = body(uid="busy", version=str(number))
        motion.compare("pods", [dead, fresh], clock.now)
        clock.now += 1
        motion.delivered("pods", fresh, is_gone=False)
    assert motion.is_stalled(clock.now)


def test_a_stall_ends_when_the_watch_delivers() -> None:
    motion = Motion()
    motion.compare("pods", [body(version="7")], 0)
    motion.delivered("pods", body(version="8"), is_gone=False)
    assert not motion.is_stalled(1000)


def test_a_deletion_that_the_watch_has_not_brought_is_missing_too() -> None:
    motion = Motion()
    for uid in ("u1", "stays"):
        motion.delivered("pods", body(uid=uid), is_gone=False, is_listed=True)
    motion.compare("pods", [body(uid="stays")], 0)
    motion.compare("pods", [body(uid="stays")], 30)
    assert motion.is_stalled(STALLED_SECONDS + 1)
    motion.delivered("pods", body(), is_gone=True)
    assert not motion.is_stalled(STALLED_SECONDS + 1)


def test_what_a_watch_that_lists_anew_has_no_more_is_forgotten_and_its_owner_looked_at() -> None:
    """410 Gone: of what was deleted in the gap no watch tells, and the operator was restarted for it."""
    motion = Motion()
    for uid in ("gone", "stays"):
        motion.delivered("pods", body(uid=uid), is_gone=False, is_listed=True, owner=uid)
    motion.delivered("pods", body(uid="stays"), is_gone=False, is_listed=True, owner="stays")
    motion.compare("pods", [body(uid="stays")], 0)
    assert (motion.vanished(), motion.vanished()) == (["gone"], [])
    assert motion.missed_seconds(1000) == 0


def test_what_the_newest_list_of_a_watch_had_is_missed_when_it_goes() -> None:
    """A watch that lists anew and then dies is a stall, though it moved a moment ago."""
    motion = Motion()
    for _ in range(2):
        for uid in ("goes", "stays"):
            motion.delivered("pods", body(uid=uid), is_gone=False, is_listed=True, owner=uid)
    motion.delivered("pods", body(uid="made"), is_gone=False, owner="made")
    for now in (0, 30):
        motion.compare("pods", [body(uid="stays")], now)
    assert motion.vanished() == []
    assert motion.is_stalled(STALLED_SECONDS + 1)


def test_where_nothing_of_a_kind_is_left_no_list_can_tell_and_it_is_no_stall() -> None:
    motion = Motion()
    motion.delivered("pods", body(), is_gone=False, owner="mnist")
    motion.compare("pods", [], 0)
    assert motion.vanished() == [], "what was made since the listing began is not gone"
    motion.compare("pods", [], 30)
    assert motion.vanished() == ["mnist"]
    assert not motion.is_stalled(1000)
    motion.compare("pods", [body(uid="next")], 1000)
    assert motion.is_stalled(1000 + STALLED_SECONDS + 1), "a watch that is dead shows with the next"


def test_the_watch_of_one_namespace_says_nothing_of_another_s() -> None:
    motion = Motion(is_by_namespace=True)
    for uid, namespace in (("goes", "a"), ("stays", "a"), ("other", "b"), ("other", "b")):
        motion.delivered("pods", body(uid=uid, namespace=namespace), is_gone=False, is_listed=True, owner=uid)
    there = [body(uid="stays", namespace="a"), body(uid="other", namespace="b")]
    for now in (0, 30):
        assert motion.compare("pods", there, now) == []
    assert motion.vanished() == []
    assert motion.is_stalled(STALLED_SECONDS + 1)


def test_what_the_list_of_a_watch_repeats_counts_as_brought() -> None:
    motion = Motion()
    for uid in ("gone", "there"):
        motion.known("pods", uid, "7", uid)
    assert not motion.is_repeated("pods", "team", "there", "8")
    assert not motion.is_repeated("jobs", "team", "there", "7")
    assert not motion.is_repeated("pods", "team", "new", "1")
    assert motion.is_repeated("pods", "team", "there", "7")
    motion.compare("pods", [body(uid="there", version="7")], 0)
    assert motion.vanished() == ["gone"], "it stood in no list of the watch, which will tell nothing of it"
    motion.delivered("pods", body(uid="there", version="8"), is_gone=False)
    assert motion.is_repeated("pods", "team", "there", "8"), "410 Gone: it lists anew"


def test_a_list_of_what_is_known_alone_is_a_new_list_all_the_same() -> None:
    """410 Gone: what the list repeats never reaches a handler, and what it has no more was deleted in the gap."""
    motion = Motion()
    for uid in ("gone", "stays"):
        motion.delivered("pods", body(uid=uid), is_gone=False, is_listed=True, owner=uid)
    assert motion.is_repeated("pods", "team", "stays", "1")
    motion.compare("pods", [body(uid="stays")], 0)
    assert motion.vanished() == ["gone"]


def test_what_went_before_any_watch_brought_it_is_told_once_and_is_no_stall() -> None:
    """It was listed at the start, and deleted before kopf listed: no watch would ever bring the deletion."""
    motion = Motion()
    for uid, owner in (("gone", "a"), ("there", "b"), ("brought", "c")):
        motion.known("pods", uid, "7", owner)
    motion.delivered("pods", body(uid="brought", version="7"), is_gone=False)
    motion.compare("pods", [body(uid="there", version="7")], 0)
    assert (motion.vanished(), motion.vanished()) == (["a"], [])
    motion.delivered("pods", body(uid="brought", version="8"), is_gone=True)
    assert not motion.is_stalled(STALLED_SECONDS + 1)


def test_a_listing_behind_the_watch_is_forgiven_by_the_next() -> None:
    motion = Motion()
    motion.delivered("pods", body(version="8"), is_gone=False)
    motion.compare("pods", [body(version="7")], 0)
    motion.compare("pods", [body(version="8")], 60)
    assert motion.missed_seconds(1000) == 0


STRANGER = body(labels={"chiplog.dev/inject": "true"}, annotations={})
MIRROR = Key("team", "mnist-0a1b2c3d")


@pytest.mark.parametrize(
    ("pod", "is_made_again"),
    [
        (STRANGER, True),
        ({**STRANGER, "status": {"phase": "Succeeded"}}, False),
        ({"metadata": {**STRANGER["metadata"], "deletionTimestamp": "now"}}, False),
    ],
)
def test_a_mirror_that_no_listing_shows_is_made_again_for_a_pod_that_lives(
    listener: Listener, pod: Any, is_made_again: bool
) -> None:
    listener.intake.orphaned(pod)
    assert listener.arrivals == ([Key("team", "mnist")] if is_made_again else [])


def test_kopf_keeps_nothing_of_an_object() -> None:
    memories = handlers.NoMemories()
    asyncio.run(memories.recall(body(), noticed_by_listing=True, memobase=None))
    assert not list(memories.iter_all_memories())
