"""A metric of a run that is sealed, straight from its tables: its points, or where they are many the pyramid's buckets.

It keeps nothing, and leaves runs to their rows whose streams need the rules of `telling`.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from chiplog.bucket import Bucket
from chiplog.drawing import charts
from chiplog.drawing.charts import Question
from chiplog.drawing.curves import Branch, Column, Columns
from chiplog.errors import NotFound
from chiplog.reading import columns as reading
from chiplog.reading import rows, tables, voices
from chiplog.reading.members import Member
from chiplog.reading.views import RunView
from chiplog.records import SealDocument, StreamHead

MANY = 20_000
"""A metric with more rows than this is read from the pyramid, where a chart's buckets are wide enough."""

FINER = 2
"""Buckets of the pyramid for each bucket of the chart, at least: so far a peak may move, none is ever lost."""

_END = 2**62


@dataclass(frozen=True)
class Read:
    """What a chart needs of a run."""

    columns: Columns
    began: float | None = None
    """Time of the first row, Unix seconds, where the question asks for it."""


def keys(bucket: Bucket, view: RunView) -> list[str] | None:
    """The metrics that have numbers; None where the tables do not tell plainly. Raises BucketError."""
    try:
        told = _Told.of(bucket, view)
        if told is None:
            return None
        with tables.Parts(getattr(bucket, "inner", bucket)) as parts:
            return told.keys(parts)
    except NotFound:
        return None  # It is being sealed again.


def read(bucket: Bucket, view: RunView, question: Question, many: int = MANY) -> Read | None:
    """The metric of a question; None where the tables do not tell it plainly. Raises BucketError."""
    try:
        told = _Told.of(bucket, view)
        if told is None:
            return None
        with tables.Parts(getattr(bucket, "inner", bucket)) as parts:
            return told.read(parts, question, many)
    except NotFound:
        return None


@dataclass(frozen=True)
class Whole:
    """Metrics of a run, drawn."""

    curves: dict[str, bytes]
    """JSON of each."""
    is_all: bool
    """The run has no others."""


def drawn(bucket: Bucket, view: RunView, points: int, most: int, first: Collection[str] = ()) -> Whole:
    """Metrics of a run as a chart of `points` draws them whole, by step: at most so many, those that are named `first`,
    as far as the tables tell them plainly. Raises BucketError."""
    try:
        told = _Told.of(bucket, view)
        if told is None:
            return Whole({}, is_all=False)
        with tables.Parts(getattr(bucket, "inner", bucket)) as parts:
            keys = sorted(told.keys(parts), key=lambda key: (key not in first, key))
            questions = [Question(key, points) for key in keys[:most]]
            found = {question.key: _text(told.read(parts, question, MANY), question) for question in questions}
    except NotFound:
        return Whole({}, is_all=False)
    curves = {key: text for key, text in found.items() if text is not None}
    return Whole(curves, len(curves) == len(keys))


def _text(found: Read | None, question: Question) -> bytes | None:
    return None if found is None else charts.text(charts.answer(found.columns, question))


@dataclass(frozen=True)
class _Told:
    """What holds the history of a run."""

    seal: SealDocument
    streams: list[tuple[Member, StreamHead]]

    @classmethod
    def of(cls, bucket: Bucket, view: RunView) -> "_Told | None":
        """None where it is not told plainly, or is nowhere."""
        seal = rows.seal(bucket, view.key)
        plain = [(member, reading.plain(seal, member)) for member in view.members]
        found = [(member, head) for member, heads in plain for head in heads or ()]
        return None if not found or any(heads is None for _, heads in plain) else cls(seal, found)

    def keys(self, parts: tables.Parts) -> list[str]:
        """The metrics that have numbers."""
        places = ((self.seal["parts"], member.recorder.id, head["id"]) for member, head in self.streams)
        return sorted({key for place in places for key in parts.keys(*place)})

    def read(self, parts: tables.Parts, question: Question, many: int) -> Read | None:
        """One of them; None where the tables do not tell it plainly."""
        found: dict[Branch, dict[str, Column]] = {}
        firsts: list[float] = []
        for member, head in self.streams:
            column = _column(parts, self.seal, member, head, question, many)
            if column is None:
                return None
            rank = voices.of_head(head).rank
            if column.steps.size:
                found[Branch(member.attempt, member.rank if rank is None else rank, "")] = {question.key: column}
            if question.axis == "elapsed":
                first = parts.began(self.seal["parts"], member.recorder.id, head["id"])
                firsts += [first] if first is not None else []
        return Read(found, min(firsts, default=None))


def _column(
    parts: tables.Parts, seal: SealDocument, member: Member, head: StreamHead, question: Question, many: int
) -> Column | None:
    place = (seal["parts"], member.recorder.id, head["id"])
    if question.axis == "step" and head["kinds"].get("history", 0) > many:
        low, high = _whole(question.low, math.ceil), _whole(question.high, math.floor)
        found = parts.buckets(*place, question.key, FINER * question.points, low, high)
        if found is not None:
            told = {name: np.ma.getdata(column).astype(np.float64) for name, column in found.items()}
            return Column(told["last_step"], told["last_time"], told["last"], told["min"], told["max"], told["points"])
    points = parts.columns(*place, [question.key], numbers_only=True)
    steps = points["_step"]
    if steps.dtype.kind == "f":
        return None  # Rows without a step are drawn by their places among all rows.
    return Column(steps.astype(np.float64), points["_timestamp"], points[question.key])


def _whole(bound: float, rounded: Callable[[float], int]) -> int:
    return int(min(max(rounded(bound) if math.isfinite(bound) else math.copysign(_END, bound), -_END), _END))
