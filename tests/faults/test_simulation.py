"""A trainer, a recorder that dies and comes back, sometimes twice at once, a compactor, and a store that loses
answers, delivers late, and fails: by a seed, on a clock of our own. Whatever happens, readers see true rows, each once,
none that was seen is ever lost, and in the end all of them.

A failure says its seed: `CHIPLOG_SEED=… pytest tests/faults/test_simulation.py` plays it again.
`CHIPLOG_SIMULATION_SECONDS=600` plays new seeds for that long.
"""

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pytest
from recorder_world import PLACE, Log, World

from chiplog import layout
from chiplog.bucket import ETag, Listed, Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import BucketError, FormatError, PreconditionFailed, Unreachable
from chiplog.reading import rows
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings
from chiplog_sidecar.recorder import Recorder
from chiplog_sidecar.shipping import SupersededError

T = TypeVar("T")

SEEDS = [*range(15), 492534873, 1516537044]
"""The last ones found mistakes once."""
ACTIONS = 70


class Killed(BaseException):
    """A process is gone."""


@dataclass
class Store:
    """A bucket with the faults of a network and of processes that die while they ask."""

    inner: MemoryBucket
    draw: random.Random
    is_faulty: bool = True
    late: list[Callable[[], Any]] = field(default_factory=list)
    """Requests that will be delivered a second time."""

    def get(self, key: str) -> Stored:
        return self._do(lambda: self.inner.get(key))

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        def write() -> ETag:
            return self.inner.put(key, data, if_match=if_match, if_absent=if_absent)

        is_conditional = if_match is not None or if_absent
        if self.is_faulty and is_conditional and self.draw.random() < 0.1:
            self.late.append(write)
        return self._do(write)

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        self._do(lambda: self.inner.put_file(key, path, sha256=sha256))

    def open(self, key: str) -> BinaryIO:
        return self._do(lambda: self.inner.open(key))

    def list(self, prefix: str) -> Iterator[Listed]:
        return self._do(lambda: self.inner.list(prefix))

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        self._do(lambda: self.inner.delete(key, if_match=if_match))

    def deliver_late(self) -> None:
        """A duplicate that the network held back arrives."""
        if self.late:
            with contextlib.suppress(PreconditionFailed):
                self.late.pop(self.draw.randrange(len(self.late)))()

    def _do(self, call: Callable[[], T]) -> T:
        fate = self.draw.random() if self.is_faulty else 1.0
        if fate < 0.01:
            raise Killed
        if fate < 0.03:
            raise Unreachable("the request was lost")
        answer = call()
        if fate < 0.04:
            raise Killed
        if fate < 0.06:
            raise Unreachable("the answer was lost")
        return answer


