"""The parts of a run's tables while it is sealed: collects rows, writes a part when it is full, reads it back; it
decides nothing about which rows.
"""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from chiplog import layout
from chiplog.bucket import Bucket, ETag
from chiplog.codec import Row
from chiplog.errors import FormatError, NotFound, PreconditionFailed
from chiplog.reading import tables as reading
from chiplog.records import TablePart
from chiplog_compactor import pyramid, tables
from chiplog_compactor.parsing import Numbers
from chiplog_compactor.points import Place, Points, Sorted
from chiplog_compactor.tables import Writes

MAX_LINES = 500_000
"""Points or pieces of console in one part. Two parts are held in memory, at about 60 bytes a point: one is written
while the next one's rows are read."""


@dataclass(frozen=True)
class Title:
    """What names the parts of one sealing of a run."""

    run: layout.Run
    project: str
    date: str
    """The day the run was made, UTC, `YYYY-MM-DD`."""
    generation: int
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Of each table's first part, where it is not 0."""
    is_first: bool = True
    """No other sealing of the run made a pyramid."""


@dataclass
class Staging:
    """The rows of one sealing on their way into parts; with its end nothing is under way any more."""

    bucket: Bucket
    title: Title
    parts: list[TablePart] = field(default_factory=list)
    _rows: dict[str, Points | Writes] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _under_way: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown()

    def add(self, place: Place, row: Row) -> None:
        """Take a row of a table. Raises BucketError where a full part cannot be written."""
        kind = row["kind"]
        rows = self._rows.get(kind)
        if rows is None:
            rows = self._rows[kind] = Writes() if kind == "console" else Points()
        rows.add(place, row)
        if len(rows) >= MAX_LINES:
            self._write(kind)

    def add_numbers(self, place: Place, kind: str, rows: Sequence[Numbers]) -> None:
        """Take rows of a table whose metrics are all numbers. Raises BucketError as `add` does."""
        points = self._rows.get(kind)
        if not isinstance(points, Points):
            points = self._rows[kind] = Points()
        points.add_all(place, rows)
        if len(points) >= MAX_LINES:
            self._write(kind)

    def finish(self) -> list[TablePart]:
        """Write what is left; all parts."""
        for kind in layout.TABLES:
            if kind in self._rows:
                self._write(kind)
        self._wait()
        return self.parts

    def _write(self, kind: str) -> None:
        """Begin to write a kind's rows, when those before them are in the bucket."""
        self._wait()
        self._under_way = self._writer.submit(self._write_part, kind, self._rows.pop(kind))

    def _wait(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
        self._under_way = None

    def _write_part(self, kind: str, rows: Points | Writes) -> None:
        recorders = sorted({place.recorder for place in rows.columns.places})
        run, project = self.title.run.id, self.title.project
        with tempfile.TemporaryDirectory(prefix="chiplog-") as folder, ThreadPoolExecutor(1) as beside:
            path, top = Path(folder) / "part.parquet", Path(folder) / "pyramid.parquet"
            lines = rows.sorted() if isinstance(rows, Points) else rows
            above = None
            if isinstance(lines, Sorted) and kind == "history":
                # NumPy and DuckDB let go of the interpreter, so two cores share the work.
                is_alone = self.title.is_first and kind not in self._numbers and len(rows) < MAX_LINES
                above = beside.submit(_pyramid, lines, run, project, top, is_alone=is_alone)
            self._ship(kind, recorders, path, tables.write(lines, run, project, path))
            told = above.result() if above else None
            if told:
                self._ship(layout.PYRAMID, recorders, top, told)

    def _ship(self, table: str, recorders: list[str], path: Path, told: tuple[int, str]) -> None:
        """Put a part and read it back from the bucket: what was written must be what is there."""
        number = self._numbers.get(table, self.title.numbers.get(table, 0))
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
        self.parts.append({"table": table, "key": key, "lines": told[0], "size": len(data), "sha256": digest,
                           "recorders": recorders})  # fmt: skip


def _pyramid(lines: Sorted, run: str, project: str, path: Path, *, is_alone: bool) -> tuple[int, str] | None:
    """Write the pyramid of a history, where it has one; what `tables.write_pyramid` tells of it."""
    buckets = pyramid.of(lines, is_alone=is_alone)
    return tables.write_pyramid(buckets, lines, run, project, path) if buckets else None


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
