"""Somebody's word that they look at a run: who writes it, how often, and what it says."""

import pytest

from chiplog import layout, records, watching, word_layout
from chiplog.bucket import ETag
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, NotFound

RUN, OTHER = layout.Run("c", "ns", "a-1"), layout.Run("c", "ns", "b-2")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def modified(bucket: MemoryBucket, run: layout.Run) -> float:
    return bucket.get(word_layout.watch_key(run)).modified


def test_a_look_is_said_at_once_and_again_after_twenty_seconds() -> None:
    clock = Clock()
    bucket = MemoryBucket(clock)
    watcher = watching.Watcher(bucket, clock)
    said = []
    for second in range(61):
        clock.now = float(second)
        watcher.look(RUN)
        said.append(modified(bucket, RUN))
    assert sorted(set(said)) == [0.0, 20.0, 40.0, 60.0]
    with pytest.raises(NotFound):
        bucket.get(word_layout.watch_key(OTHER))


def test_each_run_is_said_for_itself_and_old_ones_are_forgotten() -> None:
    clock = Clock()
    watcher = watching.Watcher(MemoryBucket(clock), clock)
    for number in range(1000):
        clock.now = float(number)
        watcher.look(layout.Run("c", "ns", f"r-{number}"))
    assert len(watcher._said) <= 21


def test_two_watchers_write_the_same_word() -> None:
    bucket = MemoryBucket()
    watching.Watcher(bucket).look(RUN)
    first = bucket.get(word_layout.watch_key(RUN)).data
    watching.Watcher(bucket).look(RUN)
    assert bucket.get(word_layout.watch_key(RUN)).data == first
    assert records.unpack_document(first, records.WATCH_FORMAT, "watch")["run"] == "a-1"


def test_a_word_that_is_refused_is_raised_and_not_tried_again_at_once() -> None:
    class Refusing(MemoryBucket):
        def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
            raise AccessDenied(key)

    watcher = watching.Watcher(Refusing(), lambda: 5.0)
    with pytest.raises(AccessDenied):
        watcher.look(RUN)
    watcher.look(RUN)


def test_the_word_counts_longer_than_two_renewals_that_were_lost() -> None:
    assert records.WATCH_SECONDS >= 3 * watching.RENEW_SECONDS
