"""Rows become Parquet: points of metrics and pieces of console, sorted for who asks for one metric; it does no I/O
but to its own temporary files.

A point is one metric of one row. Points are held as columns and handed to DuckDB as they are; the files it writes are
read back in full by `check`, with row counts and an order-free checksum over every column.
"""

from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chiplog import codec, folding
from chiplog.codec import Row
from chiplog.errors import FormatError
from chiplog.reading import tables as reading
from chiplog.reading.history import OWN

if TYPE_CHECKING:
    import duckdb

EXACT = 2**53
"""Integers up to this are exact as doubles; larger ones are kept as text."""

TYPES = ("float", "integer", "boolean", "string", "json", "null", "none")
_FLOAT, _INTEGER, _BOOLEAN, _STRING, _JSON, _NULL, _NONE = range(len(TYPES))

_NUMBERS = frozenset((float, int))

_NO_STEP = -(2**63)

COPY = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"


@dataclass(frozen=True)
class Place:
    """Where a stream stands in its run."""

    recorder: str
    stream: str
    attempt: int
    rank: int


@dataclass
class Columns:
    """Rows of one table, in the order they came."""

    places: list[Place] = field(default_factory=list)
    place: "array[int]" = field(default_factory=lambda: array("i"))
    at: "array[int]" = field(default_factory=lambda: array("q"))
    step: "array[int]" = field(default_factory=lambda: array("q"))
    time: "array[float]" = field(default_factory=lambda: array("d"))
    no_time: "array[int]" = field(default_factory=lambda: array("b"))
    is_summary: "array[int]" = field(default_factory=lambda: array("b"))
    _known: dict[Place, int] = field(default_factory=dict)

    def add_row(self, place: Place, row: Row) -> int:
        """Take what all rows have; the row's number."""
        code = self._known.get(place)
        if code is None:
            code = self._known[place] = len(self.places)
            self.places.append(place)
        time, step = row.get("time"), row.get("step")
        if type(time) is not float:
            time = codec.number(time)
            time = time if isinstance(time, int | float) else None
        self.place.append(code)
        self.at.append(row["at"])
        self.step.append(step if isinstance(step, int) and _NO_STEP < step < -_NO_STEP else _NO_STEP)
        self.time.append(0.0 if time is None else time)
        self.no_time.append(time is None)
        self.is_summary.append(row.get("summary") is True)
        return len(self.at) - 1

    def register(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Give DuckDB the rows and their places as tables."""
        connection.register(
            "rows",
            {
                "row": np.arange(len(self.at), dtype=np.int32),
                "place": np.frombuffer(self.place, dtype=np.int32),
                "at": np.frombuffer(self.at, dtype=np.int64),
                "step": np.frombuffer(self.step, dtype=np.int64),
                "time": np.frombuffer(self.time, dtype=np.float64),
                "no_time": np.frombuffer(self.no_time, dtype=np.bool_),
                "is_summary": np.frombuffer(self.is_summary, dtype=np.bool_),
            },
        )
        connection.execute(
            "CREATE TABLE places (code INTEGER, recorder VARCHAR, stream VARCHAR, attempt INTEGER, rank INTEGER)"
        )
        connection.executemany(
            "INSERT INTO places VALUES (?, ?, ?, ?, ?)",
            [[code, item.recorder, item.stream, item.attempt, item.rank] for code, item in enumerate(self.places)],
        )


@dataclass
class Points:
    """The metrics of rows of history or system load."""

    columns: Columns = field(default_factory=Columns)
    row: "array[int]" = field(default_factory=lambda: array("i"))
    key: "array[int]" = field(default_factory=lambda: array("i"))
    type: "array[int]" = field(default_factory=lambda: array("b"))
    value: "array[float]" = field(default_factory=lambda: array("d"))
    texts: dict[int, str] = field(default_factory=dict)
    _keys: dict[str, int] = field(default_factory=dict)
    _codes: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    def add(self, place: Place, row: Row) -> None:
        """Take a row apart."""
        number = self.columns.add_row(place, row)
        if self._add_numbers(number, row["values"]):
            return
        points = [(key, value) for key, value in folding.flatten(row["values"]).items() if key not in OWN]
        for key, value in points:
            kind, plain, text = (_FLOAT, value, None) if type(value) is float else _typed(value)
            self._add(number, self._keys.setdefault(key, len(self._keys)), kind, plain, text)
        if not points:
            self._add(number, -1, _NONE, 0.0, None)  # The row stays, though it says nothing.

    def _add_numbers(self, row: int, values: dict[str, Any]) -> bool:
        """The common row, numbers at the top level alone, column by column; False for any other."""
        kinds = set(map(type, values.values()))
        if not kinds <= _NUMBERS:
            return False
        codes = list(map(self._codes.get, values))
        if None in codes:
            codes = [self._code(key) for key in values]
        found = [pair for pair in zip(codes, values.values(), strict=True) if pair[0] >= 0]  # type: ignore[operator]
        if not found:
            return False
        named, numbers = zip(*found, strict=True)
        if int in kinds:
            if not all(-EXACT <= number <= EXACT for number in numbers):
                return False
            self.type.extend([_FLOAT if type(number) is float else _INTEGER for number in numbers])
        else:
            self.type.frombytes(bytes(len(numbers)))  # _FLOAT is 0.
        self.row.extend([row] * len(numbers))
        self.key.extend(named)
        self.value.extend(numbers)
        return True

    def _code(self, key: str) -> int:
        """The number of a metric; -1 for a column of ours, which is no metric."""
        code = self._codes.get(key)
        if code is None:
            code = -1 if key in OWN else self._keys.setdefault(key, len(self._keys))
            self._codes[key] = code
        return code

    def stage(self, connection: "duckdb.DuckDBPyConnection", run: str, project: str) -> None:
        """Make the table `staged`, with the columns of the Parquet file."""
        self.columns.register(connection)
        connection.register("points", self._arrays())
        connection.execute("CREATE TABLE keys (code INTEGER, name VARCHAR)")
        named = [[code, _writable(key)] for key, code in self._keys.items()]
        connection.executemany("INSERT INTO keys VALUES (?, ?)", [*named, [-1, None]])
        text = "points.text" if self.texts else "NULL::VARCHAR"
        connection.execute(_STAGE_POINTS.format(text=text), {"run": run, "project": project, "types": list(TYPES)})

    def _add(self, row: int, key: int, kind: int, value: float, text: str | None) -> None:
        if text is not None:
            self.texts[len(self.row)] = _writable(text)
        self.row.append(row)
        self.key.append(key)
        self.type.append(kind)
        self.value.append(value)

    def _arrays(self) -> dict[str, Any]:
        arrays: dict[str, Any] = {
            "row": np.frombuffer(self.row, dtype=np.int32),
            "key": np.frombuffer(self.key, dtype=np.int32),
            "type": np.frombuffer(self.type, dtype=np.int8),
            "value": np.frombuffer(self.value, dtype=np.float64),
        }
        if self.texts:
            arrays["text"] = np.full(len(self.row), None, dtype=object)
            for number, text in self.texts.items():
                arrays["text"][number] = text
        return arrays


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
        self.columns.add_row(place, row)
        self.sources.append(_writable(str(row["source"])))
        self.texts.append(_writable(str(row["text"])))

    def stage(self, connection: "duckdb.DuckDBPyConnection", run: str, project: str) -> None:
        """Make the table `staged`, with the columns of the Parquet file."""
        self.columns.register(connection)
        written = {"source": np.array(self.sources, dtype=object), "text": np.array(self.texts, dtype=object)}
        connection.register("written", {"row": np.arange(len(self.texts), dtype=np.int32), **written})
        connection.execute(_STAGE_CONSOLE, {"run": run, "project": project})


_PLACED = """
    $project AS project, $run AS run, attempt, rank, recorder, stream, rows."at",
"""

_TIME = "CASE WHEN NOT no_time THEN coalesce(rows.time, 'NaN'::DOUBLE) END AS time"

_STAGE_POINTS = f"""
CREATE TABLE staged AS SELECT {_PLACED} nullif(step, {_NO_STEP}) AS step, {_TIME}, is_summary,
    keys.name AS key, list_extract($types, points.type + 1) AS type,
    CASE WHEN points.type < 3 THEN coalesce(points.value, 'NaN'::DOUBLE) END AS value, {{text}} AS text
FROM points JOIN rows USING (row) JOIN places ON places.code = rows.place JOIN keys ON keys.code = points.key
ORDER BY key, attempt, rank, recorder, stream, rows."at"
"""

_STAGE_CONSOLE = f"""
CREATE TABLE staged AS SELECT {_PLACED} {_TIME}, source, text
FROM written JOIN rows USING (row) JOIN places ON places.code = rows.place
ORDER BY attempt, rank, recorder, stream, rows."at"
"""


def write(rows: Points | Writes, run: str, project: str, path: Path) -> tuple[int, str]:
    """Write the rows to a Parquet file; how many lines it has, and their checksum for `check`."""
    with reading.connect() as connection:
        rows.stage(connection, run, project)
        connection.execute(f"COPY (SELECT * FROM staged) TO '{path}' {COPY}")
        return checksum(connection, "staged")


def check(path: Path, expected: tuple[int, str]) -> None:
    """Read a file whole. Raises FormatError if lines or values are not those that were written."""
    with reading.connect() as connection:
        found = checksum(connection, f"read_parquet('{path}')")
    if found != expected:
        raise FormatError(f"a table was written with {expected[0]} lines and reads back as {found[0]}: {found[1]}")


def checksum(connection: "duckdb.DuckDBPyConnection", table: str) -> tuple[int, str]:
    """Lines, and a checksum over whole lines that does not depend on their order."""
    found = connection.execute(f"SELECT count(*), coalesce(sum(hash(line)), 0) FROM {table} AS line").fetchone()
    assert found is not None
    return int(found[0]), str(found[1])


def _typed(value: Any) -> tuple[int, float, str | None]:
    """Type, number and text of a value that is no float."""
    if value is None:
        return _NULL, 0.0, None
    if isinstance(value, bool):
        return _BOOLEAN, float(value), None
    if isinstance(value, int) and -EXACT <= value <= EXACT:
        return _INTEGER, float(value), None
    if isinstance(value, float):
        return _FLOAT, value, None
    if isinstance(value, str) and _writable(value) == value:
        return _STRING, 0.0, value
    return _JSON, 0.0, codec.dump(value).decode()


def _writable(text: str) -> str:
    """The text, with an escape in place of what has no UTF-8."""
    return text.encode(errors="backslashreplace").decode()
