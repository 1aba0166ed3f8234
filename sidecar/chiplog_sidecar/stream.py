"""One followed source file: its rows by position, and what they say of the run so far. It never writes.

The file stays open, so that its bytes can be read even after its name is gone or given to another file. A file that is
not appended to but rewritten is another incarnation, whether or not its inode and its size are the same: of what was
read, the first and the last bytes are compared with what stands there now, before anything more is read.
"""

import hashlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from chiplog import codec, folding, rundir
from chiplog.codec import Encoded, Row
from chiplog.records import StreamHead
from chiplog_sidecar import formats, reach
from chiplog_sidecar.sources import Source

MAX_SUMMARY_KEYS = 256
"""Summary values that a head carries at most; all of them stand in the rows."""

MAX_SUMMARY_TEXT = 256
"""Longer texts are left out of a head's summary and config."""

MAX_CONFIG_KEYS = 128
"""Numbers and texts of the config that a head carries at most; all of it stands in the rows."""

_OF_WANDB = "_wandb"
"""What wandb adds to a config of its own."""

MAX_SPAN_BYTES = 4 * 1024 * 1024
"""Of the source that rows which are taken together cover: a gap may be of gigabytes, and the source is shipped too."""

WITNESS_BYTES = 256
"""At the start and before the position, by which a rewritten file is noticed."""


NO_INODE = -1
"""Of a stream whose file is not there any more, as far as anybody can tell: no file has it."""


