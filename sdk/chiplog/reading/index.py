"""The runs index: what is known of sealed runs in a handful of objects; who reads it needs no document of those runs.

It is derived and may be missing, behind, or damaged: a line counts only while the documents are the versions it was
made of, and everything else is read from the documents themselves.
"""

from collections.abc import Mapping

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.errors import FormatError, NotFound
from chiplog.reading import fetching
from chiplog.records import IndexLine, IndexManifest

DOCUMENTS = ("run.json", "outcome.json", "seal.json")
"""Documents of a run that a line is made of."""

Etags = dict[str, str]


def listed(bucket: Bucket, cluster: str = "", namespace: str = "") -> dict[layout.Run, Etags]:
    """Every run with the versions of its documents, by one LIST. Raises BucketError."""
    found: dict[layout.Run, Etags] = {}
    for item in bucket.list(layout.runs_prefix(cluster, namespace)):
        place = layout.document_of(item.key)
        if place is not None and place[1] in DOCUMENTS and namespace in ("", place[0].namespace):
            found.setdefault(place[0], {})[place[1]] = item.etag
    return found


def current(bucket: Bucket, present: Mapping[layout.Run, Etags]) -> dict[layout.Run, IndexLine]:
    """The lines of those runs whose documents are as they were when the line was made. Raises BucketError."""
    found: dict[layout.Run, IndexLine] = {}
    for cluster, namespace in sorted(
        {(run.cluster, run.namespace) for run, etags in present.items() if "seal.json" in etags}
    ):
        for line in read(bucket, cluster, namespace).values():
            run = layout.Run(cluster, namespace, line["run"])
            if present.get(run) == line["etags"]:
                found[run] = line
    return found


def read(bucket: Bucket, cluster: str, namespace: str) -> dict[str, IndexLine]:
    """The index of a namespace by run id; empty where there is none that can be read. Raises BucketError."""
    try:
        parts = manifest(bucket, cluster, namespace)["parts"]
    except (NotFound, FormatError):
        return {}
    lines: dict[str, IndexLine] = {}
    for part, stored in zip(parts, fetching.fetch(bucket, [part["key"] for part in parts]), strict=True):
        try:
            lines |= {line["run"]: line for line in records.unpack_index(stored.data, part["key"])} if stored else {}
        except FormatError:
            continue  # It will be made again; until then the documents tell.
    return lines


def manifest(bucket: Bucket, cluster: str, namespace: str) -> IndexManifest:
    """The list of parts. Raises NotFound, FormatError, BucketError."""
    key = layout.index_manifest_key(cluster, namespace)
    found: IndexManifest = records.unpack_document(bucket.get(key).data, records.INDEX_FORMAT, key)
    return found
