"""Writes TensorBoard's event files: scalars, texts, histograms and images; it reads none.

The formats are TensorFlow's own: records as in `tensorflow/core/lib/io/record_writer.h` (length, masked CRC-32C, data,
masked CRC-32C), events as in `tensorflow/core/util/event.proto`, values as in `summary.proto`, `histogram.proto` and
`tensor.proto` of `tensorflow/core/framework`, of which only what is written here is spelled out.
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import BinaryIO

_POLYNOMIAL = 0x82F63B78
"""CRC-32C (Castagnoli), reflected."""

_STRING = 7
"""`DT_STRING` of TensorFlow's types."""

_RGB = 3
"""Of TensorBoard's colour spaces; it decodes the image itself."""


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


def add(file: BinaryIO, time: float, step: int, values: Iterable[bytes]) -> None:
    """What was logged at one step, `time` in Unix seconds."""
    summary = b"".join(_bytes(1, value) for value in values)
    if summary:
        _write(file, _double(1, time) + _integer(2, step) + _bytes(5, summary))


def scalar(tag: str, value: float) -> bytes:
    """A number, in the 32 bits that TensorBoard has."""
    return _tag(tag) + _float(2, value)


def text(tag: str, value: str) -> bytes:
    """A text, as the plugin of that name reads it: a tensor of one string."""
    plugin = _bytes(1, _bytes(1, b"text"))
    tensor = _integer(1, _STRING) + _bytes(2, b"") + _bytes(8, _utf8(value))
    return _tag(tag) + _bytes(9, plugin) + _bytes(8, tensor)


def image(tag: str, encoded: bytes, width: int, height: int) -> bytes:
    """An encoded image (PNG, JPEG, …) of that many pixels."""
    return _tag(tag) + _bytes(4, _integer(1, height) + _integer(2, width) + _integer(3, _RGB) + _bytes(4, encoded))


def histogram(tag: str, edges: Sequence[float], counts: Sequence[float]) -> bytes:
    """Counts between edges, of which there is one more; sums are those of the buckets' middles."""
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    sums = [sum(count * middle**power for middle, count in zip(middles, counts, strict=True)) for power in (0, 1, 2)]
    numbers = b"".join(_double(field, value) for field, value in enumerate([edges[0], edges[-1], *sums], 1))
    return _tag(tag) + _bytes(5, numbers + _doubles(6, edges[1:]) + _doubles(7, counts))


def _write(file: BinaryIO, data: bytes) -> None:
    length = struct.pack("<Q", len(data))
    file.write(length + _masked(length) + data + _masked(data))


def _masked(data: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _tag(tag: str) -> bytes:
    return _bytes(1, _utf8(tag))


def _utf8(text: str) -> bytes:
    return text.encode(errors="backslashreplace")


def _doubles(field: int, values: Sequence[float]) -> bytes:
    return _bytes(field, struct.pack(f"<{len(values)}d", *values))


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
