"""Deletes what people or retention gave up: runs with a tombstone, and classes of objects that are older than their
time. Nothing else of Chiplog deletes a record.

A run's documents go after its data and its tombstone last, so that a sweep that was cut short is done again whole.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chiplog import layout, logs, records, word_layout
from chiplog.bucket import Bucket
from chiplog.errors import FormatError, NotFound, PreconditionFailed
from chiplog.reading import heads, states, views, words, written
from chiplog.records import SealDocument
from chiplog_compactor import finding
from chiplog_compactor.settings import Settings

DAY_SECONDS = 86_400.0

log = logs.Logger()


@dataclass
class Sweeper:
    """Looks for what is due, and deletes it."""

    bucket: Bucket
    settings: Settings
    clock: Callable[[], float]

    def sweep(self) -> None:
        """One sweep. Raises BucketError."""
        for run in self._given_up():
            self._delete_run(run)
        if self.settings.keep_sources_days or self.settings.keep_console_days or self.settings.keep_system_days:
            for run in self._sealed():
                self._retain(run)

    def _given_up(self) -> Iterator[layout.Run]:
        """Runs whose tombstone is older than the grace period, by the store's own clock."""
        for listed in self.bucket.list(word_layout.words_prefix()):
            run = word_layout.parse_tombstone_key(listed.key)
            is_due = self.clock() - listed.modified >= self.settings.grace_days * DAY_SECONDS
            if run is not None and is_due and words.is_given_up(self.bucket, run):
                yield run

    def _delete_run(self, run: layout.Run) -> None:
        """Everything of a run; one that is being recorded is left until its recorders are quiet."""
        (papers,) = written.with_seals(self.bucket, written.papers(self.bucket, [run]))
        beats = heads.of(self.bucket, heads.present(self.bucket, run.cluster, run.namespace))
        now = states.now(self.clock(), [beat.modified for beat in beats])
        view = views.of_run(papers, beats, now)
        own = [member.beat for member in view.members if member.beat]
        if papers.unread or not all(finding.is_quiet(beat, now) for beat in own):
            log.warning("not deleted yet: it is being recorded or cannot be read", run=run.path, unread=papers.unread)
            return
        recorders = {member.recorder for member in view.members}
        recorders |= {layout.Recorder(run.cluster, run.namespace, item["id"]) for item in _recorders(papers.seal)}
        for part in papers.seal["parts"] if papers.seal else []:
            self.bucket.delete(part["key"])
        for recorder in recorders:
            for prefix in (layout.raw_prefix(recorder), layout.blobs_prefix(recorder)):
                for listed in self.bucket.list(prefix):
                    self.bucket.delete(listed.key)
            self.bucket.delete(layout.live_key(recorder))
        documents = (
            word_layout.watch_key(run),
            word_layout.words_key(run),
            layout.trial_key(run),
            layout.outcome_key(run),
            layout.seal_key(run),
            layout.run_key(run),
        )
        for key in (*documents, word_layout.tombstone_key(run)):
            self.bucket.delete(key)
        log.info("deleted", run=run.path, recorders=len(recorders))

    def _sealed(self) -> Iterator[layout.Run]:
        for listed in self.bucket.list(layout.runs_prefix()):
            run = layout.parse_seal_key(listed.key)
            if run is not None:
                yield run

    def _retain(self, run: layout.Run) -> None:
        """Take away what is older than its class allows: first its mention in the seal, then the objects."""
        key = layout.seal_key(run)
        try:
            stored = self.bucket.get(key)
            seal: SealDocument = records.unpack_document(stored.data, records.SEAL_FORMAT, key)
        except (NotFound, FormatError) as error:
            log.warning("retention passes this run over", run=run.path, reason=str(error))
            return
        tables, sources = self._due(seal)
        leaving = [*seal.get("leaving", []), *_keys(run, seal, tables, sources)]
        if not leaving:
            return
        # Its mention goes first, for a reader must find what a seal names; what is left to do stands in the seal
        # until it is done, for a sweep may be cut short.
        left: SealDocument = {**_without(seal, tables, sources), "leaving": leaving}
        try:
            etag = self.bucket.put(key, records.pack_document(left), if_match=stored.etag)
            for name in leaving:
                self.bucket.delete(name)
            del left["leaving"]
            self.bucket.put(key, records.pack_document(left), if_match=etag)
        except PreconditionFailed:
            return  # It was sealed again meanwhile: the next sweep sees to it.
        log.info("retention", run=run.path, tables=sorted(tables), sources=sources)

    def _due(self, seal: SealDocument) -> tuple[set[str], bool]:
        """Tables that are older than their class allows, and whether sources are."""
        age = self.clock() - seal["sealed_at"]
        tables = {table for table, days in self._days().items() if days and age > days * DAY_SECONDS}
        days = self.settings.keep_sources_days
        return tables, bool(days) and age > days * DAY_SECONDS

    def _days(self) -> dict[str, float]:
        return {"console": self.settings.keep_console_days, "system": self.settings.keep_system_days}


def _keys(run: layout.Run, seal: SealDocument, tables: set[str], sources: bool) -> Iterator[str]:
    """What the seal names of these classes."""
    yield from (part["key"] for part in seal["parts"] if part["table"] in tables)
    for item in seal["recorders"] if sources else ():
        recorder = layout.Recorder(run.cluster, run.namespace, item["id"])
        for stream in item["streams"]:
            for stretch in stream["sources"]:
                start, end = map(int, stretch.split("-"))
                yield layout.source_key(recorder, stream["id"], start, end)


def _recorders(seal: SealDocument | None) -> list[records.SealedRecorder]:
    return seal["recorders"] if seal else []


def _without(seal: SealDocument, tables: set[str], sources: bool) -> SealDocument:
    """The seal without what retention takes away, which it notes."""
    recorders = seal["recorders"]
    if sources:
        recorders = [
            {**item, "streams": [{**stream, "sources": {}} for stream in item["streams"]]} for item in recorders
        ]
    expired = sorted({*seal.get("expired", []), *tables, *(["sources"] if sources else [])})
    parts = [part for part in seal["parts"] if part["table"] not in tables]
    return {**seal, "recorders": recorders, "parts": parts, "expired": expired}