class Ahead(NamedTuple):
    """What stood in a file whose segments reach further than its head, at most `WITNESS_BYTES` of it."""

    start: int
    data: bytes | None
    """None where there is no copy of it."""


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
    modified_ns: int = 0
    """The file's time of change when it was last looked at, in nanoseconds."""
    mode: int = 0
    """Its permission bits then."""
    fold: folding.Fold = field(default_factory=folding.Fold)
    foreign: str = ""
    """Why the file is not of its kind; empty where it is. It is a gap as it grows, and kept byte for byte."""
    is_over: bool = False
    """Its bytes are not what was read any more: it is not read further."""
    trouble: str = ""
    """Why the last read got nothing from the file system; empty where it did."""
    _first: bytes = b""
    _last: bytes = b""
    """What stood at the file's start and before the position when that was read."""
    _looked_at_ns: int = -1
    """The file's time of change when these were last compared."""
    _reader: formats.Reader | None = None
    _pending: tuple[list[Row], int] | None = None
    """Rows that were read and not taken yet, and the position behind them."""
    _rest: list[tuple[list[Row], int]] = field(default_factory=list)
    """What follows these of the same read."""
    _newest: dict[bytes, bytes] = field(default_factory=dict)
    """Numbers of the summary that are not folded yet."""

    @classmethod
    def open(
        cls, root: Path, source: Source, generation: int, skip: Callable[[str], None] = lambda _: None
    ) -> "Stream | None":
        """Follow a file from its start; None where it is gone, or not ours to read: then `skip` is told the reason."""
        try:
            descriptor = reach.open_exactly(root / source.container, source.path.split("/"))
        except FileNotFoundError:
            return None
        except OSError as error:
            skip(reach.reason(root / source.container, source.path, error))
            return None
        stream = cls(source, generation, root, descriptor, os.fstat(descriptor).st_ino)
        stream.look()
        return stream

    @classmethod
    def reopen(
        cls, root: Path, source: Source, head: StreamHead, segmented: int, ahead: "Ahead | None" = None
    ) -> "Stream | None":
        """Follow a file that an earlier life followed; None where another file has its name, or none.

        `ahead` is given where segments reach further than the head: then the file is judged at both places.
        """
        stream = cls.open(root, source, head["generation"])
        if stream is None:
            return None
        # A marker whose stream was in segments alone, and never in a live object, does not know the inode.
        is_same = head["inode"] in (0, stream.inode) and stream.size >= segmented and stream._testifies(head)
        is_same = is_same and (ahead is None or stream._holds(ahead))
        if not is_same:
            os.close(stream.descriptor)
            return None
        stream.segmented = segmented
        return stream

    @property
    def format(self) -> formats.Format:
        """What is known of files of this kind."""
        return formats.BY_KIND[self.source.kind]

    @property
    def id(self) -> str:
        """The stream's name in keys: a digest of its place, so that two lives of a recorder name it alike."""
        place = f"{self.source.container}\0{self.source.path}\0{self.generation}"
        return hashlib.sha256(place.encode()).hexdigest()[:16]

    def look(self) -> None:
        """See how large the file is now."""
        if not self.is_over:
            with suppress(OSError):  # Whoever reads is told.
                status = os.fstat(self.descriptor)
                self.size = max(self.size, status.st_size)
                self.modified_ns, self.mode = status.st_mtime_ns, stat.S_IMODE(status.st_mode)

    def was_replaced(self) -> bool:
        """Whether another file has this one's name now, or its bytes were taken away or written over."""
        try:
            status = (self.root / self.source.container / self.source.path).stat()
        except OSError:
            return self.is_over
        if status.st_ino != self.inode:
            return True
        if status.st_mtime_ns == self._looked_at_ns:
            return self.is_over
        self._looked_at_ns = status.st_mtime_ns
        return self._was_rewritten()

    def _was_rewritten(self) -> bool:
        """Whether what was read does not stand there any more. What was read and not held yet is forgotten then."""
        try:
            is_same = self.is_over or self._witness(self.position) == (self._first, self._last)
        except OSError:
            return self.is_over  # What cannot be read is not known to be other than it was.
        if not is_same:
            self.is_over, self._pending, self.size = True, None, self.position
            self._rest.clear()
        return self.is_over

    def _bear_witness(self) -> None:
        with suppress(OSError):
            self._first, self._last = self._witness(self.position)

    def _witness(self, position: int) -> tuple[bytes, bytes]:
        size = min(WITNESS_BYTES, position)
        return os.pread(self.descriptor, size, 0), os.pread(self.descriptor, size, position - size)

    def _testifies(self, head: StreamHead) -> bool:
        """Whether the file begins as the one that an earlier life read; heads of older recorders do not say."""
        said = head.get("witness")
        try:
            return said is None or said == digest_of(self._witness(head["position"]))
        except OSError:
            return True

    def _holds(self, ahead: "Ahead") -> bool:
        """Whether what was read further on stands in the file. Where nobody knows, it is another file: rows that are
        kept twice are less of a harm than those of two files in one stream."""
        try:
            return ahead.data is not None and os.pread(self.descriptor, len(ahead.data), ahead.start) == ahead.data
        except OSError:
            return True

    def read(self, max_bytes: int, *, final: bool = False) -> tuple[list[Row], int]:
        """The next whole rows and the position behind them; no rows and `position` itself where there is none yet.

        About `max_bytes` are read (at least 64 KiB and one byte), more where one record is longer. With `final` a torn
        end becomes a gap, for nobody will complete it. Unless `advance` follows, the same rows are given again.
        """
        has_more = self.size > self.position or final
        if self._pending is None and has_more and not self._was_rewritten():
            self._pending = self._rest.pop(0) if self._rest else self._next(max_bytes, final=final)
        return self._pending or ([], self.position)

    def _next(self, max_bytes: int, *, final: bool) -> tuple[list[Row], int] | None:
        rows, end = self._unread(max_bytes, final=final) if self.foreign else self._read(max_bytes, final=final)
        if end == self.position:
            return None
        first, *self._rest = _pieces(self.position, rows, end)
        return first

    def _read(self, max_bytes: int, *, final: bool) -> tuple[list[Row], int]:
        reader = self._reader
        if reader is None or reader.at != self.position:
            reader = self._reader = self.format.reader(self.position, self.fold)
        while True:
            try:
                data, self.trouble = os.pread(self.descriptor, max_bytes, reader.offset), ""
            except OSError as error:
                return self._unreadable(error, final=final)
            at_end = reader.offset + len(data) >= self.size
            rows = reader.feed(data, final=final and at_end)
            if reader.foreign:
                self.foreign = reader.foreign
                return self._gap(self.foreign)
            if rows or at_end:
                return rows, reader.at

    def _unreadable(self, error: OSError, *, final: bool) -> tuple[list[Row], int]:
        """Nothing, and it is tried again; if nobody will, a gap of all that is left."""
        self.trouble = error.strerror or str(error)
        return self._gap(self.trouble) if final and self.size > self.position else ([], self.position)

    def _unread(self, max_bytes: int, *, final: bool) -> tuple[list[Row], int]:
        """What a file that is not of its kind has grown by: one gap for as much as one read, or at the end."""
        is_due = final and self.size > self.position
        return self._gap(self.foreign) if is_due or self.size - self.position >= max_bytes else ([], self.position)

    def _gap(self, reason: str) -> tuple[list[Row], int]:
        return [{"at": self.position, "kind": "gap", "to": self.size, "reason": reason}], self.size

    def advance(self, rows: list[Row], end: int) -> None:
        """Take rows as read: they are held by the batch now."""
        for row in rows:
            if type(row) is Encoded and row["kind"] == "summary":
                # wandb says its whole summary with every step, and only the last word is ever asked for.
                self._newest.update(row.leaves)
                self.fold.kinds["summary"] = self.fold.kinds.get("summary", 0) + 1
                continue
            if self._newest and row["kind"] in ("summary", "run"):
                self._settle()
            self.fold.apply(row)
        self.position = end
        self._pending = None
        self._bear_witness()

    def _settle(self) -> None:
        """Fold the newest numbers of the summary in."""
        for key, text in self._newest.items():
            self.fold.summary[codec.load(key[:-1])] = codec.load(text)
        self._newest.clear()

    def replay(self, max_bytes: int) -> Iterator[Row]:
        """Read again what is in segments, to know the run as the earlier life did; gives each row once."""
        while self.position < self.segmented:
            rows, end = self.read(max_bytes)
            if end == self.position:
                break
            kept = [row for row in rows if row["at"] < self.segmented]
            self.advance(kept, min(end, self.segmented))
            if end > self.segmented:
                self._pending = (rows[len(kept) :], end)
            yield from kept
        self.position = self.segmented
        self._bear_witness()

    def source_bytes(self, start: int, end: int) -> bytes | None:
        """The file's bytes of `[start, end)`; None where they were taken away or written over since they were read, or
        cannot be read any more."""
        try:
            data = os.pread(self.descriptor, end - start, start)
        except OSError:
            return None
        return None if len(data) < end - start or self._was_rewritten() else data

    def media(self, row: Row) -> list[str]:
        """Files that a row names and that must be in the bucket before it."""
        return [self._beside(path) for path in self.format.media(row)]

    def leaving(self, row: Row) -> list[str]:
        """Paths that a row names and that lead out of the writer's files."""
        folder = PurePosixPath(self.source.path).parent / rundir.FILES
        return [f"{folder}/{path}" for path in self.format.leaving(row)]

    def saved(self, row: Row) -> list[tuple[str, str]]:
        """Files, with their policy, that a row asks to be kept."""
        return [(self._beside(path), policy) for path, policy in self.format.saved(row)]

    def contents(self, row: Row, is_known: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
        """Contents that stand in a row's record and have to be in the bucket before it, with the paths to list them
        under; read again only if any is not known."""
        named = {sha256: f"{self.source.path}.media/{name}" for sha256, name in self.format.named(row).items()}
        if all(map(is_known, named.values())):
            return
        found = self.format.contents(lambda size, at: os.pread(self.descriptor, size, at), row["at"])
        yield from ((path, found[sha256]) for sha256, path in named.items() if sha256 in found)

    def head(self) -> StreamHead:
        """What the live object says of this stream."""
        self._settle()
        fold = self.fold
        head: StreamHead = {
            "id": self.id,
            "kind": self.source.kind,
            "container": self.source.container,
            "path": self.source.path,
            "generation": self.generation,
            "inode": self.inode,
            "position": self.position,
            "segmented": self.segmented,
            "size": self.size,
            "kinds": dict(fold.kinds),
            "gaps": fold.gaps,
            "skipped": dict(fold.skipped),
            "loss_bound": self.format.loss_bound(fold),
            "run": {**fold.run, "step": fold.step, "last_time": fold.last_time, **_told(fold)},
            "ended": fold.ended,
            "witness": digest_of((self._first, self._last)),
            "modified_ns": self.modified_ns,
            "mode": self.mode,
        }
        if fold.exit_code is not None:
            head["exit_code"] = fold.exit_code
        return head

    def _beside(self, path: str) -> str:
        """A path of the `files` directory beside the source, relative to the container's run directory."""
        return str(PurePosixPath(self.source.path).parent / rundir.FILES / path)


def _pieces(start: int, rows: list[Row], end: int) -> list[tuple[list[Row], int]]:
    """Rows in parts that each cover at most `MAX_SPAN_BYTES` of the source or one row; the same for every life."""
    if end - start <= MAX_SPAN_BYTES:
        return [(rows, end)]
    whole = [part for row in rows for part in _split(row)]
    found: list[tuple[list[Row], int]] = []
    first = 0
    for place, row in enumerate(whole[1:], 1):
        if row["at"] - start >= MAX_SPAN_BYTES:
            found.append((whole[first:place], row["at"]))
            first, start = place, row["at"]
    return [*found, (whole[first:], end)]


def _split(row: Row) -> list[Row]:
    if row["kind"] != "gap" or row["to"] - row["at"] <= MAX_SPAN_BYTES:
        return [row]
    places = [*range(row["at"], row["to"], MAX_SPAN_BYTES), row["to"]]
    return [{**row, "at": at, "to": to} for at, to in itertools.pairwise(places)]


def ended(head: StreamHead, segmented: int) -> StreamHead:
    """The head of a stream whose segments reach further than it said, and whose file is another's by now."""
    return {**head, "position": segmented, "inode": NO_INODE}


def digest_of(witness: tuple[bytes, bytes]) -> str:
    """What a head says of a file's first bytes and those before its position."""
    return hashlib.sha256(b"".join(witness)).hexdigest()[:16]


def _told(fold: folding.Fold) -> dict[str, Any]:
    """What a list of runs shows of config and summary."""
    own = {key: value for key, value in fold.config.items() if key != _OF_WANDB}
    config = folding.shortened(own, MAX_CONFIG_KEYS, MAX_SUMMARY_TEXT)
    return {"summary": _bounded(fold.summary), **({"config": config} if config else {})}


def _bounded(summary: dict[str, Any]) -> dict[str, Any]:
    flat = folding.flatten(summary)
    short = {key: value for key, value in flat.items() if _is_short(value)}
    return dict(list(short.items())[:MAX_SUMMARY_KEYS])


def _is_short(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= MAX_SUMMARY_TEXT)
