"""What a key of the bucket is about, for whoever decides on it; it decides nothing itself."""

import re
from dataclasses import dataclass
from typing import Literal

from chiplog import layout

Kind = Literal["live", "raw", "marker", "blob", "run", "outcome", "seal", "watch"]

_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}"
_BLOB = re.compile(rf"v1/blobs/([^/]+)/([^/]+)/({_ID})/([0-9a-f]{{64}})/([^/]+)")
_DOCUMENT = re.compile(rf"v1/runs/([^/]+)/([^/]+)/({_ID})/(run|outcome|seal)\.json")
_WATCH = re.compile(rf"v1/watch/([^/]+)/([^/]+)/({_ID})\.json")
_LISTED = re.compile(rf"v1/(live|raw|blobs|runs|watch)/([^/]+)/([^/]+)/({_ID})(/.*)?")
_WHOLE = {"live": ".jsonl.zst", "watch": ".json"}

CLASSES = ("blobs", "curves", "index", "latest", "lines", "live", "raw", "reports", "runs", "watch", "words")
"""Classes of keys that go on with cluster and namespace, in the order of their bytes."""


@dataclass(frozen=True)
class Target:
    """One object, or what is listed."""

    kind: Kind
    cluster: str
    namespace: str
    id: str
    """The recorder's, or the run's."""
    sha256: str = ""
    """Of a blob's content, as its key says."""

    @property
    def is_of_run(self) -> bool:
        """Whether it is of a run, and not of a recorder."""
        return self.kind in ("run", "outcome", "seal", "watch")

    @property
    def recorder(self) -> layout.Recorder:
        """The recorder that it is of."""
        return layout.Recorder(self.cluster, self.namespace, self.id)

    @property
    def run(self) -> layout.Run:
        """The run that it is of."""
        return layout.Run(self.cluster, self.namespace, self.id)


def is_plain(path: str) -> bool:
    """Whether a key, or what keys begin with, names one place to every store: some tidy up `..` and `//` on the way."""
    parts = path.removesuffix("/").split("/") if path else []
    return path.isprintable() and "\\" not in path and not {"", ".", ".."}.intersection(parts)


def is_id(text: str) -> bool:
    """Whether a recorder or a run may be called so."""
    return re.fullmatch(_ID, text) is not None


def target(key: str) -> Target | None:
    """What an object is; None for a key that no recorder and no local run has."""
    found = _target(key) if is_plain(key) else None
    return found if found is not None and is_id(found.id) else None


def _target(key: str) -> Target | None:
    live = layout.parse_live_key(key)
    if live is not None:
        return Target("live", live.cluster, live.namespace, live.id)
    segment = layout.parse_segment_key(key)
    if segment is not None:
        return Target("raw", segment.recorder.cluster, segment.recorder.namespace, segment.recorder.id)
    marker = layout.parse_sealed_key(key)
    if marker is not None:
        return Target("marker", marker.recorder.cluster, marker.recorder.namespace, marker.recorder.id)
    return _blob(key) or _document(key)


def listed(prefix: str) -> Target | None:
    """What a LIST of one recorder or one run is about; None for any other."""
    found = _LISTED.fullmatch(prefix)
    if found is None or not is_plain(prefix):
        return None
    kinds: dict[str, Kind] = {"live": "live", "raw": "raw", "blobs": "blob", "runs": "run", "watch": "watch"}
    end = _WHOLE.get(found[1], "")
    is_whole = found[4].endswith(end) if end else bool(found[5])
    if not is_whole:
        return None  # It may go on: a recorder's id begins others.
    return Target(kinds[found[1]], found[2], found[3], found[4].removesuffix(end))


def roots(cluster: str, namespace: str) -> list[str]:
    """Where everything of a namespace is, in the order of their bytes."""
    of_classes = [f"{layout.VERSION}/{name}/{cluster}/{namespace}/" for name in CLASSES]
    tables = [f"{layout.VERSION}/tables/{table}/cluster={cluster}/namespace={namespace}/" for table in _TABLES]
    return sorted([*of_classes, *tables])


_TABLES = (*layout.TABLES, layout.PYRAMID)


def _blob(key: str) -> Target | None:
    found = _BLOB.fullmatch(key)
    return Target("blob", found[1], found[2], found[3], found[4]) if found else None


def _document(key: str) -> Target | None:
    found = _DOCUMENT.fullmatch(key)
    if found:
        kinds: dict[str, Kind] = {"run": "run", "outcome": "outcome", "seal": "seal"}
        return Target(kinds[found[4]], found[1], found[2], found[3])
    found = _WATCH.fullmatch(key)
    return Target("watch", found[1], found[2], found[3]) if found else None
