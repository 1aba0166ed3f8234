"""zstd JSON lines, the encoding of every record object; it knows nothing of what the lines mean.

The field's convention of strict JSON holds: a number that JSON cannot write travels as `{"$number": "NaN"}`
(also `Infinity`, `-Infinity`).

Behind every frame stands its digest, as a skippable frame, which zstd tools pass over (RFC 8878, 3.1.2). zstd's own
checksum is of the content, in 32 bits, and some bits of a frame do not touch the content.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

import zstandard

from chiplog.errors import FormatError

LEVEL = 1
"""zstd's level. Of numbers with many digits it makes less than level 3 does, in a third of the time (short matches do
not pay among digits); of console text, a tenth more."""

MAX_DECODED_BYTES = 256 * 1024 * 1024
"""An object that would unpack to more than this is refused: no record object of ours comes near it."""

_SLICE_BYTES = 4096
"""Fed to zstd at a time, and less where there is little room, so a bomb is noticed before memory is gone."""

_GROWTH = 32_768
"""A block of 4 bytes unpacks to 128 KiB at the very most (RFC 8878, 3.1.1.2)."""

_DIGEST_HEAD = b"\x5c\x2a\x4d\x18\x20\x00\x00\x00"
"""The magic number of a skippable frame of the kind 0xC, and the length of a SHA-256."""

_DIGEST_BYTES = len(_DIGEST_HEAD) + 32

_NUMBERS = ("NaN", "Infinity", "-Infinity")

_SCALARS = frozenset((str, int, float, bool, type(None)))

Json = Any
Row = dict[str, Json]


class Encoded(Row):
    """A row whose line is ready: it holds what is needed of it, and reads the rest from the line when it is asked."""

    __slots__ = ("leaves", "line")

    line: bytes
    leaves: dict[bytes, bytes]
    """Of a summary its values, all at the top level: the key as JSON with its colon, and the number."""

    def __missing__(self, key: str) -> Json:
        """Read the rest of the row."""
        self.update({name: value for name, value in load(self.line).items() if name not in self})
        return self[key] if key in self else _absent(key)


def dump(value: Json) -> bytes:
    """One JSON line without its line end; non-finite numbers as `{"$number": …}`.

    Raises FormatError for a value that nests deeper than Python's recursion limit.
    """
    if type(value) is Encoded:
        return value.line
    try:
        return _dump(value)
    except RecursionError as error:
        raise FormatError("a value nests too deeply for a record line") from error


def load(line: bytes) -> Json:
    """The value of one JSON line, as `dump` wrote it; `{"$number": …}` stays as it is. Raises FormatError."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"a record line is not JSON: {line[:80]!r}") from error


def number(value: Json) -> Json:
    """A plain value for a reader: turns `{"$number": "NaN"}` into the float it stands for, and copies the rest."""
    if isinstance(value, dict):
        if is_number(value):
            return float(value["$number"])
        return {key: item if type(item) in _SCALARS else number(item) for key, item in value.items()}
    if isinstance(value, list):
        return [item if type(item) in _SCALARS else number(item) for item in value]
    return value


def is_number(value: Json) -> bool:
    """Whether a value is a number that JSON lacks, as `dump` writes it."""
    return isinstance(value, dict) and len(value) == 1 and value.get("$number") in _NUMBERS


