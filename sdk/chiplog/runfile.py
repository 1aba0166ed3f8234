"""Our own run file (docs/run-file.md): its framing, and the writer that appends to it. It reads none and has no thread.

One `write(2)` appends one whole record to a file that was opened with O_APPEND, so what was written when the process is
killed is in the file, and threads need no lock.
"""

import errno
import itertools
import json
import os
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

MAGIC = b"\x89CHIPLOG"
"""The first bytes of a run file."""

SUFFIX = ".chiplog"
"""A run file is named `run-<anything>` and this."""

MAX_PAYLOAD_BYTES = (1 << 24) - 1
"""Of one record: its length has 24 bits."""

SYNC = 0xC5
"""The first byte of a record, by which a reader finds the next one behind damage."""

JSON, SHAPE, PACKED = 1, 2, 3
"""Types of records: a row as JSON, the keys of packed rows, a row whose values are numbers alone."""

HEADER = struct.Struct("<BIB")
"""SYNC; the payload's length in the low 24 bits and the type in the high 8; the check of these four bytes."""

CRC = struct.Struct("<I")
"""CRC-32 of header and payload, behind the payload."""

PLACE = struct.Struct("<HId")
"""Of a packed row: the shape's number, the step, the time in Unix seconds."""

NUMBER = struct.Struct("<H")
"""Of a shape: its number; JSON follows."""

CODES = {float: "d", int: "q", bool: "?"}
"""Types of packed values: float64, int64, one byte."""

REPEAT = 4095
"""A shape is said again before every step whose low bits are these, so that damage to it does not cost the run."""

MAX_SHAPES = 1 << 16
MAX_STEP = (1 << 32) - 1


def check(word: int) -> int:
    """One byte that tells a flipped bit in length or type."""
    return 0xA5 ^ (word & 0xFF) ^ (word >> 8 & 0xFF) ^ (word >> 16 & 0xFF) ^ (word >> 24)


def frame(kind: int, payload: bytes) -> bytes:
    """One whole record. Raises ValueError for a payload of 16 MiB or more."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a record of {len(payload)} bytes is too long, {MAX_PAYLOAD_BYTES} are allowed")
    word = kind << 24 | len(payload)
    data = HEADER.pack(SYNC, word, check(word)) + payload
    return data + CRC.pack(zlib.crc32(data))


def encoded(row: Mapping[str, Any]) -> bytes:
    """A row of JSON as one whole record. Raises ValueError for a row that JSON cannot say, or that is too long."""
    return frame(JSON, json.dumps(row, separators=(",", ":"), default=str).encode(errors="replace"))


class Shape(NamedTuple):
    """How rows of the same keys and types are packed; made by `RunFile.shape`, of use to that file alone."""

    number: int
    layout: struct.Struct
    """Of a whole record but for its CRC."""
    word: int
    code: int
    """Length and type, and the check, of the record's header."""
    said: bytes
    """The record that says it."""
    names: tuple[str, ...]


class RunFile:
    """Appends rows to a new run file; threads may share it, and a forked child must open a file of its own.

    Args:
        path: `run-<anything>.chiplog`, which must not exist; its directory must.

    Every method raises OSError where the file system refuses, and ValueError for a row that JSON cannot say.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self.path = path
        self._descriptor = os.open(path, flags, 0o644)
        self._process = os.getpid()
        self._forks = _Forks.count
        self._numbers = itertools.count()
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self.append(MAGIC)

    def row(self, row: Mapping[str, Any]) -> None:
        """Append one row as docs/bucket.md describes it, without `at`."""
        self.append(encoded(row))

    def history(self, step: int, time: float, values: Mapping[str, Any]) -> None:
        """Append one row of history: packed where every value is a float, an int of 64 bits or a bool."""
        key = (*values, *map(type, values.values()))
        shape = self._shapes.get(key) or self._new_shape(key, values)
        if shape is not None and 0 <= step <= MAX_STEP:
            try:
                self.packed(shape, step, time, values.values())
            except struct.error:
                pass  # An int beyond 64 bits.
            else:
                return
        self.row({"kind": "history", "step": step, "time": time, "values": dict(values), "summary": True})

    def shape(self, names: Sequence[str], types: str, **flags: bool) -> Shape | None:
        """Append the shape of packed rows; None where there are too many shapes.

        Args:
            names: top-level keys.
            types: one of `CODES` for each.
            flags: `summary` and `open`, where its rows are not as usual.
        """
        number = next(self._numbers)
        if number >= MAX_SHAPES:
            return None
        text = json.dumps({"keys": [[name] for name in names], "types": types, **flags})
        said = frame(SHAPE, NUMBER.pack(number) + text.encode(errors="replace"))
        self.append(said)
        layout = struct.Struct(HEADER.format + PLACE.format[1:] + types)
        word = PACKED << 24 | layout.size - HEADER.size
        return Shape(number, layout, word, check(word), said, tuple(names))

    def packed(self, shape: Shape, step: int, time: float, values: Iterable[Any]) -> bytes:
        """Append one packed row; returns the record without its CRC. Raises struct.error for values that do not fit.

        Args:
            step: from 0 to MAX_STEP.
            time: Unix seconds.
            values: in the order of the shape's names.
        """
        number, layout, word, code, said, _ = shape
        if step & REPEAT == REPEAT or self._forks != _Forks.count:
            self.append(said)
        data = layout.pack(SYNC, word, code, number, step, time, *values)
        written = os.write(self._descriptor, data + CRC.pack(zlib.crc32(data)))
        if written != len(data) + CRC.size:
            raise _cut_short(written, len(data) + CRC.size, self.path)
        return data

    def append(self, data: bytes) -> None:
        """Append whole records by one write. Raises OSError, also where only a part of them was written."""
        if self._forks != _Forks.count:
            # A fork shares the file but not the numbering of shapes: a number would mean two things.
            raise ForkedError(f"{self.path} belongs to process {self._process}: open another file in this one")
        # A write that was cut short (no space left) is not completed: the next record begins anew behind it.
        written = os.write(self._descriptor, data)
        if written != len(data):
            raise _cut_short(written, len(data), self.path)

    def is_gone(self) -> bool:
        """Whether no name leads to the file any more, so that what is written to it is for nobody."""
        return os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> None:
        """Close the file; nothing is held back, so nothing is lost without it."""
        os.close(self._descriptor)

    def _new_shape(self, key: tuple[Any, ...], values: Mapping[str, Any]) -> Shape | None:
        """Append the shape of these values; None where they cannot be packed, or there are too many shapes."""
        codes = [CODES.get(type(value), "") for value in values.values()]
        shape = self.shape(list(values), "".join(codes)) if all(codes) else None
        if shape is not None:
            # Known to other threads only now that its record stands before theirs.
            self._shapes[key] = shape
        return shape


def _cut_short(written: int, size: int, path: Path) -> OSError:
    return OSError(errno.ENOSPC, f"{written} of {size} bytes were written to {path}")


class _Forks:
    """How many forks lie between this process and the one that imported this; cheaper to compare than a system call."""

    count = 0

    @classmethod
    def note(cls) -> None:
        """This process is a child."""
        cls.count += 1


os.register_at_fork(after_in_child=_Forks.note)


class ForkedError(OSError):
    """A forked process wrote to its parent's run file."""
