"""The framing of a tfevents file: bytes in, whole records and gaps out. It opens no file and never looks inside a
record.

A record is its length (8 bytes, little-endian), the masked CRC-32C of those 8 bytes, the payload and the payload's
masked CRC-32C; records follow each other with nothing between. Three laws hold:

*Short is not broken.* A record that is not all there waits; `final=True` says that the writer is gone, and what is
left becomes a gap.

*A sound length is believed.* Where only the payload's checksum fails, that one record is a gap.

*A broken length ends all trust.* Nothing says where the next record begins, so the reader looks for the next 12 bytes
that are a header by their checksum and whose payload is whole and sound; all before it is one gap. A header found on
the way whose payload fails is jumped over, so no byte is hashed twice. Frames and gaps cover the file.
"""

import re
import struct
from typing import NamedTuple

from chiplog_sidecar.tensorboard import crc32c

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""A longer length is taken for a broken one, so that no file can fill the sidecar's memory; the bytes are in the copy
of the source."""

_HEADER, _CRC = struct.Struct("<QI"), struct.Struct("<I")
_LENGTH_BYTES = 8
_TAIL_BYTES = 64 * 1024
"""A tail that waits and is shorter is asked for again: what was not written yet may have read as zeros."""

_MAYBE_HEADER = re.compile(rb"(?s)(?=...[\0\1]\0{4}(?!\0{4})....)")
"""Where a header may begin: a length of at most `MAX_RECORD_BYTES`, and a checksum. No such length has a
checksum of 0, so that a page of zeros costs nothing."""


class Frame(NamedTuple):
    """One whole record."""

    at: int
    """Offset of its header: the record's position for ever."""
    end: int
    """Offset behind it: a new reader may start here."""
    payload: bytes


class Gap(NamedTuple):
    """A stretch of the file that holds no readable record."""

    at: int
    end: int
    reason: str
    """`checksum` (of one record's payload), `length` (a header that is none) or `torn` (the writer is gone and left
    half a record)."""


Item = Frame | Gap


class FrameReader:
    """Reads one file from front to back, in pieces of any size.

    Give `feed` the bytes from `offset` on, as many as there are (in a long backlog: at least 64 KiB and one byte).
    Start a new reader at `at`, or at the `end` of any item, and it gives the same items from there on. It holds at
    most one record, or 256 MiB behind a broken length where a sound header claims them.

    Args:
        offset: 0, or a position that a reader gave out.
    """

    def __init__(self, offset: int = 0) -> None:
        self.at = offset
        """Where a new reader may start: the first byte that belongs to no item given out so far."""
        self.offset = offset
        """Where the next bytes must come from."""
        self._held = bytearray()
        self._next = 0
        self._is_lost = False

    def feed(self, data: bytes, *, final: bool = False) -> list[Item]:
        """The records and gaps that the bytes from `offset` on complete.

        Args:
            data: the file from `offset` up to what is visible of it now.
            final: the file's writer is gone, and `data` reaches the file's end.
        """
        items: list[Item] = []
        self._held += data
        self.offset += len(data)
        while item := self._search(final) if self._is_lost else self._look(final):
            items.append(item)
            self.at = item.end
        if final and self.at < self.offset:
            items.append(self._give_up())
        self._forget()
        return items

    def _look(self, final: bool) -> Item | None:
        """The record that begins at `_next`; None is to wait for more."""
        held, at = self._held, self._next
        if len(held) - at < _HEADER.size:
            return None
        end = _end_of(held, at)
        if end is None:
            if not final and self._is_unwritten():
                return None
            self._is_lost, self._next = True, at + 1
            return self._search(final)
        if end > len(held):
            return None
        self._next = end
        payload = _payload(held, at, end)
        end += self.at - at
        return Gap(self.at, end, "checksum") if payload is None else Frame(self.at, end, payload)

    def _search(self, final: bool) -> Gap | None:
        """The hole, once a sound record behind it is found."""
        held = self._held
        for match in _MAYBE_HEADER.finditer(held, self._next):
            at = match.start()
            end = _end_of(held, at) if at >= self._next else None
            if end is None:
                continue
            if end <= len(held):
                if _payload(held, at, end) is not None:
                    self._is_lost, self._next = False, at
                    return Gap(self.at, self.offset - len(held) + at, "length")
                self._next = end
            elif not final:
                self._next = at
                return None
        self._next = max(self._next, len(held) - _HEADER.size + 1)
        return None

    def _is_unwritten(self) -> bool:
        return len(self._held) - self._next < _TAIL_BYTES and not any(self._held[self._next :])

    def _give_up(self) -> Gap:
        gap = Gap(self.at, self.offset, "length" if self._is_lost else "torn")
        self.at, self._next, self._is_lost = self.offset, len(self._held), False
        return gap

    def _forget(self) -> None:
        del self._held[: self._next]
        self._next = 0
        if len(self._held) < _TAIL_BYTES:
            self.offset -= len(self._held)
            self._held.clear()


def _end_of(held: bytearray, at: int) -> int | None:
    """Where the record ends whose header stands at `at`; None where it is no header."""
    length, crc = _HEADER.unpack_from(held, at)
    if length > MAX_RECORD_BYTES or crc32c.masked(held[at : at + _LENGTH_BYTES]) != crc:
        return None
    return at + _HEADER.size + int(length) + _CRC.size


def _payload(held: bytearray, at: int, end: int) -> bytes | None:
    """The payload of the record in `[at, end)`; None where it does not match its checksum."""
    payload = bytes(held[at + _HEADER.size : end - _CRC.size])
    (crc,) = _CRC.unpack_from(held, end - _CRC.size)
    return payload if crc32c.masked(payload) == crc else None


def scan(data: bytes, at: int = 0, *, final: bool = False) -> list[Item]:
    """The items of the bytes that begin at offset `at` of a file, in one go."""
    return FrameReader(at).feed(data, final=final)
