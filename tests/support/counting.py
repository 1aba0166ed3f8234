"""Buckets that count what is asked of them: by operation and, for writes, by class; or which objects are read."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from chiplog.bucket import Bucket, ETag, Listed, Stored
from chiplog.bucket.memory import MemoryBucket

T = TypeVar("T")


class Counting:
    """The `Bucket` protocol over another bucket; `asked["looks"]` are the GETs of who watches."""

    def __init__(self, inner: Bucket | None = None) -> None:
        self._inner = inner or MemoryBucket()
        self.asked: Counter[str] = Counter()

    def get(self, key: str) -> Stored:
        self.asked["looks"] += key.startswith("v1/watch/")
        return self._count("get", lambda: self._inner.get(key))

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        self.asked[key.split("/")[1]] += 1
        return self._count("put", lambda: self._inner.put(key, data, if_match=if_match, if_absent=if_absent))

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        self._count("put", lambda: self._inner.put_file(key, path, sha256=sha256))

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        return self._count("get", lambda: self._inner.open(key, start, end))

    def list(self, prefix: str) -> Iterator[Listed]:
        return self._count("list", lambda: self._inner.list(prefix))

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        return self._count("list", lambda: self._inner.folders(prefix, after, until))

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        self._count("delete", lambda: self._inner.delete(key, if_match=if_match))

    def _count(self, kind: str, call: Callable[[], T]) -> T:
        self.asked[kind] += 1
        return call()


class Reads:
    """A bucket that notes the key of each GET."""

    def __init__(self, inner: Bucket) -> None:
        self._inner = inner
        self.read: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get(self, key: str) -> Stored:
        self.read.append(key)
        return self._inner.get(key)
