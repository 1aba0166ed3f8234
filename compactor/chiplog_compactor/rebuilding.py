"""Makes the tables of a sealed run again, where parts of them are lost or damaged; it never makes up a row.

The rows come from where they still are: from segments, if they were kept; from the intact parts, for the pyramid; else
from the sources, which the recorder's own decoder reads again, as a process. Each stream must give as many rows of each
kind as its seal says, or nothing is written.

The order is that of a sealing: new parts, each read back; `seal.json` over the version that was read; then what is left
of the old parts is deleted. The new parts are further ones of the newest generation, for a sealing at the same time
writes those of the next.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chiplog import layout, logs, records
from chiplog.bucket import Bucket, ETag
from chiplog.codec import Row
from chiplog.errors import FormatError, NotFound, PreconditionFailed
from chiplog.layout import SegmentKey
from chiplog.reading import runs, sources, tables
from chiplog.records import SealDocument, SealedRecorder, SealedStream, TablePart
from chiplog_compactor import gathering
from chiplog_compactor.decoding import Decoder
from chiplog_compactor.points import Place
from chiplog_compactor.sealing import SupersededError
from chiplog_compactor.staging import Staging, Title

_BLOCK_BYTES = 1 << 20

log = logs.Logger()


@dataclass
class Rebuilding:
    """One repair of one run."""

    bucket: Bucket
    run: layout.Run
    decoder: Decoder

    def rebuild(self) -> int:
        """Make lost tables again; how many parts were made, 0 where none was lost.

        Raises NotFound for a run that is not sealed, FormatError where rows cannot be had again (nothing is changed
        then), SupersededError, BucketError.
        """
        seal, etag = self._seal()
        lost = [part for part in seal["parts"] if not self._is_whole(part)]
        if lost:
            seal = self._mended(seal, lost)
            self._replace(seal, etag)
        self._tidy(seal)
        return len(lost)

    def _mended(self, seal: SealDocument, lost: list[TablePart]) -> SealDocument:
        """The seal with new parts of every table of which one is lost. A part of the pyramid is of a part of the
        history: they are made together."""
        kinds = {"history" if part["table"] == layout.PYRAMID else part["table"] for part in lost}
        old = [part for part in seal["parts"] if part["table"] in kinds or _is_of_history(part, kinds)]
        is_pyramid_alone = all(part["table"] == layout.PYRAMID for part in lost)
        whole = [part for part in old if part["table"] != layout.PYRAMID] if is_pyramid_alone else []
        made = self._made(seal, kinds, whole)
        log.info("rebuilt", run=self.run.path, tables=sorted(kinds), parts=len(made))
        return {**seal, "parts": [*(part for part in seal["parts"] if part not in old), *made]}

    def _tidy(self, seal: SealDocument) -> None:
        """Delete parts of the run that its seal does not name, but for those that a sealing is writing."""
        named = {part["key"] for part in seal["parts"]}
        for table in (*layout.TABLES, layout.PYRAMID):
            example = layout.table_key(table, self.run, _date(seal), 0, 0)
            for listed in self.bucket.list(f"{example.rpartition('/')[0]}/{self.run.id}-"):
                place = layout.parse_table_key(listed.key)
                is_mine = place is not None and place.run == self.run and place.generation <= seal["generation"]
                if is_mine and listed.key not in named:
                    self.bucket.delete(listed.key)

    def _seal(self) -> tuple[SealDocument, ETag]:
        key = layout.seal_key(self.run)
        stored = self.bucket.get(key)
        document: SealDocument = records.unpack_document(stored.data, records.SEAL_FORMAT, key)
        return document, stored.etag

    def _replace(self, document: SealDocument, etag: ETag) -> None:
        try:
            self.bucket.put(layout.seal_key(self.run), records.pack_document(document), if_match=etag)
        except PreconditionFailed as error:
            raise SupersededError(f"{self.run.path} was sealed meanwhile: try again") from error

    def _is_whole(self, part: TablePart) -> bool:
        digest = hashlib.sha256()
        try:
            with self.bucket.open(part["key"]) as source:
                while block := source.read(_BLOCK_BYTES):
                    digest.update(block)
        except NotFound:
            return False
        return digest.hexdigest() == part["sha256"]

    def _made(self, seal: SealDocument, kinds: set[str], whole: list[TablePart]) -> list[TablePart]:
        """New parts with all rows of these kinds: those of the parts `whole`, if there are any, else read again."""
        staging = Staging(self.bucket, self._title(seal))
        try:
            with staging:
                for recorder in seal["recorders"]:
                    origin = Origin(self.bucket, self.run, recorder, self.decoder, whole)
                    for stream in recorder["streams"]:
                        _stage(staging, recorder, stream, origin.rows(stream, kinds), kinds)
                return staging.finish()
        except FormatError as error:
            for part in staging.parts:
                self.bucket.delete(part["key"])
            raise FormatError(f"the tables of {self.run.path} cannot be made again: {error}") from error

    def _title(self, seal: SealDocument) -> Title:
        project = runs.one(self.bucket, self.run).project
        numbers: dict[str, int] = {}
        for part in seal["parts"]:
            place = layout.parse_table_key(part["key"])
            if place is not None and place.generation == seal["generation"]:
                numbers[place.table] = max(numbers.get(place.table, 0), place.number + 1)
        return Title(self.run, project, _date(seal), seal["generation"], numbers)


def _date(seal: SealDocument) -> str:
    """The day under which the run's parts stand."""
    places = (layout.parse_table_key(part["key"]) for part in seal["parts"])
    return next((place.date for place in places if place is not None), "")


