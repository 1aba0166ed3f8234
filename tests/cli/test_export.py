"""`export` writes what a run recorded, for readers that are not ours."""

import csv
import math
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bucket_world import NOW, Source, World, attempt, console, history, numbered

from chiplog.bucket.memory import MemoryBucket
from chiplog_cli import eventfile
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings

ROWS = numbered(
    [
        history(0, loss=1, acc=0.5, ok=True, name='a "quoted"\nline', mixed=1, nested={"x": 2}),
        history(1, loss={"$number": "NaN"}, acc={"$number": "Infinity"}, ok=False, name="", mixed="two"),
        history(2, loss=0.25, img={"_type": "image-file", "path": "x.png"}, big=2**70),
        {"kind": "system", "time": NOW, "values": {"cpu": 12.5}},
        console("hello, world\n"),
    ]
)


def filled(world: World, *, sealed: bool = False) -> None:
    place = world.run()
    world.record("r0", Source(ROWS), run=place.id, state="drained")
    world.record("r1", Source(numbered([history(0, loss=9.0)])), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, "r0", "r1", finished_at=NOW)], durable=True)
    if sealed:
        assert Compactor(world.bucket, Settings("memory"), world.clock).look() == 1


def table(path: Path) -> list[dict[str, Any]]:
    found = duckdb.sql(f"SELECT * FROM '{path}'")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("sealed", [False, True])
def test_parquet_has_a_row_per_step_and_a_typed_column_per_metric(
    chiplog: Any, world: World, tmp_path: Path, sealed: bool
) -> None:
    filled(world, sealed=sealed)
    done = chiplog("export", "mnist", str(tmp_path))
    assert done.stdout.split() == [str(tmp_path / f"{name}.parquet") for name in ("history", "system", "console")]
    types = dict(duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE '{tmp_path}/history.parquet')").fetchall())
    assert types == {
        "_step": "BIGINT", "_timestamp": "DOUBLE", "_attempt": "INTEGER", "_rank": "INTEGER", "acc": "DOUBLE",
        "big": "VARCHAR", "img": "VARCHAR", "loss": "DOUBLE", "mixed": "VARCHAR", "name": "VARCHAR", "ok": "BOOLEAN",
        "nested.x": "BIGINT",
    }  # fmt: skip
    rows = table(tmp_path / "history.parquet")
    assert [(row["_rank"], row["_step"]) for row in rows] == [(0, 0), (0, 1), (0, 2), (1, 0)]
    first, second, third, other = rows
    assert (first["loss"], first["ok"], first["name"], first["mixed"]) == (1.0, True, 'a "quoted"\nline', "1")
    assert (second["acc"], second["name"], second["nested.x"]) == (math.inf, "", None)
    assert math.isnan(second["loss"])
    assert (third["big"], third["img"]) == (str(2**70), '{"_type": "image-file", "path": "x.png"}')
    assert (other["loss"], other["name"]) == (9.0, None)
    assert table(tmp_path / "system.parquet")[0]["cpu"] == 12.5
    assert [row["text"] for row in table(tmp_path / "console.parquet")] == ["hello, world"]


def test_csv_says_the_same(chiplog: Any, world: World, tmp_path: Path) -> None:
    filled(world)
    chiplog("export", "mnist", str(tmp_path), "--format", "csv")
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["loss"] for row in rows] == ["1", "NaN", "0.25", "9.0"]
    assert rows[0]["name"] == 'a "quoted"\nline'


def test_event_files_hold_the_scalars_of_each_rank(chiplog: Any, world: World, tmp_path: Path) -> None:
    filled(world)
    done = chiplog("export", "mnist", str(tmp_path / "out"), "--format", "tfevents")
    assert [Path(line).parent.name for line in done.stdout.split()] == ["rank-0", "rank-1"]
    # Read back by the recorder, which is tested against tensorboard's own reader.
    from recorder_world import World as Pod

    pod = Pod(tmp_path / "pod", bucket=MemoryBucket())
    (tmp_path / "pod").mkdir()
    (tmp_path / "out" / "attempt-1").rename(tmp_path / "pod" / "main")
    pod.recorder().drain()
    told = sorted(
        (row["step"], key, repr(value))
        for rows in pod.rows().values()
        for row in rows
        if row["kind"] == "history"
        for key, value in row["values"].items()
    )
    nan, inf = repr({"$number": "NaN"}), repr({"$number": "Infinity"})
    assert told == sorted(
        [(0, "loss", "1.0"), (0, "acc", "0.5"), (0, "ok", "1.0"), (0, "mixed", "1.0"), (0, "nested.x", "2.0"),
         (1, "loss", nan), (1, "acc", inf), (1, "ok", "0.0"), (2, "loss", "0.25"),
         (2, "big", repr(2.0**70)), (0, "loss", "9.0")]
    )  # fmt: skip


def test_the_checksum_is_castagnolis(tmp_path: Path) -> None:
    """RFC 3720, appendix B.4: 32 bytes of zeros have the CRC-32C 8A9136AA."""
    masked = int.from_bytes(eventfile._masked(bytes(32)), "little")
    rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
    assert (rotated << 15 | rotated >> 17) & 0xFFFFFFFF == 0x8A9136AA


def test_a_run_of_which_nothing_is_recorded_says_so(chiplog: Any, world: World, tmp_path: Path) -> None:
    world.run()
    done = chiplog("export", "mnist", str(tmp_path))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "mnist has recorded nothing to export\n")


def test_a_place_that_is_not_to_be_written_to_is_named(chiplog: Any, world: World, tmp_path: Path) -> None:
    filled(world)
    (tmp_path / "taken").write_text("x")
    done = chiplog("export", "mnist", str(tmp_path / "taken"))
    assert done.exit_code == 2
    assert f"{tmp_path}/taken" in done.stderr
