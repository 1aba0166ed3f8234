"""A bucket in memory, for tests and trials; it keeps nothing beyond the process."""

import hashlib
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from chiplog.bucket import ETag, Listed, Stored, folders_of
from chiplog.errors import FormatError, NotFound, PreconditionFailed


class MemoryBucket:
    """The `Bucket` protocol over a dictionary; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._objects: dict[str, Stored] = {}
        self._writes = 0

    def get(self, key: str) -> Stored:
        """Read an object."""
        try:
            return replace(self._objects[key], read_at=self._clock())
        except KeyError as error:
            raise NotFound(key) from error

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        """Write an object under the given condition."""
        with self._lock:
            self._check(key, if_match, if_absent)
            self._writes += 1
            now = self._clock()
            etag = ETag(f'"{self._writes}"')
            self._objects[key] = Stored(bytes(data), etag, now, now)
            return etag

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Write a file's content."""
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FormatError(f"{path} changed while it was read")
        self.put(key, data)

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """Read an object, or a range of its bytes, as a stream."""
        return io.BytesIO(self.get(key).data[start:end])

    def list(self, prefix: str) -> Iterator[Listed]:
        """All objects under `prefix`."""
        with self._lock:
            found = {key: stored for key, stored in self._objects.items() if key.startswith(prefix)}
        for key in sorted(found, key=str.encode):
            stored = found[key]
            yield Listed(key, len(stored.data), stored.etag, stored.modified)

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        """The folders right below `prefix`."""
        return folders_of(self.list(prefix), prefix, after, until)

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        """Delete an object."""
        with self._lock:
            if key in self._objects:
                self._check(key, if_match, if_absent=False)
                del self._objects[key]

    def _check(self, key: str, if_match: ETag | None, if_absent: bool) -> None:
        present = self._objects.get(key)
        if if_absent and present is not None:
            raise PreconditionFailed(f"{key} exists")
        if if_match is not None and (present is None or present.etag != if_match):
            raise PreconditionFailed(f"{key} is not at {if_match}")
