"""The bucket as one key sees it: every object is judged, and what is not allowed is refused; it knows no HTTP.

A key for one project sees what itself and others of the project brought in through the door. A key for every project of
its namespace reads all of the namespace. A key that writes writes as recorders of its own, and deletes nothing.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from chiplog import layout
from chiplog.bucket import Bucket, ETag, Listed, Stored
from chiplog.errors import AccessDenied, NotFound
from chiplog_ingest import marks, targets
from chiplog_ingest.grants import Grant
from chiplog_ingest.owners import Owners
from chiplog_ingest.targets import Target

MAX_WHOLE_BYTES = 64 * 1024 * 1024
"""An object that is read whole stands in memory here."""

_LARGE = ("v1/blobs/", "v1/tables/")
"""Where objects may be larger."""


class Objects(Protocol):
    """What a request asks for. Raises AccessDenied, FormatError, and as `Bucket` does."""

    def get(self, grant: Grant, key: str) -> Stored:
        """An object."""

    def open(self, grant: Grant, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """An object of any size, or a range of its bytes."""

    def list(self, grant: Grant, prefix: str) -> Iterator[Listed]:
        """The objects that the key sees."""

    def put(self, grant: Grant, key: str, data: bytes, if_match: ETag | None, *, if_absent: bool) -> ETag:
        """Write an object."""

    def put_file(self, grant: Grant, key: str, path: Path, sha256: str) -> None:
        """Write a file."""


class Judged:
    """The `Objects` of a bucket, each judged; threads may share it."""

    def __init__(self, bucket: Bucket, owners: Owners) -> None:
        self._bucket = bucket
        self._owners = owners

    def get(self, grant: Grant, key: str) -> Stored:
        """An object."""
        self._require_readable(grant, key)
        if key.startswith(_LARGE) and any(
            item.key == key and item.size > MAX_WHOLE_BYTES for item in self._bucket.list(key)
        ):
            raise AccessDenied(f"{key} is larger than {MAX_WHOLE_BYTES} bytes: read it as a stream")
        return self._bucket.get(key)

    def open(self, grant: Grant, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """An object of any size, or a range of its bytes."""
        self._require_readable(grant, key)
        return self._bucket.open(key, start, end)

    def list(self, grant: Grant, prefix: str) -> Iterator[Listed]:
        """The objects that the key sees; of a prefix above its namespace, those in it."""
        if not targets.is_plain(prefix):
            raise AccessDenied(f"{prefix!r} begins no key")
        if not grant.project:
            for root in targets.roots(grant.cluster, grant.namespace):
                if root.startswith(prefix) or prefix.startswith(root):
                    yield from self._bucket.list(max(root, prefix, key=len))
            return
        target = _placed(targets.listed(prefix), grant, prefix)
        if self._is_seen(target, grant):
            yield from self._bucket.list(prefix)

    def put(self, grant: Grant, key: str, data: bytes, if_match: ETag | None, *, if_absent: bool) -> ETag:
        """Write an object, marked with its writer where it says who wrote it."""
        target = _writable(grant, key)
        if target.kind in ("raw", "blob", "run") and not if_absent:
            raise AccessDenied(f"{key} is created and never replaced: If-None-Match is missing")
        if target.kind == "live" and not if_absent and if_match is None:
            raise AccessDenied(f"{key} is replaced in the version that was seen alone: If-Match is missing")
        if target.kind == "blob":
            _require_content(target, hashlib.sha256(data).hexdigest())
        return self._bucket.put(key, self._marked(target, data, grant), if_match=if_match, if_absent=if_absent)

    def put_file(self, grant: Grant, key: str, path: Path, sha256: str) -> None:
        """Write a file, whose place names its content."""
        target = _writable(grant, key)
        if target.kind != "blob":
            raise AccessDenied(f"{key} is no place of a file")
        _require_content(target, sha256)
        self._owners.claim(target.recorder, grant)
        self._bucket.put_file(key, path, sha256=sha256)

    def _marked(self, target: Target, data: bytes, grant: Grant) -> bytes:
        """What is written, once its place is the key's."""
        if target.kind == "run":
            run = marks.run(data, target.run, grant)
            self._owners.claim(layout.Recorder(target.cluster, target.namespace, run.recorder), grant)
            return run.data
        if target.kind == "outcome":
            self._require_own_run(target.run, grant)
            for recorder in marks.outcome(data, target.run):
                self._owners.claim(layout.Recorder(target.cluster, target.namespace, recorder), grant)
            return data
        self._owners.claim(target.recorder, grant)
        if target.kind != "live":
            return data
        live = marks.live(data, target.recorder, grant)
        if live.run:
            self._require_own_run(layout.Run(target.cluster, target.namespace, live.run), grant, is_there=False)
        return live.data

    def _require_own_run(self, run: layout.Run, grant: Grant, *, is_there: bool = True) -> None:
        owner = self._owners.of_run(run)
        if owner is None and is_there:
            raise AccessDenied(f"the run {run.id} has no run.json yet")
        if owner is not None and not owner.is_of(grant):
            raise AccessDenied(f"the run {run.id} is not the key {grant.key}'s")

    def _require_readable(self, grant: Grant, key: str) -> None:
        if not grant.project:
            if not targets.is_plain(key) or not any(
                key.startswith(root) for root in targets.roots(grant.cluster, grant.namespace)
            ):
                raise AccessDenied(f"{key} is outside of namespace {grant.namespace}")
            return
        if not self._is_seen(_placed(targets.target(key), grant, key), grant):
            raise NotFound(key)

    def _is_seen(self, target: Target, grant: Grant) -> bool:
        """Whether it is of the key's project; of what is not there, no. Raises AccessDenied where it is another's."""
        if target.kind == "watch":
            return True  # Somebody looks at a run: that is all it says.
        owner = self._owners.of_run(target.run) if target.is_of_run else self._owners.of_recorder(target.recorder)
        if owner is not None and owner.project != grant.project:
            raise AccessDenied(f"{target.id} is of another project than {grant.project}, for which the key is")
        return owner is not None


def _placed(target: Target | None, grant: Grant, key: str) -> Target:
    """The target, in the key's own namespace. Raises AccessDenied."""
    if target is None:
        raise AccessDenied(f"{key or 'everything'} is nothing that a key for the project {grant.project} sees")
    if (target.cluster, target.namespace) != (grant.cluster, grant.namespace):
        raise AccessDenied(f"{key} is outside of {grant.cluster}/{grant.namespace}, for which the key is")
    return target


def _writable(grant: Grant, key: str) -> Target:
    if not grant.may_write:
        raise AccessDenied(f"the key {grant.key} may read, and not write")
    target = targets.target(key)
    if target is None or target.kind in ("marker", "seal", "watch"):
        raise AccessDenied(f"{key} is nothing that a key writes")
    return _placed(target, grant, key)


def _require_content(target: Target, sha256: str) -> None:
    if target.sha256 != sha256:
        raise AccessDenied(f"the content is {sha256}, and its place says {target.sha256}")
