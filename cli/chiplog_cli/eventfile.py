"""Writes TensorBoard's event files: scalars and texts; it reads none.

The formats are TensorFlow's own: records as in `tensorflow/core/lib/io/record_writer.h` (length, masked CRC-32C, data,
masked CRC-32C), events as in `tensorflow/core/util/event.proto`, of which only what is written here is spelled out.
"""

import struct
from collections.abc import Iterable
from typing import BinaryIO

_POLYNOMIAL = 0x82F63B78
"""CRC-32C (Castagnoli), reflected."""


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def start(file: BinaryIO, time: float) -> None:
    """The event that every file begins with."""
    _write(file, _double(1, time) + _bytes(3, b"brain.Event:2"))


def add(file: BinaryIO, time: float, step: int, scalars: Iterable[tuple[str, float]]) -> None:
    """The scalars of one step, `time` in Unix seconds."""
    values = b"".join(_bytes(1, _bytes(1, tag.encode()) + _float(2, value)) for tag, value in scalars)
    if values:
        _write(file, _double(1, time) + _integer(2, step) + _bytes(5, values))


def _write(file: BinaryIO, data: bytes) -> None:
    length = struct.pack("<Q", len(data))
    file.write(length + _masked(length) + data + _masked(data))


def _masked(data: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    try:
        return _varint(field << 3 | 5) + struct.pack("<f", value)
    except OverflowError:  # Larger than a float can say: its sign is what is left.
        return _varint(field << 3 | 5) + struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
