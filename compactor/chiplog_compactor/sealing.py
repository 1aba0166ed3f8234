"""Seals a run: folds its recorders' rows into the tables, says so, and only then deletes; it does not choose which run.

The order makes a crash at any request harmless, and two compactors at once too:

1. Rows that are in no table yet go into new parts, each read back from the bucket.
2. `seal.json` is replaced over the version that was read at the start, or this sealing ends here.
3. A marker per stream keeps the rows that no table holds; from now on a recorder that comes back goes on behind it.
4. Segments behind the markers are deleted, then older markers.
5. The live object is deleted, if it is still the one that was sealed. One that was written since reopens the run.

A run that has lived for long is sealed the same way as far as its segments reach, and keeps its live object.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chiplog import layout, logs, records
from chiplog.bucket import Bucket, ETag
from chiplog.codec import Row
from chiplog.errors import NotFound, PreconditionFailed
from chiplog.reading import fetching
from chiplog.reading.members import Member
from chiplog.records import SealDocument, SealedRecorder, SealedStream
from chiplog_compactor import gathering
from chiplog_compactor.gathering import Folded, Folding, Held
from chiplog_compactor.parsing import Numbers
from chiplog_compactor.points import Place
from chiplog_compactor.staging import Staging, Title

_AT_ONCE = 16
"""Source objects in memory while their digests are taken."""

log = logs.Logger()


class SupersededError(Exception):
    """Another compactor sealed this run meanwhile."""


@dataclass(frozen=True)
class Task:
    """A run that is to be sealed."""

    run: layout.Run
    project: str
    created_at: float
    """Unix seconds; the day of it partitions the tables."""
    is_bound: bool
    members: tuple[Member, ...]
    is_sealed: bool = False
    """It was sealed before, and lived again."""
    is_over: bool = True
    """False for a run that has lived for long: its segments are sealed, and its live object goes on."""


@dataclass
class Sealing:
    """One sealing of one run."""

    bucket: Bucket
    task: Task
    now: float
    keep_segments: bool = False
    """Leave the segments, from which the tables can be made again."""

    def seal(self) -> SealDocument:
        """Seal the run. Raises SupersededError, FormatError for a damaged object (nothing is deleted), BucketError."""
        before, etag = self._before()
        helds = {member.recorder.id: gathering.look(self.bucket, member.recorder) for member in self.task.members}
        with Staging(self.bucket, self._title(before)) as staging:
            folded = {member.recorder.id: self._fold(member, helds, before, staging) for member in self.task.members}
            document = self._document(before, helds, folded, staging)
        try:
            key = layout.seal_key(self.task.run)
            self.bucket.put(key, records.pack_document(document), if_match=etag, if_absent=etag is None)
        except PreconditionFailed as error:
            raise SupersededError(f"{self.task.run.path} was sealed by another compactor") from error
        for recorder, streams in folded.items():
            self._mark(helds[recorder], streams)
            self._delete(helds[recorder], streams)
        return document

    def _before(self) -> tuple[SealDocument | None, ETag | None]:
        key = layout.seal_key(self.task.run)
        try:
            stored = self.bucket.get(key)
        except NotFound:
            return None, None
        return records.unpack_document(stored.data, records.SEAL_FORMAT, key), stored.etag

    def _title(self, before: SealDocument | None) -> Title:
        date = datetime.fromtimestamp(max(self.task.created_at, 0.0), UTC).date().isoformat()
        is_first = not any(part["table"] == layout.PYRAMID for part in (before["parts"] if before else []))
        generation = before["generation"] + 1 if before else 1
        return Title(self.task.run, self.task.project, date, generation, is_first=is_first)

    def _fold(
        self, member: Member, helds: dict[str, Held], before: SealDocument | None, staging: Staging
    ) -> list[Folded]:
        held = helds[member.recorder.id]
        known = {stream["id"]: stream for stream in _streams(before, member.recorder.id)}

        take = _Taking(staging, member)
        run, is_over = self.task.run.id, self.task.is_over
        streams = [stream for stream in held.streams if is_over or stream in held.segments]
        foldings = [Folding(self.bucket, held, stream, run, known.get(stream), take, is_over) for stream in streams]
        return [folding.fold(self._digests(held, folding.stream)) for folding in foldings]

    def _digests(self, held: Held, stream: str) -> dict[str, str]:
        """SHA-256 of every source object of a stream, as it is in the bucket."""
        places = list(gathering.source_keys(held, stream))
        digests = {}
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            stored = fetching.fetch(self.bucket, [key for _, key in some])
            digests.update(
                {
                    name: hashlib.sha256(item.data).hexdigest()
                    for (name, _), item in zip(some, stored, strict=True)
                    if item
                }
            )
        return digests

    def _document(
        self,
        before: SealDocument | None,
        helds: dict[str, Held],
        folded: dict[str, list[Folded]],
        staging: Staging,
    ) -> SealDocument:
        old = {item["id"]: item for item in before["recorders"]} if before else {}
        new = {
            member.recorder.id: _recorder(
                member, helds[member.recorder.id], folded[member.recorder.id], old.get(member.recorder.id)
            )
            for member in self.task.members
        }
        place = self.task.run
        document: SealDocument = {
            "format": records.SEAL_FORMAT,
            "min_reader": records.READER,
            "cluster": place.cluster,
            "namespace": place.namespace,
            "run": place.id,
            "is_bound": self.task.is_bound,
            "generation": staging.title.generation,
            "sealed_at": self.now,
            "recorders": list({**old, **new}.values()),
            "parts": [*(before["parts"] if before else []), *staging.finish()],
        }
        if before is not None and "expired" in before:
            document["expired"] = before["expired"]
        if before is not None and "leaving" in before:
            document["leaving"] = before["leaving"]
        return document

    def _mark(self, held: Held, streams: list[Folded]) -> None:
        for item in streams:
            self.bucket.put(layout.sealed_key(held.recorder, item.seal["id"], item.seal["position"]), item.marker)

    def _delete(self, held: Held, streams: list[Folded]) -> None:
        for item in streams:
            stream, position = item.seal["id"], item.seal["position"]
            for place in [] if self.keep_segments else held.segments.get(stream, []):
                if place.end > position:
                    continue  # Behind a hole of a run that lives.
                self.bucket.delete(layout.segment_key(place.recorder, stream, place.start, place.end))
            for key in held.markers.get(stream, []):
                if key != layout.sealed_key(held.recorder, stream, position):
                    self.bucket.delete(key)
        if held.live is not None and self.task.is_over:
            try:
                self.bucket.delete(layout.live_key(held.recorder), if_match=held.live.etag)
            except PreconditionFailed:
                log.info("reopened", recorder=held.recorder.path)


@dataclass(frozen=True)
class _Taking:
    """Hands the rows of a recorder's streams on, with their place in the run."""

    staging: Staging
    member: Member

    def row(self, stream: str, row: Row) -> None:
        self.staging.add(self._place(stream), row)

    def numbers(self, stream: str, kind: str, rows: Sequence[Numbers]) -> None:
        self.staging.add_numbers(self._place(stream), kind, rows)

    def _place(self, stream: str) -> Place:
        return Place(self.member.attempt, self.member.rank, self.member.recorder.id, stream)


def _streams(seal: SealDocument | None, recorder: str) -> list[SealedStream]:
    found = [item["streams"] for item in (seal["recorders"] if seal else []) if item["id"] == recorder]
    return found[0] if found else []


def _recorder(member: Member, held: Held, folded: list[Folded], old: SealedRecorder | None) -> SealedRecorder:
    head, modified = held.head, held.live.modified if held.live else 0.0
    if head is None and old is not None:
        head, modified = old["head"], old["modified"]
    streams = {stream["id"]: stream for stream in (old["streams"] if old else [])}
    streams.update({item.seal["id"]: item.seal for item in folded})
    return {
        "id": member.recorder.id,
        "attempt": member.attempt,
        "rank": member.rank,
        "modified": modified,
        "head": head,
        "streams": list(streams.values()),
    }
