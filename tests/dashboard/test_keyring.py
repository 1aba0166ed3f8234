"""A key is good until its time has come, whether or not somebody ends it."""

from dataclasses import dataclass, replace

import pytest

from chiplog.access import Person, Right, Unanswered, keys
from chiplog.access.keys import Key
from chiplog_dashboard.access import Caller, NotSignedOn, SignedOn, SignOn
from chiplog_dashboard.keyring import Keyring

CI = Person(f"system:serviceaccount:{keys.NAMESPACE}:ci-1")
KEY = Key("ci", 1, "team", "trainer", "digits", "read", 86_400)
TOKEN = "a.b.c"


@dataclass
class Cluster:
    """An API server with one key whose handle nobody deletes, and a clock."""

    key: Key | None = KEY
    now: float = 1000.0
    is_down: bool = False

    def known(self, handle: str) -> Key | None:
        if self.is_down:
            raise Unanswered("away")
        return self.key if handle == "ci-1" else None

    def person(self, token: str) -> Person | None:
        return CI if token == TOKEN else None

    def may(self, person: Person, right: Right) -> bool:
        return True

    def clock(self) -> float:
        return self.now


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def guard(cluster: Cluster) -> SignedOn:
    keyring = Keyring(cluster.known, cluster.clock, cluster.clock)
    return SignedOn(SignOn(tokens=True), cluster, cluster.clock, is_good=keyring.is_good)


@pytest.mark.parametrize("end", ["ends_at", "expires_at"])
def test_a_key_is_served_until_its_time_has_come_to_the_second(guard: SignedOn, cluster: Cluster, end: str) -> None:
    cluster.key = replace(KEY, **{end: 1005.0})
    assert guard.person(Caller(token=TOKEN)) == CI
    cluster.now = 1004.9
    assert guard.person(Caller(token=TOKEN)) == CI
    cluster.now = 1005.0
    with pytest.raises(NotSignedOn):
        guard.person(Caller(token=TOKEN))


def test_an_end_that_is_said_while_a_key_is_in_use_counts_after_ten_seconds(guard: SignedOn, cluster: Cluster) -> None:
    assert guard.person(Caller(token=TOKEN)) == CI
    cluster.key = replace(KEY, ends_at=1001.0)
    cluster.now = 1010.0
    with pytest.raises(NotSignedOn):
        guard.person(Caller(token=TOKEN))


def test_a_key_of_which_nothing_is_known_is_nobody(guard: SignedOn, cluster: Cluster) -> None:
    cluster.key = None
    with pytest.raises(NotSignedOn):
        guard.person(Caller(token=TOKEN))


def test_while_the_api_server_does_not_say_nobody_is_let_in(guard: SignedOn, cluster: Cluster) -> None:
    cluster.is_down = True
    with pytest.raises(Unanswered):
        guard.person(Caller(token=TOKEN))


def test_who_is_no_key_is_not_asked_about(cluster: Cluster) -> None:
    cluster.is_down = True
    assert Keyring(cluster.known, cluster.clock, cluster.clock).is_good(Person("system:serviceaccount:team:alice"))
