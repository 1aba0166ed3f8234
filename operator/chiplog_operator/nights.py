"""Lines of nights: what each scheduled run found, whether its gates hold, and the pointer to the latest good one.

A line is a CronJob; its nights are objects of their own, each written once, so what was found stays when the runs go.
The pointer moves forward alone, by the scheduled time: a night that is run again late never takes it back.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chiplog import codec, layout, records
from chiplog.bucket import Bucket
from chiplog.documents import LatestDocument, NightDocument
from chiplog.errors import NotFound, PreconditionFailed
from chiplog_operator import attempts, conditions, gates, heads, lines
from chiplog_operator.gates import Verdict
from chiplog_operator.observations import Observation
from chiplog_operator.specs import Run

Json = dict[str, Any]

TYPE = "GatesHold"
"""The condition that tells how a run did against its gates."""

LOOKED_AT = 400
"""As many earlier nights are read at most; a gate may ask for a year."""

TRIES = 5


@dataclass(frozen=True)
class Place:
    """A night's place: its line, and the time for which it was scheduled."""

    line: layout.Line
    name: str
    scheduled_at: float


class Nights:
    """The bucket's lines and pointers; threads may share it."""

    def __init__(self, bucket: Bucket, cluster: str, clock: Callable[[], float]) -> None:
        self._bucket = bucket
        self._cluster = cluster
        self._clock = clock

    def close(self, run: Run, new: Json, seen: Observation) -> Json:
        """The status of a run that is over and durable, with the word of its gates; its night is written down.

        A run without gates and line comes back as it is. Raises BucketError, FormatError.
        """
        place = self._place(run)
        if (place is None and not run.gates) or conditions.find(run.status, TYPE):
            return _with_condition(new, dict(conditions.find(run.status, TYPE)) or None)
        earlier = self._earlier(place) if place is not None and run.gates else []
        values = _values(run, seen)
        verdicts = [gates.judge(gate, values.get(gate["metric"]), _of(earlier, gate["metric"])) for gate in run.gates]
        is_good = new["state"] == "finished" and gates.holds(verdicts)
        if place is not None:
            self._write(place, run, new, values, verdicts, is_good=is_good)
            if is_good and run.promote == "latest":
                self._promote(place, run, values)
        wanted = _condition(new, verdicts, is_good=is_good)
        return _with_condition(new, *conditions.moved_on(run.status, [wanted], run.generation, seen.now))

    def _place(self, run: Run) -> Place | None:
        found = lines.of_run({"metadata": {"labels": run.labels, "annotations": run.annotations}})
        if found is None:
            return None
        return Place(layout.Line(self._cluster, run.namespace, found.uid), found.line, found.scheduled_at)

    def _earlier(self, place: Place) -> list[NightDocument]:
        """Good nights scheduled before this one, oldest first."""
        keys = [item.key for item in self._bucket.list(layout.line_prefix(place.line))]
        before = [key for key in keys if (layout.night_time(key) or "") < layout.night_stamp(place.scheduled_at)]
        found = []
        for key in before[-LOOKED_AT:]:
            found.append(records.unpack_document(self._bucket.get(key).data, records.NIGHT_FORMAT, key))
        return [night for night in found if night["holds"]]

    def _write(
        self,
        place: Place,
        run: Run,
        new: Json,
        values: Mapping[str, float],
        verdicts: Sequence[Verdict],
        *,
        is_good: bool,
    ) -> None:
        document: NightDocument = {
            "format": records.NIGHT_FORMAT,
            "min_reader": records.READER,
            "line": place.name,
            "line_uid": place.line.uid,
            "scheduled_at": place.scheduled_at,
            "run": run.id,
            "name": run.name,
            "project": run.project,
            "state": new["state"],
            "reason": new.get("reason", ""),
            "late_seconds": max(0.0, run.created_at - place.scheduled_at),
            "metrics": dict(values),
            "holds": is_good,
            "promotes": is_good and run.promote == "latest",
            "gates": [{"holds": item.holds, "is_warning": item.is_warning, "said": item.said} for item in verdicts],
        }
        with suppress(PreconditionFailed):  # An earlier pass of ours wrote it.
            key = layout.night_key(place.line, place.scheduled_at, run.id)
            self._bucket.put(key, records.pack_document(document), if_absent=True)

    def _promote(self, place: Place, run: Run, values: Mapping[str, float]) -> None:
        """Move the pointer, unless it stands at this night or a later one."""
        key = layout.latest_key(place.line, place.name)
        document: LatestDocument = {
            "format": records.LATEST_FORMAT,
            "min_reader": records.READER,
            "line": place.name,
            "line_uid": place.line.uid,
            "scheduled_at": place.scheduled_at,
            "run": run.id,
            "metrics": dict(values),
            "promoted_at": self._clock(),
        }
        for _ in range(TRIES):
            etag = None
            with suppress(NotFound):
                held = self._bucket.get(key)
                etag = held.etag
                old = records.unpack_document(held.data, records.LATEST_FORMAT, key)
                if old["line_uid"] == place.line.uid and old["scheduled_at"] >= place.scheduled_at:
                    return
            with suppress(PreconditionFailed):
                self._bucket.put(key, records.pack_document(document), if_match=etag, if_absent=etag is None)
                return


def _values(run: Run, seen: Observation) -> dict[str, float]:
    """The newest value of each metric that the run or a gate names."""
    current = [seen.heads.get(binding["id"]) for _, binding in sorted(attempts.current(seen.attempts).items())]
    wanted = {item["metric"] for item in run.gates} | {item["name"] for item in run.metrics}
    found = {}
    for name in sorted(wanted):
        numbers = (heads.metric(head.summary, name) for head in current if head is not None)
        value = next((number for number in numbers if number is not None), None)
        if value is not None:
            found[name] = value
    return found


def _of(earlier: Sequence[NightDocument], metric: str) -> list[float]:
    values = [codec.number(night["metrics"].get(metric)) for night in earlier]
    return [float(value) for value in values if isinstance(value, int | float)]


def _condition(new: Json, verdicts: Sequence[Verdict], *, is_good: bool) -> conditions.Condition:
    said = "; ".join(item.said for item in verdicts if not item.holds) or "; ".join(item.said for item in verdicts)
    if new["state"] != "finished":
        return conditions.false(TYPE, "RunFailed", f"the run is {new['state']}: {new.get('reason', '')}")
    if not is_good:
        return conditions.false(TYPE, "GateFailed", said)
    is_warned = any(not item.holds for item in verdicts)
    return conditions.true(TYPE, "Warned" if is_warned else "Held", said or "the run asks for no gate")


def _with_condition(new: Json, found: Json | None) -> Json:
    return {**new, "conditions": [*new["conditions"], found]} if found else new
