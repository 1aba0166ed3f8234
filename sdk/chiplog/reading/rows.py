"""The rows of a recorder, each once, whatever was written twice; it does not care what they mean.

A crash may leave segments that overlap, a live object that is behind its segments, or one that is ahead of them, and
the compactor may replace segments while they are read. The reader's order makes all of that harmless:

1. The live object is read first. A row leaves its tail only after a segment holds it, so every row that the tail no
   longer shows is in a segment by now.
2. The segments are listed and read. A segment that vanished in between went into a larger one or was sealed: start
   again.
3. Rows are kept once by their position; the position alone tells whether two rows are one.
"""

import time
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.errors import NotFound, Unreachable
from chiplog.reading import fetching, members
from chiplog.records import SegmentHead, StreamHead

TRIES = 5
"""A reader starts again this often before it says that the store never stands still."""

WAIT_SECONDS = 0.2
"""Between two tries."""


class Stream(NamedTuple):
    """One stream of a recorder: what is known of it, and its rows in the order of their position."""

    head: StreamHead | SegmentHead
    rows: list[Row]


def stream_rows(
    bucket: Bucket,
    recorder: layout.Recorder,
    *,
    kinds: Collection[str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Stream]:
    """Every stream of a recorder by its id, with all its rows, or those of the given `kinds` alone.

    The head is the live object's where it knows the stream, else the first segment's. A recorder of which the bucket
    holds nothing has no streams. Raises BucketError, and FormatError for an object that is damaged or too new.
    """
    for _ in range(TRIES):
        try:
            return _read(bucket, recorder, kinds)
        except NotFound:
            sleep(WAIT_SECONDS)
    raise Unreachable(f"the segments of {recorder.path} changed {TRIES} times while they were read")


def writers(streams: dict[str, Stream]) -> list[Stream]:
    """The writers' streams of a recorder from old to new, without its own list of files."""
    found = [stream for stream in streams.values() if stream.head["kind"] != "files"]
    return sorted(found, key=lambda stream: members.age_key(_began(stream.rows), stream.head))


def _read(bucket: Bucket, recorder: layout.Recorder, kinds: Collection[str] | None) -> dict[str, Stream]:
    heads, tail = _live(bucket, recorder)
    found: dict[str, dict[int, Row]] = {stream: {} for stream in heads}
    for head, rows in _segments(bucket, recorder):
        heads.setdefault(head["stream"], head)
        _keep(found.setdefault(head["stream"], {}), rows, kinds)
    for stream, row in tail:
        if stream in heads:
            _keep(found[stream], [row], kinds)
    return {stream: Stream(heads[stream], [rows[at] for at in sorted(rows)]) for stream, rows in found.items()}


def _keep(kept: dict[int, Row], rows: Iterable[Row], kinds: Collection[str] | None) -> None:
    for row in rows:
        if kinds is None or row["kind"] in kinds:
            kept.setdefault(row["at"], row)


def _live(
    bucket: Bucket, recorder: layout.Recorder
) -> tuple[dict[str, StreamHead | SegmentHead], list[tuple[str, Row]]]:
    key = layout.live_key(recorder)
    try:
        stored = bucket.get(key)
    except NotFound:
        return {}, []  # Sealed since, or never written: the segments tell.
    head, tail = records.unpack_live(stored.data, key)
    return {stream["id"]: stream for stream in head["streams"]}, tail


def _segments(bucket: Bucket, recorder: layout.Recorder) -> Iterable[tuple[SegmentHead, list[Row]]]:
    keys = [listed.key for listed in bucket.list(layout.raw_prefix(recorder)) if _holds_rows(listed.key)]
    for key, stored in zip(keys, fetching.fetch(bucket, keys), strict=True):
        if stored is None:
            raise NotFound(key)
        yield records.unpack_segment(stored.data, key)


def _holds_rows(key: str) -> bool:
    parts = layout.parse_segment_key(key)
    return parts is not None and not parts.is_source


def _began(items: list[Row]) -> float | None:
    return next((row["started_at"] for row in items if row["kind"] == "run" and "started_at" in row), None)
