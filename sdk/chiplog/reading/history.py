"""A run's history as flat rows, in the order of attempt, rank, stream and position; it computes nothing from them."""

from collections.abc import Iterator
from typing import Any

from chiplog import folding
from chiplog.bucket import Bucket
from chiplog.codec import Row, number
from chiplog.reading import rows, tables
from chiplog.reading.views import RunView

OWN = ("_step", "_timestamp", "_attempt", "_rank")
"""Columns of ours; every other column is the script's."""


def read(bucket: Bucket, view: RunView, attempt: int | None = None, kind: str = "history") -> Iterator[dict[str, Any]]:
    """Every row of history of a run, or of one attempt: `_step`, `_timestamp` (Unix seconds), `_attempt`, its metrics.

    With `kind` `system`, its system load, which has no step. Nested metrics are joined by dots. A row of another rank
    than 0 also has `_rank`. Raises BucketError.
    """
    with tables.Parts(bucket) as parts:
        for member in view.members:
            if attempt in (None, member.attempt):
                streams = rows.stream_rows(bucket, member.recorder, kinds=("run", kind), parts=parts)
                for stream in rows.writers(streams):
                    history = (row for row in stream.rows if row["kind"] == kind)
                    yield from (flat(row, member.attempt, member.rank) for row in history)


def flat(row: Row, attempt: int, rank: int) -> dict[str, Any]:
    """One row of history as columns."""
    place = {"_step": row.get("step"), "_timestamp": number(row.get("time")), "_attempt": attempt}
    metrics = folding.flatten(row["values"])
    metrics = {key: metrics[key] for key in sorted(metrics) if key not in OWN}
    return {**place, **({"_rank": rank} if rank else {}), **metrics}
