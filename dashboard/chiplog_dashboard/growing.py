"""The history of a run that lives, as columns that grow: each segment is decoded once, for segments never change.

It draws nothing, and leaves runs to their rows whose streams need the rules of `telling`, or are sealed in part.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.drawing import curves
from chiplog.drawing.curves import Columns, Gathered
from chiplog.errors import NotFound
from chiplog.layout import SegmentKey
from chiplog.reading import columns, fetching, history, voices
from chiplog.reading.members import Member
from chiplog.reading.views import RunView
from chiplog.records import StreamHead


@dataclass
class _Stream:
    """What is decoded of a stream."""

    end: int = 0
    """Rows before this position are taken."""
    rows: Gathered = field(default_factory=Gathered)


class _NotPlainError(Exception):
    """The rows tell more than the columns would."""


@dataclass
class Growing:
    """One run; it remembers what it decoded. One thread at a time may ask it."""

    bucket: Bucket
    _streams: dict[tuple[str, str], _Stream] = field(default_factory=dict)

    def columns(self, view: RunView) -> Columns | None:
        """What the run has logged so far; None where its rows have to tell. Raises BucketError, FormatError."""
        if view.seal is not None or not view.members:
            return None
        found: Columns = {}
        try:
            for member in view.members:
                found = curves.joined(found, self._of(member))
        except (_NotPlainError, NotFound):
            return None  # NotFound: a segment was sealed since the list was made.
        return found

    def _of(self, member: Member) -> Columns:
        """The live object first: a row leaves its tail only after a segment holds it."""
        key = layout.live_key(member.recorder)
        head, tail = records.unpack_live(self.bucket.get(key).data, key)
        holding = columns.holding(head)
        if holding is None:
            raise _NotPlainError
        segments = self._segments(member.recorder)
        if not holding:
            return {}
        stream = holding[0]
        known = self._streams.setdefault((member.recorder.id, stream["id"]), _Stream())
        self._take(known, member, stream, [place for place in segments if place.stream == stream["id"]])
        left = Gathered()
        _add(left, member, stream, [row for name, row in tail if name == stream["id"] and row["at"] >= known.end])
        return curves.joined(known.rows.columns(), left.columns())

    def _segments(self, recorder: layout.Recorder) -> list[SegmentKey]:
        """The segments in the order of their keys."""
        found = []
        for item in self.bucket.list(layout.raw_prefix(recorder)):
            if layout.parse_sealed_key(item.key) is not None:
                raise _NotPlainError
            place = layout.parse_segment_key(item.key)
            if place is not None and not place.is_source:
                found.append(place)
        return found

    def _take(self, known: _Stream, member: Member, stream: StreamHead, places: list[SegmentKey]) -> None:
        """Decode the segments that are new."""
        fresh = [place for place in places if place.end > known.end]
        keys = [layout.segment_key(place.recorder, place.stream, place.start, place.end) for place in fresh]
        for place, key, stored in zip(fresh, keys, fetching.fetch(self.bucket, keys), strict=True):
            if stored is None:
                raise NotFound(key)
            _, rows = records.unpack_segment(stored.data, key)
            _add(known.rows, member, stream, [row for row in rows if row["at"] >= known.end])
            known.end = max(known.end, place.end)


def _add(gathered: Gathered, member: Member, stream: StreamHead, rows: Iterable[Row]) -> None:
    told = voices.of_head(stream).rank
    rank = member.rank if told is None else told
    for row in sorted((row for row in rows if row["kind"] == "history"), key=lambda row: int(row["at"])):
        if row.get("step") is None:
            raise _NotPlainError
        gathered.add(history.flat(row, member.attempt, rank))
