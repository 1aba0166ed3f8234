"""Rows become Parquet, by DuckDB, in the order they are handed over in; it does no I/O but to its own temporary files.

The files are read back in full by `check`, with line counts and an order-free checksum over every column.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chiplog.codec import Row
from chiplog.errors import FormatError
from chiplog.reading import database
from chiplog_compactor import points
from chiplog_compactor.points import Columns, Place, Sorted
from chiplog_compactor.pyramid import Pyramid

if TYPE_CHECKING:
    import duckdb

COPY = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, DICTIONARY_SIZE_LIMIT 4096)"
"""Columns with more values than this in a row group are no dictionaries: DuckDB tries for a fifth of its rows."""


@dataclass
class Writes:
    """Pieces of console."""

    columns: Columns = field(default_factory=Columns)
    sources: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def add(self, place: Place, row: Row) -> None:
        """Take a write."""
        self.columns.add(place, row)
        self.sources.append(points.writable(str(row["source"])))
        self.texts.append(points.writable(str(row["text"])))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything by place and position."""
        order = self.columns.order()
        written = {"source": np.array(self.sources, dtype=object), "text": np.array(self.texts, dtype=object)}
        return self.columns.arrays(order) | {name: column[order] for name, column in written.items()}


_PLACED = """
    $project AS project, $run AS run, list_extract($attempts, place + 1) AS attempt,
    list_extract($ranks, place + 1) AS rank, list_extract($recorders, place + 1) AS recorder,
    list_extract($streams, place + 1) AS stream
"""

_TIME = "CASE WHEN NOT no_time THEN coalesce(time, 'NaN'::DOUBLE) END AS time"

_POINTS = f"""
SELECT {_PLACED}, "at", nullif(step, {points.NO_STEP}) AS step, {_TIME}, is_summary,
    list_extract($names, key + 1) AS key, list_extract($types, type + 1) AS type,
    CASE WHEN type < 3 THEN coalesce(value, 'NaN'::DOUBLE) END AS value, {{text}} AS text
FROM sorted
"""

_CONSOLE = f"""
SELECT {_PLACED}, "at", {_TIME}, source, text FROM sorted
"""

_PYRAMID = f"""
SELECT {_PLACED}, list_extract($names, key + 1) AS key, level, step, points, not_finite,
    CASE WHEN points > not_finite THEN min END AS min, CASE WHEN points > not_finite THEN max END AS max,
    CASE WHEN points > not_finite THEN last END AS last, last_step,
    CASE WHEN last_time > '-Infinity'::DOUBLE OR last_time IS NULL THEN coalesce(last_time, 'NaN'::DOUBLE) END
        AS last_time
FROM sorted
"""


def write(rows: Sorted | Writes, run: str, project: str, path: Path) -> tuple[int, str]:
    """Write the rows to a Parquet file; how many lines it has, and their checksum for `check`."""
    given: dict[str, Any] = {"run": run, "project": project}
    if isinstance(rows, Sorted):
        given |= {"names": [*rows.names, None], "types": list(points.TYPES), **_places(rows.places)}
        query = _POINTS.format(text="text" if "text" in rows.arrays else "NULL::VARCHAR")
        keys = rows.arrays["key"]
        return _copy(rows.arrays | {"key": np.where(keys < 0, len(rows.names), keys)}, query, given, path)
    return _copy(rows.arrays(), _CONSOLE, given | _places(rows.columns.places), path)


def write_pyramid(buckets: Pyramid, rows: Sorted, run: str, project: str, path: Path) -> tuple[int, str]:
    """Write the pyramid of a history to a Parquet file, as `write` does."""
    given = {"run": run, "project": project, "names": rows.names, **_places(rows.places)}
    return _copy(buckets, _PYRAMID, given, path)


def _copy(arrays: dict[str, NDArray[Any]], query: str, given: dict[str, Any], path: Path) -> tuple[int, str]:
    """The columns go through the query twice, which is cheaper than to keep what comes out of it."""
    with database.connect() as connection:
        connection.register("sorted", arrays)
        connection.execute(f"COPY ({query}) TO '{path}' {COPY}", given)
        return checksum(connection, f"({query})", given)


def _places(items: list[Place]) -> dict[str, list[Any]]:
    """What a query looks up by the number of a place."""
    return {
        "attempts": [item.attempt for item in items],
        "ranks": [item.rank for item in items],
        "recorders": [item.recorder for item in items],
        "streams": [item.stream for item in items],
    }


def check(path: Path, expected: tuple[int, str]) -> None:
    """Read a file whole. Raises FormatError if lines or values are not those that were written."""
    with database.connect() as connection:
        found = checksum(connection, f"read_parquet('{path}')")
    if found != expected:
        raise FormatError(f"a table was written with {expected[0]} lines and reads back as {found[0]}: {found[1]}")


def checksum(
    connection: "duckdb.DuckDBPyConnection", table: str, given: dict[str, Any] | None = None
) -> tuple[int, str]:
    """Lines, and a checksum over whole lines that does not depend on their order."""
    query = f"SELECT count(*), coalesce(sum(hash(line)), 0) FROM {table} AS line"
    found = connection.execute(query, given or {}).fetchone()
    assert found is not None
    return int(found[0]), str(found[1])
