"""The operator's part of the bucket: claims, documents under conditions, heads within a budget."""

import pytest
from operator_world import UID, FatalBucket, Fate, Time, live, training_run

from chiplog import layout, records
from chiplog.documents import OutcomeDocument
from chiplog.errors import AccessDenied, PreconditionFailed, Unreachable
from chiplog_operator import documents, ledger, specs
from chiplog_operator.ledger import MAX_HEADS_PER_POLL, Ledger, NameTaken

PLACE = layout.Recorder("c1", "team", "u1")


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def bucket(clock: Time) -> FatalBucket:
    return FatalBucket(clock, Fate())


@pytest.fixture
def books(bucket: FatalBucket, clock: Time) -> Ledger:
    return Ledger(bucket, "c1", clock)


def record(bucket: FatalBucket, recorder: str, step: int = 1) -> None:
    place = layout.Recorder("c1", "team", recorder)
    bucket.put(layout.live_key(place), records.pack_live(live(place, step=step), records.pack_tail([])))


def outcome(state: str) -> OutcomeDocument:
    return documents.outcome("r", {"state": state}, [])


def test_a_cluster_keeps_its_name_over_restarts(bucket: FatalBucket, books: Ledger) -> None:
    books.claim("uid-1")
    Ledger(bucket, "c1").claim("uid-1")
    assert bucket.fate.writes == ["c1.json"]


def test_another_cluster_of_that_name_is_refused(bucket: FatalBucket, books: Ledger) -> None:
    books.claim("uid-1")
    with pytest.raises(NameTaken, match=r"'c1' belongs to another cluster.*uid-1, ours is uid-2"):
        Ledger(bucket, "c1").claim("uid-2")


def test_an_outcome_is_written_only_when_it_changes(bucket: FatalBucket, books: Ledger) -> None:
    place = books.place("team", "r")
    assert books.save_outcome(place, outcome("running"))
    assert not books.save_outcome(place, outcome("running"))
    assert books.save_outcome(place, outcome("finished"))
    assert bucket.fate.writes == ["outcome.json", "outcome.json"]


def test_the_last_word_on_a_run_is_never_written_again(bucket: FatalBucket, books: Ledger) -> None:
    place = books.place("team", "r")
    last: OutcomeDocument = {**outcome("finished"), "durable": True}
    assert books.save_outcome(place, outcome("finished"))
    assert books.save_outcome(place, last)
    assert not books.save_outcome(place, {**outcome("failed"), "durable": True})
    assert books.outcome(place) == last


def test_an_outcome_that_somebody_else_wrote_is_not_overwritten_but_read_again(
    bucket: FatalBucket, books: Ledger
) -> None:
    place = books.place("team", "r")
    books.save_outcome(place, outcome("running"))
    Ledger(bucket, "c1").save_outcome(place, outcome("killed"))
    with pytest.raises(PreconditionFailed):
        books.save_outcome(place, outcome("finished"))
    found = books.outcome(place)
    assert found is not None
    assert found["state"] == "killed"


def test_a_head_is_read_once_and_then_only_when_it_changed(bucket: FatalBucket, books: Ledger) -> None:
    record(bucket, "u1", step=1)
    assert books.refresh("team", ["u1"]) == {"u1"}
    assert books.refresh("team", ["u1"]) == set()
    record(bucket, "u1", step=2)
    assert books.refresh("team", ["u1"]) == {"u1"}
    found = books.head("team", "u1")
    assert found is not None
    assert found.step == 2


def test_a_head_that_only_came_further_is_told_from_one_that_turned(bucket: FatalBucket, books: Ledger) -> None:
    told = []
    for step, state in ((1, "recording"), (2, "recording"), (2, "drained")):
        bucket.put(layout.live_key(PLACE), records.pack_live(live(PLACE, state, step=step), records.pack_tail([])))
        assert books.refresh("team", ["u1"]) == {"u1"}
        told.append(books.told_mere_progress("team", "u1"))
    assert told == [False, True, False], "the first word of a recorder is news"


def test_a_head_nobody_follows_is_not_read(bucket: FatalBucket, books: Ledger) -> None:
    record(bucket, "u1")
    assert books.refresh("team", ["u2"]) == set()
    assert books.head("team", "u2") is None


def test_a_look_reads_at_most_its_budget_and_the_longest_waiting_first(
    bucket: FatalBucket, books: Ledger, clock: Time
) -> None:
    names = [f"u{number:03d}" for number in range(MAX_HEADS_PER_POLL + 10)]
    for name in names:
        record(bucket, name)
    first = books.refresh("team", names)
    assert len(first) == MAX_HEADS_PER_POLL
    clock.now += 1
    for name in names:
        record(bucket, name)
    assert set(names) - first <= books.refresh("team", names)


def test_a_head_of_a_newer_layout_does_not_stop_the_look_at_others(bucket: FatalBucket, books: Ledger) -> None:
    place = layout.Recorder("c1", "team", "u1")
    bucket.put(layout.live_key(place), records.pack_live({**live(place), "min_reader": 99}, records.pack_tail([])))
    record(bucket, "u2")
    assert books.refresh("team", ["u1", "u2"]) == {"u1", "u2"}


def test_a_store_that_does_not_answer_is_not_waited_for_again_at_once(
    bucket: FatalBucket, books: Ledger, clock: Time
) -> None:
    bucket.fault = AccessDenied("no")
    with pytest.raises(AccessDenied):
        books.head("team", "u1")
    bucket.fault = None
    with pytest.raises(AccessDenied):
        books.head("team", "u1")
    clock.now += 6
    assert books.head("team", "u1") is None


def test_a_drained_head_is_a_last_word(bucket: FatalBucket, books: Ledger) -> None:
    place = layout.Recorder("c1", "team", "u1")
    bucket.put(layout.live_key(place), records.pack_live(live(place, "drained", step=1), records.pack_tail([])))
    books.head("team", "u1")
    bucket.fault = Unreachable("gone")
    assert books.head("team", "u1", is_fresh=True) is not None


def test_what_is_forgotten_is_read_again(bucket: FatalBucket, books: Ledger) -> None:
    record(bucket, "u1", step=1)
    books.head("team", "u1")
    record(bucket, "u1", step=2)
    books.forget(books.place("team", "r"), ["u1"])
    found = books.head("team", "u1")
    assert found is not None
    assert found.step == 2


@pytest.mark.parametrize(("error", "reason"), [(AccessDenied("x"), "AccessDenied"), (Unreachable("x"), "Unreachable")])
def test_a_failure_of_the_store_is_a_fact_for_a_status(error: AccessDenied | Unreachable, reason: str) -> None:
    assert ledger.trouble(error).reason == reason


def test_a_run_that_is_new_in_the_bucket_needs_no_reading(books: Ledger, bucket: FatalBucket) -> None:
    place = books.place("team", "mnist-3f2a9c10")
    run = specs.run(training_run())
    books.begin(place, lambda: documents.run(run, "c1"))
    assert (books.owner(place), books.outcome(place), bucket.gets) == ("", None, [])


def test_a_run_id_that_is_taken_in_the_bucket_still_says_whose_it_is(books: Ledger, bucket: FatalBucket) -> None:
    place = books.place("team", "mnist-3f2a9c10")
    Ledger(bucket, "c1").begin(place, lambda: documents.run(specs.run(training_run()), "c1"))
    books.begin(place, lambda: documents.run(specs.run(training_run()), "c1"))
    assert books.owner(place) == UID
