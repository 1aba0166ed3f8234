"""The runs index: what is known of sealed runs in a handful of objects; who reads it needs no document of those runs.

It is derived and may be missing, behind, or damaged. What a line says of a settled run holds for good (docs/bucket.md);
any other line counts only while the documents are the versions it was made of, and everything else is read from the
documents themselves.
"""

import itertools
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.errors import FormatError
from chiplog.index_records import IndexLine, IndexManifest
from chiplog.reading import catalog, fetching
from chiplog.reading.catalog import Part

DOCUMENTS = ("run.json", "outcome.json", "seal.json")
"""Documents of a run that a line is made of."""

Etags = dict[str, str]

Parts = MutableMapping[str, Part]
"""Parts that were read, by their keys: they never change."""


class Line(NamedTuple):
    """Where the index tells of a run."""

    part: Part
    at: int

    @property
    def etags(self) -> Etags:
        """Versions of the documents that it was made of."""
        found: Etags = self.part.values(("etags",))[self.at]
        return found

    @property
    def is_settled(self) -> bool:
        """Nobody writes another word on the run."""
        return bool(self.part.values(("settled",))[self.at])

    @property
    def recorders(self) -> list[str]:
        """Ids of those that the run had."""
        found: list[str] = self.part.values(("recorders",))[self.at]
        return found

    @property
    def papers(self) -> IndexLine:
        """The documents."""
        return self.part.papers(self.at)


@dataclass(frozen=True)
class Index:
    """The index of a namespace."""

    parts: list[Part] = field(default_factory=list)

    def lines(self) -> dict[str, Line]:
        """By run id; where several parts have a run, the last one counts."""
        return {run: Line(part, at) for part in self.parts for at, run in enumerate(part.values(("run",)))}


def listed(bucket: Bucket, cluster: str = "", namespace: str = "") -> dict[layout.Run, Etags]:
    """Every run with the versions of its documents, by a LIST of them all. Raises BucketError."""
    found: dict[layout.Run, Etags] = {}
    for item in bucket.list(layout.runs_prefix(cluster, namespace)):
        place = layout.document_of(item.key)
        if place is not None and place[1] in DOCUMENTS and namespace in ("", place[0].namespace):
            found.setdefault(place[0], {})[place[1]] = item.etag
    return found


def read(bucket: Bucket, cluster: str, namespace: str) -> dict[str, Line]:
    """The index of a namespace by run id; empty where there is none that can be read. Raises BucketError."""
    told = manifests(bucket, [(cluster, namespace)])
    return load(bucket, told[cluster, namespace], {}).lines() if told else {}


def manifests(bucket: Bucket, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], IndexManifest]:
    """The lists of parts of these namespaces, of those that have one which can be read. Raises BucketError."""
    wanted = {place: layout.index_manifest_key(*place) for place in places}
    found = {}
    for place, stored in zip(wanted, fetching.fetch(bucket, wanted.values()), strict=True):
        try:
            if stored is not None:
                found[place] = records.unpack_document(
                    stored.data, records.INDEX_FORMAT, wanted[place], records.INDEX_READER
                )
        except FormatError:
            continue
    return found


def load(bucket: Bucket, told: IndexManifest, known: Parts) -> Index:
    """The parts of a manifest, those that are not `known` yet from the bucket; what cannot be read is left out, and
    will be made again: until then the documents tell. Raises BucketError."""
    missing = [part["key"] for part in told["parts"] if part["key"] not in known]
    for key, stored in zip(missing, fetching.fetch(bucket, missing), strict=True):
        try:
            if stored is not None:
                known[key] = catalog.parse(stored.data, told["cluster"], told["namespace"], key)
        except FormatError:
            continue
    return Index([known[part["key"]] for part in told["parts"] if part["key"] in known])


def pieces(told: IndexManifest | None) -> list[tuple[str, str]]:
    """Ranges of run ids, `(after, until)`, that are about one LIST each and all together."""
    parts = told["parts"] if told is not None else []
    splits = sorted((part.get("splits", []) for part in parts), key=len)
    bounds = ["", *(splits[-1] if splits else []), ""]
    return list(itertools.pairwise(bounds))
