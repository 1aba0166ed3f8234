"""Rows of the tables, as a recorder wrote them but with nested metrics joined by dots; it writes nothing.

What it asks DuckDB stands here; DuckDB itself is `database`'s. Metrics of plain numbers `parquet` reads without it.
"""

import functools
import hashlib
import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiplog import codec, layout
from chiplog.bucket import Bucket
from chiplog.bucket.directory import DirectoryBucket
from chiplog.codec import Row
from chiplog.errors import FormatError, NotFound
from chiplog.reading import database
from chiplog.reading.parquet.unfamiliar import Unfamiliar
from chiplog.records import TablePart

if TYPE_CHECKING:
    import numpy as np

_BLOCK_BYTES = 1 << 20
_FETCHED = 4096

_POINTS = """
SELECT stream, "at", step, time, is_summary, key, type, value, text FROM read_parquet($files)
WHERE recorder = $recorder ORDER BY stream, "at", key
"""

_CONSOLE = """
SELECT stream, "at", time, source, text FROM read_parquet($files) WHERE recorder = $recorder ORDER BY stream, "at"
"""

_COLUMN = """
SELECT {at} step, coalesce(time, 'NaN'::DOUBLE) AS time,
    coalesce(value, CASE WHEN type = 'json' THEN TRY_CAST(text AS DOUBLE) END, 'NaN'::DOUBLE) AS value
FROM read_parquet($files) WHERE recorder = $recorder AND stream = $stream AND key = $key
"""
"""Of one metric, in the order of positions: so a part is sorted, and so its seal names the parts (docs/bucket.md)."""

_POINT = ("step", "time", "value")

_IS_NUMBER = "(value IS NOT NULL OR (type = 'json' AND TRY_CAST(text AS DOUBLE) IS NOT NULL))"

_KEYS = f"""
SELECT DISTINCT key FROM read_parquet($files)
WHERE recorder = $recorder AND stream = $stream AND key IS NOT NULL AND {_IS_NUMBER}
"""

_BEGAN = """
SELECT min(time) FROM (
    SELECT arg_min(time, "at") AS time FROM read_parquet($files)
    WHERE recorder = $recorder AND stream = $stream AND value IS NOT NULL AND NOT isnan(time) GROUP BY key)
"""

_LEVEL = """
SELECT max(level) FROM (
    SELECT level FROM read_parquet($files, filename = true)
    WHERE recorder = $recorder AND stream = $stream AND key = $key
    GROUP BY level HAVING count(DISTINCT filename) = $of
        AND count(*) FILTER (last_step BETWEEN $low AND $high) >= $points)
"""
"""Of a level that only some parts have, a metric's buckets would be those of a piece of it."""

_SPREAD = f"""
SELECT count(DISTINCT filename) FROM read_parquet($files, filename = true)
WHERE recorder = $recorder AND stream = $stream AND key = $key AND step IS NOT NULL AND {_IS_NUMBER}
"""

