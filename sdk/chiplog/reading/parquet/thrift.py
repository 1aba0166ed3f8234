"""Thrift's compact protocol as plain dictionaries, field number to value; it knows nothing of Parquet.

The format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

import struct
from collections.abc import Callable
from typing import Any

from chiplog.reading.parquet.unfamiliar import Unfamiliar

Fields = dict[int, Any]

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = (4, 5, 6)

MAX_DEPTH = 16
"""Structs and lists in each other: Parquet's own go eight deep."""
_MAX_SHIFT = 63
"""Of the last seven bits of a number of 64."""


class Reader:
    """Reads one value after the other from `offset` on."""

    def __init__(self, data: "bytes | memoryview", offset: int = 0) -> None:
        self._data = data
        self.offset = offset
        """Of the next byte."""
        self._depth = 0

    def fields(self) -> Fields:
        """A struct. Raises Unfamiliar, and what is `MALFORMED` where the bytes end too soon."""
        found: Fields = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 0x0F
            found[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind)
        return found

    def _value(self, kind: int) -> Any:
        if kind in _INTEGERS:
            return self._integer()
        read = _READ.get(kind)
        if read is None or self._depth == MAX_DEPTH:
            raise Unfamiliar(f"thrift type {kind} in {self._depth} others")
        self._depth += 1
        value = read(self)
        self._depth -= 1
        return value

    def _byte(self) -> int:
        byte = self._data[self.offset]
        self.offset += 1
        return byte

    def whole(self) -> int:
        """An unsigned number, seven bits a byte."""
        data, offset = self._data, self.offset
        byte = data[offset]
        number, shift = byte & 0x7F, 7
        while byte & 0x80:
            if shift > _MAX_SHIFT:
                raise Unfamiliar("a number of more than 64 bits")
            offset += 1
            byte = data[offset]
            number |= (byte & 0x7F) << shift
            shift += 7
        self.offset = offset + 1
        return number

    def _integer(self) -> int:
        number = self.whole()
        return (number >> 1) ^ -(number & 1)

    def _binary(self) -> bytes:
        size = self.whole()
        self.offset += size
        return bytes(self._data[self.offset - size : self.offset])

    def _double(self) -> float:
        (number,) = struct.unpack_from("<d", self._data, self.offset)
        self.offset += 8
        return float(number)

    def _list(self) -> list[Any]:
        head = self._byte()
        count, kind = head >> 4, head & 0x0F
        count = self.whole() if count == 15 else count
        if kind in (_TRUE, _FALSE):
            return [self._byte() == _TRUE for _ in range(count)]
        return [self._value(kind) for _ in range(count)]


_READ: dict[int, Callable[[Reader], Any]] = {
    _BYTE: Reader._byte,
    _DOUBLE: Reader._double,
    _BINARY: Reader._binary,
    _LIST: Reader._list,
    _SET: Reader._list,
    _STRUCT: Reader.fields,
}
