"""What the bucket holds of one recorder, for sealing: its streams' rows in order, each once; it writes nothing.

Memory holds a few segments at a time, and the rows that no table takes.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chiplog import layout, records
from chiplog.bucket import Bucket, Stored
from chiplog.codec import Row
from chiplog.errors import FormatError, NotFound
from chiplog.layout import SegmentKey
from chiplog.reading import fetching
from chiplog.records import LiveHead, SealedHead, SealedStream, SegmentHead, StreamHead
from chiplog_compactor import parsing
from chiplog_compactor.collapsing import Kept
from chiplog_compactor.parsing import History, Numbers, Plain, System, Update

_AT_ONCE = 8
"""Segments that are fetched together, and held packed: 256 KiB each, or a record that is longer."""

_KINDS: dict[type[Numbers], str] = {History: "history", System: "system"}


class Take(Protocol):
    """Takes rows of a table, with the id of their stream."""

    def row(self, stream: str, row: Row) -> None:
        """Any row."""
        ...

    def numbers(self, stream: str, kind: str, rows: Sequence[Numbers]) -> None:
        """Rows of one kind whose metrics are all numbers."""
        ...


@dataclass
class Held:
    """The objects of one recorder as they were listed."""

    recorder: layout.Recorder
    live: Stored | None = None
    head: LiveHead | None = None
    tail: dict[str, list[Row]] = field(default_factory=dict)
    segments: dict[str, list[SegmentKey]] = field(default_factory=dict)
    sources: dict[str, list[SegmentKey]] = field(default_factory=dict)
    markers: dict[str, list[str]] = field(default_factory=dict)
    """Keys of each stream's markers, the newest last."""

    @property
    def streams(self) -> list[str]:
        """Ids of all streams that have rows."""
        named = [stream["id"] for stream in self.head["streams"]] if self.head else []
        return sorted({*named, *self.segments, *self.markers})


@dataclass
class Folded:
    """What became of one stream."""

    head: StreamHead
    seal: SealedStream
    marker: bytes
    """The object that stands at the stream's end; without it nothing may be deleted."""


def look(bucket: Bucket, recorder: layout.Recorder) -> Held:
    """Read the live object, then LIST the segments, as every reader does. Raises BucketError and FormatError."""
    held = Held(recorder)
    key = layout.live_key(recorder)
    try:
        held.live = bucket.get(key)
    except NotFound:
        pass
    else:
        held.head, tail = records.unpack_live(held.live.data, key)
        for stream, row in tail:
            held.tail.setdefault(stream, []).append(row)
    for listed in bucket.list(layout.raw_prefix(recorder)):
        segment, marker = layout.parse_segment_key(listed.key), layout.parse_sealed_key(listed.key)
        if segment is not None:
            found = held.sources if segment.is_source else held.segments
            found.setdefault(segment.stream, []).append(segment)
        elif marker is not None:
            held.markers.setdefault(marker.stream, []).append(listed.key)
    return held


