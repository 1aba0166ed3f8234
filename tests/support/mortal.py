"""A bucket at which its caller dies, for tests of crashes at every request."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from chiplog.bucket import Bucket, ETag, Listed, Stored

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone; nothing of it may catch this."""


class Mortal:
    """A bucket that kills its caller at the n-th request, before or after the store has done it."""

    def __init__(self, inner: Bucket, at: int, *, after: bool, error: type[BaseException]) -> None:
        self._inner, self._at, self._after, self._error, self.requests = inner, at, after, error, 0

    def get(self, key: str) -> Stored:
        return self._do(lambda: self._inner.get(key))

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        return self._do(lambda: self._inner.put(key, data, if_match=if_match, if_absent=if_absent))

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        self._do(lambda: self._inner.put_file(key, path, sha256=sha256))

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        return self._do(lambda: self._inner.open(key, start, end))

    def list(self, prefix: str) -> Iterator[Listed]:
        return self._do(lambda: self._inner.list(prefix))

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        return self._do(lambda: self._inner.folders(prefix, after, until))

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        self._do(lambda: self._inner.delete(key, if_match=if_match))

    def _do(self, call: Callable[[], T]) -> T:
        self.requests += 1
        if self.requests == self._at and not self._after:
            raise self._error("before the store did it")
        answer = call()
        if self.requests == self._at and self._after:
            raise self._error("after the store did it")
        return answer
