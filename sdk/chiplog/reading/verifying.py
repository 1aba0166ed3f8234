"""Finds what is lost, cut short or changed of a run, by every digest, count and position there is; it mends nothing.

What a crash leaves behind is no damage: an extra source, stretches that overlap, a sealing that is not finished.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from chiplog import audits, codec, layout, records
from chiplog.bucket import Bucket
from chiplog.drawing import checking
from chiplog.errors import FormatError, NotFound, RunNotFound
from chiplog.layout import SegmentKey
from chiplog.reading import rows, runs
from chiplog.reading.members import Member
from chiplog.reading.views import RunView
from chiplog.records import LiveHead, SealedRecorder, SealedStream, SegmentHead, StreamHead, TablePart

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Finding:
    """One object, or stretch of objects, that is not as it was written."""

    key: str
    """The object's key; of rows that are missing, the prefix below which they were."""
    problem: str
    """`lost` or `damaged`."""
    detail: str


def run(bucket: Bucket, view: RunView, *, quick: bool = False) -> Iterator[Finding]:
    """Everything that is wrong with a run. `quick` does not read blobs, only looks whether they are there, whole.

    Raises BucketError.
    """
    yield from _documents(bucket, view)
    for part in view.seal["parts"] if view.seal else []:
        for found in _exact(bucket, part["key"], part["sha256"], "a part of the tables"):
            yield replace(found, detail=f"{found.detail}; {_remedy(view, part)}")
    sealed = {item["id"]: item for item in (view.seal["recorders"] if view.seal else [])}
    expired = set(view.seal.get("expired", [])) if view.seal else set()
    for member in view.members:
        yield from _Check(bucket, member, sealed.get(member.recorder.id), "sources" in expired, quick).findings(view)


def _remedy(view: RunView, part: TablePart) -> str:
    """Whether a part can be made again, and how."""
    needs_sources = part["table"] != layout.PYRAMID
    if needs_sources and view.seal is not None and "sources" in view.seal.get("expired", []):
        return "retention took its sources, so it cannot be made again unless segments were kept"
    return f"`chiplog compact --rebuild {view.run}` makes it again, from its sources"


def everything(bucket: Bucket, views: Iterable[RunView], *, quick: bool = False) -> Iterator[Finding]:
    """The same of all given runs, of documents that are of no run, of the index and the drawn curves, and of recorders
    of which only raw objects or files are left. Raises BucketError."""
    known = set()
    for listed_view in views:
        view = _whole(bucket, listed_view)
        known |= {member.recorder for member in (*listed_view.members, *view.members)}
        yield from run(bucket, view, quick=quick)
    for kind, expected in _PAPERS.items():
        for listed in bucket.list(f"{layout.VERSION}/{kind}/"):
            yield from _document(bucket, listed.key, _format(listed.key, expected))
    yield from _index(bucket)
    yield from (Finding(*item) for item in checking.broken(bucket))
    for kind, what in (("raw", "segments"), ("blobs", "files")):
        for recorder in _recorders(bucket, kind):
            key = layout.live_key(recorder)
            if recorder not in known and not any(True for _ in bucket.list(key)):  # It may have begun meanwhile.
                known.add(recorder)
                yield Finding(key, "lost", f"there are {what} of this recorder, and nothing else")


def _format(key: str, expected: str) -> str:
    """What stands at a key; below a cluster's name there are other things than its claim."""
    if layout.is_notices_key(key):
        return records.NOTICES_FORMAT
    return records.AUDIT_FORMAT if audits.is_key_entry(key) else expected


def _whole(bucket: Bucket, view: RunView) -> RunView:
    """The run from its own documents: a view of a list may be the index's, which tells of no tables."""
    try:
        return runs.one(bucket, view.key) if view.seal is not None else view
    except RunNotFound:
        return view  # It was deleted since, or lost all that names it.


_PAPERS = {
    "clusters": records.CLUSTER_FORMAT,
    "lines": records.NIGHT_FORMAT,
    "latest": records.LATEST_FORMAT,
}
"""Documents that no run names, by their class: that one is lost nobody can tell, that one is damaged its digest."""


