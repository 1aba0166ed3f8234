"""The operator's ledger among very many live runs of one namespace, in virtual time: whom a look is made at."""

from collections import Counter
from collections.abc import Iterator

import pytest
from operator_world import START, Time, live

from chiplog import layout, records
from chiplog.bucket.memory import MemoryBucket
from chiplog_operator.following import CALM_SECONDS, Following
from chiplog_operator.ledger import Ledger
from chiplog_operator.recording import SILENT_SECONDS
from chiplog_operator.sightings import Key

STEP_SECONDS = 2.0


class Fleet:
    """So many runs, each with a recorder that writes its head now and then; all were heard of."""

    def __init__(self, runs: int, every_seconds: float) -> None:
        self.clock = Time()
        self.bucket = MemoryBucket(self.clock)
        self.ledger = Ledger(self.bucket, "c1", self.clock)
        self.following = Following()
        self.every_seconds = every_seconds
        self.names = [f"u{number:05d}" for number in range(runs)]
        self.dead: set[str] = set()
        self._words = {name: [_packed(name, step) for step in (1, 2)] for name in self.names}
        for number, name in enumerate(self.names):
            self._write(name, 0)
            self.ledger.head("team", name)
            self.following.follow(Key("team", f"r{number}"), [name], is_hot=False, is_heard=True)

    def looks(self, seconds: float) -> Iterator[tuple[set[str], set[str]]]:
        """Let the time pass; of each look the recorders with more news than progress, and those that are silent."""
        for tick in range(int(seconds / STEP_SECONDS)):
            self.clock.now = START + tick * STEP_SECONDS
            for number, name in enumerate(self.names):
                if name not in self.dead and (tick + number) * STEP_SECONDS % self.every_seconds < STEP_SECONDS:
                    self._write(name, tick % 2)
            for namespace, recorders in self.following.due(self.clock.now).items():
                news = self.ledger.refresh(namespace, recorders)
                turned = {name for name in news if not self.ledger.told_mere_progress(namespace, name)}
                yield turned, self.ledger.silent(namespace, recorders, SILENT_SECONDS)

    def _write(self, name: str, word: int) -> None:
        self.bucket.put(layout.live_key(layout.Recorder("c1", "team", name)), self._words[name][word])


def _packed(name: str, step: int) -> bytes:
    return records.pack_live(live(layout.Recorder("c1", "team", name), step=step), records.pack_tail([]))


@pytest.mark.parametrize(("runs", "every_seconds"), [(60, 14.0), (300, 14.0), (300, 60.0), (2000, 14.0)])
def test_runs_that_only_come_further_are_no_reason_to_look_and_none_is_silent(runs: int, every_seconds: float) -> None:
    """With 300 runs each head made a look, and with 2,000 a sound recorder was silent: heads wait to be read."""
    fleet = Fleet(runs, every_seconds)
    for turned, silent in fleet.looks(600):
        assert turned == set()
        assert silent == set()
    heads = [fleet.ledger.head("team", name) for name in fleet.names]
    assert max(fleet.clock.now - head.modified for head in heads if head is not None) <= every_seconds + CALM_SECONDS


def test_a_recorder_that_died_is_missed_within_a_look_of_its_heartbeat_among_however_many() -> None:
    fleet = Fleet(2000, CALM_SECONDS)
    fleet.dead = {"u01234"}
    missed = Counter[str]()
    first = 0.0
    for _, silent in fleet.looks(SILENT_SECONDS + 2 * CALM_SECONDS):
        first = first or (fleet.clock.now - START if silent else 0.0)
        missed.update(silent)
    assert set(missed) == fleet.dead
    assert first <= SILENT_SECONDS + CALM_SECONDS + STEP_SECONDS
