"""A metric from the pages of a Parquet file is what DuckDB says it is, or is left to DuckDB."""

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from chiplog.reading.parquet import metric, pages
from chiplog.reading.parquet.unfamiliar import Unfamiliar
from chiplog_compactor import tables

NAMED = {"key": "loss", "recorder": "r", "stream": "s"}
NUMBERS = ("at", "step", "time", "value")
OURS = tables.COPY.replace("122880", "2048")  # The fewest rows that DuckDB makes a group of.

LINES = st.lists(
    st.tuples(
        st.sampled_from(["r", "other"]),
        st.sampled_from(["s", "t"]),
        st.sampled_from(["loss", "acc", "lösung", None]),
        st.integers(0, 2**60),
        st.one_of(st.integers(-(2**40), 2**40), st.just(None)),
        st.one_of(st.floats(allow_nan=False), st.just(None)),
        st.floats(),
    ),
    max_size=40,
)


def written(path: Path, query: str, given: dict[str, Any] | None = None, how: str = OURS) -> list[tuple[Path, str]]:
    duckdb.execute(f"COPY ({query}) TO '{path}' {how}", given)
    return [(path, hashlib.sha256(path.read_bytes()).hexdigest())]


def told(files: list[tuple[Path, str]]) -> dict[str, Any]:
    query = """SELECT "at", step, time, value FROM read_parquet($files)
        WHERE recorder = 'r' AND stream = 's' AND key = 'loss'"""
    return duckdb.execute(query, {"files": [str(path) for path, _ in files]}).fetchnumpy()


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    return all(np.array_equal(found[name], np.ma.getdata(expected[name]), equal_nan=True) for name in NUMBERS)


