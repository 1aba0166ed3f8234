"""Keeps the runs index of every namespace: a line for each sealed run, in few immutable parts under a small manifest.

All of it is derived. `reconcile` compares it with the documents that there are and mends what differs, be it the whole.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from chiplog import layout, logs, records
from chiplog.bucket import Bucket, ETag, folder_key
from chiplog.errors import FormatError, NotFound, PreconditionFailed
from chiplog.folding import Fold
from chiplog.index_records import IndexLine, IndexManifest, IndexPart
from chiplog.reading import catalog, details, index, rows, written
from chiplog.reading.catalog import Entry
from chiplog.records import SealDocument

MAX_SMALL = 3
"""Parts beside the large one; more of them become one, and the large one too once they are a part of it."""

SHARE = 4
"""The small parts join the large one when they have so many times fewer runs at the least: a run is written anew a few
times in all, however many there are."""

SPLIT = 960
"""Runs between two splits of a part: a LIST shows a thousand folders, and some will be new."""

ORPHAN_SECONDS = 3600.0
"""A part that no manifest names is deleted once it is this old: a reader may hold an older manifest."""

_AT_ONCE = 200
"""Runs whose documents are in memory at once."""

_WRITTEN = 5000
"""Runs that go into the index at once, where it is made again."""

log = logs.Logger()


@dataclass
class Indexer:
    """Adds to the index, and mends it."""

    bucket: Bucket

    def add(self, sealed: Iterable[layout.Run]) -> None:
        """Put runs into the index, as they are now. Raises BucketError."""
        for (cluster, namespace), places in _by_namespace(sealed).items():
            present = {place: self._etags(place) for place in places}
            self._write(cluster, namespace, self._entries(present))

    def drop(self, place: layout.Run) -> None:
        """Take a run out of the index, before it is sealed again: readers would believe what was settled.

        Raises BucketError.
        """
        if place.id in index.read(self.bucket, place.cluster, place.namespace):
            self._write(place.cluster, place.namespace, [], {place.id})

    def reconcile(self, now: float) -> None:
        """Compare the index with the documents, and mend it; `now` is the store's time. Raises BucketError."""
        present = {run: etags for run, etags in index.listed(self.bucket).items() if "seal.json" in etags}
        namespaces = _by_namespace(present)
        for prefix in {tuple(item.key.split("/")[2:4]) for item in self.bucket.list(layout.indexes_prefix())}:
            namespaces.setdefault((prefix[0], prefix[1]), [])
        for (cluster, namespace), places in sorted(namespaces.items()):
            known = index.read(self.bucket, cluster, namespace)
            stale = [run for run in places if run.id not in known or known[run.id].etags != present[run]]
            gone = known.keys() - {run.id for run in places}
            made: list[Entry] = []
            for start in range(0, len(stale), _AT_ONCE):
                made += self._entries({run: present[run] for run in stale[start : start + _AT_ONCE]})
                if len(made) >= _WRITTEN:
                    self._write(cluster, namespace, made)
                    made = []
            if made or gone or self._manifest(cluster, namespace)[0]["min_reader"] < records.INDEX_READER:
                self._write(cluster, namespace, made, gone)
            self._sweep(cluster, namespace, now)

    def _etags(self, place: layout.Run) -> dict[str, str]:
        prefix = layout.run_key(place).removesuffix("run.json")
        names = ((item.key.removeprefix(prefix), item.etag) for item in self.bucket.list(prefix))
        return {name: etag for name, etag in names if name in index.DOCUMENTS}

    def _entries(self, present: Mapping[layout.Run, Mapping[str, str]]) -> list[Entry]:
        entries = []
        for papers in written.with_seals(self.bucket, written.papers(self.bucket, list(present))):
            if papers.seal is None or papers.unread:
                continue  # It was deleted since, or cannot be read: readers ask its documents.
            line = IndexLine(
                run=papers.place.id,
                etags=dict(present[papers.place]),
                document=papers.document,
                outcome=papers.outcome,
                seal=_short(papers.seal),
                config=self._config(papers.place, papers.seal),
            )
            entries.append(catalog.entry(papers.place.cluster, papers.place.namespace, line))
        return entries

    def _config(self, place: layout.Run, seal: SealDocument) -> dict[str, object]:
        """The config as the newest attempt's lowest rank said it."""
        for item in sorted(seal["recorders"], key=lambda item: (-item["attempt"], item["rank"])):
            recorder = layout.Recorder(place.cluster, place.namespace, item["id"])
            try:
                streams = rows.writers(rows.stream_rows(self.bucket, recorder, kinds=("run", "config")))
            except FormatError:
                continue
            folds = [details.folded(stream.rows) for stream in streams]
            told: Fold = details.joined(folds)
            if told.config:
                return told.config
        return {}

    def _write(self, cluster: str, namespace: str, entries: list[Entry], gone: Collection[str] = ()) -> None:
        """Add entries as a part, and take out runs that are gone. Whoever else writes the manifest meanwhile wins: the
        next reconciliation sees to what is missing then."""
        manifest, etag = self._manifest(cluster, namespace)
        parts = manifest["parts"]
        if manifest["min_reader"] < records.INDEX_READER:
            entries, parts = [*self._read(manifest, parts, gone), *entries], []
        elif gone:
            parts = [part for old in parts for part in self._without(manifest, old, gone)]
        manifest = {**manifest, "min_reader": records.INDEX_READER, "parts": self._with(manifest, parts, entries)}
        key = layout.index_manifest_key(cluster, namespace)
        try:
            self.bucket.put(key, records.pack_document(manifest), if_match=etag, if_absent=etag is None)
        except PreconditionFailed:
            log.info("another compactor wrote the index", cluster=cluster, namespace=namespace)

    def _with(self, manifest: IndexManifest, parts: list[IndexPart], entries: list[Entry]) -> list[IndexPart]:
        """The parts with one more, the large one first; where they are many, some become one."""
        if not entries:
            return parts
        large, small = parts[:1], parts[1:]
        if len(small) >= MAX_SMALL:
            entries = [*self._read(manifest, small), *entries]
            small = []
        if large and not small and len(entries) * SHARE >= large[0]["runs"]:
            entries = [*self._read(manifest, large), *entries]
            large = []
        part = self._put_part(manifest, list({entry.run: entry for entry in entries}.values()))
        return [*large, *(old for old in small if old["key"] != part["key"]), part]

    def _without(self, manifest: IndexManifest, part: IndexPart, gone: Collection[str]) -> list[IndexPart]:
        """A part without some runs: itself where it has none of them, nothing where it had no others."""
        left = self._read(manifest, [part], gone)
        if len(left) == part["runs"]:
            return [part]
        return [self._put_part(manifest, left)] if left else []

    def _read(self, manifest: IndexManifest, parts: list[IndexPart], gone: Collection[str] = ()) -> list[Entry]:
        """The entries of some parts; of what several have the last one counts."""
        found = index.load(self.bucket, {**manifest, "parts": parts}, {})
        entries = {entry.run: entry for part in found.parts for entry in part.entries()}
        return [entry for run, entry in entries.items() if run not in gone]

    def _put_part(self, manifest: IndexManifest, entries: list[Entry]) -> IndexPart:
        data = catalog.pack(entries)
        key = layout.index_part_key(manifest["cluster"], manifest["namespace"], hashlib.sha256(data).hexdigest())
        self.bucket.put(key, data)
        names = sorted((entry.run for entry in entries), key=folder_key)
        return {"key": key, "runs": len(entries), "size": len(data), "splits": names[SPLIT - 1 :: SPLIT]}

    def _manifest(self, cluster: str, namespace: str) -> tuple[IndexManifest, ETag | None]:
        key = layout.index_manifest_key(cluster, namespace)
        etag: ETag | None = None
        try:
            stored = self.bucket.get(key)
            etag = stored.etag
            return records.unpack_document(stored.data, records.INDEX_FORMAT, key, records.INDEX_READER), etag
        except (NotFound, FormatError):
            empty: IndexManifest = {
                "format": records.INDEX_FORMAT,
                "min_reader": records.INDEX_READER,
                "cluster": cluster,
                "namespace": namespace,
                "parts": [],
            }
            return empty, etag

    def _sweep(self, cluster: str, namespace: str, now: float) -> None:
        manifest, _ = self._manifest(cluster, namespace)
        named = {part["key"] for part in manifest["parts"]} | {layout.index_manifest_key(cluster, namespace)}
        for item in self.bucket.list(layout.index_prefix(cluster, namespace)):
            if item.key not in named and now - item.modified > ORPHAN_SECONDS:
                self.bucket.delete(item.key)


def _by_namespace(places: Iterable[layout.Run]) -> dict[tuple[str, str], list[layout.Run]]:
    found: dict[tuple[str, str], list[layout.Run]] = {}
    for place in places:
        found.setdefault((place.cluster, place.namespace), []).append(place)
    return found


def _short(seal: SealDocument) -> SealDocument:
    """The seal without what nobody needs who lists runs."""
    return {**seal, "parts": [], "recorders": [{**item, "streams": []} for item in seal["recorders"]]}
