"""Row 15: recorder, store and compactor against a model, which is a dict of the rows that the trainer wrote. Both
programs die at any request, segments that were deleted are delivered again, and Parquet files arrive in part, with or
without an error. What readers see never differs from the model by more than what is not shipped yet.

hypothesis finds the shortest history that breaks it. `CHIPLOG_MODEL_SECONDS=600` plays new and longer ones.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from mortal import Killed, Mortal
from recorder_world import PLACE, Log, World

from chiplog import layout
from chiplog.bucket import Bucket, ETag
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import ChiplogError, PreconditionFailed
from chiplog.reading import rows
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings
from chiplog_sidecar.recorder import Recorder
from chiplog_sidecar.shipping import SupersededError

SECONDS = float(os.environ.get("CHIPLOG_MODEL_SECONDS", "0"))
OF_A_ROUND = settings(
    max_examples=12,
    stateful_step_count=50 if SECONDS else 25,
    deadline=None,
    derandomize=not SECONDS,
    suppress_health_check=list(HealthCheck),
)
REQUESTS = st.integers(1, 20)


class Tearing(Mortal):
    """A store that keeps of every Parquet file a part; then its caller dies, or hears that all went well."""

    def __init__(self, inner: Bucket, share: float, *, silently: bool) -> None:
        super().__init__(inner, -1, after=False, error=Killed)
        self._share, self._silently = share, silently

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        if not key.endswith(".parquet"):
            return super().put(key, data, if_match=if_match, if_absent=if_absent)
        told = super().put(key, data[: int(len(data) * self._share)], if_match=if_match, if_absent=if_absent)
        if self._silently:
            return told
        raise Killed


class Histories(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    @initialize()
    def begin(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        self.world = World(self._folder)
        self.world.bucket = MemoryBucket(self.world.time)
        self.logs: list[Log] = []
        self.model: dict[tuple[int, int], float] = {}
        """What the trainer logged, by log and step."""
        self.seen: set[tuple[int, int]] = set()
        self.segments: dict[str, bytes] = {}
        """Every segment there ever was."""
        self.recorder: Recorder | None = None

    @precondition(lambda self: len(self.logs) < 3)
    @rule()
    def new_log(self) -> None:
        self.logs.append(self.world.log(name=f"n{len(self.logs)}"))

    @precondition(lambda self: self.logs)
    @rule(
        which=st.integers(0, 2),
        values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
    )
    def write(self, which: int, values: list[float]) -> None:
        number = which % len(self.logs)
        for value in values:
            step = len(self.logs[number].at)
            self.logs[number].history(step, loss=repr(value), log=str(number))
            self.model[number, step] = value

    @rule(seconds=st.sampled_from([2.0, 20.0, 301.0]))
    def record(self, seconds: float) -> None:
        self.world.time.now += seconds
        self._live(Recorder.record)

    @rule(at=REQUESTS, after=st.booleans(), seconds=st.sampled_from([2.0, 301.0]), ends=st.booleans())
    def recorder_dies(self, at: int, after: bool, seconds: float, ends: bool) -> None:
        """In its first pass or in its drain, before or after the store did the n-th request."""
        self.world.time.now += seconds
        with contextlib.suppress(Killed, SupersededError):
            recorder = self._alive(Mortal(self.world.bucket, at, after=after, error=Killed))
            recorder.drain() if ends else recorder.record()
        self._remember()
        self.recorder = None

    @rule()
    def drain(self) -> None:
        self._live(Recorder.drain)
        self.recorder = None

    @rule(seconds=st.sampled_from([700.0, 4000.0]))
    def compact(self, seconds: float) -> None:
        self._compact(self.world.bucket, seconds)

    @rule(at=REQUESTS, after=st.booleans())
    def compactor_dies(self, at: int, after: bool) -> None:
        self._compact(Mortal(self.world.bucket, at, after=after, error=Killed), 4000.0)

    @rule(share=st.floats(0, 0.99), silently=st.booleans())
    def parquet_arrives_in_part(self, share: float, silently: bool) -> None:
        self._compact(Tearing(self.world.bucket, share, silently=silently), 4000.0)

    @precondition(lambda self: self.segments)
    @rule(which=st.integers(0, 1000))
    def a_segment_arrives_again(self, which: int) -> None:
        """A duplicate that the network held back, perhaps of one that was sealed and deleted since."""
        key = sorted(self.segments)[which % len(self.segments)]
        with contextlib.suppress(PreconditionFailed):
            self.world.bucket.put(key, self.segments[key], if_absent=True)

    @invariant()
    def readers_see_rows_of_the_model_once_each_and_never_less_than_before(self) -> None:
        told = self._read()
        assert told.items() <= self.model.items()
        assert told.keys() >= self.seen
        self.seen = set(told)

    def teardown(self) -> None:
        """Whatever was found, its files go."""
        if hasattr(self, "world"):
            try:
                self._end()
            finally:
                shutil.rmtree(self._folder)

    def _end(self) -> None:
        """In peace everything comes to its end: the tables alone hold the model."""
        self.recorder = None
        self._live(Recorder.drain)
        for _ in range(2):
            self._compact(self.world.bucket, 4000.0)
        assert self._read() == self.model
        assert list(self.world.bucket.list(layout.live_prefix())) == []
        left = [layout.parse_segment_key(item.key) for item in self.world.bucket.list(layout.raw_prefix(PLACE))]
        assert [place for place in left if place is not None and not place.is_source] == []

    def _live(self, step: Callable[[Recorder], None]) -> None:
        """One step of a recorder, which learns from the bucket again where its live object was sealed meanwhile."""
        try:
            step(self._alive(self.world.bucket))
        except SupersededError:
            self.recorder = None
            step(self._alive(self.world.bucket))
        self._remember()

    def _alive(self, bucket: Bucket) -> Recorder:
        """The recorder; a new life where the last one is over, or where this one is to ask another bucket."""
        if self.recorder is None or self.recorder.bucket is not bucket:
            self.recorder = self.world.recorder(bucket)
        return self.recorder

    def _compact(self, bucket: Bucket, seconds: float) -> None:
        self.world.time.now += seconds
        with contextlib.suppress(Killed, ChiplogError):
            Compactor(bucket, Settings("memory"), self.world.time).look()

    def _remember(self) -> None:
        for item in self.world.bucket.list(layout.raw_prefix(PLACE)):
            place = layout.parse_segment_key(item.key)
            if place is not None and not place.is_source:
                self.segments[item.key] = self.world.bucket.get(item.key).data

    def _read(self) -> dict[tuple[int, int], float]:
        """What readers see, by log and step; it is an error if a row is there twice or out of its order."""
        told: dict[tuple[int, int], float] = {}
        for stream in rows.writers(rows.stream_rows(self.world.bucket, PLACE, sleep=lambda _: None)):
            found = [row for row in stream.rows if row["kind"] == "history"]
            places = [(int(row["values"]["log"]), row["step"]) for row in found]
            assert places == sorted(set(places)), f"twice, or out of order: {places}"
            told |= {place: float(row["values"]["loss"]) for place, row in zip(places, found, strict=True)}
        return told


def test_no_history_shows_anything_but_the_model() -> None:
    end = time.monotonic() + SECONDS
    while True:
        run_state_machine_as_test(Histories, settings=OF_A_ROUND)
        if time.monotonic() >= end:
            break
