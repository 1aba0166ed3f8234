"""The parts of a run's tables while it is sealed: collects rows, writes a part when it is full, reads it back; it
decides nothing about which rows.
"""

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from chiplog import layout
from chiplog.bucket import Bucket, ETag
from chiplog.codec import Row
from chiplog.errors import FormatError, NotFound, PreconditionFailed
from chiplog.reading import tables as reading
from chiplog.records import TablePart
from chiplog_compactor import pyramid, tables
from chiplog_compactor.tables import Place, Points, Writes

MAX_LINES = 1_000_000
"""Points or pieces of console in one part; they are held in memory, at about 60 bytes a point."""


@dataclass(frozen=True)
class Title:
    """What names the parts of one sealing of a run."""

    run: layout.Run
    project: str
    date: str
    """The day the run was made, UTC, `YYYY-MM-DD`."""
    generation: int


@dataclass
class Staging:
    """The rows of one sealing on their way into parts."""

    bucket: Bucket
    title: Title
    parts: list[TablePart] = field(default_factory=list)
    _rows: dict[str, Points | Writes] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def add(self, place: Place, row: Row) -> None:
        """Take a row of a table. Raises BucketError where a full part cannot be written."""
        kind = row["kind"]
        rows = self._rows.get(kind)
        if rows is None:
            rows = self._rows[kind] = Writes() if kind == "console" else Points()
        rows.add(place, row)
        if len(rows) >= MAX_LINES:
            self._write(kind)

    def finish(self) -> list[TablePart]:
        """Write what is left; all parts."""
        for kind in list(self._rows):
            self._write(kind)
        return self.parts

    def _write(self, kind: str) -> None:
        rows = self._rows.pop(kind)
        with tempfile.TemporaryDirectory(prefix="chiplog-") as folder:
            path = Path(folder) / "part.parquet"
            told = tables.write(rows, self.title.run.id, self.title.project, path)
            self._ship(kind, rows, path, told)
            if kind == "history":
                self._ship_pyramid(rows, path, Path(folder) / "pyramid.parquet")

    def _ship_pyramid(self, rows: Points | Writes, history: Path, path: Path) -> None:
        told = pyramid.write(history, path)
        if told[0]:
            self._ship(layout.PYRAMID, rows, path, told)

    def _ship(self, table: str, rows: Points | Writes, path: Path, told: tuple[int, str]) -> None:
        """Put a part and read it back from the bucket: what was written must be what is there."""
        number = self._numbers.get(table, 0)
        self._numbers[table] = number + 1
        key = layout.table_key(table, self.title.run, self.title.date, self.title.generation, number)
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        _replace(self.bucket, key, data)
        back = path.with_suffix(".back")
        reading.download(self.bucket, key, back)
        if hashlib.sha256(back.read_bytes()).hexdigest() != digest:
            raise FormatError(f"{key} reads back as something else than was written")
        tables.check(back, told)
        recorders = sorted({place.recorder for place in rows.columns.places})
        self.parts.append({"table": table, "key": key, "lines": told[0], "size": len(data), "sha256": digest,
                           "recorders": recorders})  # fmt: skip


def _replace(bucket: Bucket, key: str, data: bytes) -> None:
    """Create a part, or replace the one that a sealing left there which never came to its seal."""
    etag: ETag | None = None
    try:
        bucket.put(key, data, if_absent=True)
    except PreconditionFailed:
        try:
            etag = bucket.get(key).etag
        except NotFound:
            return _replace(bucket, key, data)
        bucket.put(key, data, if_match=etag)
