"""A list asks a store for what it is good at."""

from collections.abc import Iterator
from pathlib import Path

import many_runs

from chiplog import layout, records
from chiplog.bucket.directory import DirectoryBucket
from chiplog.reading import listing


class Asked(DirectoryBucket):
    """A directory that remembers which folders it was asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.prefixes: list[str] = []

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        self.prefixes.append(prefix)
        return super().folders(prefix, after, until)


def test_a_directory_is_looked_at_once_however_many_pieces_the_index_names(tmp_path: Path) -> None:
    many_runs.directory(tmp_path, 5)
    bucket, home = Asked(tmp_path), (many_runs.CLUSTER, many_runs.NAMESPACE)
    key = layout.index_manifest_key(*home)
    manifest = records.unpack_document(bucket.get(key).data, records.INDEX_FORMAT, key, records.INDEX_READER)
    manifest["parts"][0]["splits"] = [many_runs.place(number).id for number in (1, 3)]
    bucket.put(key, records.pack_document(manifest))
    assert len(listing.read(bucket)) == 5
    assert bucket.prefixes.count(layout.runs_prefix(*home)) == 1
