"""Files on their way to blobs: what is due, who ships it, and the rows that say what was shipped.

Media that a record names go at once, before that record; everything else goes by a worker of its own, so that a
checkpoint of many GB never holds a metric up. Nothing of the trainer's is changed or deleted.
"""

import hashlib
import itertools
import os
import queue
import stat
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.errors import BucketError, FormatError, PreconditionFailed
from chiplog_sidecar import artifacts, backoff, pace, reach, sources, stock
from chiplog_sidecar.settings import Settings
from chiplog_sidecar.stock import Item as Item
from chiplog_sidecar.stock import Shape
from chiplog_sidecar.survey import Found, Survey, is_plain

SLICE = 2000
"""Files that one pass looks at: about 10 ms, after which rows have their turn."""

MAX_VERSION_SECONDS = 60.0
"""A file that is rewritten again and again is shipped at intervals that double up to this, and at the end: a log that
grows all day must not become 40,000 versions of itself."""

MAX_QUEUED = 10_000
"""Files that are due at most; looking goes on when there is room."""

MAX_REQUIRED = 1000
"""Files of one artifact that its record waits for at most."""

INLINE = "inline"
"""The policy of contents that stand in a record, and in no file of their own."""

MAX_BYTES = 5 << 40
"""S3 takes no larger object."""

_OWN_FILES = Path("/proc/self/fd")


