"""A run's history as flat rows, in the order of attempt, rank, stream and position; it computes nothing from them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chiplog import folding
from chiplog.bucket import Bucket
from chiplog.codec import Row, number
from chiplog.reading import rows, tables, telling, voices
from chiplog.reading.members import Member
from chiplog.reading.views import RunView

OWN = ("_step", "_timestamp", "_attempt", "_rank", "_run")
"""Columns of ours; every other column is the script's."""


def read(bucket: Bucket, view: RunView, attempt: int | None = None, kind: str = "history") -> Iterator[dict[str, Any]]:
    """Every row of history of a run, or of one attempt: `_step`, `_timestamp` (Unix seconds), `_attempt`, its metrics.

    With `kind` `system`, its system load, which has no step. Nested metrics are joined by dots. A row of another rank
    than 0 also has `_rank`; where a recorder holds several runs of wandb (a second `wandb.init`), its rows have `_run`,
    the writer's id. Of TensorBoard's event files comes what TensorBoard shows: tags below their directory, and nothing
    that a restart took back; where two directories have the same tags, `_run` is the directory. Raises BucketError.
    """
    with tables.Parts(bucket) as parts:
        for member in view.members:
            if attempt in (None, member.attempt):
                kinds = ("run", "history", "header", "session", kind)
                streams = rows.writers(rows.stream_rows(bucket, member.recorder, kinds=kinds, parts=parts))
                yield from _of_member(member, streams, kind)


def having(found: Iterable[dict[str, Any]], keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows that have any of the keys, with these alone and our own columns; all of them where none is named."""
    wanted = {*keys, *OWN}
    for row in found:
        if not keys:
            yield row
        elif any(key in row for key in keys):
            yield {key: value for key, value in row.items() if key in wanted}


def _of_member(member: Member, streams: list[rows.Stream], kind: str) -> Iterator[dict[str, Any]]:
    told = telling.of(streams)
    named = voices.runs([teller.voice for teller in told])
    for teller in told:
        rank = member.rank if teller.voice.rank is None else teller.voice.rank
        run = named.get(teller.voice.id, "")
        yield from (flat(row, member.attempt, rank, run) for row in teller.rows if row["kind"] == kind)


def flat(row: Row, attempt: int, rank: int, run: str = "") -> dict[str, Any]:
    """One row of history as columns."""
    place = {"_step": row.get("step"), "_timestamp": number(row.get("time")), "_attempt": attempt}
    metrics = folding.flatten(row["values"])
    metrics = {key: metrics[key] for key in sorted(metrics) if key not in OWN}
    return {**place, **({"_rank": rank} if rank else {}), **({"_run": run} if run else {}), **metrics}