class Simulation:
    """One seed's world."""

    def __init__(self, root: Path, seed: int) -> None:
        self.draw = random.Random(seed)
        self.world = World(root)
        self.clean = MemoryBucket(self.world.time)
        self.world.bucket = self.clean
        self.store = Store(self.clean, self.draw)
        self.logs: list[Log] = []
        self.wrote: dict[str, list[int]] = {}
        """Steps by the path of the file."""
        self.recorders: list[Recorder | None] = [None, None]
        self.seen: dict[str, set[tuple[int, int]]] = {}

    def run(self) -> None:
        """Play it, check after every action, and end it."""
        actions: list[tuple[Callable[[], None], int]] = [
            (self.train, 30), (self.record, 40), (self.second_recorder, 6), (self.drain, 8), (self.compact, 10),
            (self.store.deliver_late, 6), (self.wait, 6), (self.restart, 6),
        ]  # fmt: skip
        for _ in range(ACTIONS):
            (action,) = self.draw.choices([action for action, _ in actions], [weight for _, weight in actions])
            with contextlib.suppress(BucketError, FormatError):
                action()
            self.world.time.now += self.draw.choice([0.3, 2.0, 20.0])
            self.check()
        self.end()

    def train(self) -> None:
        if not self.logs or (len(self.logs) < 4 and self.draw.random() < 0.1):
            self.logs.append(self.world.log(name=f"n{len(self.logs)}"))
            self.wrote[str(self.logs[-1].path)] = []
        log = self.draw.choice(self.logs)
        steps = self.wrote[str(log.path)]
        for _ in range(self.draw.randrange(1, 8)):
            log.history(len(steps), loss=f"0.{len(steps)}5", text='"x"' if self.draw.random() < 0.2 else "1")
            steps.append(len(steps))

    def record(self, which: int = 0) -> None:
        self._with_recorder(which, lambda recorder: recorder.record())

    def second_recorder(self) -> None:
        """A pod that was thought dead goes on: two processes of one identity."""
        self.record(1)

    def drain(self) -> None:
        self._with_recorder(0, lambda recorder: recorder.drain())

    def restart(self) -> None:
        self.recorders[self.draw.randrange(2)] = None

    def wait(self) -> None:
        """Long enough for a recorder to count as silent."""
        self.world.time.now += self.draw.choice([301.0, 4000.0])

    def compact(self) -> None:
        made = Compactor(self.store, Settings("memory"), self.world.time)
        with contextlib.suppress(Killed):
            made.look()

    def _with_recorder(self, which: int, step: Callable[[Recorder], None]) -> None:
        try:
            recorder = self.recorders[which]
            if recorder is None:
                recorder = self.world.recorder(self.store)
                self.recorders[which] = recorder
            step(recorder)
        except (Killed, SupersededError):
            self.recorders[which] = None  # The next life learns from the bucket.

    def check(self) -> None:
        """What readers see is true, once each, in order, and never less than before."""
        streams = rows.stream_rows(self.clean, PLACE, sleep=lambda _: None)
        for name, stream in streams.items():
            found = [row for row in stream.rows if row["kind"] == "history"]
            steps = [row["step"] for row in found]
            assert steps == sorted(set(steps)), f"rows of {name} are doubled or out of order: {steps}"
            for row in found:
                assert row["values"]["loss"] == float(f"0.{row['step']}5")
            places = {(row["at"], row["step"]) for row in found}
            assert self.seen.get(name, set()) <= places, f"rows of {name} were seen and are gone"
            self.seen[name] = places

    def end(self) -> None:
        """Everybody comes to an end in peace: all rows are there, in tables alone."""
        self.store.is_faulty = False
        while self.store.late:
            self.store.deliver_late()
        self.recorders = [None, None]
        for _ in range(5):
            self.drain()
        self.world.time.now += 5000
        Compactor(self.store, Settings("memory"), self.world.time).look()
        self.check()
        told = sorted(
            [row["step"] for row in stream.rows if row["kind"] == "history"]
            for stream in rows.writers(rows.stream_rows(self.clean, PLACE))
        )
        assert told == sorted(self.wrote.values())
        assert list(self.clean.list(layout.live_prefix())) == []
        left = [layout.parse_segment_key(item.key) for item in self.clean.list(layout.raw_prefix(PLACE))]
        assert [place for place in left if place is not None and not place.is_source] == []


def play(root: Path, seed: int) -> None:
    root.mkdir()
    try:
        Simulation(root, seed).run()
    except BaseException as error:
        error.add_note(f"CHIPLOG_SEED={seed} plays it again")
        raise


@pytest.mark.parametrize("seed", [int(os.environ["CHIPLOG_SEED"])] if "CHIPLOG_SEED" in os.environ else SEEDS)
def test_every_row_is_seen_once_whatever_happens(tmp_path: Path, seed: int) -> None:
    play(tmp_path / str(seed), seed)


def test_new_seeds_for_as_long_as_is_asked(tmp_path: Path) -> None:
    """Without being asked, two seconds of them."""
    end = time.monotonic() + float(os.environ.get("CHIPLOG_SIMULATION_SECONDS", "2"))
    seed = random.SystemRandom().randrange(2**31)
    while time.monotonic() < end:
        seed += 1
        play(tmp_path / str(seed), seed)
