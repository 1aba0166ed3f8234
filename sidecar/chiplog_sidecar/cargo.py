"""Files on their way to blobs: what to ship, when a file is whole, and the rows that say what was shipped.

Media that a record names go at once, before that record; everything else goes by a worker of its own, so that a
checkpoint of many GB never holds a metric up. Nothing of the trainer's is changed or deleted.
"""

import hashlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.errors import BucketError, FormatError
from chiplog_sidecar import sources
from chiplog_sidecar.settings import Settings

RETRY_SECONDS = 5.0
"""How long the worker waits after the store refused or did not answer."""


@dataclass(frozen=True)
class Item:
    """A file of a container's run directory."""

    container: str
    path: str


@dataclass(frozen=True)
class Shape:
    """What tells one state of a file from the next, without reading it."""

    modified_ns: int
    size: int


class Cargo:
    """All files of one recorder; the recorder's thread owns it, and one worker thread ships."""

    def __init__(self, settings: Settings, bucket: Bucket, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._bucket = bucket
        self._monotonic = monotonic
        self._shipped: dict[Item, Shape] = {}
        self._blobs: dict[str, str] = {}
        self._watched: dict[Item, str] = {}
        self._seen: dict[Item, tuple[Shape, float]] = {}
        self._rows: deque[Row] = deque()
        self._queue: queue.Queue[Item | None] = queue.Queue()
        self._queued: dict[Item, Shape] = {}
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="cargo", daemon=True)
        self.problem: BucketError | None = None

    def start(self) -> None:
        """Start the worker."""
        self._worker.start()

    def remember(self, row: Row) -> None:
        """Learn from a row of an earlier life what is in the bucket already."""
        item = Item(row["container"], row["path"])
        self._shipped[item] = Shape(row.get("modified_ns", 0), row.get("size", -1))
        if "key" in row:
            self._blobs[row["sha256"]] = row["key"]
        if row.get("policy"):
            self._watched.setdefault(item, row["policy"])

    def require(self, item: Item) -> None:
        """Ship a file now, for a record that names it is about to go. Raises BucketError; the file stays due."""
        if item not in self._shipped and self._wanted(item):
            self._ship(item, "now")

    def watch(self, item: Item, policy: str) -> None:
        """Ship a file when it is whole, and again whenever it changes."""
        if self._wanted(item):
            self._watched[item] = policy

    def survey(self, *, final: bool = False) -> None:
        """Look at every file and queue what changed and stood still; with `final`, all that changed."""
        for item, shape in self._present():
            if self._shipped.get(item) == shape or self._queued.get(item) == shape:
                continue
            if final or self._is_quiet(item, shape):
                self._queued[item] = shape
                self._queue.put(item)

    def pending_bytes(self) -> int:
        """Bytes of files that are due but not in the bucket."""
        return sum(shape.size for item, shape in list(self._queued.items()) if self._shipped.get(item) != shape)

    def take_rows(self) -> list[Row]:
        """Rows of what was shipped since the last call, without their position."""
        rows: list[Row] = []
        while self._rows:
            rows.append(self._rows.popleft())
        return rows

    def drain(self) -> None:
        """Ship everything that is there, in this thread, after the worker has stopped. Raises BucketError."""
        self._stopping.set()
        self._queue.put(None)
        if self._worker.is_alive():
            self._worker.join()
        for item, shape in self._present():
            if self._shipped.get(item) != shape:
                self._ship(item, self._watched.get(item, "now"))
        self._queued.clear()

    def _wanted(self, item: Item) -> bool:
        return sources.is_wanted(item.path, self._settings.include, self._settings.exclude)

    def _present(self) -> list[tuple[Item, Shape]]:
        root = self._settings.root
        for container in sources.containers(root, self._settings.containers):
            for path in sources.shipped_files(root, container):
                self.watch(Item(container, path), self._watched.get(Item(container, path), "live"))
        shapes = ((item, _shape(self._path(item))) for item in list(self._watched))
        return [(item, shape) for item, shape in shapes if shape is not None]

    def _is_quiet(self, item: Item, shape: Shape) -> bool:
        now = self._monotonic()
        seen, since = self._seen.get(item, (None, now))
        if seen != shape:
            self._seen[item] = (shape, now)
            return False
        return now - since >= self._settings.quiet_seconds

    def _work(self) -> None:
        while (item := self._queue.get()) is not None and not self._stopping.is_set():
            try:
                self._ship(item, self._watched.get(item, "now"))
                self.problem = None
            except BucketError as error:
                self.problem = error
                self._stopping.wait(RETRY_SECONDS)
                self._queue.put(item)

    def _ship(self, item: Item, policy: str) -> None:
        path = self._path(item)
        try:
            shape = _shape(path)
            if shape is None:
                raise FileNotFoundError(2, "it is not there", str(path))
            self._refuse_escape(path)
            sha256 = _digest(path)
            key = self._blobs.get(sha256) or layout.blob_key(self._settings.recorder, sha256, path.name)
            if sha256 not in self._blobs:
                self._bucket.put_file(key, path, sha256=sha256)
        except FormatError:
            self._queued.pop(item, None)  # It changed while it was read: the next survey finds it again.
            return
        except OSError as error:
            self._note(item, Shape(0, -1), {"missing": error.strerror or str(error)}, policy)
            return
        self._blobs[sha256] = key
        self._note(item, shape, {"sha256": sha256, "size": shape.size, "key": key}, policy)

    def _note(self, item: Item, shape: Shape, facts: Row, policy: str) -> None:
        self._shipped[item] = shape
        self._queued.pop(item, None)
        modified = {"modified": shape.modified_ns / 1e9, "modified_ns": shape.modified_ns}
        self._rows.append({"container": item.container, "path": item.path, **facts, **modified, "policy": policy})

    def _refuse_escape(self, path: Path) -> None:
        """A link out of the volume would ship a file of ours, the token included, in a trainer's name."""
        if not path.resolve().is_relative_to(self._settings.root.resolve()):
            raise PermissionError(13, "it is a link out of the run directory", str(path))

    def _path(self, item: Item) -> Path:
        return self._settings.root / item.container / item.path


def _shape(path: Path) -> Shape | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Shape(status.st_mtime_ns, status.st_size) if path.is_file() else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
