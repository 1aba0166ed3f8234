"""A metric of a run that is sealed, straight from its tables: its points, or where they are many the pyramid's buckets.

It draws nothing, and leaves runs to their rows whose streams need the rules of `telling`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chiplog.bucket import Bucket
from chiplog.errors import NotFound
from chiplog.reading import columns as reading
from chiplog.reading import rows, states, tables, voices
from chiplog.reading.members import Member
from chiplog.reading.views import RunView
from chiplog.records import SealDocument, StreamHead
from chiplog_dashboard.charts import Question
from chiplog_dashboard.curves import Branch, Column, Columns

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


def is_over(view: RunView) -> bool:
    """The run is over, and all of it is in the tables as far as the view knows."""
    return view.state in states.OVER and reading.is_sealed(view)


def keys(bucket: Bucket, view: RunView) -> list[str] | None:
    """The metrics that have numbers; None where the tables do not tell plainly. Raises BucketError."""
    try:
        seal, streams = _streams(bucket, view)
        if streams is None:
            return None
        with tables.Parts(getattr(bucket, "inner", bucket)) as parts:
            found = {
                key for member, head in streams for key in parts.keys(seal["parts"], member.recorder.id, head["id"])
            }
    except NotFound:
        return None  # It is being sealed again.
    return sorted(found)


def read(bucket: Bucket, view: RunView, question: Question, many: int = MANY) -> Read | None:
    """The metric of a question; None where the tables do not tell it plainly. Raises BucketError."""
    try:
        seal, streams = _streams(bucket, view)
        if streams is None:
            return None
        found: dict[Branch, dict[str, Column]] = {}
        firsts: list[float] = []
        with tables.Parts(getattr(bucket, "inner", bucket)) as parts:
            for member, head in streams:
                column = _column(parts, seal, member, head, question, many)
                if column is None:
                    return None
                rank = voices.of_head(head).rank
                if column.steps.size:
                    found[Branch(member.attempt, member.rank if rank is None else rank, "")] = {question.key: column}
                if question.axis == "elapsed":
                    first = parts.began(seal["parts"], member.recorder.id, head["id"])
                    firsts += [first] if first is not None else []
    except NotFound:
        return None
    return Read(found, min(firsts, default=None))


def _streams(bucket: Bucket, view: RunView) -> tuple[SealDocument, list[tuple[Member, StreamHead]] | None]:
    """What holds the history of a run; None where it is not told plainly, or is nowhere."""
    seal = rows.seal(bucket, view.key)
    plain = [(member, reading.plain(seal, member)) for member in view.members]
    found = [(member, head) for member, heads in plain for head in heads or ()]
    return seal, None if not found or any(heads is None for _, heads in plain) else found


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
