"""Gets what is needed to list all runs, in few requests, many at a time; how a list looks is the matter of `roster`.

Runs that the index knows and that are settled cost no request each: one LIST shows the folders of a thousand runs.
"""

import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.bucket.directory import DirectoryBucket
from chiplog.index_records import IndexManifest
from chiplog.reading import catalog, heads, index, states, views, written
from chiplog.reading.catalog import Part
from chiplog.reading.heads import Beat, Unread
from chiplog.reading.index import Index, Line
from chiplog.reading.roster import Roster
from chiplog.reading.views import Papers, RunView

THREADS = 16
"""Requests under way at once: a LIST waits for the one before it, so ranges are listed at the same time."""

FEW = 8
"""So many runs that are sealed and not settled are read from their documents; of more the ETags are listed."""


def read(
    bucket: Bucket,
    cluster: str = "",
    namespace: str = "",
    clock: Callable[[], float] = time.time,
    known: index.Parts | None = None,
) -> Roster:
    """All runs: everywhere, in a cluster, or in namespaces of a name. Raises BucketError.

    What cannot be read is said in `unread` and hides no other run. `known` keeps the parts of the index between two
    readings.
    """
    known = {} if known is None else known
    with ThreadPoolExecutor(THREADS, thread_name_prefix="list") as threads:
        where = threads.submit(homes, bucket, cluster, namespace)
        manifests = threads.submit(_manifests, bucket, cluster, namespace)
        beats = heads.of(bucket, heads.present(bucket, cluster, namespace))
        # The folders after the heads: a run that was sealed in between has its own by now.
        found = [_Home(place, manifests.result().get(place)) for place in where.result()]
        for home in found:
            home.begin(bucket, threads, known)
        for home in found:
            home.sort(bucket, beats)
    for key in known.keys() - {part["key"] for home in found for part in (home.told or {"parts": []})["parts"]}:
        del known[key]
    now = states.now(clock(), [beat.modified for beat in beats])
    places = [place for home in found for place in home.others]
    papers = [*(item for home in found for item in home.papers), *_there(bucket, places, beats)]
    seen = [views.of_run(item, beats, now) for item in papers]
    blocks = [(*home.place, part) for home in found for part in home.chosen]
    chosen = [ats for home in found for ats in home.chosen.values()]
    return Roster(blocks, chosen, [*seen, *_unclaimed(seen, beats, now)])


def homes(bucket: Bucket, cluster: str = "", namespace: str = "") -> list[tuple[str, str]]:
    """Cluster and namespace of every place with runs: everywhere, in a cluster, or of namespaces of a name."""
    clusters = [cluster] if cluster else list(bucket.folders(layout.runs_prefix()))
    if namespace:
        return [(name, namespace) for name in clusters]
    return [(name, inside) for name in clusters for inside in bucket.folders(layout.runs_prefix(name))]


@dataclass
class _Home:
    """A namespace while its runs are listed."""

    place: tuple[str, str]
    told: IndexManifest | None
    chosen: dict[Part, list[int]] = field(default_factory=dict)
    """Places of the runs that are taken from the index as they stand there."""
    papers: list[Papers] = field(default_factory=list)
    """Documents as the index has them, whose ETags hold."""
    others: list[layout.Run] = field(default_factory=list)
    """Runs whose own documents tell."""
    _index: "Future[Index] | None" = None
    _folders: "list[Future[list[str]]]" = field(default_factory=list)

    def begin(self, bucket: Bucket, threads: ThreadPoolExecutor, known: index.Parts) -> None:
        """Ask for everything at once."""
        if self.told is not None:
            self._index = threads.submit(index.load, bucket, self.told, known)
        prefix = layout.runs_prefix(*self.place)
        for after, until in _pieces(bucket, self.told):
            self._folders.append(threads.submit(lambda *bounds: list(bucket.folders(prefix, *bounds)), after, until))

    def sort(self, bucket: Bucket, beats: Collection[Beat | Unread]) -> None:
        """Sort the runs by who tells of them. Raises BucketError."""
        there = {run for piece in self._folders for run in piece.result()}
        lines = self._index.result().lines() if self._index is not None else {}
        alive = _alive(beats, self.place)
        doubtful: dict[str, Line] = {}
        for run, line in lines.items():
            if run not in there:
                continue
            if alive and (run in alive or not alive.isdisjoint(line.recorders)):
                self.others.append(layout.Run(*self.place, run))
            elif line.is_settled:
                self.chosen.setdefault(line.part, []).append(line.at)
            else:
                doubtful[run] = line
        self.others += [layout.Run(*self.place, run) for run in sorted(there - lines.keys())]
        self._compare(bucket, doubtful)

    def _compare(self, bucket: Bucket, doubtful: dict[str, Line]) -> None:
        """Lines of runs that are not settled hold while the documents are the versions they were made of."""
        present = index.listed(bucket, *self.place) if len(doubtful) > FEW else {}
        for run, line in doubtful.items():
            place = layout.Run(*self.place, run)
            if present.get(place) == line.etags:
                self.papers.append(catalog.papers(place, line.papers))
            else:
                self.others.append(place)


def _pieces(bucket: Bucket, told: IndexManifest | None) -> list[tuple[str, str]]:
    """What is listed at the same time. A directory shows all folders at once: for each piece it would look at all."""
    return [("", "")] if isinstance(bucket, DirectoryBucket) else list(index.pieces(told))


def _manifests(bucket: Bucket, cluster: str, namespace: str) -> dict[tuple[str, str], IndexManifest]:
    """The indexes that there are and can be read."""
    prefix = layout.index_prefix(cluster, namespace) if cluster and namespace else layout.indexes_prefix(cluster)
    places = (layout.parse_index_manifest_key(item.key) for item in bucket.list(prefix))
    return index.manifests(bucket, [place for place in places if place is not None and namespace in ("", place[1])])


def _alive(beats: Iterable[Beat | Unread], place: tuple[str, str]) -> set[str]:
    """Ids of the recorders of a namespace that have a live object, and of the runs that they were told of."""
    mine = [beat for beat in beats if (beat.recorder.cluster, beat.recorder.namespace) == place]
    told = {run.id for run in map(heads.run, mine) if run is not None}
    return told | {beat.recorder.id for beat in mine}


def _there(bucket: Bucket, places: list[layout.Run], beats: Collection[Beat | Unread]) -> list[Papers]:
    """The documents of runs; an empty folder is none, unless a recorder tells of the run."""
    told = {heads.run(beat) for beat in beats}
    found = written.with_seals(bucket, written.papers(bucket, places))
    return [item for item in found if item.document or item.outcome or item.seal or item.unread or item.place in told]


def _unclaimed(claimed: list[RunView], beats: list[Beat | Unread], now: float) -> list[RunView]:
    """Views of what only live objects know: runs that the operator has not written down, and unbound recorders."""
    known = {member.recorder for view in claimed for member in view.members}
    left = [beat for beat in beats if beat.recorder not in known]
    named = {place for place in map(heads.run, left) if place is not None} - {view.key for view in claimed}
    unbound = [beat for beat in left if heads.run(beat) is None]
    papers = [Papers(place) for place in sorted(named, key=lambda place: place.path)]
    return [*(views.of_run(item, left, now) for item in papers), *(views.of_recorder(beat, now) for beat in unbound)]
