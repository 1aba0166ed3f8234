"""A stream that ends before its source does: part of an object from a store that gives it whole; it opens nothing."""

import io
from typing import Any, BinaryIO, cast

_BLOCK_BYTES = 1 << 18


def limited(source: BinaryIO, size: int) -> BinaryIO:
    """The next `size` bytes of a source, which is closed with it."""
    return cast("BinaryIO", io.BufferedReader(_Limited(source, size), _BLOCK_BYTES))


def skipped(source: BinaryIO, size: int) -> None:
    """Read past `size` bytes, or to the end."""
    while size > 0 and (block := source.read(min(size, _BLOCK_BYTES))):
        size -= len(block)


class _Limited(io.RawIOBase):
    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = source
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        self._source.close()
        super().close()
