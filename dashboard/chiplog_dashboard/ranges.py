"""Which bytes of a file a request asks for, by RFC 9110 section 14; it reads none of them."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"\s*bytes\s*=\s*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Range:
    """Bytes of a file from `start` on and before `end`; where it has none of those asked for, both are 0."""

    start: int
    end: int
    size: int
    """Of the whole file."""

    @property
    def is_satisfiable(self) -> bool:
        """Whether the file has any of the bytes."""
        return self.start < self.end

    @property
    def told(self) -> str:
        """The value of Content-Range."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}" if self.is_satisfiable else f"bytes */{self.size}"


def asked(wanted: str, condition: str, etag: str, size: int) -> Range | None:
    """The range of a file that is asked for, or None: the whole of it.

    Several ranges are answered with the whole file, which the RFC allows, and so is what is no range of bytes.

    Args:
        wanted: the header Range, empty where there is none.
        condition: the header If-Range likewise. It holds for the strong ETag alone: we tell no date.
        etag: of the file, with its quotes.
        size: of the file in bytes.
    """
    found = _ONE.fullmatch(wanted)
    if found is None or (condition and condition.strip() != etag):
        return None
    first, last, tail = found.groups()
    if tail is not None:
        return _within(size - min(int(tail), size), size, size)
    if last and int(last) < int(first):
        return None
    return _within(int(first), min(int(last) + 1, size) if last else size, size)


def _within(start: int, end: int, size: int) -> Range:
    return Range(start, end, size) if start < end else Range(0, 0, size)
