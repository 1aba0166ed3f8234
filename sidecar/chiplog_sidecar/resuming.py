"""Learns from the bucket what an earlier life of this recorder has shipped; it writes nothing.

The bucket is the only memory: a stream goes on at the end of its contiguous segments, and rows of the live object's
tail are read again from their file. Only where that file is gone do the tail's rows themselves go on.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chiplog import layout, records
from chiplog.bucket import Bucket, ETag
from chiplog.codec import Row
from chiplog.errors import NotFound
from chiplog.records import StreamHead


@dataclass
class Memory:
    """What the bucket holds of one recorder."""

    etag: ETag | None = None
    sequence: int = 0
    started_at: float | None = None
    uploads: dict[str, str] = field(default_factory=dict)
    """Ids of uploads in parts that ended early, by key."""
    streams: dict[str, StreamHead] = field(default_factory=dict)
    segmented: dict[str, int] = field(default_factory=dict)
    """End of the contiguous segments by stream."""
    tail: dict[str, list[Row]] = field(default_factory=dict)
    """Rows by stream that are in the live object and in no segment."""
    file_rows: Iterable[Row] = ()
    """Every row of the stream of files in their order, some of them twice; read from the bucket as they are taken, for
    100,000 files have more rows than memory should hold."""


def remember(bucket: Bucket, recorder: layout.Recorder, files_stream: str) -> Memory:
    """Read the live object, then LIST the segments. Raises BucketError."""
    memory = Memory()
    key = layout.live_key(recorder)
    rows: list[tuple[str, Row]] = []
    try:
        stored = bucket.get(key)
    except NotFound:
        pass
    else:
        head, rows = records.unpack_live(stored.data, key)
        memory.etag, memory.sequence = stored.etag, head["sequence"]
        memory.started_at = head["recorder"]["started_at"]
        memory.uploads = dict(head.get("uploads", {}))
        memory.streams = {stream["id"]: stream for stream in head["streams"]}
    ranges = _segments(bucket, recorder)
    memory.segmented = {stream: contiguous_end(list(found)) for stream, found in ranges.items()}
    for stream, row in rows:
        if row["at"] >= memory.segmented.get(stream, 0):
            memory.tail.setdefault(stream, []).append(row)
    shipped = _file_rows(bucket, ranges.get(files_stream, {}))
    memory.file_rows = itertools.chain(shipped, memory.tail.get(files_stream, []))
    return memory


def contiguous_end(ranges: list[tuple[int, int]]) -> int:
    """The end of what is covered from 0 without a hole; ranges may overlap after a crash."""
    end = 0
    for start, stop in sorted(ranges):
        if start > end:
            break
        end = max(end, stop)
    return end


def _segments(bucket: Bucket, recorder: layout.Recorder) -> dict[str, dict[tuple[int, int], str]]:
    found: dict[str, dict[tuple[int, int], str]] = {}
    for listed in bucket.list(layout.raw_prefix(recorder)):
        key = layout.parse_segment_key(listed.key)
        if key is not None and not key.is_source:
            found.setdefault(key.stream, {})[(key.start, key.end)] = listed.key
    return found


def _file_rows(bucket: Bucket, segments: dict[tuple[int, int], str]) -> Iterator[Row]:
    for place in sorted(segments):
        yield from records.unpack_segment(bucket.get(segments[place]).data, segments[place])[1]