@dataclass
class Folding:
    """Folds one stream behind what an earlier seal says of it."""

    bucket: Bucket
    held: Held
    stream: str
    run: str
    before: SealedStream | None
    """The stream in the run's last seal."""
    take: Take
    is_over: bool = True
    """False while the run lives: then the live object's tail is left, and nothing is sealed behind a hole."""

    def __post_init__(self) -> None:
        self._sealed = self.before["position"] if self.before else 0
        self._covered = 0
        self._counts = dict(self.before["rows"]) if self.before else {}
        self._holes = [list(hole) for hole in self.before["holes"]] if self.before else []
        self._kept = Kept()
        self._heads: list[StreamHead] = []

    def fold(self, sources: dict[str, str]) -> Folded:
        """Hand the rows of tables on, and keep the others in a marker. Raises FormatError for a damaged object.

        `sources` are the digests of the stream's source objects.
        """
        self._read_marker()
        self._read_segments()
        if self.is_over:
            self._read_tail()
        position = max(self._covered, self._sealed)
        # The head as it stands: its witness is of the bytes before its own position, by which a recorder that comes
        # back knows the file again.
        head = self._head()
        rows = self._kept.all()
        marker = records.pack_sealed(self._marker_head(head, position, len(rows)), rows)
        seal: SealedStream = {
            "id": self.stream,
            "position": position,
            "rows": self._counts,
            "holes": self._holes,
            "marker_sha256": hashlib.sha256(marker).hexdigest(),
            "sources": sources,
        }
        return Folded(head, seal, marker)

    def _read_marker(self) -> None:
        keys = self.held.markers.get(self.stream, [])
        if keys:
            head, rows = records.unpack_sealed(self.bucket.get(keys[-1]).data, keys[-1])
            self._heads.append(head["stream"])
            self._kept.rows.extend(rows)
            self._covered = head["end"]

    def _read_segments(self) -> None:
        places = sorted(self.held.segments.get(self.stream, []), key=lambda key: (key.start, key.end))
        wanted = [place for place in places if place.end > self._covered]
        for segment, stored in _fetched(self.bucket, wanted):
            if segment.start > self._covered and not self.is_over:
                break
            if segment.end > self._covered:
                head, rows = _unpack(segment, stored)
                self._heads.append(_plain(head))
                self._take_all(rows, segment.start, segment.end)

    def _read_tail(self) -> None:
        heads = [head for head in (self.held.head["streams"] if self.held.head else []) if head["id"] == self.stream]
        for head in heads:
            rows = sorted(self.held.tail.get(self.stream, []), key=lambda row: int(row["at"]))
            start = min([head["segmented"], head["position"], *(row["at"] for row in rows)])
            self._take_all(rows, start, head["position"])

    def _take_all(self, rows: Sequence[Plain | Row], start: int, end: int) -> None:
        if end <= self._covered:
            return
        if start > self._covered:
            self._holes.append([self._covered, start])
        numbers: dict[str, list[Numbers]] = {}
        for row in rows:
            if isinstance(row, dict):
                if row["at"] >= self._covered:
                    self._take(row)
            elif row.at >= self._covered:
                self._take_plain(row, numbers)
        for kind, found in numbers.items():
            self._count(kind, len(found))
            self.take.numbers(self.stream, kind, found)
        self._covered = end

    def _take_plain(self, row: Plain, numbers: dict[str, list[Numbers]]) -> None:
        is_new = row.at >= self._sealed
        if isinstance(row, Update):
            self._kept.update(row)
            if is_new:
                self._count("summary", 1)
            return
        if row.summary:
            self._kept.interrupt()
        if is_new:
            numbers.setdefault(_KINDS[type(row)], []).append(row)

    def _take(self, row: Row) -> None:
        kind, is_new = row["kind"], row["at"] >= self._sealed
        if is_new:
            self._count(kind, 1)
        if kind not in layout.TABLES:
            self._kept.add(row)
            return
        if row.get("summary"):
            self._kept.interrupt()
        if is_new:
            self.take.row(self.stream, row)

    def _count(self, kind: str, rows: int) -> None:
        self._counts[kind] = self._counts.get(kind, 0) + rows

    def _head(self) -> StreamHead:
        """The newest word on the stream: the live object's, else the marker's, else a segment's."""
        live = [head for head in (self.held.head["streams"] if self.held.head else []) if head["id"] == self.stream]
        return live[0] if live else self._heads[-1]

    def _marker_head(self, stream: StreamHead, end: int, rows: int) -> SealedHead:
        place = self.held.recorder
        return {
            "format": records.SEALED_FORMAT,
            "min_reader": records.READER,
            "cluster": place.cluster,
            "namespace": place.namespace,
            "recorder": place.id,
            "run": self.run,
            "stream": stream,
            "end": end,
            "rows": rows,
        }


def _fetched(bucket: Bucket, places: Sequence[SegmentKey]) -> Iterator[tuple[SegmentKey, Stored]]:
    """The segments, a few requests at a time. Raises NotFound for one that is gone."""
    for first in range(0, len(places), _AT_ONCE):
        some = places[first : first + _AT_ONCE]
        for place, stored in zip(some, fetching.fetch(bucket, map(_key, some)), strict=True):
            if stored is None:
                raise NotFound(_key(place))
            yield place, stored


def _key(place: SegmentKey) -> str:
    return layout.segment_key(place.recorder, place.stream, place.start, place.end)


def _unpack(place: SegmentKey, stored: Stored) -> tuple[SegmentHead, list[Plain | Row]]:
    key = _key(place)
    head, rows = parsing.segment(stored.data, key)
    if (head["stream"], head["start"], head["end"]) != (place.stream, place.start, place.end):
        raise FormatError(f"{key} holds {head['stream']} {head['start']}-{head['end']}")
    if head["rows"] != len(rows):
        raise FormatError(f"{key} holds {len(rows)} rows, not {head['rows']}")
    return head, rows


def source_keys(held: Held, stream: str) -> Iterator[tuple[str, str]]:
    """Stretch, as `<from>-<to>`, and key of every source object of a stream."""
    for place in held.sources.get(stream, []):
        yield f"{place.start}-{place.end}", layout.source_key(place.recorder, place.stream, place.start, place.end)


def _plain(head: SegmentHead) -> StreamHead:
    """What a segment alone tells of its stream, where no live object is left."""
    return {
        "id": head["stream"],
        "kind": head["kind"],
        "container": head["container"],
        "path": head["path"],
        "generation": head["generation"],
        "inode": 0,
        "position": head["end"],
        "segmented": head["end"],
        "size": head["end"],
        "kinds": {},
        "gaps": 0,
        "loss_bound": "",
        "run": {},
        "ended": False,
    }
