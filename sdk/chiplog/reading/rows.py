"""The rows of a recorder, each once, whatever was written twice; it does not care what they mean.

A crash may leave segments that overlap, a live object that is behind its segments, or one that is ahead of them, and
the compactor may replace segments while they are read. The reader's order makes all of that harmless:

1. The live object is read first. A row leaves its tail only after a segment holds it, so every row that the tail no
   longer shows is in a segment or sealed by now.
2. The segments and markers are listed and read. Segments are deleted only after a marker of their stream stands
   there, so a list shows one or the other. One that vanished in between was sealed or merged: start again.
3. A marker names its run, and that run's seal the tables with the rows that the marker does not hold itself.
4. Rows are kept once by their position; the position alone tells whether two rows are one.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.errors import NotFound, Unreachable
from chiplog.reading import fetching, members, tables
from chiplog.records import SealDocument, SealedHead, SegmentHead, StreamHead

TRIES = 5
"""A reader starts again this often before it says that the store never stands still."""

WAIT_SECONDS = 0.2
"""Between two tries."""

Head = StreamHead | SegmentHead


class Stream(NamedTuple):
    """One stream of a recorder: what is known of it, and its rows in the order of their position."""

    head: Head
    rows: list[Row]


def stream_rows(
    bucket: Bucket,
    recorder: layout.Recorder,
    *,
    kinds: Collection[str] | None = None,
    parts: tables.Parts | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Stream]:
    """Every stream of a recorder by its id, with all its rows, or those of the given `kinds` alone.

    The head is the live object's where it knows the stream, else the marker's or the first segment's. A recorder of
    which the bucket holds nothing has no streams. Of a sealed run, metrics come with nested names joined by dots, and
    the summary's updates as one. Who reads several recorders of a run passes `parts`, so that its tables are fetched
    once. Raises BucketError, FormatError for an object that is damaged or too new, and SettingsError where a sealed
    run needs DuckDB and there is none.
    """
    if parts is None:
        with tables.Parts(bucket) as own:
            return stream_rows(bucket, recorder, kinds=kinds, parts=own, sleep=sleep)
    for _ in range(TRIES):
        try:
            return _Reading(bucket, recorder, kinds, parts).streams()
        except NotFound:
            sleep(WAIT_SECONDS)
    raise Unreachable(f"the segments of {recorder.path} changed {TRIES} times while they were read")


def writers(streams: dict[str, Stream]) -> list[Stream]:
    """The writers' streams of a recorder from old to new, without its own list of files."""
    found = [stream for stream in streams.values() if stream.head["kind"] != "files"]
    return sorted(found, key=lambda stream: members.age_key(_began(stream.rows), stream.head))


class _Reading:
    """One try to read a recorder."""

    def __init__(
        self, bucket: Bucket, recorder: layout.Recorder, kinds: Collection[str] | None, parts: tables.Parts
    ) -> None:
        self._bucket = bucket
        self._recorder = recorder
        self._kinds = kinds
        self._parts = parts
        self._heads: dict[str, Head] = {}
        self._rows: dict[str, dict[int, Row]] = {}

    def streams(self) -> dict[str, Stream]:
        """Live object, then segments and markers, then tables."""
        tail = self._live()
        segments, markers = _listed(self._bucket, self._recorder)
        self._keep(self._of_markers(markers))
        self._keep(self._of_segments(segments))
        self._keep((stream, row) for stream, row in tail if stream in self._heads)
        return {
            stream: Stream(head, [rows[at] for at in sorted(rows)])
            for stream, head in self._heads.items()
            for rows in [self._rows.get(stream, {})]
        }

    def _keep(self, found: Iterable[tuple[str, Row]]) -> None:
        for stream, row in found:
            if self._kinds is None or row["kind"] in self._kinds:
                self._rows.setdefault(stream, {}).setdefault(row["at"], row)

    def _live(self) -> list[tuple[str, Row]]:
        key = layout.live_key(self._recorder)
        try:
            stored = self._bucket.get(key)
        except NotFound:
            return []  # Sealed since, or never written: markers and segments tell.
        head, tail = records.unpack_live(stored.data, key)
        self._heads.update({stream["id"]: stream for stream in head["streams"]})
        return tail

    def _of_segments(self, keys: list[str]) -> Iterator[tuple[str, Row]]:
        for key, data in zip(keys, _fetched(self._bucket, keys), strict=True):
            head, rows = records.unpack_segment(data, key)
            self._heads.setdefault(head["stream"], head)
            yield from ((head["stream"], row) for row in rows)

    def _of_markers(self, keys: list[str]) -> Iterator[tuple[str, Row]]:
        unpacked = [
            records.unpack_sealed(data, key) for key, data in zip(keys, _fetched(self._bucket, keys), strict=True)
        ]
        for head, rows in unpacked:
            stream = head["stream"]["id"]
            self._heads.setdefault(stream, head["stream"])
            yield from ((stream, row) for row in rows)
        yield from self._of_tables([head for head, _ in unpacked])

    def _of_tables(self, markers: list[SealedHead]) -> Iterator[tuple[str, Row]]:
        kinds = layout.TABLES if self._kinds is None else [kind for kind in layout.TABLES if kind in self._kinds]
        for run in sorted({head["run"] for head in markers} if kinds else ()):
            place = layout.Run(self._recorder.cluster, self._recorder.namespace, run)
            yield from self._parts.rows(seal(self._bucket, place)["parts"], self._recorder.id, kinds)


def seal(bucket: Bucket, run: layout.Run) -> SealDocument:
    """What is in the tables of a run. Raises NotFound where it is not sealed, FormatError, BucketError."""
    key = layout.seal_key(run)
    document: SealDocument = records.unpack_document(bucket.get(key).data, records.SEAL_FORMAT, key)
    return document


def _listed(bucket: Bucket, recorder: layout.Recorder) -> tuple[list[str], list[str]]:
    """Keys of the segments that hold rows, and of the newest marker of each stream."""
    segments: list[str] = []
    markers: dict[str, str] = {}
    for listed in bucket.list(layout.raw_prefix(recorder)):
        part, marker = layout.parse_segment_key(listed.key), layout.parse_sealed_key(listed.key)
        if part is not None and not part.is_source:
            segments.append(listed.key)
        if marker is not None:
            markers[marker.stream] = listed.key  # In the order of keys: the last is the newest.
    return segments, list(markers.values())


def _fetched(bucket: Bucket, keys: list[str]) -> Iterator[bytes]:
    for key, stored in zip(keys, fetching.fetch(bucket, keys), strict=True):
        if stored is None:
            raise NotFound(key)
        yield stored.data


def _began(items: list[Row]) -> float | None:
    return next((row["started_at"] for row in items if row["kind"] == "run" and "started_at" in row), None)
