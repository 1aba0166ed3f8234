"""What goes into a Parquet file comes out of it, whatever a script logs; checked through a reader that is not ours."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chiplog import codec, folding, layout
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import FormatError
from chiplog.reading import tables as reading
from chiplog.reading.history import OWN
from chiplog.records import TablePart
from chiplog_compactor import tables
from chiplog_compactor.points import Place, Points
from chiplog_compactor.staging import Staging, Title
from chiplog_compactor.tables import Writes

PLACE = Place(1, 0, "rec", "s0")
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.just({"_type": "histogram", "bins": [1.5]}),
)
NESTED = st.dictionaries(st.text(max_size=3), LEAVES, max_size=2)
VALUES = st.dictionaries(st.text(max_size=4), st.one_of(LEAVES, NESTED), max_size=5)
STEPS = st.one_of(st.none(), st.integers(-(2**62), 2**62))
TIMES = st.one_of(st.none(), st.floats())
ROWS = st.lists(st.tuples(VALUES, STEPS, TIMES), min_size=1, max_size=6)


def readable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """The metrics of a row as every reader of ours flattens them."""
    return {readable(key): value for key, value in folding.flatten(values).items() if key not in OWN}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_any_row_of_history_comes_back_as_it_was(tmp_path: Path, items: list[Any]) -> None:
    points, path = Points(), tmp_path / "history.parquet"
    logged = [
        {"at": at, "kind": "history", "step": step, "time": codec.finite(time), "values": codec.finite(values)}
        for at, (values, step, time) in enumerate(items)
    ]
    for row in logged:
        points.add(PLACE, row)
    tables.check(path, tables.write(points.sorted(), "run", "project", path))
    found = back(path)
    assert [(row["at"], row["step"]) for row in found] == [(row["at"], row["step"]) for row in logged]
    for row, item in zip(found, logged, strict=True):
        assert repr(codec.number(row["time"])) == repr(codec.number(item["time"]))
        assert dumps(folding.flatten(row["values"])) == dumps(plain(item["values"]))


def back(path: Path) -> list[codec.Row]:
    """The rows of a file as a reader gets them from a bucket."""
    bucket = MemoryBucket()
    bucket.put("k", path.read_bytes())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    part: TablePart = {"table": "history", "key": "k", "lines": 0, "size": 0, "sha256": digest, "recorders": ["rec"]}
    with reading.Parts(bucket) as parts:
        return [row for _, row in parts.rows([part], "rec", ("history",))]


def dumps(values: dict[str, Any]) -> str:
    return json.dumps({key: repr(value) for key, value in values.items()}, sort_keys=True)


def test_types_are_kept_apart(tmp_path: Path) -> None:
    points, path = Points(), tmp_path / "history.parquet"
    values = {"i": 3, "f": 3.0, "b": True, "s": "3", "n": None, "big": 2**70, "nan": {"$number": "NaN"}, "z": -0.0}
    points.add(PLACE, {"at": 0, "kind": "history", "step": 1, "time": 1.5, "values": values})
    tables.write(points.sorted(), "run", "project", path)
    found = duckdb.sql(f"SELECT key, type, value, text FROM '{path}' ORDER BY key").fetchall()
    assert [row[:2] for row in found] == [
        ("b", "boolean"), ("big", "json"), ("f", "float"), ("i", "integer"), ("n", "null"), ("nan", "float"),
        ("s", "string"), ("z", "float"),
    ]  # fmt: skip
    assert math.isnan(found[5][2])
    assert (found[1][3], found[6][3], math.copysign(1, found[7][2])) == (str(2**70), "3", -1)


def test_the_columns_are_the_documented_ones(tmp_path: Path) -> None:
    points, writes = Points(), Writes()
    points.add(PLACE, {"at": 0, "kind": "history", "step": 1, "time": 1.5, "values": {"loss": 1.0}})
    writes.add(PLACE, {"at": 0, "kind": "console", "source": "stdout", "time": None, "text": "x"})
    for rows, name in ((points.sorted(), "points"), (writes, "writes")):
        tables.write(rows, "run", "project", tmp_path / name)
    shared = ["project", "run", "attempt", "rank", "recorder", "stream", "at", "step", "time"]
    assert columns(tmp_path / "points") == [*shared, "is_summary", "key", "type", "value", "text"]
    assert columns(tmp_path / "writes") == ["project", "run", "attempt", "rank", "recorder", "stream", "at", "time",
                                            "source", "text"]  # fmt: skip


def columns(path: Path) -> list[str]:
    return [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()]


def test_a_file_with_another_value_or_a_missing_line_is_found_out(tmp_path: Path) -> None:
    points, path, other = Points(), tmp_path / "history.parquet", tmp_path / "other.parquet"
    for at in range(3):
        points.add(PLACE, {"at": at, "kind": "history", "step": at, "time": 1.5, "values": {"loss": float(at)}})
    told = tables.write(points.sorted(), "run", "project", path)
    for change in ('* REPLACE (value + ("at" = 1)::INTEGER AS value)', '* REPLACE (2 - "at" AS "at")'):
        duckdb.sql(f"COPY (SELECT {change} FROM '{path}') TO '{other}'")
        with pytest.raises(FormatError, match="reads back"):
            tables.check(other, told)
    duckdb.sql(f"COPY (SELECT * FROM '{path}' WHERE \"at\" > 0) TO '{other}'")
    with pytest.raises(FormatError, match="3 lines and reads back as 2"):
        tables.check(other, told)


def test_a_part_whose_rows_are_not_those_that_were_written_is_no_part(tmp_path: Path) -> None:
    """The digest alone would not tell: a file may be stored well and have been written wrongly."""
    points, path = Points(), tmp_path / "history.parquet"
    for at in range(3):
        points.add(PLACE, {"at": at, "kind": "history", "step": at, "time": 1.5, "values": {"loss": float(at)}})
    lines, checksum = tables.write(points.sorted(), "run", "project", path)
    staging = Staging(MemoryBucket(), Title(layout.Run("c", "ns", "run"), "project", "2026-11-23", 1))
    with pytest.raises(FormatError, match="reads back"):
        staging._ship("history", ["rec"], path, (lines, checksum[::-1]))
    assert staging.parts == []
    staging._ship("history", ["rec"], path, (lines, checksum))
    assert [part["lines"] for part in staging.parts] == [3]
