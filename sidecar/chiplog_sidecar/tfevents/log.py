"""A tfevents file as a kind of followed file: its framing, and decoding put on it. It opens no file.

A record is `u64 length | u32 checksum of the length | payload | u32 checksum of the payload`, little-endian; there are
no blocks. Short means wait. A payload that does not match its checksum costs that record alone; a length that does
not match costs everything up to the next place where a length does. Each is one gap.
"""

import struct

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar.tfevents import checksums
from chiplog_sidecar.tfevents.decode import Decoder

KIND = "tensorboard"

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""A longer record is a gap, so that no file can fill the sidecar's memory; its bytes are in the copy of the source."""

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")


def is_log(name: str) -> bool:
    """Whether a file of this name is an event file, as every writer names them."""
    return "tfevents" in name and not name.endswith((".tmp", ".part"))


class Reader:
    """A `formats.Reader` of a tfevents file.

    Args:
        at: 0, or a position that a reader gave out.
        max_record_bytes: longer records are gaps.
    """

    foreign = ""

    def __init__(self, at: int, _before: Fold, max_record_bytes: int = MAX_RECORD_BYTES) -> None:
        self.at = self.offset = at
        self._max_record_bytes = max_record_bytes
        self._buffer = bytearray()
        self._lost = 0
        self._to_drop = 0
        self._decoder = Decoder()

    def feed(self, data: bytes, *, final: bool = False) -> list[Row]:
        """The rows and gaps that the bytes complete; nothing of them is asked for again."""
        self.offset += len(data)
        self._buffer += data
        rows: list[Row] = []
        while (found := self._next()) is not None:
            rows += found
        if final and self.offset > self.at:
            rows.append(self._gap(self.offset, "torn"))
            self._buffer.clear()
            self._lost = self._to_drop = 0
        return rows

    def _next(self) -> list[Row] | None:
        """What stands at the front, or None where it is not whole yet."""
        if self._to_drop:
            return self._drop()
        if len(self._buffer) < _HEADER.size:
            return None
        if not self._is_header(0):
            return self._search()
        if self._lost:
            self._lost = 0
            return [self._gap(self.offset - len(self._buffer), "checksum")]
        return self._record()

    def _record(self) -> list[Row] | None:
        length, _ = _HEADER.unpack_from(self._buffer)
        whole = _HEADER.size + length + _FOOTER.size
        if length > self._max_record_bytes:
            self._to_drop = whole
            return []
        if len(self._buffer) < whole:
            return None
        payload = bytes(self._buffer[_HEADER.size : _HEADER.size + length])
        (checksum,) = _FOOTER.unpack_from(self._buffer, _HEADER.size + length)
        del self._buffer[:whole]
        if checksum != checksums.masked(payload):
            return [self._gap(self.at + whole, "checksum")]
        at, self.at = self.at, self.at + whole
        return [self._decoder.row(at, payload)]

    def _is_header(self, index: int) -> bool:
        length, checksum = _HEADER.unpack_from(self._buffer, index)
        return bool(length < 1 << 32) and checksum == checksums.masked(bytes(self._buffer[index : index + 8]))

    def _search(self) -> list[Row] | None:
        """Go on to the next place that may begin a record; bytes before it are lost, and are not kept."""
        last = len(self._buffer) - _HEADER.size
        index = 1
        while index <= last and not self._is_header(index):
            high = self._buffer.find(b"\0\0\0\0", index + 5)  # The high half of every length below 4 GiB.
            index = last + 1 if high < 0 else max(high - 4, index + 1)
        index = min(index, last + 1)
        del self._buffer[:index]
        self._lost += index
        return [] if len(self._buffer) >= _HEADER.size else None

    def _drop(self) -> list[Row] | None:
        dropped = min(self._to_drop, len(self._buffer))
        del self._buffer[:dropped]
        self._to_drop -= dropped
        return None if self._to_drop else [self._gap(self.offset - len(self._buffer), "long")]

    def _gap(self, end: int, reason: str) -> Row:
        at, self.at = self.at, end
        return {"at": at, "kind": "gap", "to": end, "reason": reason}


def loss_bound(_: Fold) -> str:
    """What a writer may lose when it is killed."""
    return "nothing of tensorboard's own writer; up to 4 KiB or two minutes of events of tensorboardX"
