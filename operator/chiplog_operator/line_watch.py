"""Looks after the lines: flags nights that are late, missed or overlap, by Event, in the bucket and as a number.

It reads CronJobs and never writes one. What it remembers saves requests alone: a new operator judges the last days
anew, and what is in the bucket already is not told twice.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import structlog

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.documents import NightDocument
from chiplog.errors import BucketError, PreconditionFailed
from chiplog_operator import cronjobs, documents, events, lateness, lines, times
from chiplog_operator.cluster import Cluster, ClusterError
from chiplog_operator.cronjobs import CronJob
from chiplog_operator.events import Event
from chiplog_operator.lateness import Fault
from chiplog_operator.metrics import Metrics

Json = dict[str, Any]

ROUND_SECONDS = 20.0
"""Between two looks, so that a fault is told within a minute."""

LOOK_BACK_SECONDS = 3 * 86_400.0
"""An operator that was away for longer does not ask what was due before."""

MOST_NIGHTS = 100
"""Of one line at a look; Kubernetes itself gives up on a CronJob that missed more."""

log = structlog.get_logger()


@dataclass
class _Known:
    """What is there of a line."""

    stamps: set[str]
    """Nights that are over, or told missed, as their keys name the times."""
    runs: set[float]
    live: list[tuple[float, str]]


@dataclass
class LineWatch:
    """The lines of a cluster; one thread at a time."""

    cluster: Cluster
    bucket: Bucket
    name: str
    """The cluster's."""
    metrics: Metrics
    namespaces: Sequence[str] = ()
    reporter: str = ""
    clock: Callable[[], float] = time.time
    notify: Callable[[CronJob, str, float, str], None] = lambda *_: None
    """Tells people of a night: the line, what became of it in a word, its time, and a sentence."""
    _settled: dict[str, float] = field(default_factory=dict)
    """Until when every night of a CronJob is judged, by UID."""
    _told: set[tuple[str, str]] = field(default_factory=set)

    def look(self) -> None:
        """One look at every line. Raises ClusterError where CronJobs cannot be listed."""
        found = [cronjobs.cronjob(body) for body in self.cluster.cronjobs(self.namespaces) if cronjobs.is_line(body)]
        present = {cron.uid for cron in found}
        self._settled = {uid: moment for uid, moment in self._settled.items() if uid in present}
        self._told = {item for item in self._told if item[0] in present}
        for cron in found:
            try:
                self._look_at(cron, self.clock())
            except (BucketError, ClusterError) as error:
                log.warning("line not looked at, tried again", namespace=cron.namespace, cronjob=cron.name,
                            error=str(error))  # fmt: skip

    def _look_at(self, cron: CronJob, now: float) -> None:
        if cron.schedule is None:
            return
        begin = max(cron.since, now - LOOK_BACK_SECONDS, self._settled.get(cron.uid, 0.0))
        due = list(islice(cron.schedule.between(begin, now - lateness.LATE_SECONDS), MOST_NIGHTS))[::-1]
        if not due:
            return
        known = self._known(cron)
        settled = [self._is_settled(cron, known, due[index : index + 2], now) for index in range(len(due))]
        first_open = settled.index(False) if False in settled else len(due)
        if first_open:
            self._settled[cron.uid] = due[first_open - 1]

    def _known(self, cron: CronJob) -> _Known:
        keys = [item.key for item in self.bucket.list(layout.line_prefix(self._line(cron)))]
        runs = [(body, night) for body in self.cluster.nights(cron.namespace, cron.name)
                if (night := lines.of_run(body)) is not None and night.uid == cron.uid]  # fmt: skip
        live = [(night.scheduled_at, body["metadata"]["name"]) for body, night in runs
                if (body.get("status") or {}).get("state") not in documents.TERMINAL]  # fmt: skip
        stamps = {layout.night_time(key) or "" for key in keys}
        return _Known(stamps, {night.scheduled_at for _, night in runs}, live)

    def _is_settled(self, cron: CronJob, known: _Known, due: Sequence[float], now: float) -> bool:
        """Judge the first of two due times that follow one another; says whether no later look is needed."""
        moment, following = due[0], due[1] if len(due) > 1 else None
        if moment in known.runs:
            if other := lateness.overlapping(known.live, moment):
                said = f"the night of {times.text(moment)} began while {other} goes on"
                self._tell(cron, moment, Event("Warning", "NightsOverlap", said), "overlapping")
            return True
        if layout.night_stamp(moment) in known.stamps:
            return True
        job = self._job(cron, cron.job_name(moment))
        fault = lateness.judge(cron, moment, following, job, self._busy(cron, moment, job), now)
        if fault is None:
            return False
        self._tell(cron, moment, Event("Warning", f"Night{fault.kind.title()}", fault.said), fault.kind)
        if fault.kind == "missed":
            self._write(cron, moment, fault)
        return fault.kind == "missed"

    def _busy(self, cron: CronJob, due: float, job: Json | None) -> str:
        """The Job that kept a night from beginning; empty where none did."""
        if job is not None or not cron.forbids_overlap:
            return ""
        if cron.active:
            return cron.active[0]
        last = lateness.last_before(cron, due)
        name = cron.job_name(last) if last is not None else ""
        return name if name and lateness.was_busy(self._job(cron, name), due) else ""

    def _job(self, cron: CronJob, name: str) -> Json | None:
        body = self.cluster.job(cron.namespace, name)
        night = lines.night(body) if body is not None else None
        return body if night is not None and night.uid == cron.uid else None

    def _tell(self, cron: CronJob, due: float, event: Event, word: str) -> None:
        if (cron.uid, event.note) in self._told:
            return
        self.notify(cron, word, due, event.note)
        self.cluster.create_event(events.on_cronjob(event, cron, self.reporter, self.clock()))
        self._told.add((cron.uid, event.note))
        self.metrics.count("nights_total", namespace=cron.namespace, line=cron.name, fault=word)
        log.warning("night", namespace=cron.namespace, cronjob=cron.name, fault=word, note=event.note)

    def _write(self, cron: CronJob, due: float, fault: Fault) -> None:
        """The gap in the line."""
        line = self._line(cron)
        document: NightDocument = {
            "format": records.NIGHT_FORMAT,
            "min_reader": records.READER,
            "line": cron.name,
            "line_uid": cron.uid,
            "scheduled_at": due,
            "run": "",
            "name": "",
            "project": "",
            "state": "missed",
            "reason": fault.reason,
            "message": fault.said,
            "metrics": {},
            "holds": False,
            "gates": [],
        }
        try:
            self.bucket.put(layout.gap_key(line, due), records.pack_document(document), if_absent=True)
        except PreconditionFailed:
            return  # An earlier look of ours wrote it.

    def _line(self, cron: CronJob) -> layout.Line:
        return layout.Line(self.name, cron.namespace, cron.uid)