def _recorders(bucket: Bucket, kind: str) -> list[layout.Recorder]:
    """Whose objects there are in a class."""
    keys = (listed.key for listed in bucket.list(f"{layout.VERSION}/{kind}/"))
    # A claim alone: its key was shown to a door, and nothing was recorded.
    places = (key.split("/")[2:5] for key in keys if not layout.is_writer_key(key))
    return list(dict.fromkeys(layout.Recorder(*place) for place in places if len(place) == 3))


def _index(bucket: Bucket) -> Iterator[Finding]:
    """The runs index, which the compactor makes again."""
    listed = {item.key for item in bucket.list(f"{layout.VERSION}/index/")}
    for cluster, namespace in sorted({(parts[2], parts[3]) for parts in (key.split("/") for key in listed)}):
        key = layout.index_manifest_key(cluster, namespace)
        try:
            data = bucket.get(key).data
            document = records.unpack_document(data, records.INDEX_FORMAT, "it", records.INDEX_READER)
            if records.pack_document(document) != data:
                raise FormatError("it is not written as its digest says")
        except NotFound:
            yield Finding(key, "lost", "there are parts of an index, and not the list of them")
        except FormatError as error:
            yield Finding(key, "damaged", str(error))
        else:
            for part in document["parts"]:
                digest = part["key"].rpartition("/")[2].partition(".")[0]
                yield from _exact(bucket, part["key"], digest, "a part of the runs index")


def _documents(bucket: Bucket, view: RunView) -> Iterator[Finding]:
    papers: list[tuple[str, str, bool]] = [
        (layout.run_key(view.key), records.RUN_FORMAT, view.is_bound),
        (layout.outcome_key(view.key), records.OUTCOME_FORMAT, view.is_bound and bool(view.members)),
        (layout.seal_key(view.key), records.SEAL_FORMAT, False),
        (layout.trial_key(view.key), records.TRIAL_FORMAT, False),
    ]
    for key, expected, is_needed in papers:
        yield from _document(bucket, key, expected, is_needed=is_needed)


def _document(bucket: Bucket, key: str, expected: str, *, is_needed: bool = False) -> Iterator[Finding]:
    try:
        data = bucket.get(key).data
    except NotFound:
        if is_needed:
            yield Finding(key, "lost", "the run has recorders, but not this document")
        return
    try:
        document = records.unpack_document(data, expected, "it")
    except FormatError as error:
        yield Finding(key, "damaged", str(error))
    else:
        if records.pack_document(document) != data:
            yield Finding(key, "damaged", "it is not written as its digest says")


def _exact(bucket: Bucket, key: str, sha256: str, what: str) -> Iterator[Finding]:
    digest = hashlib.sha256()
    try:
        with bucket.open(key) as source:
            while block := source.read(_BLOCK_BYTES):
                digest.update(block)
    except NotFound:
        yield Finding(key, "lost", f"{what} is not there")
        return
    if digest.hexdigest() != sha256:
        yield Finding(key, "damaged", f"{what} is not what its digest says")


