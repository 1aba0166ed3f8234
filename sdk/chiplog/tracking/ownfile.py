"""A run file of ours (`chiplog.runfile`) as the journal writes it. It decides nothing."""

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chiplog import runfile
from chiplog.tracking.journal import Row

_TRIES = 1000


class OwnFile(runfile.RunFile):
    """A run file that is told what a row is: packed where it can be."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._flagged: dict[tuple[Any, ...], runfile.Shape | None] = {}

    def rows(self, rows: Sequence[Row]) -> None:
        """Append rows by one write."""
        self.append(b"".join(map(runfile.encoded, rows)))

    def logged(self, row: Row, types: str | None, then: Sequence[Row]) -> None:
        """Append a row of history and what belongs to it by one write."""
        data = self._packed(row, types) if types else None
        self.append(b"".join([data or runfile.encoded(row), *map(runfile.encoded, then)]))

    def _packed(self, row: Row, types: str) -> bytes | None:
        flags = {"summary": row.get("summary", False), "open": row.get("open", False)}
        told = {name: is_set for name, is_set in flags.items() if is_set != (name == "summary")}
        key = (*row["values"], types, *told)
        if key not in self._flagged:
            self._flagged[key] = self.shape(list(row["values"]), types, **told)
        shape = self._flagged[key]
        if shape is None or not 0 <= row["step"] <= runfile.MAX_STEP:
            return None
        head = (runfile.SYNC, shape.word, shape.code, shape.number, row["step"], row["time"])
        try:
            data = shape.layout.pack(*head, *row["values"].values())
        except struct.error:
            return None  # An int beyond 64 bits.
        said = shape.said if row["step"] & runfile.REPEAT == runfile.REPEAT else b""
        return said + data + runfile.CRC.pack(zlib.crc32(data))


def create(folder: Path, name: str) -> OwnFile:
    """A new `run-<name>.chiplog`, with a number behind the name where that one exists: two processes with one id, or a
    run that is resumed, have a file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(_TRIES):
        end = f"-{number}" if number else ""
        try:
            return OwnFile(folder / f"run-{name}{end}{runfile.SUFFIX}")
        except FileExistsError:
            continue
    return OwnFile(folder / f"run-{name}-{os.getpid()}-{os.urandom(4).hex()}{runfile.SUFFIX}")