_BUCKETS = """
SELECT last_step, coalesce(last_time, 'NaN'::DOUBLE) AS last_time, coalesce(min, 'NaN'::DOUBLE) AS min,
    coalesce(max, 'NaN'::DOUBLE) AS max, coalesce(last, 'NaN'::DOUBLE) AS last, points
FROM read_parquet($files)
WHERE recorder = $recorder AND stream = $stream AND key = $key AND level = $level
    AND last_step BETWEEN $low AND $high
ORDER BY last_step
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


class Parts:
    """The parts of tables that a reader has fetched, each once; `close` takes them away."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._end: Callable[[], object] = _nothing
        if not isinstance(bucket, DirectoryBucket):  # Its files are read where they are.
            self._folder = Path(tempfile.mkdtemp(prefix="part-", dir=database.scratch()))
            # A reader that nobody finished is closed by Python whenever it likes, and no fault of who began it.
            self._end = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._files: dict[tuple[str, str], Path] = {}

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the fetched files away."""
        self._end()

    def rows(self, parts: Iterable[TablePart], recorder: str, kinds: Collection[str]) -> Iterator[tuple[str, Row]]:
        """Stream and row of everything that `parts` hold of a recorder, of the given `kinds`.

        In the order of the tables, their streams and positions. Raises NotFound for a part that is gone,
        FormatError for one that is damaged, BucketError.
        """
        wanted = [part for part in parts if recorder in part["recorders"]]
        for table in layout.TABLES:
            files = [str(self._file(part)) for part in wanted if part["table"] == table and table in kinds]
            if files:
                query = _CONSOLE if table == "console" else _POINTS
                found = self._select(query, files, recorder)
                yield from _console(found) if table == "console" else _points(table, found)

    def columns(
        self,
        parts: Iterable[TablePart],
        recorder: str,
        stream: str,
        keys: Sequence[str],
        *,
        numbers_only: bool = False,
    ) -> "dict[str, np.ndarray[Any, Any]]":
        """`_step`, `_timestamp` and metrics of the rows of one stream that have any of these, in their order.

        With `numbers_only` of the rows whose value is a number, be it NaN; else what is none is NaN too.
        Raises NotFound for a part that is gone, BucketError.
        """
        named, wanted = {"recorder": recorder, "stream": stream}, _wanted(parts, "history", recorder)
        try:
            return _aligned(keys, [self._points(wanted, {"key": key, **named}, len(keys) > 1) for key in keys])
        except Unfamiliar:
            return _aligned(keys, self._asked(wanted, named, keys, numbers_only=numbers_only))

    def _points(
        self, parts: Iterable[TablePart], named: dict[str, str], has_positions: bool
    ) -> "dict[str, np.ndarray[Any, Any]]":
        """A metric's points from the pages. Raises Unfamiliar where one of them is no number."""
        from chiplog.reading.parquet import metric

        files = [(self._file(part), part["sha256"]) for part in parts]
        return metric.read(files, named, ("at", *_POINT) if has_positions else _POINT)

    def _asked(
        self, parts: Iterable[TablePart], named: dict[str, str], keys: Sequence[str], *, numbers_only: bool
    ) -> "list[dict[str, np.ndarray[Any, Any]]]":
        """Metrics as DuckDB tells them, which makes numbers of more: of texts of large integers."""
        told = {"files": [str(self._file(part)) for part in parts], **named}
        with database.reader(self._readable) as connection, database.within(connection):
            # Only rows of several metrics must be told apart: a quarter of the time is the positions'.
            query = _COLUMN.format(at='"at",' if len(keys) > 1 else "")
            query = f"{query} AND {_IS_NUMBER}" if numbers_only else query
            return [connection.execute(query, {**told, "key": key}).fetchnumpy() for key in keys]

    def keys(self, parts: Iterable[TablePart], recorder: str, stream: str) -> list[str]:
        """The metrics of one stream that have numbers. Raises as `columns` does."""
        told = self._told(parts, "history", recorder, stream)
        with database.reader(self._readable) as connection, database.within(connection):
            return [key for (key,) in connection.execute(_KEYS, told).fetchall()] if told["files"] else []

    def began(self, parts: Iterable[TablePart], recorder: str, stream: str) -> float | None:
        """The time of the first number of one stream, Unix seconds. Raises as `columns` does."""
        told = self._told(parts, "history", recorder, stream)
        with database.reader(self._readable) as connection, database.within(connection):
            found = connection.execute(_BEGAN, told).fetchone() if told["files"] else None
            return None if found is None or found[0] is None else float(found[0])

    def buckets(
        self, parts: Iterable[TablePart], recorder: str, stream: str, key: str, points: int, low: int, high: int
    ) -> "dict[str, np.ndarray[Any, Any]] | None":
        """The pyramid's buckets of one metric whose last steps lie between `low` and `high`, of the widest that are at
        least `points`: `last_step`, `last_time`, `min`, `max`, `last`, `points`. None where there are not so many, and
        its points themselves are few, or where a part lacks them. Raises as `columns` does.
        """
        of = self._spread(parts, recorder, stream, key)
        told = self._told(parts, layout.PYRAMID, recorder, stream) | {"key": key, "low": low, "high": high}
        if len(told["files"]) < max(of, 1):
            return None
        with database.reader(self._readable) as connection, database.within(connection):
            (level,) = connection.execute(_LEVEL, {**told, "points": points, "of": of}).fetchone() or (None,)
            return None if level is None else connection.execute(_BUCKETS, {**told, "level": level}).fetchnumpy()

    def _spread(self, parts: Iterable[TablePart], recorder: str, stream: str, key: str) -> int:
        """In how many parts of the history a metric has numbers; 1 where there is one part, whatever is in it."""
        told = self._told(parts, "history", recorder, stream) | {"key": key}
        if len(told["files"]) < 2:
            return 1
        with database.reader(self._readable) as connection, database.within(connection):
            (count,) = connection.execute(_SPREAD, told).fetchone() or (0,)
            return int(count)

    def _told(self, parts: Iterable[TablePart], table: str, recorder: str, stream: str) -> dict[str, Any]:
        files = [str(self._file(part)) for part in _wanted(parts, table, recorder)]
        return {"files": files, "recorder": recorder, "stream": stream}

    @property
    def _readable(self) -> Path:
        """Where the files are that are read: a local bucket's own, else those that were fetched."""
        if isinstance(self._bucket, DirectoryBucket):
            return self._bucket.root / layout.tables_prefix()
        return database.scratch()

    def _select(self, query: str, files: list[str], recorder: str) -> Iterator[tuple[Any, ...]]:
        with database.reader(self._readable) as connection:
            with database.within(connection):
                found = connection.execute(query, {"files": files, "recorder": recorder})
            rows: list[tuple[Any, ...]] = [()]
            while rows:
                with database.within(connection):
                    rows = found.fetchmany(_FETCHED)
                yield from rows

    def _file(self, part: TablePart) -> Path:
        place = (part["key"], part["sha256"])
        if isinstance(self._bucket, DirectoryBucket):
            return self._in_place(part)
        if place not in self._files:
            path = self._folder / f"{len(self._files)}.parquet"
            _check(part, download(self._bucket, part["key"], path))
            self._files[place] = path
        return self._files[place]

    def _in_place(self, part: TablePart) -> Path:
        """A local bucket's object is a file already. Raises NotFound, and FormatError for one that is damaged."""
        path: Path = self._bucket.root / part["key"]  # type: ignore[attr-defined]
        if not path.is_file():
            raise NotFound(part["key"])
        status = path.stat()
        _check(part, _digest(path, status.st_mtime_ns, status.st_size))
        return path


