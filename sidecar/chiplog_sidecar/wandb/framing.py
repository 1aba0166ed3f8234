"""The framing of a `.wandb` file: bytes in, whole records and gaps out. It opens no file and never looks inside a
record.

The file is seven bytes of header, then LevelDB's log format in blocks of 32 KiB counted from offset 0. A record is
one FULL chunk, or a FIRST, any number of MIDDLE and a LAST; a chunk never crosses a block; up to six bytes at a
block's end are filler. Two laws hold:

*Short is not broken.* At the end of a growing file a chunk may be cut anywhere, and what was not written yet may read
as zeros. So a chunk whose bytes are all there and match its checksum is taken at once, and everything else waits
until a byte of the next block is seen: the writer writes in order, so the block before it is complete by then and
what does not fit in it is damage. `final=True` says that the writer is gone: then nothing waits, and what is left
becomes a gap.

*A gap is never a value.* Damage (a checksum that does not match, a length past the block's end, a zeroed area) drops
the rest of its block, as LevelDB does; then MIDDLE and LAST chunks are dropped until a record begins. One hole,
however many chunks it swallowed, is one `Gap`, given out when the next record begins, so the items do not depend on
how the bytes were cut up on the way. Frames, gaps and filler cover the file.
"""

import struct
import zlib
from typing import NamedTuple

BLOCK_BYTES = 32768
FILE_HEADER = bytes.fromhex("3a572642e1be00")
"""`:W&B`, a magic number and the version of the format, the same from wandb 0.16 to 0.31."""

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""A longer record is a gap, so that no file can fill the sidecar's memory; its bytes are in the copy of the source."""

_CHUNK_HEADER = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_FILLER, _DAMAGE = -1, -2
_CRC_OF_TYPE = tuple(zlib.crc32(bytes((number,))) for number in range(256))


class Frame(NamedTuple):
    """One whole record."""

    at: int
    """Offset of its first chunk's header: the record's position for ever."""
    end: int
    """Offset behind its last chunk: a new reader may start here."""
    payload: bytes


class Gap(NamedTuple):
    """A stretch of the file that holds no readable record."""

    at: int
    end: int
    reason: str
    """`checksum`, `length`, `zeros`, `type` (a chunk of an unknown type), `orphan` (the rest of a record that began
    in damage), `unfinished` (a record that another one interrupts), `long` (over `max_record_bytes`) or `torn` (the
    writer is gone and left half a record)."""


class BadHeader(NamedTuple):
    """The file is no `.wandb` file, or one of a version that this reader does not know. Nothing else comes out of
    it."""

    found: bytes
    reason: str


Item = Frame | Gap | BadHeader