def _is_of_history(part: TablePart, kinds: set[str]) -> bool:
    return part["table"] == layout.PYRAMID and "history" in kinds


def _stage(
    staging: Staging, recorder: SealedRecorder, stream: SealedStream, rows: Iterable[Row], kinds: set[str]
) -> None:
    """Take a stream's rows. Raises FormatError if they are not as many as were sealed."""
    place = Place(recorder["attempt"], recorder["rank"], recorder["id"], stream["id"])
    wanted = {kind: count for kind, count in stream["rows"].items() if kind in kinds and count}
    found: dict[str, int] = {}
    for row in rows if wanted else ():
        if row["kind"] in kinds and _was_sealed(stream, row["at"]):
            found[row["kind"]] = found.get(row["kind"], 0) + 1
            staging.add(place, row)
    if found != wanted:
        raise FormatError(f"stream {stream['id']} of {recorder['id']} gives rows {found}, and {wanted} were sealed")


def _was_sealed(stream: SealedStream, at: int) -> bool:
    return at < stream["position"] and not any(start <= at < end for start, end in stream["holes"])


@dataclass
class Origin:
    """Where the rows of a recorder's tables still are."""

    bucket: Bucket
    run: layout.Run
    recorder: SealedRecorder
    decoder: Decoder
    whole: list[TablePart]
    """Parts that hold all of them; empty where some are lost."""

    def __post_init__(self) -> None:
        self._place = layout.Recorder(self.run.cluster, self.run.namespace, self.recorder["id"])
        self._held = gathering.look(self.bucket, self._place)

    def rows(self, stream: SealedStream, kinds: set[str]) -> Iterator[Row]:
        """The rows of a stream, more than were sealed among them. Raises FormatError, BucketError."""
        if self.whole:
            return self._of_parts(stream, kinds)
        segments = self._held.segments.get(stream["id"], [])
        return self._of_segments(stream) if _covers(segments, stream) else self._of_source(stream)

    def _of_parts(self, stream: SealedStream, kinds: set[str]) -> Iterator[Row]:
        with tables.Parts(self.bucket) as parts:
            for name, row in parts.rows(self.whole, self.recorder["id"], kinds):
                if name == stream["id"]:
                    yield row

    def _of_segments(self, stream: SealedStream) -> Iterator[Row]:
        seen = 0
        for place in sorted(self._held.segments[stream["id"]], key=lambda place: (place.start, place.end)):
            key = layout.segment_key(place.recorder, place.stream, place.start, place.end)
            _, rows = records.unpack_segment(self.bucket.get(key).data, key)
            yield from (row for row in rows if row["at"] >= seen)
            seen = max(seen, place.end)

    def _of_source(self, stream: SealedStream) -> Iterator[Row]:
        stretches = [(place.start, place.end) for place in self._held.sources.get(stream["id"], [])]
        with tempfile.TemporaryDirectory(prefix="chiplog-") as folder:
            path = Path(folder) / "source"
            with path.open("wb") as file:
                for offset, data in sources.pieces(self.bucket, self._place, stream["id"], stretches):
                    file.seek(offset)
                    file.write(data)
            yield from self.decoder.rows(self._kind(stream["id"]), path)

    def _kind(self, stream: str) -> str:
        heads = self.recorder["head"]["streams"] if self.recorder["head"] else []
        known = [head["kind"] for head in heads if head["id"] == stream]
        if known:
            return known[0]
        key = self._held.markers[stream][-1]
        return records.unpack_sealed(self.bucket.get(key).data, key)[0]["stream"]["kind"]


def _covers(segments: list[SegmentKey], stream: SealedStream) -> bool:
    """Whether the segments hold everything that was sealed of a stream."""
    end = 0
    for start, stop in sorted([*((place.start, place.end) for place in segments), *map(tuple, stream["holes"])]):
        if start > end:
            return False
        end = max(end, stop)
    return bool(segments) and end >= stream["position"]