def _wanted(parts: Iterable[TablePart], table: str, recorder: str) -> list[TablePart]:
    """The parts of a table that hold anything of a recorder."""
    return [part for part in parts if recorder in part["recorders"] and part["table"] == table]


def _nothing() -> None:
    """The end of a reader that fetched nothing."""


@functools.lru_cache(maxsize=4096)
def _digest(path: Path, _modified_ns: int, _size: int) -> str:
    """SHA-256 of a file as it stands, told once for each state of it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(part: TablePart, sha256: str) -> None:
    """Parquet's pages have no checksum here: a flipped bit would be a value."""
    if sha256 != part["sha256"]:
        raise FormatError(f"{part['key']} is damaged: it is not what its seal says")


def download(bucket: Bucket, key: str, path: Path) -> str:
    """Write an object to a local file; its SHA-256. Raises NotFound, BucketError."""
    digest = hashlib.sha256()
    with bucket.open(key) as source, path.open("wb") as target:
        while block := source.read(_BLOCK_BYTES):
            digest.update(block)
            target.write(block)
    return digest.hexdigest()


def _points(kind: str, found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, Row]]:
    for (stream, at), points in groupby(found, itemgetter(0, 1)):
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


def _console(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, Row]]:
    for stream, at, time, source, text in found:
        yield stream, {"at": at, "kind": "console", "time": codec.finite(time), "source": source, "text": text}


def _aligned(keys: Sequence[str], found: "list[dict[str, np.ndarray[Any, Any]]]") -> "dict[str, np.ndarray[Any, Any]]":
    """Metrics as columns of the rows that have any of them."""
    import numpy as np

    if len(found) == 1:
        (only,) = found
        return {"_step": _steps(only["step"]), "_timestamp": only["time"], keys[0]: only["value"]}
    at, first = np.unique(np.concatenate([columns["at"] for columns in found]), return_index=True)
    step = np.ma.concatenate([columns["step"] for columns in found])[first]  # type: ignore[no-untyped-call]
    time = np.concatenate([columns["time"] for columns in found])[first]
    told = {"_step": _steps(step), "_timestamp": time}
    for key, columns in zip(keys, found, strict=True):
        told[key] = np.full(len(at), np.nan)
        told[key][np.searchsorted(at, columns["at"])] = columns["value"]
    return told


def _steps(column: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Steps as integers; as floats with NaN where a row has none."""
    import numpy as np

    if not np.ma.is_masked(column):
        return np.ma.getdata(column).astype(np.int64, copy=False)
    return np.ma.filled(column.astype(np.float64), np.nan)
