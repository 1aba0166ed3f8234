"""Row 30: a trainer with logs of three kinds and files, which are replaced and cut; a recorder that dies and comes
back, sometimes twice at once; clocks that step; a compactor; and a store that loses answers, delivers late, refuses and
is away: by a seed, on a clock of our own. Whatever happens, readers see true rows, each once, none that was seen is
ever lost, and in the end all of them.

A failure says its seed: `CHIPLOG_SEED=… pytest tests/faults/test_simulation.py` plays it again.
`CHIPLOG_SIMULATION_SECONDS=600` plays new seeds for that long.
"""

import contextlib
import hashlib
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pytest
from recorder_world import PLACE, Log, World

from chiplog import layout, runfile
from chiplog.bucket import ETag, Listed, Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, BucketError, FormatError, PreconditionFailed, Unreachable
from chiplog.reading import rows
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings
from chiplog_sidecar.recorder import FILES_STREAM, Clock, Recorder
from chiplog_sidecar.shipping import SupersededError

T = TypeVar("T")

SEEDS = [*range(9), 492534873, 896200203, 1516537044, 1103949062, 1424312187, 1884186877, 2057203185]
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
    away: int = 0
    """Requests that it will not answer, one after the other."""
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

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        return self._do(lambda: self.inner.open(key, start, end))

    def list(self, prefix: str) -> Iterator[Listed]:
        return self._do(lambda: self.inner.list(prefix))

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        return self._do(lambda: self.inner.folders(prefix, after, until))

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        self._do(lambda: self.inner.delete(key, if_match=if_match))

    def deliver_late(self) -> None:
        """A duplicate that the network held back arrives."""
        if self.late:
            with contextlib.suppress(PreconditionFailed):
                self.late.pop(self.draw.randrange(len(self.late)))()

    def _do(self, call: Callable[[], T]) -> T:
        if self.is_faulty and self.away > 0:
            self.away -= 1
            raise AccessDenied("the token is expired") if self.away % 2 else Unreachable("the store is away")
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


@dataclass
class Source:
    """One incarnation of a file that the trainer appends to; its rows carry its number, so none can be another's."""

    number: int
    path: Path
    log: Log | None = None
    """Where it is wandb's."""
    steps: int = 0
    is_whole: bool = True
    """Nothing took its bytes away before the recorder could read them."""

    def write(self, count: int) -> None:
        """Append rows."""
        for step in range(self.steps, self.steps + count):
            if self.log is not None:
                self.log.history(step, loss=f"{self.number}.{step}5", text='"x"' if step % 5 == 0 else "1")
            elif self.path.suffix == runfile.SUFFIX:
                row = b'{"kind":"history","step":%d,"values":{"loss":%d.%d5}}' % (step, self.number, step)
                self._append(runfile.frame(runfile.JSON, row))
            else:
                self._append(b'{"_step":%d,"loss":%d.%d5}\n' % (step, self.number, step))
        self.steps += count

    def _append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)


