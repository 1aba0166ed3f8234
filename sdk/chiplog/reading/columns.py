"""A run's metrics as columns of numbers (NumPy), straight from the tables where all of the run is sealed.

Elsewhere, and where streams need the rules of `telling` (event files, several ranks of one recorder), they are made of
the rows that `history` gives: the same values, more slowly. NumPy is imported when the first column is read.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.errors import NotFound
from chiplog.reading import history, members, rows, states, tables, voices
from chiplog.reading.members import Member
from chiplog.reading.views import RunView
from chiplog.records import LiveHead, SealDocument, StreamHead

if TYPE_CHECKING:
    import numpy as np

Columns = dict[str, "np.ndarray[Any, Any]"]

PLACES = ("_step", "_timestamp", "_attempt", "_rank")
"""Columns that every answer has."""


def read(bucket: Bucket, view: RunView, keys: Sequence[str] = (), attempt: int | None = None) -> Columns:
    """Columns of the rows that have any of the metrics `keys`, or of all rows and metrics where none is named.

    `_step`, `_timestamp` (Unix seconds), `_attempt`, `_rank`, and the metrics as float64, NaN where a row has none or
    something else than a number. Order as in `history.read`. Raises BucketError, SettingsError without NumPy.
    """
    wanted = tuple(dict.fromkeys(keys))
    sealed = _of_tables(bucket, view, wanted, attempt) if wanted else None
    return sealed if sealed is not None else of_rows(history.read(bucket, view, attempt), wanted)


def of_rows(found: Iterable[dict[str, Any]], keys: Sequence[str] = ()) -> Columns:
    """The same from rows of history."""
    import numpy as np

    kept = [row for row in found if not keys or any(key in row for key in keys)]
    names = keys or sorted({key for row in kept for key in row}.difference(history.OWN))
    columns: Columns = {
        "_step": _whole([row["_step"] for row in kept]),
        "_timestamp": np.array([_number(row["_timestamp"]) for row in kept], dtype=np.float64),
        "_attempt": np.array([row["_attempt"] for row in kept], dtype=np.int64),
        "_rank": np.array([row.get("_rank", 0) for row in kept], dtype=np.int64),
    }
    for name in names:
        columns[name] = np.array([_number(row.get(name)) for row in kept], dtype=np.float64)
    return columns


def _of_tables(bucket: Bucket, view: RunView, keys: tuple[str, ...], attempt: int | None) -> Columns | None:
    """The columns from the tables alone; None where they do not tell everything, or not plainly."""
    import numpy as np

    try:
        seal = rows.seal(bucket, view.key) if view.seal is not None else None
        chosen = [member for member in view.members if attempt in (None, member.attempt)]
        streams = [_stream(bucket, seal, member) for member in chosen] if seal is not None else [None]
        if seal is None or not chosen or any(stream is None for stream in streams):
            return None
        with tables.Parts(bucket) as parts:
            found = [
                _member(parts, seal, member, stream, keys)
                for member, stream in zip(chosen, streams, strict=True)
                if stream is not None
            ]
    except NotFound:
        return None  # Something was sealed again meanwhile: the rows tell.
    if len(found) == 1:
        return {name: found[0][name] for name in (*PLACES, *keys)}
    return {name: np.concatenate([columns[name] for columns in found]) for name in (*PLACES, *keys)}


def is_over(view: RunView) -> bool:
    """The run is over, and all of it is in the tables as far as the view knows."""
    return view.state in states.OVER and is_sealed(view)


def is_sealed(view: RunView) -> bool:
    """All words of the run's recorders are those of its seal: none of them came back as far as the view knows."""
    heads = [item["head"] for item in view.seal["recorders"]] if view.seal is not None else []
    return bool(heads) and all(
        member.beat is not None and any(member.beat.head is head for head in heads) for member in view.members
    )


def plain(seal: SealDocument, member: Member) -> list[StreamHead] | None:
    """The stream of a recorder that holds its history, as far as it is sealed; empty where none does. None where the
    tables alone do not tell what readers make of it: of event files, and of several streams."""
    sealed = next((item for item in seal["recorders"] if item["id"] == member.recorder.id), None)
    return None if sealed is None or sealed["head"] is None else holding(sealed["head"])


def holding(head: LiveHead) -> list[StreamHead] | None:
    """The same of what a recorder said last."""
    told = [stream for stream in head["streams"] if any(kind in stream["kinds"] for kind in members.SPOKEN)]
    found = [stream for stream in told if "history" in stream["kinds"]]
    is_plain = len(found) < 2 and not any(stream["kind"] == voices.TENSORBOARD for stream in found)
    return found if is_plain and len({voices.of_head(stream).run_id for stream in told} - {""}) < 2 else None


def _stream(bucket: Bucket, seal: SealDocument, member: Member) -> StreamHead | None:
    """The one stream of a recorder that holds its history, where all of it is sealed; None otherwise."""
    found = plain(seal, member)
    return None if not found or _has_more(bucket, member.recorder) else found[0]


def _has_more(bucket: Bucket, recorder: layout.Recorder) -> bool:
    """Whether the recorder has anything that is not sealed."""
    if any(True for _ in bucket.list(layout.live_key(recorder))):
        return True
    places = (layout.parse_segment_key(listed.key) for listed in bucket.list(layout.raw_prefix(recorder)))
    return any(place is not None and not place.is_source for place in places)


def _member(
    parts: tables.Parts, seal: SealDocument, member: Member, stream: StreamHead, keys: tuple[str, ...]
) -> Columns:
    found = parts.columns(seal["parts"], member.recorder.id, stream["id"], keys)
    rank = voices.of_head(stream).rank
    count = len(found["_timestamp"])
    return {
        **found,
        "_attempt": _same(count, member.attempt),
        "_rank": _same(count, member.rank if rank is None else rank),
    }


def _same(count: int, number: int) -> "np.ndarray[Any, Any]":
    """The same number for each row. Zeros are memory that nobody has touched yet, and cost nothing."""
    import numpy as np

    return np.full(count, number, dtype=np.int64) if number else np.zeros(count, dtype=np.int64)


def _whole(steps: list[int | None]) -> "np.ndarray[Any, Any]":
    """Steps as integers; as floats with NaN where a row has none."""
    import numpy as np

    if None in steps:
        return np.array([float("nan") if step is None else step for step in steps], dtype=np.float64)
    return np.array(steps, dtype=np.int64)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
