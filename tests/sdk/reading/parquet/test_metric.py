"""A metric from the pages of a Parquet file is what DuckDB says it is, or is left to DuckDB."""

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog.reading.parquet import metric
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