class Cargo:
    """All files of one recorder; the recorder's thread owns it, and one worker thread ships.

    Args:
        settings: where files are and which are wanted.
        bucket: where they go.
        monotonic: seconds.
        cpu: the CPU time of the thread that looks, in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        bucket: Bucket,
        monotonic: Callable[[], float],
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._settings = settings
        self._bucket = bucket
        self._monotonic = monotonic
        self._stock = stock.Stock(settings.recorder)
        self._survey = Survey(settings, monotonic)
        self._pace = pace.Pace(0.0, cpu)
        self._walk: Iterator[Found | None] | None = None
        self._watched: dict[Item, str] = {}
        self._versions: dict[Item, tuple[int, float]] = {}
        self._refused: dict[Item, str] = {}
        self._unreachable: Counter[str] = Counter()
        self._rows: deque[Row] = deque()
        self._queue: queue.Queue[Item | None] = queue.Queue()
        self._queued: dict[Item, Shape] = {}
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="cargo", daemon=True)
        self.problem: BucketError | None = None

    def start(self) -> None:
        """Start the worker."""
        self._worker.start()

    def stop(self) -> None:
        """Let the worker end after the file it is at."""
        self._stopping.set()
        self._queue.put(None)

    def remember(self, row: Row) -> None:
        """Learn from a row of an earlier life what is in the bucket already."""
        self._stock.remember(row)
        item = stock.item_of(row)
        if "missing" in row:
            self._refused[item] = row["missing"]
        if row.get("policy") not in (None, "", INLINE) and not is_plain(item.path):
            self._watched.setdefault(item, row["policy"])

    def require(self, item: Item) -> None:
        """Ship a file now, for a record that names it is about to go. Raises BucketError; the file stays due."""
        if not self._stock.knows(item) and self._wanted(item) and not self._ship(item, "now"):
            self._watched[item] = "now"  # It changed while it was read: it follows when it stands still.

    def refuse(self, item: Item, reason: str) -> None:
        """Tell of a file that a record names and that is never read; no policy, for no later life is to watch it."""
        self._refuse(item, Shape(0, 0, 0, 0), reason, "")

    def knows(self, item: Item) -> bool:
        """Whether a file of this path was dealt with before."""
        return self._stock.knows(item)

    def require_content(self, item: Item, data: bytes) -> None:
        """Ship bytes that stand in a record, under the path of a file that there is not. Raises BucketError."""
        if self._stock.knows(item) or not self._wanted(item):
            return
        sha256 = hashlib.sha256(data).hexdigest()
        key = self._stock.key(sha256)
        if key is None:
            key = self._stock.new_key(sha256, item.path)
            with suppress(PreconditionFailed):  # Such a key names its content: what is there is this.
                self._bucket.put(key, data, if_absent=True)
            self._stock.store(sha256, key)
        shape = Shape(0, 0, len(data), 0)
        self._tell(item, shape, {"sha256": sha256, "size": len(data), "key": key}, INLINE)
        self._stock.take(item, shape, sha256)

    def watch(self, item: Item, policy: str) -> None:
        """Ship a file when it is whole, and again whenever it changes."""
        if self._wanted(item):
            self._watched[item] = policy

    def ship_artifact(self, container: str, row: Row) -> None:
        """Ship the files of an artifact: a small one's before its record, a large one's by the worker.

        Raises BucketError; what was shipped is not shipped twice.
        """
        top = self._settings.root / container
        staged = itertools.chain(artifacts.staged(row, top), artifacts.listed(top, row))
        first = list(itertools.islice(staged, MAX_REQUIRED + 1))
        is_small = sum(file.size for file in first) <= artifacts.MAX_INLINE_BYTES and len(first) <= MAX_REQUIRED
        unreachable: Counter[str] = Counter()
        for file in itertools.chain(first, staged):
            if file.path is None:
                unreachable[file.reason] += 1
            elif is_small:
                self.require(Item(container, file.path))
            else:
                self.watch(Item(container, file.path), "now")
        self._unreachable += unreachable

    def survey(self, *, final: bool = False) -> None:
        """Look at some more files and queue what changed and is whole; with `final`, at all, and all that changed."""
        if final:
            for changed in self._all():
                self._enqueue(changed)
            return
        if len(self._queued) >= MAX_QUEUED:
            return
        if self._walk is None:
            if not self._pace.is_due(self._monotonic()):
                return
            self._walk = self._survey.walk(self._watched, self._stock.holds)
        self._pace.begin()
        for _ in range(SLICE):
            try:
                found = next(self._walk)
            except StopIteration:
                self._walk = None
                self._pace.end(self._monotonic())
                return
            if found is not None and found.is_whole and self._is_due(found.item):
                self._enqueue(found)
        self._pace.pause()

    def pending_bytes(self) -> int:
        """Bytes of files that are due but not in the bucket."""
        return sum(shape.size for shape in list(self._queued.values()))

    def skipped(self) -> dict[str, int]:
        """Files that are not recorded, by reason."""
        return dict(Counter(self._survey.skipped) + Counter(list(self._refused.values())) + self._unreachable)

    def take_rows(self) -> list[Row]:
        """Rows of what was shipped since the last call, without their position."""
        rows: list[Row] = []
        while self._rows:
            rows.append(self._rows.popleft())
        return rows

    def drain(self) -> None:
        """Ship everything that is there, in this thread, after the worker has stopped. Raises BucketError."""
        self.stop()
        if self._worker.is_alive():
            self._worker.join()
        for found in self._all():
            self._ship(found.item, self._policy(found.item))
        for item, policy in list(self._watched.items()):
            if not self._stock.knows(item):
                self._ship(item, policy)
        self._queued.clear()

    def _all(self) -> list[Found]:
        return [found for found in self._survey.walk(self._watched, self._stock.holds) if found is not None]

    def _enqueue(self, found: Found) -> None:
        if self._queued.get(found.item) != found.shape:
            self._queued[found.item] = found.shape
            self._queue.put(found.item)

    def _is_due(self, item: Item) -> bool:
        """Whether the next version may go: of a file that was shipped often, later."""
        count, last = self._versions.get(item, (0, -1e9))
        return self._monotonic() - last >= min(MAX_VERSION_SECONDS, self._settings.quiet_seconds * 2.0 ** min(count, 9))

    def _wanted(self, item: Item) -> bool:
        return sources.is_wanted(item.path, self._settings.include, self._settings.exclude)

    def _policy(self, item: Item) -> str:
        return self._watched.get(item, "live" if is_plain(item.path) else "now")

    def _work(self) -> None:
        failures = 0
        while (item := self._queue.get()) is not None and not self._stopping.is_set():
            try:
                self._ship(item, self._policy(item))
                self.problem, failures = None, 0
            except BucketError as error:
                self.problem = error
                failures += 1
                self._stopping.wait(backoff.seconds(failures, error))
                self._queue.put(item)

    def _ship(self, item: Item, policy: str) -> bool:
        """Whether the file was dealt with: shipped, or refused for good reason; False where it changed meanwhile."""
        shape = Shape(0, 0, -1, 0)
        try:
            with reach.opened(self._settings.root / item.container, item.path) as descriptor:
                status = os.fstat(descriptor)
                shape = Shape.of(status)
                sha256, size, key = self._store(descriptor, item)
        except FormatError:
            self._queued.pop(item, None)  # The next survey finds it again.
            return False
        except OSError as error:
            self._refuse(item, shape, reach.reason(self._settings.root / item.container, item.path, error), policy)
            return True
        self._refused.pop(item, None)
        if not self._stock.is_same(item, sha256):
            if self._stock.knows(item):
                self._versions[item] = (self._versions.get(item, (0, 0.0))[0] + 1, self._monotonic())
            facts = {"sha256": sha256, "size": size, "key": key, "mode": stat.S_IMODE(status.st_mode)}
            self._tell(item, shape, facts, policy)
        self._stock.take(item, shape, sha256)
        self._queued.pop(item, None)
        return True

    def _store(self, descriptor: int, item: Item) -> tuple[str, int, str]:
        """Digest, size and key of an open file, whose content is in the bucket then. Raises FormatError if it changed,
        for the digest of the first reading is not that of the second."""
        with open(descriptor, "rb", closefd=False) as file:
            if os.fstat(descriptor).st_size > MAX_BYTES:
                raise OSError(0, "it is larger than a store takes, 5 TiB")
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        key = self._stock.key(sha256)
        if key is None:
            key = self._stock.new_key(sha256, item.path)
            # By its descriptor, for its name may lead elsewhere by now.
            self._bucket.put_file(key, _OWN_FILES / str(descriptor), sha256=sha256)
            self._stock.store(sha256, key)
        return sha256, size, key

    def _refuse(self, item: Item, shape: Shape, reason: str, policy: str) -> None:
        """Note that a file cannot be shipped as it is; once it looks otherwise it is tried again."""
        if shape.size < 0:
            shape = self._look(item)
        if self._refused.get(item) != reason:
            self._tell(item, shape, {"missing": reason}, policy)
        self._refused[item] = reason
        self._stock.take(item, shape)
        self._queued.pop(item, None)

    def _look(self, item: Item) -> Shape:
        try:
            return Shape.of(reach.status(self._settings.root / item.container, item.path))
        except OSError:
            return Shape(0, 0, -1, 0)

    def _tell(self, item: Item, shape: Shape, facts: Row, policy: str) -> None:
        times = {"modified": shape.modified_ns / 1e9, "modified_ns": shape.modified_ns, "changed_ns": shape.changed_ns}
        self._rows.append({**stock.place(item), **facts, **times, "inode": shape.inode, "policy": policy})
