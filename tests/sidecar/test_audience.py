"""While somebody looks, rows of an old run are in the bucket within two seconds; looking for them costs little."""

from dataclasses import dataclass, field

import pytest
from counting import Counting
from recorder_world import Log, World

from chiplog import layout, records, watching, word_layout
from chiplog.bucket import Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, Unreachable
from chiplog_sidecar import audience
from chiplog_sidecar.recorder import Recorder

RUN = layout.Run("c", "ns", "r-1")


@dataclass
class Old:
    """A run past its first five minutes, all of whose rows are in the bucket; a pass is made every second."""

    world: World
    bucket: Counting = field(init=False)
    log: Log = field(init=False)
    recorder: Recorder = field(init=False)
    step: int = 0

    def __post_init__(self) -> None:
        self.world.bucket = self.bucket = Counting(MemoryBucket(self.world.time))
        self.log = self.world.log()
        self.log.history(0)
        self.recorder = self.world.recorder()
        for _ in range(700):
            self.world.step(self.recorder, 1.0)

    def log_a_row(self) -> int:
        """A second with a row; how many rows are not in the bucket at its end."""
        self.step += 1
        self.log.history(self.step)
        self.world.step(self.recorder, 1.0)
        return self.step - int(self.world.head()["streams"][0]["run"]["step"])

    def look(self) -> None:
        """Somebody says that they look."""
        watching.Watcher(self.bucket, self.world.time).look(RUN)


@pytest.fixture
def old(world: World) -> Old:
    return Old(world)


def test_rows_of_an_old_run_come_every_second_while_somebody_looks(old: Old) -> None:
    watcher = watching.Watcher(old.bucket, old.world.time)
    behind = []
    for _ in range(300):
        watcher.look(RUN)
        behind.append(old.log_a_row())
    assert max(behind[10:]) == 0
    assert old.bucket.asked["looks"] <= 300 / 40 + 1


def test_rows_wait_a_quarter_of_a_minute_where_nobody_looks(old: Old) -> None:
    behind = [old.log_a_row() for _ in range(300)]
    assert max(behind) == 13


@pytest.mark.parametrize("seconds", range(0, 30, 3))
def test_a_watcher_sees_fresh_rows_after_ten_seconds_at_most(old: Old, seconds: int) -> None:
    for _ in range(seconds):
        old.log_a_row()
    old.look()
    behind = [old.log_a_row() for _ in range(20)]
    assert set(behind[10:]) == {0}


def test_nobody_looks_a_minute_after_the_last_word(old: Old) -> None:
    old.look()
    behind = [old.log_a_row() for _ in range(120)]
    assert max(behind[15:58]) == 0
    assert max(behind[75:]) == 13


def test_a_word_of_long_ago_counts_for_nothing_by_the_stores_clock(world: World) -> None:
    """The recorder's own clock stands a day before it."""
    store = Counting(MemoryBucket(lambda: world.time.now + 86_400))
    watching.Watcher(store, world.time).look(RUN)
    world.time.now += 61
    looking = audience.Audience(store, RUN)
    looking.look(0.0)
    assert not looking.is_there(0.1)
    watching.Watcher(store, world.time).look(RUN)
    looking.look(0.0)
    assert looking.is_there(59.0)
    assert not looking.is_there(61.0)


def test_a_young_run_a_silent_one_and_a_slow_one_never_look(old: Old) -> None:
    for _ in range(20):
        old.log_a_row()
        for _ in range(29):
            old.world.step(old.recorder, 1.0)
    assert old.bucket.asked["looks"] == 0
    old.log_a_row()
    old.log_a_row()
    assert old.bucket.asked["looks"] == 1, "or the test would see nothing"


def test_a_recorder_that_no_run_has_claimed_goes_by_its_own_id(world: World) -> None:
    world.settings = type(world.settings)(bucket="memory", recorder=world.settings.recorder, root=world.root)
    old = Old(world)
    watching.Watcher(old.bucket, world.time).look(layout.Run("c", "ns", "rec"))
    assert [old.log_a_row() for _ in range(20)][-1] == 0


@pytest.mark.parametrize(("error", "looks"), [(AccessDenied, {1}), (Unreachable, {11, 12, 13})])
def test_a_look_that_fails_is_no_look_and_costs_no_row(old: Old, error: type[Exception], looks: set[int]) -> None:
    class Blind(Counting):
        def get(self, key: str) -> Stored:
            self.asked["looks"] += 1
            raise error("no")

    old.recorder.audience.bucket = blind = Blind(old.bucket)
    behind = [old.log_a_row() for _ in range(130)]
    assert max(behind) == 13
    assert blind.asked["looks"] in looks


def test_a_word_that_a_newer_chiplog_wrote_is_not_guessed_at() -> None:
    bucket = MemoryBucket()
    document = {"format": records.WATCH_FORMAT, "min_reader": records.READER + 1}
    bucket.put(word_layout.watch_key(RUN), records.pack_document(document))
    found = audience.Audience(bucket, RUN)
    found.look(0.0)
    assert not found.is_there(1.0)
