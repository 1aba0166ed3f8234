"""Keeps the runs index of every namespace: a line for each sealed run, in few immutable parts under a small manifest.

All of it is derived. `reconcile` compares it with the documents that there are and mends what differs, be it the whole.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from chiplog import layout, records
from chiplog.bucket import Bucket, ETag
from chiplog.errors import FormatError, NotFound, PreconditionFailed
from chiplog.folding import Fold
from chiplog.reading import details, index, rows, runs
from chiplog.records import IndexLine, IndexManifest, IndexPart, SealDocument

MAX_PARTS = 8
"""More parts than this become one."""

ORPHAN_SECONDS = 3600.0
"""A part that no manifest names is deleted once it is this old: a reader may hold an older manifest."""

_AT_ONCE = 200
"""Runs whose documents are in memory at once."""

log = structlog.get_logger()


@dataclass
class Indexer:
    """Adds to the index, and mends it."""

    bucket: Bucket

    def add(self, sealed: Iterable[layout.Run]) -> None:
        """Put runs into the index, as they are now. Raises BucketError."""
        for (cluster, namespace), places in _by_namespace(sealed).items():
            present = {place: self._etags(place) for place in places}
            self._write(cluster, namespace, self._lines(present), set())

    def reconcile(self, now: float) -> None:
        """Compare the index with the documents, and mend it; `now` is the store's time. Raises BucketError."""
        present = {run: etags for run, etags in index.listed(self.bucket).items() if "seal.json" in etags}
        namespaces = _by_namespace(present)
        for prefix in {tuple(item.key.split("/")[2:4]) for item in self.bucket.list(f"{layout.VERSION}/index/")}:
            namespaces.setdefault((prefix[0], prefix[1]), [])
        for (cluster, namespace), places in sorted(namespaces.items()):
            known = index.read(self.bucket, cluster, namespace)
            stale = [run for run in places if run.id not in known or known[run.id]["etags"] != present[run]]
            gone = set(known) - {run.id for run in places}
            for start in range(0, len(stale), _AT_ONCE):
                some = {run: present[run] for run in stale[start : start + _AT_ONCE]}
                self._write(cluster, namespace, self._lines(some), set())
            if gone:
                self._write(cluster, namespace, [], gone)
            self._sweep(cluster, namespace, now)

    def _etags(self, place: layout.Run) -> dict[str, str]:
        prefix = layout.run_key(place).removesuffix("run.json")
        names = ((item.key.removeprefix(prefix), item.etag) for item in self.bucket.list(prefix))
        return {name: etag for name, etag in names if name in index.DOCUMENTS}

    def _lines(self, present: Mapping[layout.Run, Mapping[str, str]]) -> list[IndexLine]:
        lines = []
        for papers in runs.with_seals(self.bucket, runs.written(self.bucket, list(present))):
            if papers.seal is None or papers.unread:
                continue  # It was deleted since, or cannot be read: readers ask its documents.
            lines.append(
                IndexLine(
                    run=papers.place.id,
                    etags=dict(present[papers.place]),
                    document=papers.document,
                    outcome=papers.outcome,
                    seal=_short(papers.seal),
                    config=self._config(papers.place, papers.seal),
                )
            )
        return lines

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

    def _write(self, cluster: str, namespace: str, lines: list[IndexLine], gone: set[str]) -> None:
        """Add lines as a part; where there are many parts, or runs are gone, make one of all. Whoever else writes the
        manifest meanwhile wins: the next reconciliation sees to what is missing then."""
        manifest, etag = self._manifest(cluster, namespace)
        if gone or len(manifest["parts"]) >= MAX_PARTS:
            known = index.read(self.bucket, cluster, namespace)
            known |= {line["run"]: line for line in lines}
            lines = [line for run, line in sorted(known.items()) if run not in gone]
            manifest["parts"] = []
        if lines:
            part = self._put_part(cluster, namespace, lines)
            manifest["parts"] = [*(old for old in manifest["parts"] if old["key"] != part["key"]), part]
        key = layout.index_manifest_key(cluster, namespace)
        try:
            self.bucket.put(key, records.pack_document(manifest), if_match=etag, if_absent=etag is None)
        except PreconditionFailed:
            log.info("another compactor wrote the index", cluster=cluster, namespace=namespace)

    def _put_part(self, cluster: str, namespace: str, lines: list[IndexLine]) -> IndexPart:
        data = records.pack_index(lines)
        key = layout.index_part_key(cluster, namespace, hashlib.sha256(data).hexdigest())
        self.bucket.put(key, data)
        return {"key": key, "runs": len(lines), "size": len(data)}

    def _manifest(self, cluster: str, namespace: str) -> tuple[IndexManifest, ETag | None]:
        key = layout.index_manifest_key(cluster, namespace)
        etag: ETag | None = None
        try:
            stored = self.bucket.get(key)
            etag = stored.etag
            return records.unpack_document(stored.data, records.INDEX_FORMAT, key), etag
        except (NotFound, FormatError):
            empty: IndexManifest = {
                "format": records.INDEX_FORMAT,
                "min_reader": records.READER,
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
