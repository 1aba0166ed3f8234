"""Writes a recorder's objects: segments with their source, then the live object; it decides nothing about when.

Order and conditions make every crash harmless: a segment is created, never replaced, and its source goes first; the
live object is replaced only over the version that this writer saw, so a late duplicate never wins.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from chiplog import codec, layout, records
from chiplog.bucket import Bucket, ETag, Stored
from chiplog.errors import ChiplogError, FormatError, NotFound, PreconditionFailed
from chiplog.records import LiveHead, SegmentHead, StreamHead
from chiplog_sidecar.batch import Stretch


class SupersededError(ChiplogError):
    """Another process wrote this recorder's live object: what this one believes of the bucket is out of date."""


@dataclass
class Shipper:
    """The writing end of one recorder."""

    bucket: Bucket
    recorder: layout.Recorder
    writer: str
    """A random name of this process, by which it knows its own writes again."""
    etag: ETag | None = None
    """The live object's version that this process saw last; None where there was none."""
    sequence: int = 0

    def cut(self, stream: StreamHead, stretch: Stretch, source: bytes | None) -> list[str]:
        """Put a stretch into a segment, and the same stretch of its source beside it; what went wrong, in words.

        Raises SupersededError if other rows stand there.
        """
        problems = []
        place = (self.recorder, stream["id"], stretch.start, stretch.end)
        head = self._segment_head(stream, stretch)
        if source is not None:
            head["source_sha256"] = hashlib.sha256(source).hexdigest()
            key = layout.source_key(*place)
            if not self._create(key, codec.compress_bytes(source), lambda data: codec.decompress(data, key)):
                problems.append(f"{key} holds other bytes: another file had this one's name before")
        rows_key = layout.segment_key(*place)
        lines = codec.compress([codec.dump(head), *stretch.lines])
        if not self._create(rows_key, lines, lambda data: codec.decompress(data, rows_key).partition(b"\n")[2]):
            raise SupersededError(f"{rows_key} holds other rows")
        return problems

    def flush(self, head: LiveHead, tail: bytes) -> None:
        """Replace the live object. Raises SupersededError if somebody else did since."""
        key = layout.live_key(self.recorder)
        while True:
            data = records.pack_live({**head, "writer": self.writer, "sequence": self.sequence + 1}, tail)
            try:
                self.etag, told = self.bucket.put(key, data, if_match=self.etag, if_absent=self.etag is None), data
            except PreconditionFailed as error:
                stored = self._own_write(key, error)
                self.etag, told = stored.etag, stored.data
            self.sequence += 1
            if told == data:
                return
            # An earlier flush whose answer was lost arrived, and rows were read since: it must not count for this one.

    def confirm(self) -> None:
        """See that nobody else wrote the live object. Raises SupersededError if somebody did.

        A segment cannot be taken back. Two processes of one identity may hold a file that was written over between
        their looks for the same stream, and would cut the rows of both incarnations under its name.
        """
        key = layout.live_key(self.recorder)
        try:
            stored = self.bucket.get(key)
        except NotFound:
            if self.etag is not None:
                raise SupersededError(f"{key} was deleted") from None
            return
        if stored.etag == self.etag:
            return
        head = _head_of(stored, key)
        if head["writer"] != self.writer:
            raise SupersededError(f"{key} was written by {head['writer']}")

    def _create(self, key: str, data: bytes, content: Callable[[bytes], bytes]) -> bool:
        """Whether the object is there with this content, by this request or from before.

        What stands there is the same stretch of the same stream: by a request whose answer was lost, or of an earlier
        life that died before its flush. It counts as acknowledged only once it was looked at.
        """
        try:
            self.bucket.put(key, data, if_absent=True)
        except PreconditionFailed:
            try:
                return content(self.bucket.get(key).data) == content(data)
            except (NotFound, FormatError):
                return False
        return True

    def _own_write(self, key: str, error: PreconditionFailed) -> Stored:
        """What is in the bucket if this process wrote it and only the answer was lost."""
        try:
            stored = self.bucket.get(key)
        except NotFound:
            raise SupersededError(f"{key} was deleted") from error
        head = _head_of(stored, key)
        if head["writer"] == self.writer and head["sequence"] == self.sequence + 1:
            return stored
        raise SupersededError(f"{key} was written by {head['writer']}") from error

    def _segment_head(self, stream: StreamHead, stretch: Stretch) -> SegmentHead:
        return {
            "format": records.SEGMENT_FORMAT,
            "min_reader": records.READER,
            "cluster": self.recorder.cluster,
            "namespace": self.recorder.namespace,
            "recorder": self.recorder.id,
            "stream": stream["id"],
            "kind": stream["kind"],
            "container": stream["container"],
            "path": stream["path"],
            "generation": stream["generation"],
            "start": stretch.start,
            "end": stretch.end,
            "rows": len(stretch.lines),
        }


def _head_of(stored: Stored, key: str) -> LiveHead:
    """What a live object says. One that is damaged nobody of us wrote: a new life learns anew and replaces it."""
    try:
        return records.unpack_live(stored.data, key)[0]
    except FormatError as error:
        raise SupersededError(f"{key} cannot be read: {error}") from error
