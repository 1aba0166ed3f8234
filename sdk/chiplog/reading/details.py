"""A run's own words in full, folded from the rows of the streams that speak for it; it reads rows of no
other member."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chiplog import codec, folding
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog.reading import members, rows, tables, telling, views
from chiplog.reading.views import RunView

_FOLDED = (*members.SPOKEN, "header", "environment", "exit", "session")
"""Kinds that are needed; the console and system load of a long run would fill the memory for nothing."""


@dataclass(frozen=True)
class Details:
    """A view with the run's own words in full."""

    view: RunView
    fold: Fold
    """Of the streams that speak for the run, together; empty where none does."""
    history: list[Row] = field(default_factory=list)
    """Their rows of history."""


def read(bucket: Bucket, view: RunView) -> Details:
    """The view with config and summary as its rows say; a step of the rows outranks the head's. Raises BucketError.

    The newest attempt's rank 0 speaks for the run, by the streams that `voices.speaking` names. The TrainingRun's
    config lies under the script's own: a key that the script sets is the script's.
    """
    with tables.Parts(bucket) as parts:
        for member in members.by_weight(view.members):
            streams = rows.writers(rows.stream_rows(bucket, member.recorder, kinds=_FOLDED, parts=parts))
            said = [stream for stream in streams if any(row["kind"] in members.SPOKEN for row in stream.rows)]
            tellers = telling.speaking(telling.of(said))
            if tellers:
                fold = joined([folded(teller.rows) for teller in tellers])
                history = [row for teller in tellers for row in teller.rows if row["kind"] == "history"]
                return Details(_told(view, fold), fold, history)
    return Details(view, Fold())


def joined(folds: list[Fold]) -> Fold:
    """What several streams say together: leaf by leaf the later one wins, and the worst exit code counts."""
    whole = Fold()
    for fold in folds:
        whole.run |= fold.run
        whole.environment |= fold.environment
        folding.merge(whole.config, fold.config)
        folding.merge(whole.summary, fold.summary)
        whole.producer = whole.producer or fold.producer
        whole.step = max((step for step in (whole.step, fold.step) if step is not None), default=None)
        whole.last_time = max((time for time in (whole.last_time, fold.last_time) if time is not None), default=None)
        codes = [code for code in (whole.exit_code, fold.exit_code) if code is not None]
        whole.exit_code = max(codes, key=abs, default=None)
        whole.kinds = dict(Counter(whole.kinds) + Counter(fold.kinds))
        whole.gaps += fold.gaps
    return whole


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
