"""Whose key it is, and what it may: nobody and nothing unless the cluster says so, for ten seconds at most."""

import door
import pytest

from chiplog.access import Unanswered
from chiplog.access.pace import Pace
from chiplog.errors import AccessDenied
from chiplog_ingest.grants import Grant
from chiplog_ingest.guard import Guard, NotKnown
from chiplog_ingest.uses import Uses

TOKEN = "a.b.c"


class Moment:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def reviews() -> door.Reviews:
    return door.Reviews()


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def guard(reviews: door.Reviews, moment: Moment) -> Guard:
    return Guard(reviews, "c1", moment, moment)


def test_a_key_may_what_rbac_says(guard: Guard, reviews: door.Reviews) -> None:
    reviews.give(TOKEN)
    assert guard.grant(TOKEN) == Grant("ci", "ci-1", "trainer", "c1", "team", "digits", True)


def test_a_key_is_itself_in_every_generation_and_no_other_of_its_name(guard: Guard, reviews: door.Reviews) -> None:
    reviews.give(TOKEN, first_uid="uid-1")
    reviews.give("b.b.c", generation=2, first_uid="uid-1")
    reviews.give("c.b.c", generation=3, first_uid="uid-9")
    assert [guard.grant(token).key_uid for token in (TOKEN, "b.b.c", "c.b.c")] == ["uid-1", "uid-1", "uid-9"]


def test_the_scope_is_rbac_s_and_not_what_an_annotation_says(guard: Guard, reviews: door.Reviews) -> None:
    reviews.give(TOKEN)
    reviews.rights = {("ci-1", "get", "team", "digits")}
    assert not guard.grant(TOKEN).may_write


@pytest.mark.parametrize("taken", ["all", "read"])
def test_without_a_right_a_key_is_refused(guard: Guard, reviews: door.Reviews, taken: str) -> None:
    reviews.give(TOKEN)
    reviews.rights = {right for right in reviews.rights if taken == "read" and right[1] != "get"}
    with pytest.raises(AccessDenied):
        guard.grant(TOKEN)


@pytest.mark.parametrize("token", ["", "x", "a.b.c.d", "é.b.c", "x.y.z"])
def test_nobody_else_is_known(guard: Guard, reviews: door.Reviews, token: str) -> None:
    reviews.give(TOKEN)
    with pytest.raises(NotKnown):
        guard.grant(token)
    assert reviews.asked == (token == "x.y.z"), "the API server is not asked about noise"


def test_a_service_account_that_is_no_key_is_nobody(guard: Guard, reviews: door.Reviews) -> None:
    reviews.give(TOKEN)
    reviews.keys.clear()
    with pytest.raises(NotKnown):
        guard.grant(TOKEN)


def test_a_key_whose_overlap_is_over_is_refused_though_the_operator_sleeps(
    guard: Guard, reviews: door.Reviews, moment: Moment
) -> None:
    reviews.give(TOKEN, ends_at=1005.0)
    assert guard.grant(TOKEN)
    moment.now = 1005.0
    with pytest.raises(NotKnown):
        guard.grant(TOKEN)


def test_an_answer_is_believed_for_ten_seconds_and_no_longer(
    guard: Guard, reviews: door.Reviews, moment: Moment
) -> None:
    reviews.give(TOKEN)
    for _ in range(100):
        guard.grant(TOKEN)
    assert reviews.asked == 1
    reviews.take("ci-1")
    moment.now += 9.9
    assert guard.grant(TOKEN)
    moment.now += 0.1
    with pytest.raises(NotKnown):
        guard.grant(TOKEN)


def test_a_key_makes_so_many_requests_and_is_told_when_the_next_may_go(moment: Moment) -> None:
    pace = Pace(10.0, moment)
    assert [pace.wait_seconds("a") for _ in range(40)] == [0.0] * 40
    assert pace.wait_seconds("a") == pytest.approx(0.1)
    assert pace.wait_seconds("b") == 0.0, "another key has its own"
    moment.now += 0.1
    assert pace.wait_seconds("a") == 0.0
    assert pace.wait_seconds("a") > 0.0


def test_a_use_is_noted_now_and_then_and_no_request_fails_of_it(reviews: door.Reviews, moment: Moment) -> None:
    uses = Uses(reviews, moment)
    for _ in range(100):
        uses.used("ci-1")
    uses.used("ci-2")
    moment.now += 300
    uses.used("ci-1")
    uses.close()
    assert reviews.noted == [("ci-1", 1000.0), ("ci-2", 1000.0), ("ci-1", 1300.0)]


def test_an_api_server_that_does_not_note_it_harms_nobody(moment: Moment) -> None:
    class Away:
        def note_use(self, handle: str, moment: float) -> None:
            raise Unanswered("away")

    uses = Uses(Away(), moment)
    uses.used("ci-1")
    uses.close()


def test_whoever_makes_keys_up_does_not_keep_the_api_server_busy(
    guard: Guard, reviews: door.Reviews, moment: Moment
) -> None:
    reviews.give(TOKEN)
    guard.grant(TOKEN)
    for number in range(200):
        with pytest.raises((NotKnown, Unanswered)):
            guard.grant(f"made.up.{number}")
    assert reviews.asked == 80
    for number in range(20):
        moment.now += 10.0
        for other in range(100):
            with pytest.raises((NotKnown, Unanswered)):
                guard.grant(f"made.up.{number}-{other}")
        assert guard.grant(TOKEN), "who was known once is asked about again"
    moment.now += 1.0
    with pytest.raises(NotKnown):
        guard.grant("made.up.x")
