"""Films that a browser can enter anywhere: WebM of VP8 frames with an index, made of pictures; no encoder is needed."""

import io
import random
import struct

from PIL import Image


def film(seconds: int, side: int = 640) -> bytes:
    """So many seconds of noise, a frame and a cluster a second: half a megabyte each, so that none loads all of it."""
    frames = [_frame(side)] * seconds
    parts = [_info(seconds), _tracks(side)]
    at = sum(map(len, parts)) + len(_cues(seconds, [0] * seconds))
    places = []
    for second, frame in enumerate(frames):
        places.append(at)
        cluster = _master(0x1F43B675, _number(0xE7, second * 1000), _element(0xA3, b"\x81\x00\x00\x80" + frame))
        parts.append(cluster)
        at += len(cluster)
    parts.insert(2, _cues(seconds, places))
    return _head() + _master(0x18538067, *parts)


def _frame(side: int) -> bytes:
    """A VP8 key frame: what a lossy WebP holds behind its two headers."""
    picture = Image.frombytes("RGB", (side, side), random.Random(7).randbytes(side * side * 3))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=95)
    data = out.getvalue()
    size = int.from_bytes(data[16:20], "little")
    return data[20 : 20 + size]


def _head() -> bytes:
    numbers = [_number(name, value) for name, value in ((0x4286, 1), (0x42F7, 1), (0x42F2, 4), (0x42F3, 8))]
    return _master(0x1A45DFA3, *numbers, _element(0x4282, b"webm"), _number(0x4287, 2), _number(0x4285, 2))


def _info(seconds: int) -> bytes:
    length = _element(0x4489, struct.pack(">d", seconds * 1000.0))
    names = _element(0x4D80, b"chiplog"), _element(0x5741, b"chiplog")
    return _master(0x1549A966, _number(0x2AD7B1, 1_000_000), length, *names)


def _tracks(side: int) -> bytes:
    size = _master(0xE0, _number(0xB0, side), _number(0xBA, side))
    numbers = [_number(name, value) for name, value in ((0xD7, 1), (0x73C5, 1), (0x83, 1))]
    return _master(0x1654AE6B, _master(0xAE, *numbers, _element(0x86, b"V_VP8"), size))


def _cues(seconds: int, places: list[int]) -> bytes:
    def point(second: int, place: int) -> bytes:
        position = _master(0xB7, _number(0xF7, 1), _number(0xF1, place))
        return _master(0xBB, _number(0xB3, second * 1000), position)

    return _master(0x1C53BB6B, *(point(second, places[second]) for second in range(seconds)))


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(8, "big"))


def _master(name: int, *parts: bytes) -> bytes:
    return _element(name, b"".join(parts))


def _element(name: int, data: bytes) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + (len(data) | 1 << 56).to_bytes(8, "big") + data
