"""One pass of the recorder: discover, read, cut, flush. It is handed when; `main` decides how often.

A pass may fail at any request and be made again: what was read stays in the batch, what was shipped is not shipped
twice, and reading stops while the batch is full, so an outage of the store costs no memory and loses no row.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import chiplog
from chiplog import codec, layout, records, rundir
from chiplog.bucket import Bucket
from chiplog.codec import Encoded, Row
from chiplog.records import LiveHead, StreamHead
from chiplog_sidecar import audience, cargo, pace, reach, resuming, sources
from chiplog_sidecar.batch import Batch, Stretch
from chiplog_sidecar.settings import Settings
from chiplog_sidecar.shipping import Shipper
from chiplog_sidecar.stream import MAX_SPAN_BYTES, Stream, ended

FILES_STREAM = "files"
"""The id of the stream in which a recorder lists the files that it shipped."""

CUT_BYTES = 256 * 1024
"""A live tail of this many compressed bytes goes into segments."""

MAX_BATCH_BYTES = 2 * 1024 * 1024
"""Encoded rows that are held in memory at most, but for the last read."""

READ_BYTES = 256 * 1024
"""Bytes of one source that are read in one pass."""

SEARCH_SECONDS = 0.4
"""How often the run directory is searched for new sources, unless that takes more than a hundredth of a core."""

MIN_REST_SECONDS = 0.01
"""Between two passes at least."""

MAX_GENERATIONS = 100
"""A file that is replaced more often is no log; every generation costs memory and a part of the head."""

MAX_PROBLEMS = 20
"""Problems that the head lists at most, the newest ones."""


@dataclass
class Clock:
    """The two clocks that the recorder reads: Unix seconds for people, and one that never jumps."""

    time: Callable[[], float]
    monotonic: Callable[[], float]


@dataclass
class Recorder:
    """Everything that one sidecar's life keeps in memory; all of it can be learnt again from bucket and files."""

    settings: Settings
    bucket: Bucket
    clock: Clock
    requests: dict[str, int]
    """Requests by kind, counted by the bucket's hook, and those of earlier lives; shown in the head."""

    streams: dict[str, Stream] = field(default_factory=dict)
    gone: dict[str, StreamHead] = field(default_factory=dict)
    """Streams of an earlier life whose file is not there any more."""
    batch: Batch = field(default_factory=Batch)
    files_position: int = 0
    files_segmented: int = 0
    uploads: dict[str, str] = field(default_factory=dict)
    """Ids of uploads in parts that are under way, by key: the bucket keeps them, the head tells the next life."""
    problems: list[str] = field(default_factory=list)
    state: str = "recording"
    draining: bool = False

    def __post_init__(self) -> None:
        self.cargo = cargo.Cargo(self.settings, self.bucket, self.clock.monotonic)
        self.shipper = Shipper(self.bucket, self.settings.recorder, uuid.uuid4().hex)
        place = self.settings.recorder
        run = layout.Run(place.cluster, place.namespace, self.settings.run or place.id)
        self.audience = audience.Audience(self.bucket, run)
        self.started_at = self.clock.time()
        self._last_flush = -1e9
        self._search = pace.Pace(SEARCH_SECONDS, time.thread_time)
        self._first_unflushed: float | None = None
        self._first_uncut: float | None = None
        self._newest_stream = self._moved = self.clock.monotonic()
        self._tail_bytes = 0
        self._lag = 0.0
        self._flush_asked = self._told = self._is_behind = False
        self._told_uploads: set[str] = set()
        self._unsearched: Counter[str] = Counter()
        self.shown: list[StreamHead] = []
        """What the last flush said, or tried to say, of the streams: for other threads, which must not ask a stream."""

    def resume(self) -> None:
        """Learn from the bucket where an earlier life stopped. Raises BucketError."""
        memory = resuming.remember(self.bucket, self.settings.recorder, FILES_STREAM)
        self.shipper.etag, self.shipper.sequence = memory.etag, memory.sequence
        self.started_at = memory.started_at or self.started_at
        if memory.damage:
            self._note(f"the live object was damaged and is written anew: {memory.damage}")
        self.files_segmented = memory.segmented.get(FILES_STREAM, 0)
        self.files_position = self.files_segmented
        self.uploads.update(memory.uploads)
        for kind, count in memory.requests.items():
            self.requests[kind] = self.requests.get(kind, 0) + count
        for row in memory.file_rows:
            self.cargo.remember(row)
        self._restore_files(memory.tail.get(FILES_STREAM, []))
        for head in memory.streams.values():
            if head["id"] != FILES_STREAM:
                self._restore(head, memory)

    def record(self) -> None:
        """One pass. Raises BucketError where the store says no; the next pass goes on from there."""
        self._discover()
        self._read_all()
        self._collect_files()
        if self._must_cut():
            self._cut()
        self._look_for_audience()
        if self._must_flush():
            self._flush()

    def ask_for_flush(self) -> None:
        """Flush in the next pass, whatever the time: the pod is about to end, or somebody looks."""
        self._flush_asked = True

    def drain(self) -> None:
        """Ship everything that is there, end with a cut, and say so. Raises BucketError; call it again then."""
        self.draining = True
        self.state = "draining"
        self._search.hurry()
        self._discover()
        while self._read_to_the_end():
            pass
        self.cargo.drain()
        self._collect_files()
        self._cut()
        self.state = "drained"
        self._flush()

    def pending_bytes(self) -> int:
        """Bytes that are seen but not in the bucket."""
        unread = sum(stream.size - stream.position for stream in list(self.streams.values()))
        return unread + self.cargo.pending_bytes()

    def flush_interval(self) -> float:
        """Seconds between two flushes, by the run's age and whether somebody looks."""
        now = self.clock.monotonic()
        young = now - self._newest_stream < self.settings.young_seconds
        is_quick = young or self.audience.is_there(now)
        return self.settings.young_flush_seconds if is_quick else self.settings.flush_seconds

    def rest(self) -> float:
        """How long the next pass may wait: until the next look, or until rows that were read are due; hardly at all
        where more is there than one pass takes, as after an outage."""
        if self._is_behind:
            return MIN_REST_SECONDS
        if self._first_unflushed is None:
            return self._poll_seconds()
        due = self._last_flush + self.flush_interval() - self.clock.monotonic()
        return min(self._poll_seconds(), max(due, MIN_REST_SECONDS))

    def _poll_seconds(self) -> float:
        is_quick = self.flush_interval() <= self.settings.young_flush_seconds
        return pace.poll_seconds(is_quick, self.clock.monotonic() - self._moved)

    def _discover(self) -> None:
        now = self.clock.monotonic()
        if self._search.is_due(now):
            self._search.begin()
            self._unsearched.clear()
            for container in sources.containers(self.settings.root, self.settings.containers):
                for source in sources.followed(self.settings.root, container, self._skip):
                    if sources.is_wanted(source.path, self.settings.sources, ()):
                        self._follow(source)
            self._search.end(now)
            self.cargo.survey()
        for stream in self.streams.values():
            stream.look()

    def _follow(self, source: sources.Source) -> None:
        current = [stream for stream in self.streams.values() if stream.source == source]
        if any(not stream.was_replaced() for stream in current):
            return
        generation = max([stream.generation for stream in current] + self._gone_generations(source), default=-1) + 1
        if generation >= MAX_GENERATIONS:
            self._note_once(f"{source.container}/{source.path}: replaced {generation} times, a log is appended to")
            return
        opened = Stream.open(self.settings.root, source, generation, lambda reason: self._skip(reason, source))
        if opened is not None:
            self.streams[opened.id] = opened
            self._newest_stream = self._moved = self.clock.monotonic()

    def _gone_generations(self, source: sources.Source) -> list[int]:
        place = (source.container, source.path)
        return [head["generation"] for head in self.gone.values() if (head["container"], head["path"]) == place]

    def _read_all(self) -> None:
        """Read every stream once, until the batch is full."""
        self._is_behind = False
        for stream in list(self.streams.values()):
            is_full = self.batch.size >= MAX_BATCH_BYTES
            moved = not is_full and self._read(stream)
            self._is_behind = self._is_behind or ((moved or is_full) and stream.size > stream.position)

    def _read_to_the_end(self) -> bool:
        """Read every stream once with its torn end, cutting whenever the batch is full; whether any had something."""
        moved = False
        for stream in list(self.streams.values()):
            moved = self._read(stream, final=True) or moved
            if self._is_full():
                self._cut()
        return moved

    def _read(self, stream: Stream, *, final: bool = False) -> bool:
        start = stream.position
        rows, end = stream.read(READ_BYTES, final=final)
        if stream.trouble:
            self._note_once(f"{stream.source.container}/{stream.source.path}: {stream.trouble}")
        if end == start:
            return False
        for row in rows:
            if type(row) is not Encoded:  # A row of plain numbers names no file.
                self._ship_named_files(stream, row)
        self._hold(stream.id, Stretch(start, end, tuple(codec.dump(row) for row in rows)))
        stream.advance(rows, end)
        return True

    def _ship_named_files(self, stream: Stream, row: Row) -> None:
        """Media before the record that names them; saved files when they are whole."""
        container = stream.source.container
        for path in stream.media(row):
            self.cargo.require(cargo.Item(container, path))
        for path in stream.leaving(row):
            self.cargo.refuse(cargo.Item(container, path), reach.LEAVES)
        for path, policy in stream.saved(row):
            self.cargo.watch(cargo.Item(container, path), policy)
        for path, data in stream.contents(row, lambda path: self.cargo.knows(cargo.Item(container, path))):
            self.cargo.require_content(cargo.Item(container, path), data)
        if row["kind"] == "artifact":
            self.cargo.ship_artifact(container, row)

    def _collect_files(self) -> None:
        for facts in self.cargo.take_rows():
            row = {"at": self.files_position, "kind": "file", **facts}
            self._hold(FILES_STREAM, Stretch(row["at"], row["at"] + 1, (codec.dump(row),)))
            self.files_position += 1
            if "missing" in facts:
                self._note(f"{facts['container']}/{facts['path']}: {facts['missing']}")

    def _hold(self, stream: str, stretch: Stretch) -> None:
        self._moved = now = self.clock.monotonic()
        self.batch.add(stream, stretch)
        self._first_unflushed = now if self._first_unflushed is None else self._first_unflushed
        self._first_uncut = now if self._first_uncut is None else self._first_uncut

    def _skip(self, reason: str, source: sources.Source | None = None) -> None:
        self._unsearched[reason] += 1
        if source is not None:
            self._note_once(f"{source.container}/{source.path}: {reason}")

    def _must_cut(self) -> bool:
        if self._first_uncut is None:
            return False
        old = self.clock.monotonic() - self._first_uncut >= self.settings.cut_seconds
        return old or self._tail_bytes >= CUT_BYTES or self._is_full()

    def _is_full(self) -> bool:
        """Whether the batch holds as much, or covers as much of one source, as it may."""
        spans = (stretch.end - stretch.start for stretch in self.batch.stretches.values())
        return self.batch.size >= MAX_BATCH_BYTES or max(spans, default=0) >= MAX_SPAN_BYTES

    def _cut(self) -> None:
        if self.batch.stretches:
            self.shipper.confirm()
        for name, stretch in list(self.batch.stretches.items()):
            stream = self.streams.get(name)
            source = stream.source_bytes(stretch.start, stretch.end) if stream is not None else None
            for problem in self.shipper.cut(self._head_of(name), stretch, source):
                self._note_once(problem)
            self.batch.take(name)
            if stream is not None:
                stream.segmented = stretch.end
            elif name == FILES_STREAM:
                self.files_segmented = stretch.end
            else:
                self.gone[name]["segmented"] = stretch.end
        self._first_uncut = None
        self._tail_bytes = 0
        self._flush_asked = True

    def _look_for_audience(self) -> None:
        """Ask whether somebody looks, where rows wait that would go at once for them."""
        now = self.clock.monotonic()
        waiting = self._first_unflushed is not None and not self._must_flush()
        if waiting and self.flush_interval() > self.settings.young_flush_seconds and self.audience.is_due(now):
            self.audience.look(now)

    def _must_flush(self) -> bool:
        since = self.clock.monotonic() - self._last_flush
        news = self._first_unflushed is not None or not self._told or self.uploads.keys() != self._told_uploads
        return self._flush_asked or since >= records.HEARTBEAT_SECONDS or (news and since >= self.flush_interval())

    def _flush(self) -> None:
        now = self.clock.monotonic()
        tail = codec.compress(self.batch.tail())
        self._lag = 0.0 if self._first_unflushed is None else now - self._first_unflushed
        self.shipper.flush(self._live_head(), tail)
        self._first_unflushed = None
        self._flush_asked = False
        self._told = True
        self._told_uploads = set(self.uploads)
        self._last_flush = now
        self._tail_bytes = len(tail)

    def _live_head(self) -> LiveHead:
        place = self.settings.recorder
        self.shown = [self._head_of(name) for name in self._stream_names()]
        return {
            "format": records.LIVE_FORMAT,
            "min_reader": records.READER,
            "recorder": {
                "cluster": place.cluster,
                "namespace": place.namespace,
                "id": place.id,
                "pod": self.settings.pod,
                "node": self.settings.node,
                "run": self.settings.run,
                "project": self.settings.project,
                "version": chiplog.__version__,
                "started_at": self.started_at,
            },
            "writer": "",
            "sequence": 0,
            "time": self.clock.time(),
            "state": self.state,
            "lag_seconds": round(self._lag, 3),
            "pending_bytes": self.pending_bytes(),
            "problems": self.problems[-MAX_PROBLEMS:],
            "skipped": dict(self._unsearched + Counter(self.cargo.skipped())),
            "uploads": dict(self.uploads),
            "requests": dict(self.requests),
            "streams": self.shown,
        }

    def _stream_names(self) -> Iterable[str]:
        files = [FILES_STREAM] if self.files_position else []
        return [*self.gone, *self.streams, *files]

    def _head_of(self, name: str) -> StreamHead:
        if name in self.streams:
            return self.streams[name].head()
        if name in self.gone:
            return self.gone[name]
        return {
            "id": FILES_STREAM, "kind": "files", "container": "", "path": rundir.FILES, "generation": 0, "inode": 0,
            "position": self.files_position, "segmented": self.files_segmented, "size": self.files_position,
            "kinds": {"file": self.files_position}, "gaps": 0, "loss_bound": "none once a file is whole", "run": {},
            "ended": self.state == "drained",
        }  # fmt: skip

    def _restore_files(self, rows: list[Row]) -> None:
        for row in rows:
            self._hold(FILES_STREAM, Stretch(row["at"], row["at"] + 1, (codec.dump(row),)))
            self.files_position = row["at"] + 1

    def _restore(self, head: StreamHead, memory: resuming.Memory) -> None:
        """Take a stream up again at the end of its segments; where its file is gone, keep what the tail held."""
        segmented = memory.segmented.get(head["id"], 0)
        source = sources.Source(head["container"], head["path"], head["kind"])
        known: StreamHead = {**head, "inode": 0} if self.settings.copies else head
        stream = Stream.reopen(self.settings.root, source, known, segmented, memory.ahead.get(head["id"]))
        if stream is None:
            self.gone[head["id"]] = head if head["position"] >= segmented else ended(head, segmented)
            lines = tuple(codec.dump(row) for row in memory.tail.get(head["id"], []))
            if lines:
                self._hold(head["id"], Stretch(segmented, head["position"], lines))
            return
        self.streams[stream.id] = stream
        for row in stream.replay(READ_BYTES):
            self._ship_named_files(stream, row)

    def _note_once(self, problem: str) -> None:
        if problem not in self.problems:
            self._note(problem)

    def _note(self, problem: str) -> None:
        self.problems = [*self.problems, problem][-MAX_PROBLEMS:]