class Simulation:
    """One seed's world."""

    def __init__(self, root: Path, seed: int) -> None:
        self.draw = random.Random(seed)
        self.world = World(root)
        self.clean = MemoryBucket(self.world.time)
        self.world.bucket = self.clean
        self.store = Store(self.clean, self.draw)
        self.sources: list[Source] = []
        self.open: list[Source] = []
        """Those that the trainer writes."""
        self.files: dict[str, bytes] = {}
        self.step_of_clock = 0.0
        self.recorders: list[Recorder | None] = [None, None]
        self.seen: dict[str, set[tuple[int, int]]] = {}

    def run(self) -> None:
        """Play it, check after every action, and end it."""
        actions: list[tuple[Callable[[], None], int]] = [
            (self.train, 30), (self.record, 40), (self.second_recorder, 6), (self.drain, 8), (self.compact, 10),
            (self.store.deliver_late, 6), (self.wait, 6), (self.restart, 6), (self.replace, 4), (self.save, 4),
            (self.step_clock, 3), (self.go_away, 2),
        ]  # fmt: skip
        for _ in range(ACTIONS):
            (action,) = self.draw.choices([action for action, _ in actions], [weight for _, weight in actions])
            with contextlib.suppress(BucketError, FormatError):
                action()
            self.world.time.now += self.draw.choice([0.3, 2.0, 20.0])
            self.check()
        self.end()

    def train(self) -> None:
        if not self.open or (len(self.open) < 4 and self.draw.random() < 0.15):
            self._begin(self._place())
        self.draw.choice(self.open).write(self.draw.randrange(1, 8))

    def _place(self) -> Path:
        """Where the next file will stand, in one of two containers."""
        number, top = len(self.sources), self.world.root / self.draw.choice(["main", "side"])
        kind = self.draw.choice(["wandb", "wandb", "run", "lines"])
        if kind == "wandb":
            return top / "wandb" / f"offline-run-n{number}" / f"run-n{number}.wandb"
        return top / f"d{number}" / (f"run-{number}{runfile.SUFFIX}" if kind == "run" else "metrics.jsonl")

    def _begin(self, path: Path) -> None:
        log = None
        if path.suffix == ".wandb":
            log = Log(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(runfile.MAGIC if path.suffix == runfile.SUFFIX else b"")
        self.sources.append(Source(len(self.sources), path, log))
        self.open.append(self.sources[-1])

    def replace(self) -> None:
        """Another file takes a file's name, or it is begun anew in place: what nobody has read by then is lost."""
        if not self.open:
            return
        old = self.open.pop(self.draw.randrange(len(self.open)))
        old.is_whole = False
        kept = old.path.with_name("kept")
        if self.draw.random() < 0.5:
            old.path.rename(kept)  # It keeps its inode, so that the new file has another one.
        if old.path.suffix == ".wandb":
            self._begin_log_again(old.path)
        else:
            self._begin(old.path)
        self.open[-1].write(self.draw.randrange(1, 8))
        kept.unlink(missing_ok=True)

    def _begin_log_again(self, path: Path) -> None:
        log = Log.__new__(Log)
        log.path, log.number, log.at = path, 0, []
        path.write_bytes(b":W&B\xe1\xbe\x00")
        self.sources.append(Source(len(self.sources), path, log))
        self.open.append(self.sources[-1])

    def save(self) -> None:
        """Write a file that is shipped."""
        path = self.world.root / "main" / "files" / self.draw.choice("ab")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files[f"files/{path.name}"] = self.draw.randbytes(20)
        path.write_bytes(self.files[f"files/{path.name}"])

    def step_clock(self) -> None:
        """The node's clock jumps; what orders rows and times flushes must not care."""
        self.step_of_clock = self.draw.choice([0.0, -3600.0, 3600.0, -1.7e9, 1e9])

    def go_away(self) -> None:
        """The store, or its STS, is away for some requests."""
        self.store.away = self.draw.randrange(1, 12)

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
                clock = Clock(lambda: self.world.time.now + self.step_of_clock, self.world.time)
                recorder = Recorder(self.world.settings, self.store, clock, {})
                recorder.resume()
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
            numbers = {int(row["values"]["loss"]) for row in found}
            assert len(numbers) <= 1, f"{name} mixes the rows of files {numbers}"
            for row in found:
                assert row["values"]["loss"] == float(f"{int(row['values']['loss'])}.{row['step']}5")
            places = {(row["at"], row["step"]) for row in found}
            assert self.seen.get(name, set()) <= places, f"rows of {name} were seen and are gone"
            self.seen[name] = places
        self._check_files(streams)

    def _check_files(self, streams: dict[str, rows.Stream]) -> None:
        """Every listed file is there, with the content that its digest says."""
        for row in streams[FILES_STREAM].rows if FILES_STREAM in streams else []:
            assert hashlib.sha256(self.clean.get(row["key"]).data).hexdigest() == row["sha256"]

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
        streams = rows.stream_rows(self.clean, PLACE)
        told: dict[int, list[int]] = {}
        for stream in rows.writers(streams):
            found = [row for row in stream.rows if row["kind"] == "history"]
            for row in found:
                told.setdefault(int(row["values"]["loss"]), []).append(row["step"])
        for source in self.sources:
            steps = told.get(source.number, [])
            assert steps == list(range(source.steps if source.is_whole else len(steps))), source
        newest = {row["path"]: row["sha256"] for row in streams[FILES_STREAM].rows} if self.files else {}
        assert newest == {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()}
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
