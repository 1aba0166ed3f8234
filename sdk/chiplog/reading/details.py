"""A run's own words in full, folded from the rows of the one stream that speaks for it; it reads rows of no other."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chiplog import codec
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog.reading import members, rows, tables, views
from chiplog.reading.views import RunView

_FOLDED = (*members.SPOKEN, "header", "environment", "exit")
"""Kinds that are needed; the console and system load of a long run would fill the memory for nothing."""


@dataclass(frozen=True)
class Details:
    """A view with the run's own words in full."""

    view: RunView
    fold: Fold
    """Of the stream that speaks for the run; empty where none does."""
    history: list[Row] = field(default_factory=list)
    """That stream's rows of history."""


def read(bucket: Bucket, view: RunView) -> Details:
    """The view with config and summary as its rows say; a step of the rows outranks the head's. Raises BucketError.

    The newest attempt's rank 0 speaks for the run, by the newest of its streams that said anything. The TrainingRun's
    config lies under the script's own: a key that the script sets is the script's.
    """
    with tables.Parts(bucket) as parts:
        for member in members.by_weight(view.members):
            streams = rows.stream_rows(bucket, member.recorder, kinds=_FOLDED, parts=parts)
            for stream in reversed(rows.writers(streams)):
                fold = folded(stream.rows)
                if any(kind in fold.kinds for kind in members.SPOKEN):
                    return Details(_told(view, fold), fold, [row for row in stream.rows if row["kind"] == "history"])
    return Details(view, Fold())


def folded(items: Iterable[Row]) -> Fold:
    """What the rows of one stream say."""
    fold = Fold()
    for row in items:
        fold.apply(row)
    return fold


def _told(view: RunView, fold: Fold) -> RunView:
    return replace(
        view,
        step=fold.step if fold.step is not None else view.step,
        config={**view.config, **codec.number(fold.config)},
        summary=codec.number(fold.summary),
        tags=views.joined(view.tags, fold.run.get("tags")),
    )
