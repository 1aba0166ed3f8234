"""The pyramid keeps every extreme and the last value of every bucket, on one grid for all runs."""

import random
from pathlib import Path
from typing import Any

import duckdb

from chiplog.codec import finite
from chiplog_compactor import pyramid, tables
from chiplog_compactor.points import Place, Points


def made(tmp_path: Path, series: dict[str, list[tuple[int | None, Any]]]) -> list[dict[str, Any]]:
    points = Points()
    for key, items in series.items():
        for at, (step, value) in enumerate(items):
            row = {"at": at, "kind": "history", "step": step, "time": 5.0 + at, "values": {key: finite(value)}}
            points.add(Place(1, 0, "rec", f"s-{key}"), row)
    path, rows = tmp_path / "pyramid.parquet", points.sorted()
    buckets = pyramid.of(rows)
    if not buckets:
        return []
    tables.check(path, tables.write_pyramid(buckets, rows, "run", "project", path))
    found = duckdb.sql(f"SELECT * FROM '{path}'")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_each_bucket_has_the_extremes_and_the_last_of_its_points(tmp_path: Path) -> None:
    draw = random.Random(7)
    series = [(step, draw.gauss(0, 1)) for step in range(5_000)]
    found = made(tmp_path, {"loss": series})
    levels = sorted({row["level"] for row in found})
    assert levels == [3, 6]  # 625 buckets, then 79.
    for row in found:
        width = 2 ** row["level"]
        inside = [value for step, value in series if row["step"] <= step < row["step"] + width]
        assert row["step"] % width == 0
        assert (row["points"], row["min"], row["max"], row["last"]) == (
            len(inside),
            min(inside),
            max(inside),
            inside[-1],
        )
    assert sum(row["points"] for row in found) == 2 * len(series)


def test_a_number_that_is_none_takes_no_part_and_is_counted(tmp_path: Path) -> None:
    series = [(step, float("nan") if step % 2 else float("inf") if step == 0 else 1.0) for step in range(400)]
    found = made(tmp_path, {"loss": series})
    assert {(row["min"], row["max"], row["last"]) for row in found} == {(1.0, 1.0, 1.0)}
    assert sum(row["not_finite"] for row in found if row["level"] == 3) == 201


def test_short_series_texts_and_rows_without_a_step_have_none(tmp_path: Path) -> None:
    found = made(tmp_path, {
        "short": [(step, 1.0) for step in range(100)],
        "text": [(step, "x") for step in range(500)],
        "stepless": [(None, 1.0)] * 500,
    })  # fmt: skip
    assert found == []


def test_steps_that_go_back_are_told_by_the_later_row(tmp_path: Path) -> None:
    series = [(step, 1.0) for step in range(300)] + [(step, 2.0) for step in range(250, 300)]
    found = made(tmp_path, {"loss": series})
    last = [row for row in found if row["level"] == 3 and row["step"] == 256]
    assert [(row["min"], row["max"], row["last"], row["points"]) for row in last] == [(1.0, 2.0, 2.0, 16)]


def test_metrics_come_in_order_however_many_levels_each_has(tmp_path: Path) -> None:
    found = made(tmp_path, {"b": [(step, 1.0) for step in range(5_000)], "a": [(step * 9, 1.0) for step in range(300)]})
    order = [(row["key"], -row["level"], row["step"]) for row in found]
    assert order == sorted(order)
    assert {(row["key"], row["level"]) for row in found} == {("a", 6), ("b", 3), ("b", 6)}


def test_the_last_value_of_a_wide_bucket_is_that_of_the_later_row(tmp_path: Path) -> None:
    series = [(step, 1.0) for step in range(2_000)] + [(1, float("nan"))] + [(step, 2.0) for step in range(2)]
    found = made(tmp_path, {"loss": series})
    assert {(row["level"], row["last"], row["last_step"], row["points"]) for row in found if row["step"] == 0} == {
        (3, 2.0, 1, 11), (6, 2.0, 1, 67),
    }  # fmt: skip
