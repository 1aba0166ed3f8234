"""A bucket that reads an object again only when a LIST shows another version of it; it writes nothing by itself.

Readers LIST before they GET, so most of what a dashboard asks for twice is known to be unchanged: a pass over a
thousand runs of which one moved costs the LISTs and one GET. Segments never change, so of a live run only what is new
is read. Whoever asks without a LIST of its own is not served by what another's said a while ago.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from chiplog.bucket import Bucket, ETag, Listed, Stored

MAX_BYTES = 128 * 1024 * 1024
"""Objects that are kept, those that were not asked for the longest go first."""

MAX_OBJECT_BYTES = 4 * 1024 * 1024
"""A larger one is not kept."""

HOLD_SECONDS = 2.0
"""What a LIST said holds so long: enough to read what it showed. A list of runs asks for no LIST of their documents,
and would show a run that has ended as running for as long as nobody else asks for one."""


class Memo:
    """The `Bucket` protocol over another bucket; threads may share it.

    Args:
        inner: the other one. A local bucket's tables are read where they stand, without a memory of them.
        max_bytes: of objects that are kept.
        monotonic: seconds that never go back.
    """

    def __init__(
        self, inner: Bucket, max_bytes: int = MAX_BYTES, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.inner = inner
        self._max_bytes = max_bytes
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._listed: dict[str, tuple[ETag, float]] = {}
        self._kept: OrderedDict[str, Stored] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> Stored:
        """Read an object, from memory if it is the version that a LIST has just shown. Raises NotFound."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and self._is_shown(key, kept.etag):
                self._kept.move_to_end(key)
                return kept
        stored = self.inner.get(key)
        self._keep(key, stored)
        return stored

    def list(self, prefix: str) -> Iterator[Listed]:
        """All objects below a prefix; what they are now is what counts from here on."""
        seen = []
        for item in self.inner.list(prefix):
            seen.append(item)
            yield item
        with self._lock:
            known = {key for key in self._listed if key.startswith(prefix)}
            for key in known - {item.key for item in seen}:
                del self._listed[key]
            now = self._monotonic()
            self._listed.update((item.key, (item.etag, now)) for item in seen)

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        """The folders right below a prefix."""
        return self.inner.folders(prefix, after, until)

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """Read an object of any size, or a range of its bytes, as a stream. Raises NotFound."""
        return self.inner.open(key, start, end)

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        """Write an object. Raises PreconditionFailed."""
        return self.inner.put(key, data, if_match=if_match, if_absent=if_absent)

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Write a file."""
        self.inner.put_file(key, path, sha256=sha256)

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        """Delete an object."""
        self.inner.delete(key, if_match=if_match)

    def _is_shown(self, key: str, etag: ETag) -> bool:
        listed, at = self._listed.get(key, (None, 0.0))
        return listed == etag and self._monotonic() - at <= HOLD_SECONDS

    def _keep(self, key: str, stored: Stored) -> None:
        if len(stored.data) > MAX_OBJECT_BYTES:
            return
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = stored
            self._bytes += len(stored.data) - (len(before.data) if before else 0)
            while self._bytes > self._max_bytes:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.data)