class FrameReader:
    """Reads one file from front to back, in pieces of any size.

    Give `feed` the bytes from `offset` on, as many as there are (in a long backlog: at least 64 KiB and one byte, or
    it may wait for what it cannot see). What it did not use it wants to see again, for a writer may still be filling
    it in. Start a new reader at `at`, or at the `end` of any frame, and it gives the same items from there on.

    Args:
        at: 0, or a position that a reader gave out.
        max_record_bytes: longer records are gaps.
    """

    def __init__(self, at: int = 0, max_record_bytes: int = MAX_RECORD_BYTES) -> None:
        self.offset = at
        """Where the next bytes must come from."""
        self._max_record_bytes = max_record_bytes
        self._parts: list[bytes] = []
        self._length = 0
        self._hole = ""
        self._begin = at
        self._end = at

    @property
    def at(self) -> int:
        """Where a new reader may start: the first byte that belongs to no item given out so far."""
        return self._begin if self._parts or self._hole else self.offset

    def feed(self, data: bytes, *, final: bool = False) -> list[Item]:
        """The records and gaps that the bytes from `offset` on complete.

        Args:
            data: the file from `offset` up to what is visible of it now.
            final: the file's writer is gone, and `data` reaches the file's end.
        """
        items: list[Item] = []
        base, visible = self.offset, self.offset + len(data)
        if base == 0 and not self._open(data, final, items):
            return items
        while True:
            if not self._parts and not self._hole:
                self.offset = _whole(data, base, self.offset, items)
            found = _look(data, base, self.offset, final)
            if found is None:
                break
            kind, end, body = found
            self._take(kind, end, body, items)
            self.offset = end
        if final:
            self._finish(visible, items)
        return items

    def _open(self, data: bytes, final: bool, items: list[Item]) -> bool:
        head = data[: len(FILE_HEADER)]
        if head == FILE_HEADER:
            self.offset = self._begin = len(FILE_HEADER)
        elif FILE_HEADER.startswith(head) or (not any(head) and len(data) <= BLOCK_BYTES and not final):
            return final
        else:
            items.append(BadHeader(head, "version" if head[:-1] == FILE_HEADER[:-1] else "magic"))
        return self.offset > 0

    def _take(self, kind: int, end: int, body: bytes, items: list[Item]) -> None:
        if kind == _FULL:
            self._close(items)
            items.append(Frame(self.offset, end, body))
        elif kind == _FIRST:
            self._close(items)
            self._begin, self._end, self._parts, self._length = self.offset, end, [body], len(body)
        elif kind in (_MIDDLE, _LAST):
            self._continue(kind, end, body, items)
        elif kind == _DAMAGE:
            self._lose(end, body.decode())
        elif kind != _FILLER:
            self._lose(end, "type")

    def _continue(self, kind: int, end: int, body: bytes, items: list[Item]) -> None:
        if not self._parts:
            return self._lose(end, "orphan")
        self._length += len(body)
        if self._length > self._max_record_bytes:
            return self._lose(end, "long")
        self._parts.append(body)
        self._end = end
        if kind == _LAST:
            parts, self._parts = self._parts, []
            items.append(Frame(self._begin, end, b"".join(parts)))
        return None

    def _lose(self, end: int, reason: str) -> None:
        if not self._parts and not self._hole:
            self._begin = self.offset
        self._parts, self._hole, self._end = [], self._hole or reason, end

    def _close(self, items: list[Item]) -> None:
        if self._parts or self._hole:
            items.append(Gap(self._begin, self._end, self._hole or "unfinished"))
            self._parts, self._hole = [], ""

    def _finish(self, visible: int, items: list[Item]) -> None:
        is_filler = BLOCK_BYTES - self.offset % BLOCK_BYTES < _CHUNK_HEADER.size
        if visible > self.offset and not is_filler:
            self._lose(visible, "torn")
            self.offset = visible
        elif self._parts:
            self._lose(self._end, "torn")
        self._close(items)


def _whole(data: bytes, base: int, at: int, items: list[Item]) -> int:
    """Take the undamaged records of one chunk that stand at `at` one after the other, which nearly all are; the offset
    of the first thing that is none. It judges nothing: `_look` does."""
    crc32, unpack, seed = zlib.crc32, _CHUNK_HEADER.unpack_from, _CRC_OF_TYPE[_FULL]
    place, visible = at - base, len(data)
    left = BLOCK_BYTES - at % BLOCK_BYTES
    while left >= _CHUNK_HEADER.size and visible - place >= _CHUNK_HEADER.size:
        crc, length, kind = unpack(data, place)
        behind = place + _CHUNK_HEADER.size + length
        body = data[place + _CHUNK_HEADER.size : behind]
        if kind != _FULL or behind > min(visible, place + left) or crc32(body, seed) != crc:
            break
        items.append(Frame(base + place, base + behind, body))
        left = left - (behind - place) or BLOCK_BYTES
        place = behind
    return base + place


def _look(data: bytes, base: int, at: int, final: bool) -> tuple[int, int, bytes] | None:
    """What stands at `at`: kind, end and body of a chunk, of damage or of filler; None is to wait for more."""
    left = BLOCK_BYTES - at % BLOCK_BYTES
    visible = base + len(data) - at
    if left < _CHUNK_HEADER.size:
        return (_FILLER, at + left, b"") if visible >= left else None
    if visible < _CHUNK_HEADER.size:
        return None
    crc, length, kind = _CHUNK_HEADER.unpack_from(data, at - base)
    size = _CHUNK_HEADER.size + length
    if size <= left:
        if size > visible:
            return None
        body = data[at - base + _CHUNK_HEADER.size : at - base + size]
        if zlib.crc32(body, _CRC_OF_TYPE[kind]) == crc:
            return kind, at + size, body
    if visible <= left and not final:
        return None
    reason = b"length" if size > left else b"checksum" if crc or length or kind else b"zeros"
    return _DAMAGE, at + min(left, visible), reason


def scan(data: bytes, at: int = 0, *, final: bool = False) -> list[Item]:
    """The items of the bytes that begin at offset `at` of a file, in one go."""
    return FrameReader(at).feed(data, final=final)
