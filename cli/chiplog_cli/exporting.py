"""Writes what a run recorded in formats that others read: one row per step, a column per metric.

All rows of a table are held in memory, for a column's type is known only when the last row was seen.
"""

import codecs
import csv
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

from chiplog import strictjson
from chiplog.bucket import Bucket
from chiplog.errors import SettingsError
from chiplog.reading import console, database, files, history
from chiplog.reading.views import RunView
from chiplog_cli import downloading, eventfile, summaries
from chiplog_cli.rendering import formats, progress

Row = dict[str, Any]
Content = Callable[[BinaryIO], None]

FORMATS = ("parquet", "csv", "tfevents")

_OURS = {"_step": "BIGINT", "_timestamp": "DOUBLE", "_attempt": "INTEGER", "_rank": "INTEGER"}
_LINE = {"_timestamp": "DOUBLE", "_attempt": "INTEGER", "_rank": "INTEGER", "source": "VARCHAR", "text": "VARCHAR"}


def write(bucket: Bucket, view: RunView, form: str, folder: Path) -> list[Path]:
    """Write the files of a format below `folder`; their paths.

    `parquet` and `csv`: `history`, `system` and `console`, as far as the run has any. `tfevents`: a directory for each
    attempt and rank, as TensorBoard shows runs. Raises SettingsError where nothing can be written there, BucketError.
    """
    try:
        return _events(bucket, view, folder) if form == "tfevents" else _tables(bucket, view, form, folder)
    except OSError as error:
        raise SettingsError(f"{folder}: {error.strerror}: {error.filename}") from error


def _tables(bucket: Bucket, view: RunView, form: str, folder: Path) -> list[Path]:
    with_rank = [{"_rank": 0, **row} for row in progress.through(history.read(bucket, view), "reading rows")]
    system = [{"_rank": 0, **row} for row in history.read(bucket, view, kind="system")]
    lines = [_line(line) for line in console.read(bucket, view)]
    written = []
    for name, rows, fixed in (("history", with_rank, _OURS), ("system", system, _OURS), ("console", lines, _LINE)):
        if rows:
            path = folder / f"{name}.{form}"
            put = _parquet if form == "parquet" else _csv
            downloading.write(path, put(rows, _columns(rows, fixed)))
            written.append(path)
    return written


def _line(line: console.Line) -> Row:
    place = {"_timestamp": line.time, "_attempt": line.attempt, "_rank": line.rank}
    return {**place, "source": line.source, "text": line.text}


def _columns(rows: Iterable[Row], fixed: dict[str, str]) -> dict[str, str]:
    """Name and type of every column: ours, then the metrics by name; one of several types is text, as JSON."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        for key, value in row.items():
            if key not in fixed and value is not None:
                kinds.setdefault(key, set()).add(_kind(value))
    return {**fixed, **{key: _joined(kinds[key]) for key in sorted(kinds)}}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int):
        return "BIGINT" if -(2**63) <= value < 2**63 else "VARCHAR"
    return "DOUBLE" if isinstance(value, float) else "VARCHAR"


def _joined(kinds: set[str]) -> str:
    if kinds <= {"BIGINT", "DOUBLE"}:
        return "DOUBLE" if "DOUBLE" in kinds else "BIGINT"
    return kinds.pop() if kinds == {"BOOLEAN"} else "VARCHAR"


def _csv(rows: list[Row], columns: dict[str, str]) -> Content:
    def content(target: BinaryIO) -> None:
        writer = csv.writer(codecs.getwriter("utf-8")(target, "backslashreplace"), lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([formats.cell(row.get(column)) for column in columns] for row in rows)

    return content


def _parquet(rows: list[Row], columns: dict[str, str]) -> Content:
    """Through a CSV of fixed types, which DuckDB takes far faster than single rows."""

    def content(target: BinaryIO) -> None:
        with tempfile.TemporaryDirectory(prefix="chiplog-") as folder, database.connect() as connection:
            staged, made = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
            with staged.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                for row in rows:
                    file.write(",".join(_field(row.get(key), kind) for key, kind in columns.items()) + "\n")
            connection.execute(_CONVERT.format(made=made), {"staged": str(staged), "columns": columns})
            target.write(made.read_bytes())

    return content


_CONVERT = """
COPY (SELECT * FROM read_csv($staged, columns = $columns, header = false, nullstr = '', allow_quoted_nulls = false,
    delim = ',', quote = '"', escape = '"', max_line_size = 268435456, parallel = false))
TO '{made}' (FORMAT parquet, COMPRESSION zstd)
"""


def _field(value: Any, kind: str) -> str:
    """A field of that CSV: nothing for null, a text in quotes, a number as Python writes it."""
    if value is None:
        return ""
    if kind != "VARCHAR":
        return repr(value).lower() if isinstance(value, bool) else repr(value)
    text = value if isinstance(value, str) else strictjson.dumps(value)
    return '"' + text.replace('"', '""').replace("\0", "\\0") + '"'


def _events(bucket: Bucket, view: RunView, folder: Path) -> list[Path]:
    """An event file for each attempt and rank, with the rows that have a step, in the order they were logged."""
    groups: dict[tuple[int, int], list[Row]] = {}
    for row in progress.through(history.read(bucket, view), "reading rows"):
        groups.setdefault((row["_attempt"], row.get("_rank", 0)), []).append(row)
    images = summaries.Images(bucket, lambda: files.read(bucket, view, every=True))
    written = []
    for (attempt, rank), rows in groups.items():
        started = int(view.started_at or 0)
        path = folder / f"attempt-{attempt}" / f"rank-{rank}" / f"events.out.tfevents.{started}.{view.run}"
        downloading.write(path, _event_content(rows, images))
        written.append(path)
    return written


def _event_content(rows: list[Row], images: summaries.Images) -> Content:
    def content(target: BinaryIO) -> None:
        eventfile.start(target, rows[0]["_timestamp"] or 0.0)
        for row in rows:
            if row["_step"] is not None:
                values = summaries.of(row, history.OWN, images.fetch)
                eventfile.add(target, row["_timestamp"] or 0.0, row["_step"], values)

    return content
