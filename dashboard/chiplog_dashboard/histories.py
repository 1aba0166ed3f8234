"""The columns of the runs that somebody looks at, read again only when the run has moved; it draws nothing.

NumPy and DuckDB come with the first run that is not kept drawn.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chiplog.bucket import Bucket
from chiplog.drawing import blocks, charts
from chiplog.drawing.charts import Question
from chiplog.reading import columns, fetching, history, roster, states
from chiplog.reading.roster import Brief
from chiplog.reading.views import RunView
from chiplog_dashboard.drawn import Drawn
from chiplog_dashboard.kept import Kept

if TYPE_CHECKING:
    from chiplog.drawing.curves import Columns
    from chiplog_dashboard.growing import Growing

MAX_RUNS = 256
"""Runs whose columns are kept; those that were not asked for the longest go first."""

PAUSE_SHARE = 4.0
"""A live run whose reading takes long is read less often: a fifth of the time at most is spent on it. The first
reading is none of these: it takes in all that there is and loads what draws, those that follow what is new."""


@dataclass
class _Kept:
    version: object
    columns: "Columns"
    due: float
    growing: "Growing"


@dataclass
class Histories:
    """Columns by run and kind of row (`history`, `system`); threads may share it."""

    bucket: Bucket
    monotonic: Callable[[], float]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reading: dict[tuple[str, str], threading.Lock] = field(default_factory=dict)
    _kept: OrderedDict[tuple[str, str], _Kept] = field(default_factory=OrderedDict)
    _drawn: Drawn[bytes] = field(default_factory=lambda: Drawn(len))

    def __post_init__(self) -> None:
        self._blocks = Kept(self.bucket, self.monotonic)

    def keys(self, view: RunView, kind: str = "history") -> list[str]:
        """The metrics that have numbers, by name. Raises BucketError."""
        if kind == "history" and columns.is_over(view):
            told = self._blocks.keys([view]).get(view.key)
            return self._keys(view) if told is None else told
        return charts.keys(self.columns(view, kind))

    def every_key(self, items: Sequence[Brief | RunView]) -> list[str]:
        """The metrics of the history of any of several runs, by name. Raises BucketError."""
        told = self._blocks.keys(items)
        found = {key for keys in told.values() for key in keys}
        return sorted(found.union(*(self.keys(roster.full(item)) for item in items if item.key not in told)))

    def _keys(self, view: RunView) -> list[str]:
        from chiplog.drawing import sealed

        place = (view.key.path, roster.version(view), None)
        kept = self._drawn.get(place)
        found = json.loads(kept) if kept is not None else sealed.keys(self.bucket, view)
        if found is None:
            return charts.keys(self.columns(view, "history"))
        self._drawn.keep(place, json.dumps(found).encode())
        return list(found)

    def curves(self, view: RunView, kind: str, question: Question) -> bytes:
        """The curves of one metric of a run, as JSON. Of a run that is over and sealed they are read and drawn once.

        Raises BucketError.
        """
        from chiplog.drawing import sealed

        if kind == "history" and columns.is_over(view):
            place = (view.key.path, roster.version(view), question)
            kept = self._drawn.get(place)
            if kept is not None:
                return kept
            found = sealed.read(self.bucket, view, question)
            if found is not None:
                return self._drawn.keep(place, charts.text(charts.answer(found.columns, question, found.began)))
        return charts.text(charts.answer(self.columns(view, kind), question))

    def every(self, items: Sequence[Brief | RunView], kind: str, question: Question) -> list[bytes]:
        """The curves of several runs, in their order: those that are kept drawn, and of the others several at a time.

        Raises BucketError.
        """
        is_kept = kind == "history" and question == Question(question.key, blocks.POINTS)
        told = self._blocks.curves(items, question.key) if is_kept else {}
        keys = [item.key for item in items]
        rest = [roster.full(item) for item, key in zip(items, keys, strict=True) if key not in told]
        with ThreadPoolExecutor(fetching.THREADS, thread_name_prefix="curves") as threads:
            drawn = threads.map(lambda view: self.curves(view, kind, question), rest)
            return [told[key] if key in told else next(drawn) for key in keys]

    def columns(self, view: RunView, kind: str = "history") -> "Columns":
        """What a run has logged so far. Raises BucketError."""
        from chiplog.drawing import curves
        from chiplog_dashboard.growing import Growing

        place, version = (view.key.path, kind), roster.version(view)
        with self._lock:
            turn = self._reading.setdefault(place, threading.Lock())
        with turn:  # Two who ask for one run read it once.
            kept = self._kept.get(place)
            began = self.monotonic()
            if kept is None or (kept.version != version and (began >= kept.due or view.state in states.OVER)):
                growing = kept.growing if kept is not None else Growing(self.bucket)
                found = growing.columns(view) if kind == "history" else None
                if found is None:
                    growing = Growing(self.bucket)  # What it holds is of no more use.
                    found = curves.columns(history.read(self.bucket, view, kind=kind))
                ended, share = self.monotonic(), PAUSE_SHARE if kept is not None else 0.0
                kept = _Kept(version, found, ended + share * (ended - began), growing)
            self._keep(place, kept)
            return kept.columns

    def _keep(self, place: tuple[str, str], kept: _Kept) -> None:
        with self._lock:
            self._kept[place] = kept
            self._kept.move_to_end(place)
            while len(self._kept) > MAX_RUNS:
                gone, _ = self._kept.popitem(last=False)
                self._reading.pop(gone, None)