@given(lines=LINES, times=st.sampled_from([1, 60, 3000]))
def test_any_lines_are_read_as_duckdb_reads_them_or_left_to_it(
    lines: list[Any], times: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("lines") / "part.parquet"
    columns = ("recorder", "stream", "key", "at", "step", "time", "value")
    types = ("VARCHAR",) * 3 + ("BIGINT",) * 2 + ("DOUBLE",) * 2
    given = {name: [line[number] for line in lines] for number, name in enumerate(columns)}
    unnested = ", ".join(f'unnest(${name}::{kind}[]) AS "{name}"' for name, kind in zip(columns, types, strict=True))
    files = written(path, f"SELECT lines.* FROM (SELECT {unnested}) AS lines, range({times})", given)
    wanted = [line for line in lines if line[:3] == ("r", "s", "loss")]
    if any(value is None for line in wanted for value in line):
        with pytest.raises(Unfamiliar):
            metric.read(files, NAMED, NUMBERS)
    else:
        assert same(metric.read(files, NAMED, NUMBERS), told(files))


def test_a_metric_that_fills_many_groups_of_two_files_is_read_by_two_threads(tmp_path: Path) -> None:
    query = """SELECT 'r' AS recorder, 's' AS stream, ['acc', 'loss', 'text'][1 + i // 150000] AS key, i AS "at",
        i % 1000 AS step, i / 7 AS time, CASE WHEN i < 300000 THEN sin(i) END AS value FROM range(400000) AS t(i)"""
    files = [
        *written(tmp_path / "1.parquet", query, how=tables.COPY),
        *written(tmp_path / "2.parquet", query, how=tables.COPY),
    ]
    found = metric.read(files, NAMED, NUMBERS)
    assert len(found["value"]) == 300_000
    assert same(found, told(files))


@pytest.mark.parametrize("how", ["COMPRESSION snappy", "PARQUET_VERSION v2, COMPRESSION zstd", "COMPRESSION lz4_raw"])
def test_a_file_that_somebody_wrote_in_another_way_is_left_to_duckdb(tmp_path: Path, how: str) -> None:
    query = """SELECT 'r' AS recorder, 's' AS stream, 'loss' AS key, i AS "at", i AS step, i / 7 AS time,
        sin(i) AS value FROM range(5000) AS t(i)"""
    with pytest.raises(Unfamiliar):
        metric.read(written(tmp_path / "x.parquet", query, how=f"(FORMAT parquet, {how})"), NAMED, NUMBERS)


@pytest.mark.parametrize("cut", [0, 3, 20, 200])
def test_what_is_no_whole_parquet_file_is_left_to_duckdb(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(written(path, "SELECT 1 AS at")[0][0].read_bytes()[:cut])
    with pytest.raises(Unfamiliar):
        metric.read([(path, str(cut))], NAMED, NUMBERS)


POINTS = """SELECT 'r' AS recorder, 's' AS stream, 'loss' AS key, i AS "at", i AS step, i / 7 AS time,
    sin(i) AS value FROM range(5000) AS t(i)"""


@pytest.mark.parametrize(
    "column",
    [
        "value::BIGINT AS value",
        "step::DOUBLE AS step",
        "make_timestamp(step) AS time",
        "step::UBIGINT AS step",
        "key::BLOB AS key",
    ],
)
def test_eight_bytes_of_another_type_are_no_numbers(tmp_path: Path, column: str) -> None:
    query = f"SELECT * REPLACE ({column}) FROM ({POINTS})"
    with pytest.raises(Unfamiliar, match="values of type"):
        metric.read(written(tmp_path / "x.parquet", query), NAMED, NUMBERS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    query = """SELECT ['r', 'q'][1 + i % 7 // 6] AS recorder, 's' AS stream, ['acc', 'loss'][1 + i // 150] AS key,
        i AS "at", i % 100 AS step, i / 7 AS time, CASE WHEN i < 300 THEN sin(i) END AS value FROM range(300) AS t(i)"""
    path = tmp_path_factory.mktemp("whole") / "x.parquet"
    return written(path, query)[0][0].read_bytes()


@given(data=st.data())
def test_a_file_with_any_other_bytes_is_read_or_left_and_nothing_else(
    data: st.DataObject, whole: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bytes_ = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):  # Most of them in the footer, whose word counts for everything.
        footer = data.draw(st.booleans())
        bytes_[-data.draw(st.integers(1, 1500 if footer else len(bytes_)))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("other") / "x.parquet"
    path.write_bytes(bytes_)
    try:
        found = metric.read([(path, hashlib.sha256(bytes_).hexdigest())], NAMED, NUMBERS)
    except Unfamiliar:
        return
    assert len({len(column) for column in found.values()}) == 1
    assert len(found["at"]) <= 300


@pytest.mark.parametrize(
    "footer",
    [b"\x25\x02\x00", b"\x29\x15\x02\x29\x15\x02\x00", b"\x1c" * 40, b"\x19" * 40, b"\x15" + b"\xff" * 20, b"\x17\x00"],
    ids=["a number", "a list of numbers", "structs in structs", "lists in lists", "a long number", "half a double"],
)
def test_a_footer_of_another_shape_is_left_to_duckdb(tmp_path: Path, footer: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(Unfamiliar):
        metric.read([(path, str(footer))], NAMED, NUMBERS)


def varint(number: int) -> bytes:
    """Thrift's, of what is not negative."""
    sevens = [number << 1 >> shift & 0x7F for shift in range(0, max((number << 1).bit_length(), 1), 7)]
    return bytes([*(seven | 0x80 for seven in sevens[:-1]), sevens[-1]])


def page(data: bytes, *, says: int, rows: int) -> bytes:
    """A data page of plain numbers, as its header says it."""
    packed = zstandard.compress(data)
    values = b"\x15" + varint(rows) + b"\x15\x00\x15\x06\x15\x06\x00"
    return b"\x15\x00\x15" + varint(says) + b"\x15" + varint(len(packed)) + b"\x2c" + values + b"\x00" + packed


def test_a_page_by_hand_is_read() -> None:
    target = np.empty(3)
    assert pages.numbers(page(np.arange(3.0).tobytes(), says=24, rows=3), target, is_optional=False) is None
    assert target.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("says", "rows"), [(24, 3), (1 << 30, 3), (1 << 26, 1 << 40)], ids=["little", "too much", "too many rows"]
)
def test_a_page_that_unpacks_to_more_than_it_may_is_not_unpacked(says: int, rows: int) -> None:
    bomb = page(bytes(1 << 26), says=says, rows=rows)
    with pytest.raises(Unfamiliar, match="a page of"):
        pages.numbers(bomb, np.empty(3), is_optional=False)


def test_many_pages_together_are_bounded_as_well() -> None:
    with pytest.raises(Unfamiliar, match="a page of"):
        pages.equal(page(bytes(1 << 24), says=1 << 24, rows=1) * 5, "loss", 5, is_optional=False)
