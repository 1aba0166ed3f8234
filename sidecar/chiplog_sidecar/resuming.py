"""Learns from the bucket what an earlier life of this recorder has shipped; it writes nothing.

The bucket is the only memory: a stream goes on at the end of its contiguous segments, or at the compactor's marker
where that is further, and rows of the live object's tail are read again from their file. Only where that file is gone
do the tail's rows themselves go on. After a seal the live object is gone too, and the markers know the streams.
A live object that is damaged is written anew, from what the segments tell.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from chiplog import layout, records
from chiplog.bucket import Bucket, ETag
from chiplog.codec import Row
from chiplog.errors import FormatError, NotFound
from chiplog.records import SealedHead, StreamHead
from chiplog_sidecar import untold
from chiplog_sidecar.stream import Ahead


@dataclass
class Memory:
    """What the bucket holds of one recorder."""

    etag: ETag | None = None
    sequence: int = 0
    started_at: float | None = None
    uploads: dict[str, str] = field(default_factory=dict)
    """Ids of uploads in parts that ended early, by key."""
    requests: dict[str, int] = field(default_factory=dict)
    """What earlier lives asked of the store, as far as they said it."""
    damage: str = ""
    """Why the live object cannot be read; empty for one that can."""
    streams: dict[str, StreamHead] = field(default_factory=dict)
    segmented: dict[str, int] = field(default_factory=dict)
    """End of the contiguous segments by stream."""
    ahead: dict[str, Ahead] = field(default_factory=dict)
    """What stood in the files of streams whose segments reach further than their head."""
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
        memory.etag = stored.etag
        rows = _learn(memory, stored.data, key)
    ranges, markers, sources = _listed(bucket, recorder)
    sealed = {stream: _sealed(bucket, key) for stream, key in markers.items()}
    for stream, (marker, _) in sealed.items():
        memory.streams.setdefault(stream, marker["stream"])
        ranges.setdefault(stream, {})[(0, marker["end"])] = ""
    memory.segmented = {stream: contiguous_end(list(found)) for stream, found in ranges.items()}
    strangers = {stream: found[max(found)] for stream, found in ranges.items() if stream not in memory.streams}
    strangers.pop(files_stream, None)
    memory.streams |= untold.heads(bucket, recorder, strangers, sources, memory.segmented)
    for stream, head in memory.streams.items():
        end = memory.segmented.get(stream, 0)
        if stream != files_stream and end > head["position"]:
            memory.ahead[stream] = untold.ahead(bucket, recorder, head, sources.get(stream, ()), end)
    for stream, row in rows:
        if row["at"] >= memory.segmented.get(stream, 0):
            memory.tail.setdefault(stream, []).append(row)
    _, listed = sealed.get(files_stream, (None, []))
    shipped = _file_rows(bucket, listed, ranges.get(files_stream, {}))
    memory.file_rows = itertools.chain(shipped, memory.tail.get(files_stream, []))
    return memory


def _learn(memory: Memory, data: bytes, key: str) -> list[tuple[str, Row]]:
    """Take a live object in; the rows of its tail. Raises FormatError for one that a newer recorder wrote."""
    try:
        head, rows = records.unpack_live(data, key)
    except FormatError as error:
        if records.is_too_new(data, key):
            raise
        memory.damage = str(error)
        return []
    memory.sequence, memory.started_at = head["sequence"], head["recorder"]["started_at"]
    memory.uploads = dict(head.get("uploads", {}))
    memory.requests = head["requests"]
    memory.streams = {stream["id"]: stream for stream in head["streams"]}
    return rows


def contiguous_end(ranges: list[tuple[int, int]]) -> int:
    """The end of what is covered from 0 without a hole; ranges may overlap after a crash."""
    end = 0
    for start, stop in sorted(ranges):
        if start > end:
            break
        end = max(end, stop)
    return end


class _Listed(NamedTuple):
    """What stands under a recorder's raw prefix."""

    segments: dict[str, dict[tuple[int, int], str]]
    """Keys by stream and stretch."""
    markers: dict[str, str]
    """The newest key by stream."""
    sources: dict[str, list[tuple[int, int]]]
    """Stretches by stream."""


def _listed(bucket: Bucket, recorder: layout.Recorder) -> _Listed:
    found = _Listed({}, {}, {})
    for listed in bucket.list(layout.raw_prefix(recorder)):
        key, marker = layout.parse_segment_key(listed.key), layout.parse_sealed_key(listed.key)
        if key is not None and key.is_source:
            found.sources.setdefault(key.stream, []).append((key.start, key.end))
        elif key is not None:
            found.segments.setdefault(key.stream, {})[(key.start, key.end)] = listed.key
        if marker is not None:
            found.markers[marker.stream] = listed.key
    return found


def _sealed(bucket: Bucket, key: str) -> tuple[SealedHead, list[Row]]:
    return records.unpack_sealed(bucket.get(key).data, key)


def _file_rows(bucket: Bucket, sealed: list[Row], segments: dict[tuple[int, int], str]) -> Iterator[Row]:
    yield from sealed
    for _, key in sorted(segments.items()):
        if key:
            yield from records.unpack_segment(bucket.get(key).data, key)[1]
