"""The columns of the runs that somebody looks at, read again only when the run has moved; it draws nothing."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from chiplog.bucket import Bucket
from chiplog.reading import fetching, history, roster, states
from chiplog.reading.views import RunView
from chiplog_dashboard import charts, curves, sealed
from chiplog_dashboard.charts import Question
from chiplog_dashboard.curves import Columns
from chiplog_dashboard.drawn import Drawn
from chiplog_dashboard.growing import Growing

MAX_RUNS = 256
"""Runs whose columns are kept; those that were not asked for the longest go first."""

PAUSE_SHARE = 4.0
"""A live run whose reading takes long is read less often: a fifth of the time at most is spent on it."""


@dataclass
class _Kept:
    version: object
    columns: Columns
    due: float
    growing: Growing


@dataclass
class Histories:
    """Columns by run and kind of row (`history`, `system`); threads may share it."""

    bucket: Bucket
    monotonic: Callable[[], float]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reading: dict[tuple[str, str], threading.Lock] = field(default_factory=dict)
    _kept: OrderedDict[tuple[str, str], _Kept] = field(default_factory=OrderedDict)
    _drawn: Drawn = field(default_factory=Drawn)

    def keys(self, view: RunView, kind: str = "history") -> list[str]:
        """The metrics that have numbers, by name. Raises BucketError."""
        if kind == "history" and sealed.is_over(view):
            place = (view.key.path, roster.version(view), None)
            kept = self._drawn.get(place)
            found = json.loads(kept) if kept is not None else sealed.keys(self.bucket, view)
            if found is not None:
                self._drawn.keep(place, json.dumps(found).encode())
                return list(found)
        return charts.keys(self.columns(view, kind))

    def curves(self, view: RunView, kind: str, question: Question) -> bytes:
        """The curves of one metric of a run, as JSON. Of a run that is over and sealed they are read and drawn once.

        Raises BucketError.
        """
        if kind == "history" and sealed.is_over(view):
            place = (view.key.path, roster.version(view), question)
            kept = self._drawn.get(place)
            if kept is not None:
                return kept
            found = sealed.read(self.bucket, view, question)
            if found is not None:
                return self._drawn.keep(place, _json(charts.answer(found.columns, question, found.began)))
        return _json(charts.answer(self.columns(view, kind), question))

    def every(self, views: Sequence[RunView], kind: str, question: Question) -> list[bytes]:
        """The curves of several runs, in their order; several are read at a time. Raises BucketError."""
        with ThreadPoolExecutor(fetching.THREADS, thread_name_prefix="curves") as threads:
            return list(threads.map(lambda view: self.curves(view, kind, question), views))

    def columns(self, view: RunView, kind: str = "history") -> Columns:
        """What a run has logged so far. Raises BucketError."""
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
                ended = self.monotonic()
                kept = _Kept(version, found, ended + PAUSE_SHARE * (ended - began), growing)
            self._keep(place, kept)
            return kept.columns

    def _keep(self, place: tuple[str, str], kept: _Kept) -> None:
        with self._lock:
            self._kept[place] = kept
            self._kept.move_to_end(place)
            while len(self._kept) > MAX_RUNS:
                gone, _ = self._kept.popitem(last=False)
                self._reading.pop(gone, None)


def _json(found: list[dict[str, Any]]) -> bytes:
    """Strict: what is no number is null in a curve."""
    return json.dumps(found, allow_nan=False, separators=(",", ":")).encode()