def finite(value: Json) -> Json:
    """The value with `{"$number": …}` in place of every number that JSON lacks; the inverse of `number`."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def compress(lines: Iterable[bytes]) -> bytes:
    """One zstd frame of the given lines, each ended by a newline, and its digest."""
    return compress_bytes(b"\n".join([*lines, b""]))


def compress_bytes(data: bytes) -> bytes:
    """One zstd frame of raw bytes, and its digest."""
    frame = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(data)
    return frame + _DIGEST_HEAD + hashlib.sha256(frame).digest()


def decompress(data: bytes, what: str, *, strict: bool = False) -> bytes:
    """All frames of an object, one after the other; with `strict` each must have its digest.

    Raises FormatError if it is not zstd, is cut short, is not what its digest says, or would unpack to more than
    MAX_DECODED_BYTES.
    """
    return b"".join(frames(data, what, strict=strict))


def frames(data: bytes, what: str, *, strict: bool = False) -> list[bytes]:
    """Each zstd frame of an object, unpacked. Raises FormatError as `decompress` does."""
    return list(_each_frame(data, what, strict=strict))


def first_frame(data: bytes, what: str) -> bytes:
    """The first zstd frame of an object alone, for readers that need no more. Raises FormatError."""
    for frame in _each_frame(data, what):
        return frame
    raise FormatError(f"{what} is empty")


def whole(data: bytes, what: str) -> bytes:
    """The content of an object that is one frame with its digest and its size, in a third of the time that `decompress`
    takes, which goes by small pieces. Raises FormatError as that does."""
    frame, digest = memoryview(data)[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if digest != _DIGEST_HEAD + hashlib.sha256(frame).digest():
        raise FormatError(f"{what} is damaged: it is not what its digest says")
    try:
        size = zstandard.frame_content_size(frame)
        if not 0 <= size <= MAX_DECODED_BYTES:
            raise FormatError(f"{what} unpacks to {size} bytes, {MAX_DECODED_BYTES} are allowed")
        return zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as error:
        raise FormatError(f"{what} is not zstd: {error}") from error


def cut(data: bytes, what: str, max_bytes: int) -> tuple[bytes, bytes]:
    """The first frame, unpacked, and what stands behind it, as it is. Raises FormatError, also for a frame of more than
    `max_bytes`."""
    frame, used = _unpack(memoryview(data), max_bytes, what)
    return frame, data[used + _check_digest(memoryview(data), used, what, strict=True) :]


def lines(data: bytes) -> list[Json]:
    """The values of a frame's lines."""
    return [load(line) for line in data.split(b"\n") if line]


def _each_frame(data: bytes, what: str, *, strict: bool = False) -> Iterator[bytes]:
    rest, room = memoryview(data), MAX_DECODED_BYTES
    while rest:
        frame, used = _unpack(rest, room, what)
        used += _check_digest(rest, used, what, strict=strict)
        yield frame
        rest, room = rest[used:], room - len(frame)


def _check_digest(data: memoryview, used: int, what: str, *, strict: bool) -> int:
    """Compare the frame `data[:used]` with the digest behind it; how many bytes that takes, 0 where there is none."""
    digest = bytes(data[used : used + _DIGEST_BYTES])
    if not digest and not strict:
        return 0  # An object of before there were digests.
    if not digest.startswith(_DIGEST_HEAD):
        if strict or _DIGEST_HEAD.startswith(digest):
            raise FormatError(f"{what} is cut short: a frame is without its digest")
        return 0
    if digest[len(_DIGEST_HEAD) :] != hashlib.sha256(data[:used]).digest():
        raise FormatError(f"{what} is damaged: it is not what its digest says")
    return _DIGEST_BYTES


def _unpack(data: memoryview, room: int, what: str) -> tuple[bytes, int]:
    """The frame that `data` begins with, and how many bytes it took."""
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    parts: list[bytes] = []
    fed = 0
    while not unpacker.eof:
        if fed >= len(data):
            raise FormatError(f"{what} is cut short")
        size = min(_SLICE_BYTES, max(64, room // _GROWTH))
        parts.append(_feed(unpacker, data[fed : fed + size], what))
        fed += size
        room -= len(parts[-1])
        if room < 0:
            raise FormatError(f"{what} unpacks to more than {MAX_DECODED_BYTES} bytes")
    return b"".join(parts), min(fed, len(data)) - len(unpacker.unused_data)


def _feed(unpacker: "zstandard.ZstdDecompressionObj", piece: memoryview, what: str) -> bytes:
    try:
        return unpacker.decompress(piece)
    except zstandard.ZstdError as error:
        raise FormatError(f"{what} is not zstd: {error}") from error


def _absent(key: str) -> Json:
    raise KeyError(key)


def _dump(value: Json) -> bytes:
    try:
        return _dumps(value).encode()
    except ValueError:
        # Either a number that JSON lacks, or a lone surrogate, which has no UTF-8 but can travel as an escape.
        return _dumps(finite(value), escaped=True).encode()


def _dumps(value: Json, *, escaped: bool = False) -> str:
    return json.dumps(value, ensure_ascii=escaped, separators=(",", ":"), allow_nan=False)
