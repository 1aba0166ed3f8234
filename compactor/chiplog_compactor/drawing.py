"""Keeps the curves of settled runs drawn, in blocks of runs with an object for each metric; only the tables are drawn.

All of it is derived: what is lost, damaged or of another sealing is drawn again. The objects of a block come before the
manifest that names it, and those that none names go a while after.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from chiplog import curve_layout, layout, logs, records
from chiplog.bucket import Bucket, ETag
from chiplog.drawing import blocks, sealed
from chiplog.drawing.blocks import Drawn, Listed, Manifest
from chiplog.drawing.sealed import Whole
from chiplog.errors import AccessDenied, FormatError, NotFound, PreconditionFailed
from chiplog.reading import catalog, columns, documents, fetching, index
from chiplog.reading.index import Line
from chiplog_compactor.indexing import ORPHAN_SECONDS

BLOCK = 100
"""Runs of a block: so many curves come by one GET."""

MAX_RUNS = 100
"""Runs that one pass draws, some seconds of work; the next goes on."""

Place = tuple[str, str]
"""Cluster and namespace."""

log = logs.Logger()


@dataclass
class Drawer:
    """Draws what is new, and drops what is gone."""

    bucket: Bucket
    max_runs: int = MAX_RUNS
    block_runs: int = BLOCK
    is_behind: bool = False
    """There is more to draw than one pass does."""

    def draw(self, now: float) -> None:
        """One pass over every namespace, after the index was reconciled; `now` is the store's time. Raises BucketError,
        but where nobody lets us write such objects."""
        left, self.is_behind = self.max_runs, True  # Also where the store fails half-way.
        try:
            for place in sorted(self._places()):
                left -= _Pass(self.bucket, place, left, self.block_runs).run()
                self._sweep(place, now)
        except AccessDenied as error:
            log.warning("curves are not kept drawn: charts read the tables", reason=str(error))
            left = self.max_runs
        self.is_behind = left <= 0

    def _places(self) -> set[Place]:
        indexed = (layout.parse_index_manifest_key(item.key) for item in self.bucket.list(layout.indexes_prefix()))
        drawn = (tuple(item.key.split("/")[2:4]) for item in self.bucket.list(curve_layout.prefix()))
        return {place for place in indexed if place is not None} | {(place[0], place[1]) for place in drawn}

    def _sweep(self, place: Place, now: float) -> None:
        named = {item["block"] for item in _manifest(self.bucket, place)[0]["blocks"]}
        for item in self.bucket.list(curve_layout.prefix(*place)):
            block = curve_layout.block_of(item.key)
            if block and block not in named and now - item.modified > ORPHAN_SECONDS:
                self.bucket.delete(item.key)


@dataclass
class _Pass:
    """One pass over one namespace."""

    bucket: Bucket
    place: Place
    most: int
    block_runs: int = BLOCK

    def run(self) -> int:
        """How many runs were drawn."""
        manifest, etag = _manifest(self.bucket, self.place)
        known = index.read(self.bucket, *self.place)
        lines = {run: line for run, line in known.items() if line.is_settled}
        settled = {run: _generation(line) for run, line in lines.items()}
        there = Counter(curve_layout.block_of(item.key) for item in self.bucket.list(curve_layout.prefix(*self.place)))
        whole = [item for item in manifest["blocks"] if there[item["block"]] == item["objects"]]
        kept = [item for item in whole if _holds(item, settled)]
        drawn = {run for item in kept for run in item["runs"]}
        new = [run for run in lines if run not in drawn][: self.most]
        told = [*self._full(kept), *self._made(kept, {run: lines[run] for run in new}, manifest)]
        if told != manifest["blocks"]:
            self._write({**manifest, "blocks": told}, etag)
        return len(new)

    def _made(self, kept: list[Listed], new: Mapping[str, Line], manifest: Manifest) -> Iterator[Listed]:
        """The blocks that are not full, project by project: as they are, or with what is new."""
        spared = self._spared(manifest, kept)
        for project in sorted(
            {_project(line) for line in new.values()} | {item["project"] for item in self._open(kept)}
        ):
            mine = [item for item in self._open(kept) if item["project"] == project]
            fresh = {run: line for run, line in new.items() if _project(line) == project}
            if not fresh and len(mine) < 2:
                yield from mine
                continue
            waiting = [drawn for item in mine for drawn in self._read(item)]
            for run in sorted(fresh):
                known = spared.get((run, _generation(fresh[run])))
                waiting.append(known or self._drawn(run, fresh[run], blocks.chosen(waiting)))
                if len(waiting) >= self.block_runs:
                    yield self._put(project, waiting)
                    waiting = []
            if waiting:
                yield self._put(project, waiting)

    def _full(self, kept: Iterable[Listed]) -> list[Listed]:
        return [item for item in kept if len(item["runs"]) >= self.block_runs]

    def _open(self, kept: Iterable[Listed]) -> list[Listed]:
        return [item for item in kept if len(item["runs"]) < self.block_runs]

    def _spared(self, manifest: Manifest, kept: list[Listed]) -> dict[tuple[str, int], Drawn]:
        """What is drawn already of blocks of which a run is gone."""
        broken = [item for item in manifest["blocks"] if item not in kept]
        return {(drawn.run, drawn.generation): drawn for item in broken for drawn in self._read(item)}

    def _drawn(self, run: str, line: Line, first: Collection[str]) -> Drawn:
        """A run by its tables, the metrics of its block `first`; nothing of one whose rows have to tell."""
        view = catalog.view_of(layout.Run(*self.place, run), line.papers)
        found = Whole({}, is_all=False)
        try:
            if columns.is_over(view):
                named = {item["name"] for item in documents.metrics(view)}
                found = sealed.drawn(self.bucket, view, blocks.POINTS, blocks.MAX_METRICS, named.union(first))
        except FormatError as error:
            log.warning("not drawn", run=view.key.path, reason=str(error))
        return Drawn(run, _generation(line), found.curves, found.is_all)

    def _read(self, item: Listed) -> list[Drawn]:
        """The runs of a block; none where it is damaged: they are drawn again."""
        key = curve_layout.block_key(*self.place, item["block"])
        try:
            document = blocks.unpack(self.bucket.get(key).data, key)
            metrics = document["metrics"]
            keys = [curve_layout.metric_key(*self.place, item["block"], metric) for metric in metrics]
            found = {}
            for metric, name, stored in zip(metrics, keys, fetching.fetch(self.bucket, keys), strict=True):
                if stored is None:
                    raise NotFound(name)
                found[metric] = blocks.lines(stored.data, metric, name)
        except (NotFound, FormatError) as error:
            log.warning("a block of curves is drawn again", block=item["block"], reason=str(error))
            return []
        return blocks.drawn(document, found)

    def _put(self, project: str, drawn: list[Drawn]) -> Listed:
        block = blocks.pack(drawn)
        for metric, data in block.metrics.items():
            self.bucket.put(curve_layout.metric_key(*self.place, block.id, metric), data)
        self.bucket.put(curve_layout.block_key(*self.place, block.id), block.document)
        runs = {item.run: item.generation for item in sorted(drawn, key=lambda item: item.run)}
        return {"block": block.id, "project": project, "runs": runs, "objects": 1 + len(block.metrics)}

    def _write(self, manifest: Manifest, etag: ETag | None) -> None:
        """Whoever else writes it meanwhile wins: the next pass sees to what is missing then."""
        key = curve_layout.manifest_key(*self.place)
        try:
            self.bucket.put(key, records.pack_document(manifest), if_match=etag, if_absent=etag is None)
        except PreconditionFailed:
            log.info("another compactor wrote the curves", cluster=self.place[0], namespace=self.place[1])


def _manifest(bucket: Bucket, place: Place) -> tuple[Manifest, ETag | None]:
    key = curve_layout.manifest_key(*place)
    etag: ETag | None = None
    try:
        stored = bucket.get(key)
        etag = stored.etag
        return records.unpack_document(stored.data, blocks.CURVES_FORMAT, key), etag
    except (NotFound, FormatError):
        empty: Manifest = {
            "format": blocks.CURVES_FORMAT,
            "min_reader": records.READER,
            "cluster": place[0],
            "namespace": place[1],
            "blocks": [],
        }
        return empty, etag


def _holds(item: Listed, settled: Mapping[str, int]) -> bool:
    """Every run of a block is there, as it was drawn."""
    return all(settled.get(run) == generation for run, generation in item["runs"].items())


def _generation(line: Line) -> int:
    return int(line.part.values(("generation",))[line.at])


def _project(line: Line) -> str:
    return str(line.part.values(("project",))[line.at] or "")