class _Check:
    """The check of one recorder."""

    def __init__(
        self, bucket: Bucket, member: Member, sealed: SealedRecorder | None, expired: bool, quick: bool
    ) -> None:
        self._bucket = bucket
        self._recorder = member.recorder
        self._sealed: dict[str, SealedStream] = {item["id"]: item for item in (sealed["streams"] if sealed else [])}
        self._has_seal = sealed is not None
        self._expired = expired
        self._quick = quick
        self._head: LiveHead | None = None
        self._tail: dict[str, list[codec.Row]] = {}
        self._segments: dict[str, list[SegmentKey]] = {}
        self._sources: dict[str, dict[str, str]] = {}
        self._markers: dict[str, list[str]] = {}
        self._promised: dict[str, dict[str, str]] = {}
        """Digests of sources by stream and stretch, as segments tell."""
        self._damaged: set[str] = set()
        self._is_claimed = False

    def findings(self, view: RunView) -> Iterator[Finding]:
        """What is wrong."""
        yield from self._live()
        self._list()
        if self._is_claimed:
            yield from _document(self._bucket, layout.writer_key(self._recorder), records.WRITER_FORMAT)
        if self._head is None and not self._has_seal and not self._damaged and self._is_due(view):
            yield Finding(layout.live_key(self._recorder), "lost", "the recorder wrote, and its live object is gone")
        seal = layout.seal_key(view.key)
        if self._markers and not self._has_seal and not any(seal in problem for problem in view.unread):
            yield Finding(seal, "lost", "there are markers of a sealing, and not the seal")
        named = [stream["id"] for stream in self._head["streams"]] if self._head else []
        for stream in sorted({*named, *self._segments, *self._sealed}):
            yield from self._stream(stream)
        yield from self._blobs()

    def _is_due(self, view: RunView) -> bool:
        """Whether there must have been a live object."""
        return bool(self._segments or self._sources) or bool(view.outcome and view.outcome["durable"])

    def _live(self) -> Iterator[Finding]:
        key = layout.live_key(self._recorder)
        try:
            data = self._bucket.get(key).data
        except NotFound:
            return
        try:
            codec.frames(data, "it", strict=True)
            self._head, tail = records.unpack_live(data, "it")
        except FormatError as error:
            self._damaged.add(key)
            yield Finding(key, "damaged", str(error))
            return
        for stream, row in tail:
            self._tail.setdefault(stream, []).append(row)

    def _list(self) -> None:
        for listed in self._bucket.list(layout.raw_prefix(self._recorder)):
            place, marker = layout.parse_segment_key(listed.key), layout.parse_sealed_key(listed.key)
            if place is not None and place.is_source:
                self._sources.setdefault(place.stream, {})[f"{place.start}-{place.end}"] = listed.key
            elif place is not None:
                self._segments.setdefault(place.stream, []).append(place)
            elif layout.is_writer_key(listed.key):
                self._is_claimed = True
            elif marker is not None:
                self._markers.setdefault(marker.stream, []).append(listed.key)

    def _stream(self, stream: str) -> Iterator[Finding]:
        sealed = self._sealed.get(stream)
        found = _Rows(sealed)
        if sealed is not None:
            yield from self._marker(stream, sealed)
            yield from self._sealed_sources(stream, sealed)
        for place in self._segments.get(stream, []):
            yield from self._segment(place, found)
        yield from self._own_sources(stream)
        head = next((item for item in (self._head["streams"] if self._head else []) if item["id"] == stream), None)
        if head is not None:
            found.take(self._tail.get(stream, []), head["segmented"], head["position"])
        yield from self._missing(stream, head, found)

    def _marker(self, stream: str, sealed: SealedStream) -> Iterator[Finding]:
        key = layout.sealed_key(self._recorder, stream, sealed["position"])
        covered = max((place.end for place in self._segments.get(stream, [])), default=0) >= sealed["position"]
        is_unfinished = covered or self._head is not None
        if key in self._markers.get(stream, []) or not is_unfinished:
            yield from _exact(self._bucket, key, sealed["marker_sha256"], "the marker")

    def _sealed_sources(self, stream: str, sealed: SealedStream) -> Iterator[Finding]:
        for stretch, digest in sealed["sources"].items():
            start, end = map(int, stretch.split("-"))
            key = layout.source_key(self._recorder, stream, start, end)
            yield from _exact(self._bucket, key, digest, "a source")

    def _segment(self, place: SegmentKey, found: "_Rows") -> Iterator[Finding]:
        key = layout.segment_key(self._recorder, place.stream, place.start, place.end)
        try:
            data = self._bucket.get(key).data
            codec.frames(data, "it", strict=True)
            head, items = records.unpack_segment(data, "it")
            _check_head(head, place, len(items))
        except NotFound:
            return  # It was sealed since.
        except FormatError as error:
            self._damaged.add(key)
            found.cover(place.start, place.end)
            yield Finding(key, "damaged", str(error))
            return
        found.take(items, place.start, place.end)
        if "source_sha256" in head:
            self._promised.setdefault(place.stream, {})[f"{place.start}-{place.end}"] = head["source_sha256"]

    def _own_sources(self, stream: str) -> Iterator[Finding]:
        """Sources that no seal vouches for: those that segments promise, and what a crash left besides."""
        vouched = self._sealed[stream]["sources"] if stream in self._sealed else {}
        promised = {} if self._expired else self._promised.get(stream, {})
        for stretch in sorted({*self._sources.get(stream, {}), *promised}.difference(vouched)):
            start, end = map(int, stretch.split("-"))
            key = layout.source_key(self._recorder, stream, start, end)
            try:
                content = codec.decompress(self._bucket.get(key).data, "it", strict=True)
            except NotFound:
                yield Finding(key, "lost", "a source that a segment names is not there")
            except FormatError as error:
                yield Finding(key, "damaged", str(error))
            else:
                if len(content) != end - start:
                    yield Finding(key, "damaged", f"it holds {len(content)} bytes, not {end - start}")
                elif hashlib.sha256(content).hexdigest() != promised.get(stretch, hashlib.sha256(content).hexdigest()):
                    yield Finding(key, "damaged", "it is not what its segment says")

    def _missing(self, stream: str, head: StreamHead | None, found: "_Rows") -> Iterator[Finding]:
        prefix = f"{layout.raw_prefix(self._recorder)}{stream}/"
        known = [tuple(hole) for hole in (self._sealed[stream]["holes"] if stream in self._sealed else [])]
        end = max([head["segmented"] if head else 0, found.end])
        for start, stop in found.holes(end):
            if (start, stop) not in known:
                yield Finding(prefix, "lost", f"no object holds the rows of {start} to {stop}")
        if head is None or found.holes(end) or any(key.startswith(prefix) for key in self._damaged):
            return
        for kind, count in head["kinds"].items():
            if found.count(kind) < count:
                yield Finding(prefix, "lost", f"{found.count(kind)} rows of {kind} are there, and {count} were written")

    def _blobs(self) -> Iterator[Finding]:
        wanted = {row["key"]: row for row in self._file_rows() if row.get("key")}
        if not wanted:
            return
        sizes = {item.key: item.size for item in self._bucket.list(layout.blobs_prefix(self._recorder))}
        for key, row in sorted(wanted.items()):
            if key not in sizes:
                yield Finding(key, "lost", f"the content of {row['path']} is not there")
            elif sizes[key] != row.get("size"):
                yield Finding(key, "damaged", f"{row['path']} has {sizes[key]} bytes, not {row.get('size')}")
            elif not self._quick:
                yield from _exact(self._bucket, key, row["sha256"], f"the content of {row['path']}")

    def _file_rows(self) -> list[codec.Row]:
        """Rows of files, as far as they can be read; what cannot has been said."""
        try:
            streams = rows.stream_rows(self._bucket, self._recorder, kinds=("file",), sleep=lambda _: None)
        except FormatError:
            return []
        return [row for stream in streams.values() for row in stream.rows]


