"""Rows of the tables, as a recorder wrote them but with nested metrics joined by dots; it writes nothing.

DuckDB is imported when the first table is read: who reads no sealed run needs none (`chiplog[tables]` brings it).
"""

import functools
import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiplog import codec, layout
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.errors import SettingsError
from chiplog.records import TablePart

if TYPE_CHECKING:
    import duckdb

_BLOCK_BYTES = 1 << 20
_FETCHED = 4096

_POINTS = """
SELECT stream, "at", step, time, is_summary, key, type, value, text FROM read_parquet($files)
WHERE recorder = $recorder ORDER BY stream, "at", key
"""

_CONSOLE = """
SELECT stream, "at", time, source, text FROM read_parquet($files) WHERE recorder = $recorder ORDER BY stream, "at"
"""

Plain = Callable[[float, str], Any]

_PLAIN: dict[str, Plain] = {
    "float": lambda value, _: value,
    "integer": lambda value, _: int(value),
    "boolean": lambda value, _: bool(value),
    "string": lambda _, text: text,
    "json": lambda _, text: json.loads(text),
    "null": lambda *_: None,
}
"""A point's value by its `type`, from its columns `value` and `text`."""


def connect() -> "duckdb.DuckDBPyConnection":
    """A connection of its own to this process's DuckDB, which is in memory, on few threads; it makes no tables there.

    Raises SettingsError where DuckDB is not installed.
    """
    return _database().cursor()


@functools.cache
def _database() -> "duckdb.DuckDBPyConnection":
    """Made once: to start one takes 50 ms, more than to read a small table."""
    try:
        import duckdb
    except ImportError as error:
        raise SettingsError("sealed runs are read with DuckDB: pip install 'chiplog[tables]'") from error
    folder = str(Path(tempfile.gettempdir()) / "chiplog-duckdb")
    return duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": "512MB",
            "temp_directory": folder,
            "autoinstall_known_extensions": False,  # It would look for them on the network.
        }
    )


class Parts:
    """The parts of tables that a reader has fetched, each once; `close` takes them away."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._folder = tempfile.TemporaryDirectory(prefix="chiplog-")
        self._files: dict[tuple[str, str], Path] = {}

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the fetched files away."""
        self._folder.cleanup()

    def rows(self, parts: Iterable[TablePart], recorder: str, kinds: Collection[str]) -> Iterator[tuple[str, Row]]:
        """Stream and row of everything that `parts` hold of a recorder, of the given `kinds`.

        In the order of the tables, their streams and positions. Raises NotFound for a part that is gone, BucketError.
        """
        wanted = [part for part in parts if recorder in part["recorders"]]
        for table in layout.TABLES:
            files = [str(self._file(part)) for part in wanted if part["table"] == table and table in kinds]
            if files:
                yield from _console(files, recorder) if table == "console" else _points(table, files, recorder)

    def _file(self, part: TablePart) -> Path:
        place = (part["key"], part["sha256"])
        if place not in self._files:
            path = Path(self._folder.name) / f"{len(self._files)}.parquet"
            download(self._bucket, part["key"], path)
            self._files[place] = path
        return self._files[place]


def download(bucket: Bucket, key: str, path: Path) -> None:
    """Write an object to a local file. Raises NotFound, BucketError."""
    with bucket.open(key) as source, path.open("wb") as target:
        while block := source.read(_BLOCK_BYTES):
            target.write(block)


def _points(kind: str, files: list[str], recorder: str) -> Iterator[tuple[str, Row]]:
    for (stream, at), points in groupby(_select(_POINTS, files, recorder), itemgetter(0, 1)):
        first, *others = points
        row: Row = {"at": at, "kind": kind, "time": codec.finite(first[3]), "values": _values([first, *others])}
        if kind == "history":
            row["step"] = first[2]
        if first[4]:
            row["summary"] = True
        yield stream, row


def _values(points: Iterable[Any]) -> dict[str, Any]:
    """The metrics of one row; a row that had none is one point without a key."""
    return {key: codec.finite(_PLAIN[kind](value, text)) for *_, key, kind, value, text in points if key is not None}


def _console(files: list[str], recorder: str) -> Iterator[tuple[str, Row]]:
    for stream, at, time, source, text in _select(_CONSOLE, files, recorder):
        yield stream, {"at": at, "kind": "console", "time": codec.finite(time), "source": source, "text": text}


def _select(query: str, files: list[str], recorder: str) -> Iterator[tuple[Any, ...]]:
    with connect() as connection:
        found = connection.execute(query, {"files": files, "recorder": recorder})
        while rows := found.fetchmany(_FETCHED):
            yield from rows
