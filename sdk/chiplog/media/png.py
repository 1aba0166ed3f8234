"""PNG from rows of 8-bit pixels, for where Pillow is not installed; nothing but the standard library."""

import struct
import zlib

_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's number for grey, grey with alpha, RGB and RGBA, by samples per pixel."""


def encoded(pixels: bytes, width: int, height: int, samples: int) -> bytes:
    """A PNG file of `height * width * samples` bytes, row by row. Raises ValueError for sizes that do not fit."""
    if samples not in _COLOR_TYPES or len(pixels) != width * height * samples or not pixels:
        raise ValueError(f"{len(pixels)} bytes are no picture of {width} x {height} pixels with {samples} samples each")
    row = width * samples
    lines = b"".join(b"\0" + pixels[at : at + row] for at in range(0, len(pixels), row))
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[samples], 0, 0, 0)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines, 6)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
