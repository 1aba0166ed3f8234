"""wandb's own log file as the journal writes it (`format="wandb"`), for readers that know no other. It decides nothing.

The framing is LevelDB's with wandb's checksum: blocks of 32 KiB, each record in one or more chunks. Every call writes
whole records by one `write(2)`, under a lock, for where a chunk goes depends on where the file ends. A row that is
written in pieces waits in memory for its last one, as in wandb itself.
"""

import os
import struct
import threading
import time
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from chiplog.runfile import Shape
from chiplog.tracking import wandbrecords
from chiplog.tracking.journal import Row
from chiplog.tracking.summary import flat

MAGIC = b":W&B\xe1\xbe\x00"
BLOCK_BYTES = 32768
_HEADER = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class WandbFile:
    """A new `run-<id>.wandb`.

    Args:
        path: it must not exist; its directory must.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self.path = path
        self._descriptor = os.open(path, flags, 0o644)
        self._lock = threading.RLock()
        self._size = 0
        self._number = 0
        self._run: Row = {}
        self._pending: Row | None = None
        self._write(MAGIC)

    def shape(self, names: Sequence[str], types: str) -> Shape | None:  # noqa: ARG002
        """None: every row is written out."""
        return None

    def packed(self, shape: Shape, step: int, time: float, values: Iterable[Any]) -> bytes:  # noqa: ARG002
        """Never called: there is no shape."""
        raise ValueError(f"{self.path} has no packed rows")

    def logged(self, row: Row, types: str | None, then: Sequence[Row]) -> None:  # noqa: ARG002
        """Append a row of history once it is whole, and its summary."""
        with self._lock:
            self._append([*self._whole(row), *then])

    def rows(self, rows: Sequence[Row]) -> None:
        """Append rows by one write."""
        with self._lock:
            self._append([whole for row in rows for whole in (self._whole(row) if row["kind"] == "history" else [row])])

    def is_gone(self) -> bool:
        """Whether no name leads to the file any more."""
        return os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)

    def _whole(self, row: Row) -> list[Row]:
        """The whole rows that a row or piece makes, each with the summary that wandb would write with it."""
        before, self._pending = self._pending, None
        if before is not None and before["step"] == row["step"]:
            row = {**before, **row, "values": {**before["values"], **row["values"]}}
            before = None
        if row.get("open"):
            self._pending = {name: value for name, value in row.items() if name != "open"}
            return self._with_summary(before)
        return [*self._with_summary(before), *self._with_summary(row)]

    def _with_summary(self, row: Row | None) -> list[Row]:
        if row is None:
            return []
        runtime = row["time"] - float(self._run.get("started_at") or row["time"])
        own = {"_step": row["step"], "_timestamp": row["time"], "_runtime": runtime}
        values = [(path, value) for path, value in flat(row["values"]) if row.get("summary")]
        update = [*values, *(((name,), value) for name, value in own.items())]
        return [{"kind": "summary", "update": update, "remove": []}, {**row, "runtime": runtime}]

    def _append(self, rows: Sequence[Row]) -> None:
        data = b""
        for row in rows:
            if row["kind"] == "run":
                # wandb's later records of a run are whole, too.
                row = self._run = {**self._run, **row}
            payload = wandbrecords.record(self._number + 1, row)
            if payload is not None:
                self._number += 1
                data += framed(payload, self._size + len(data))
        self._write(data)

    def _write(self, data: bytes) -> None:
        written = os.write(self._descriptor, data)
        self._size += written
        if written != len(data):
            raise OSError(f"{written} of {len(data)} bytes were written to {self.path}")


def framed(payload: bytes, at: int) -> bytes:
    """A record as chunks, for a file that has `at` bytes."""
    found, rest, is_first = b"", payload, True
    while rest or is_first:
        room = BLOCK_BYTES - (at + len(found)) % BLOCK_BYTES
        if room < _HEADER.size:
            found += bytes(room)
            continue
        piece, rest = rest[: room - _HEADER.size], rest[room - _HEADER.size :]
        kind = {(True, True): _FULL, (True, False): _FIRST, (False, False): _MIDDLE, (False, True): _LAST}[
            is_first, not rest
        ]
        found += _HEADER.pack(zlib.crc32(bytes((kind,)) + piece), len(piece), kind) + piece
        is_first = False
    return found


def create(folder: Path, name: str) -> WandbFile:
    """A new file in a directory of its own below `folder`, named as wandb names them."""
    stamp = time.strftime("%Y%m%d_%H%M%S")
    directory = folder / f"offline-run-{stamp}-{name}"
    if directory.exists():
        directory = folder / f"offline-run-{stamp}-{name}-{os.getpid()}-{os.urandom(2).hex()}"
    directory.mkdir(parents=True)
    return WandbFile(directory / f"run-{name}.wandb")
