"""What trials logged of their metrics: read from the rows in the bucket, kept once a trial is over; it decides nothing.

A running trial is read again only when its rows could have reached the next iteration that matters: a metric has at
most one value per row, so a trial that lacks n values needs n rows more. What an ended trial found is kept in
`trial.json` before its outcome says that it is durable, for then the compactor takes its segments.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chiplog import folding, layout, records
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.documents import Attempt, TrialDocument
from chiplog.errors import FormatError, NotFound, PreconditionFailed, SettingsError
from chiplog.reading import rows, telling
from chiplog_operator.sweeps.trials import Curve, curve

READ_SECONDS = 5.0
"""Between two reads of a running trial."""

_KINDS = ("run", "history", "header", "session")


@dataclass(frozen=True)
class _Read:
    """A running trial as it was read."""

    at: float
    rows: int
    curves: Mapping[str, Curve]


class Results:
    """What trials logged; threads may share it."""

    def __init__(self, bucket: Bucket, cluster: str, clock: Callable[[], float] = time.time) -> None:
        self._bucket = bucket
        self._cluster = cluster
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[layout.Run, TrialDocument] = {}
        self._running: dict[layout.Run, _Read] = {}

    def kept(self, namespace: str, run_id: str) -> TrialDocument | None:
        """`trial.json` of a trial; None where there is none yet. Raises BucketError, FormatError."""
        place = layout.Run(self._cluster, namespace, run_id)
        if place not in self._kept:
            key = layout.trial_key(place)
            try:
                stored = self._bucket.get(key)
            except NotFound:
                return None
            self._remember(place, records.unpack_document(stored.data, records.TRIAL_FORMAT, key))
        return self._kept[place]

    def keep(self, namespace: str, run_id: str, document: TrialDocument) -> None:
        """Write `trial.json` unless it stands there. Raises BucketError."""
        place = layout.Run(self._cluster, namespace, run_id)
        with suppress(PreconditionFailed):  # An earlier life of ours wrote it, of the same rows.
            self._bucket.put(layout.trial_key(place), records.pack_document(document), if_absent=True)
        self._remember(place, document)

    def running(
        self,
        namespace: str,
        run_id: str,
        attempts: Iterable[Attempt],
        metrics: Sequence[str],
        iterations: Sequence[int],
        rows_recorded: int,
    ) -> Mapping[str, Curve]:
        """What a running trial has logged so far, read anew where that may matter. Raises BucketError."""
        place = layout.Run(self._cluster, namespace, run_id)
        last = self._running.get(place, _Read(-math.inf, 0, {}))
        if self._clock() - last.at < READ_SECONDS or not _is_due(last, metrics, iterations, rows_recorded):
            return last.curves
        found = {name: curve(values) for name, values in self.values(namespace, attempts, metrics).items()}
        with self._lock:
            self._running[place] = _Read(self._clock(), rows_recorded, found)
        return found

    def values(self, namespace: str, attempts: Iterable[Attempt], metrics: Sequence[str]) -> dict[str, list[float]]:
        """The finite values of each metric that rank 0 logged, in their order. Raises BucketError, FormatError."""
        found: dict[str, list[float]] = {name: [] for name in metrics}
        bindings = [binding for attempt in attempts for binding in attempt["recorders"]]
        for binding in [binding for binding in bindings if binding["id"] and not binding["rank"]]:
            place = layout.Recorder(self._cluster, namespace, binding["id"])
            streams = rows.stream_rows(self._bucket, place, kinds=_KINDS)
            for teller in telling.of(rows.writers(streams)):
                if not teller.voice.rank:
                    _gather(found, teller.rows)
        return found

    def ended(
        self, namespace: str, attempts: Iterable[Attempt], metrics: Sequence[str], iterations: Sequence[int],
        headline: Mapping[str, Any],
    ) -> dict[str, Curve]:  # fmt: skip
        """What a trial that is over has logged, at the iterations that matter.

        Where its rows cannot be read any more, the newest value that its status shows stands for them.
        """
        try:
            return {
                name: curve(values, iterations) for name, values in self.values(namespace, attempts, metrics).items()
            }
        except (FormatError, SettingsError):
            value = _finite(headline.get("value"))
            return {
                name: curve([value] if value is not None and name == headline.get("name") else []) for name in metrics
            }

    def forget(self, namespace: str, sweep: str) -> None:
        """Drop what is remembered of the trials of a Sweep that is gone: memory holds those of Sweeps that there are.

        Another Sweep whose name goes on where this one ends loses it too; it reads its trials again.
        """
        with self._lock:
            for remembered in (self._kept, self._running):
                for place in [place for place in remembered if _is_of(place, namespace, sweep)]:
                    del remembered[place]

    def _remember(self, place: layout.Run, document: TrialDocument) -> None:
        with self._lock:
            self._kept[place] = document
            self._running.pop(place, None)


def _is_of(place: layout.Run, namespace: str, sweep: str) -> bool:
    return place.namespace == namespace and place.id.startswith(f"{sweep}-")


def curves(document: TrialDocument) -> dict[str, Curve]:
    """The curves that `trial.json` keeps."""
    return {
        item["name"]: Curve(
            count=item["count"],
            at={int(iteration): value for iteration, value in item["at"].items()},
            least=item["least"],
            most=item["most"],
            last=item["last"],
        )
        for item in document["metrics"]
    }


def _is_due(last: _Read, metrics: Sequence[str], iterations: Sequence[int], rows_recorded: int) -> bool:
    """The rows that came since may hold what brings some metric to its next iteration."""
    gained = rows_recorded - last.rows
    missing = []
    for name in metrics:
        count = last.curves.get(name, Curve()).count
        following = next((iteration for iteration in iterations if iteration > count), None)
        missing += [following - count] if following is not None else []
    return bool(missing) and gained >= min(missing)


def _gather(found: dict[str, list[float]], logged: Iterable[Row]) -> None:
    for row in logged:
        values = folding.flatten(row["values"]) if row["kind"] == "history" else {}
        for name, sofar in found.items():
            value = _finite(values.get(name))
            if value is not None:
                sofar.append(value)


def _finite(value: Any) -> float | None:
    """A number that can be compared; W&B counts no other."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
