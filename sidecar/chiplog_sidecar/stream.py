"""One followed source file: its rows by position, and what they say of the run so far. It never writes.

The file stays open, so that its bytes can be read even after its name is gone or given to another file.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from chiplog import folding, rundir
from chiplog.codec import Row
from chiplog.records import StreamHead
from chiplog_sidecar.sources import Source
from chiplog_sidecar.wandb import decode, framing, media

MAX_SUMMARY_KEYS = 256
"""Summary values that a head carries at most; all of them stand in the rows."""

MAX_SUMMARY_TEXT = 256
"""Longer texts are left out of a head's summary."""

_FLUSHES_BY_TIME = (0, 31)
"""The first wandb that writes its log to the file on a timer; earlier ones wait for a full block."""


@dataclass
class Stream:
    """One incarnation of one source file."""

    source: Source
    generation: int
    root: Path
    descriptor: int
    inode: int
    position: int = 0
    """Rows that start before this byte of the source were read."""
    segmented: int = 0
    """Rows that start before this byte of the source are in segments."""
    size: int = 0
    fold: folding.Fold = field(default_factory=folding.Fold)
    is_foreign: bool = False
    """The file is no wandb log: it is not read further."""
    _frames: framing.FrameReader = field(default_factory=framing.FrameReader)

    @classmethod
    def open(cls, root: Path, source: Source, generation: int) -> "Stream | None":
        """Follow a file from its start; None where it is gone or not ours to read."""
        try:
            descriptor = os.open(root / source.container / source.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        status = os.fstat(descriptor)
        return cls(source, generation, root, descriptor, status.st_ino, size=status.st_size)

    @classmethod
    def reopen(cls, root: Path, source: Source, head: StreamHead, segmented: int) -> "Stream | None":
        """Follow a file that an earlier life followed; None where another file has its name, or none."""
        stream = cls.open(root, source, head["generation"])
        if stream is None:
            return None
        if stream.inode != head["inode"] or stream.size < segmented:
            os.close(stream.descriptor)
            return None
        stream.segmented = segmented
        return stream

    @property
    def id(self) -> str:
        """The stream's name in keys: a digest of its place, so that two lives of a recorder name it alike."""
        place = f"{self.source.container}\0{self.source.path}\0{self.generation}"
        return hashlib.sha256(place.encode()).hexdigest()[:16]

    def look(self) -> None:
        """See how large the file is now."""
        self.size = max(self.size, os.fstat(self.descriptor).st_size)

    def was_replaced(self) -> bool:
        """Whether another file has this one's name now, or its bytes were taken away."""
        try:
            status = (self.root / self.source.container / self.source.path).stat()
        except OSError:
            return False
        return status.st_ino != self.inode or status.st_size < self.position

    def read(self, max_bytes: int, *, final: bool = False) -> tuple[list[Row], int]:
        """The next whole rows and the position behind them; no rows and `position` itself where there is none yet.

        About `max_bytes` are read (at least 64 KiB and one byte), more where one record is longer. With `final` a torn
        end becomes a gap, for nobody will complete it. Unless `advance` follows, the same rows are read again.
        """
        if self.is_foreign:
            return [], self.position
        if self._frames.at != self.position:
            self._frames = framing.FrameReader(self.position)
        while True:
            data = os.pread(self.descriptor, max_bytes, self._frames.offset)
            at_end = self._frames.offset + len(data) >= self.size
            items = self._frames.feed(data, final=final and at_end)
            if items or at_end:
                return self._rows(items)

    def _rows(self, items: list[framing.Item]) -> tuple[list[Row], int]:
        if items and isinstance(items[0], framing.BadHeader):
            self.is_foreign = True
            reason = f"not a wandb log this reader knows: {items[0].reason} {items[0].found!r}"
            return [{"at": 0, "kind": "gap", "to": self.size, "reason": reason}], self.size
        return [_row(item) for item in items if not isinstance(item, framing.BadHeader)], self._frames.at

    def advance(self, rows: list[Row], end: int) -> None:
        """Take rows as read: they are held by the batch now."""
        for row in rows:
            self.fold.apply(row)
        self.position = end

    def replay(self, max_bytes: int) -> Iterator[Row]:
        """Read again what is in segments, to know the run as the earlier life did; gives each row once."""
        while self.position < self.segmented:
            rows, end = self.read(max_bytes)
            if end == self.position:
                break
            kept = [row for row in rows if row["at"] < self.segmented]
            self.advance(kept, min(end, self.segmented))
            yield from kept
        self.position = self.segmented

    def source_bytes(self, start: int, end: int) -> bytes:
        """The file's bytes of `[start, end)`."""
        return os.pread(self.descriptor, end - start, start)

    def media(self, row: Row) -> list[str]:
        """Files that a row names and that must be in the bucket before it."""
        if row["kind"] not in ("history", "summary"):
            return []
        return [self._beside(found["path"]) for found in media.media_paths(row)]

    def saved(self, row: Row) -> list[tuple[str, str]]:
        """Files, with their policy, that a `files` row asks to be kept."""
        if row["kind"] != "files":
            return []
        named = [(PurePosixPath(file["path"]), str(file["policy"])) for file in row["files"]]
        return [(self._beside(str(path)), policy) for path, policy in named if _stays_inside(path)]

    def head(self) -> StreamHead:
        """What the live object says of this stream."""
        fold = self.fold
        head: StreamHead = {
            "id": self.id,
            "kind": "wandb",
            "container": self.source.container,
            "path": self.source.path,
            "generation": self.generation,
            "inode": self.inode,
            "position": self.position,
            "segmented": self.segmented,
            "size": self.size,
            "kinds": dict(fold.kinds),
            "gaps": fold.gaps,
            "loss_bound": loss_bound(fold.producer),
            "run": {**fold.run, "step": fold.step, "last_time": fold.last_time, "summary": _bounded(fold.summary)},
            "ended": fold.ended,
        }
        if fold.exit_code is not None:
            head["exit_code"] = fold.exit_code
        return head

    def _beside(self, path: str) -> str:
        """A path of wandb's `files` directory, relative to the container's run directory."""
        return str(PurePosixPath(self.source.path).parent / rundir.FILES / path)


def loss_bound(producer: str) -> str:
    """What a wandb of this version may lose when it is killed, in words; `producer` is its header's version."""
    try:
        version = tuple(int(part) for part in producer.split("+")[0].split(".")[:2])
    except ValueError:
        return "unknown: the log does not say which wandb wrote it"
    if version >= _FLUSHES_BY_TIME:
        return f"rows of the last {rundir.WANDB_FLUSH_SECONDS:g} s when the trainer is killed"
    return f"up to 32 KiB of records, which wandb {producer.split('+')[0]} keeps in memory"


def _row(item: framing.Frame | framing.Gap) -> Row:
    if isinstance(item, framing.Gap):
        return {"at": item.at, "kind": "gap", "to": item.end, "reason": item.reason}
    return decode.decode(item.at, item.payload)


def _stays_inside(path: PurePosixPath) -> bool:
    return not path.is_absolute() and ".." not in path.parts


def _bounded(summary: dict[str, Any]) -> dict[str, Any]:
    flat = folding.flatten(summary)
    short = {key: value for key, value in flat.items() if _is_short(value)}
    return dict(list(short.items())[:MAX_SUMMARY_KEYS])


def _is_short(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= MAX_SUMMARY_TEXT)