class _Rows:
    """The rows of one stream that were found, each once."""

    def __init__(self, sealed: SealedStream | None) -> None:
        self._sealed = sealed
        self._kinds: dict[int, str] = {}
        self._stretches = [(0, sealed["position"])] if sealed else []

    @property
    def end(self) -> int:
        """Where the last stretch ends."""
        return max((stop for _, stop in self._stretches), default=0)

    def take(self, items: list[codec.Row], start: int, end: int) -> None:
        """Rows that cover a stretch."""
        self._kinds.update({row["at"]: row["kind"] for row in items})
        self.cover(start, end)

    def cover(self, start: int, end: int) -> None:
        """A stretch that some object covers."""
        self._stretches.append((start, end))

    def count(self, kind: str) -> int:
        """Rows of a kind, sealed ones included."""
        position = self._sealed["position"] if self._sealed else 0
        before = self._sealed["rows"].get(kind, 0) if self._sealed else 0
        return before + sum(1 for at, found in self._kinds.items() if found == kind and at >= position)

    def holes(self, end: int) -> list[tuple[int, int]]:
        """Stretches before `end` that no object covers."""
        holes, covered = [], 0
        for start, stop in sorted(self._stretches):
            if start > covered:
                holes.append((covered, start))
            covered = max(covered, stop)
        return [*holes, (covered, end)] if covered < end else holes


def _check_head(head: SegmentHead, place: SegmentKey, items: int) -> None:
    recorder = layout.Recorder(head["cluster"], head["namespace"], head["recorder"])
    if SegmentKey(recorder, head["stream"], head["start"], head["end"], False) != place:
        raise FormatError("it is a segment of another place")
    if head["rows"] != items:
        raise FormatError(f"it holds {items} rows, not {head['rows']}")
