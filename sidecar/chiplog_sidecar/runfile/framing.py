"""The framing of a run file: bytes in, whole records and gaps out. It opens no file and never looks inside a record.

The format is `chiplog.runfile`'s (docs/run-file.md). *Short is not broken*: a record that is not all there waits, and
only `final` makes it a gap. *Broken ends trust*: behind a header or a checksum that is wrong the next record is the
next place whose header and checksum are right. Frames and gaps cover the file behind its first 8 bytes.
"""

import zlib
from typing import NamedTuple

from chiplog import runfile

MAX_HELD_BYTES = 2 * runfile.MAX_PAYLOAD_BYTES
"""Garbage that is searched for the next record; what is longer becomes several gaps, so that none fills the memory."""

_TAIL_BYTES = 64 * 1024
"""A shorter tail is asked for again: what was not written yet may have read as zeros."""

_SYNC = bytes([runfile.SYNC])
_TYPE_SHIFT, _LENGTH_MASK = 24, runfile.MAX_PAYLOAD_BYTES


class Frame(NamedTuple):
    """One whole record."""

    at: int
    end: int
    kind: int
    payload: bytes


class Gap(NamedTuple):
    """A stretch that holds no readable record."""

    at: int
    end: int
    reason: str
    """`checksum`, `length` (no header where one must be) or `torn` (the writer is gone and left half a record)."""


Item = Frame | Gap


class FrameReader:
    """Reads one file from front to back, in pieces of any size.

    Args:
        offset: 0, or a position that a reader gave out.
    """

    def __init__(self, offset: int = 0) -> None:
        self.at = offset
        """The first byte that belongs to no item given out so far."""
        self.offset = offset
        """Where the next bytes must come from."""
        self.is_foreign = False
        """The file does not begin as a run file does."""
        self._held = bytearray()

    def feed(self, data: bytes, *, final: bool = False) -> list[Item]:
        """The items that the bytes from `offset` on complete; with `final` they reach the end of a file whose writer
        is gone."""
        self._held += data
        self.offset += len(data)
        if not self._begin():
            return []
        items: list[Item] = []
        used = 0
        while item := self._next(used, final):
            items.append(item)
            used += item.end - self.at
            self.at = item.end
        del self._held[:used]
        if len(self._held) < _TAIL_BYTES:
            self.offset -= len(self._held)
            self._held.clear()
        return items

    def _begin(self) -> bool:
        """Whether the file's first bytes were seen."""
        if self.at:
            return True
        magic = bytes(self._held[: len(runfile.MAGIC)])
        self.is_foreign = not runfile.MAGIC.startswith(magic)
        if self.is_foreign or len(magic) < len(runfile.MAGIC):
            self.offset -= len(self._held)
            self._held.clear()
            return False
        self.at = len(magic)
        del self._held[: len(magic)]
        return True

    def _next(self, used: int, final: bool) -> Item | None:
        """The item that begins at `used` of what is held; None is to wait for more."""
        held = self._held
        if used == len(held):
            return None
        end = _end(held, used)
        if end is not None and end <= len(held) and _is_sound(held, used, end):
            return self._frame(used, end)
        if end is not None and end > len(held) and not final:
            return None
        return self._gap(used, end, final)

    def _frame(self, used: int, end: int) -> Frame:
        _, word, _ = runfile.HEADER.unpack_from(self._held, used)
        payload = bytes(self._held[used + runfile.HEADER.size : end - runfile.CRC.size])
        return Frame(self.at, self.at + end - used, word >> _TYPE_SHIFT, payload)

    def _gap(self, used: int, end: int | None, final: bool) -> Gap | None:
        """All up to the next sound record; None where none is there yet."""
        held = self._held
        reason = "length" if end is None else "checksum" if end <= len(held) else "torn"
        place = held.find(_SYNC, used + 1)
        while place >= 0:
            found = _end(held, place)
            if found is not None and found <= len(held) and _is_sound(held, place, found):
                return Gap(self.at, self.at + place - used, reason)
            place = held.find(_SYNC, place + 1)
        if final:
            return Gap(self.at, self.at + len(held) - used, reason)
        if len(held) - used > MAX_HELD_BYTES:
            return Gap(self.at, self.at + len(held) - used - runfile.MAX_PAYLOAD_BYTES, reason)
        return None


def _end(held: bytearray, at: int) -> int | None:
    """Where the record ends whose header stands at `at`; None where it is no header. A header that is not all there
    ends behind what is held."""
    if held[at] != runfile.SYNC:
        return None
    if len(held) - at < runfile.HEADER.size:
        return at + runfile.HEADER.size + runfile.CRC.size
    _, word, check = runfile.HEADER.unpack_from(held, at)
    if runfile.check(word) != check:
        return None
    return at + runfile.HEADER.size + int(word & _LENGTH_MASK) + runfile.CRC.size


def _is_sound(held: bytearray, at: int, end: int) -> bool:
    (crc,) = runfile.CRC.unpack_from(held, end - runfile.CRC.size)
    return bool(zlib.crc32(memoryview(held)[at : end - runfile.CRC.size]) == crc)
