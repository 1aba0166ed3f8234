"""`export` writes what a run recorded, for readers that are not ours."""

import csv
import hashlib
import json
import math
import shutil
from pathlib import Path
from typing import Any

import accumulator
import duckdb
import pytest
from bucket_world import NOW, Source, World, attempt, console, file, history, numbered
from recorder_world import World as Pod

from chiplog_cli import eventfile
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings

WANDB = Path(__file__).parent.parent / "fixtures" / "wandb" / "0.31.0" / "every_kind"
IMAGE = "media/images/image_11_da72aab6d3b3d2f0b516.png"
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


def test_tensorboard_reads_the_event_files_of_each_rank(chiplog: Any, world: World, tmp_path: Path) -> None:
    filled(world)
    done = chiplog("export", "mnist", str(tmp_path), "--format", "tfevents")
    assert [Path(line).parent.name for line in done.stdout.split()] == ["rank-0", "rank-1"]
    at = [NOW - 100 + step for step in range(3)]
    assert accumulator.folders(tmp_path) == {
        "attempt-1/rank-0": {
            "loss": [(0, at[0], "1.0"), (1, at[1], "nan"), (2, at[2], "0.25")],
            "acc": [(0, at[0], "0.5"), (1, at[1], "inf")],
            "ok": [(0, at[0], "1.0"), (1, at[1], "0.0")],
            "mixed": [(0, at[0], "1.0"), (1, at[1], ["two"])],
            "nested.x": [(0, at[0], "2.0")],
            "name": [(0, at[0], ['a "quoted"\nline']), (1, at[1], [""])],
            "big": [(2, at[2], repr(2.0**70))],
        },
        "attempt-1/rank-1": {"loss": [(0, at[0], "9.0")]},
    }


@pytest.mark.parametrize("form", ["parquet", "csv", "tfevents"])
def test_a_run_that_is_being_recorded_is_written_as_far_as_it_came(
    chiplog: Any, world: World, tmp_path: Path, form: str
) -> None:
    """Some rows are in a segment, others in the live object alone, and each comes once; the next export has more."""
    place = world.run()
    for last in (2, 3):
        rows = numbered([history(step, loss=step / 4) for step in range(last)])
        world.record("r0", Source(rows, cut=11), run=place.id)
        world.outcome(place, "running", [attempt(1, "r0")])
        done = chiplog("export", "mnist", str(tmp_path / form), "--format", form)
        assert done.exit_code == 0, done.stderr
        assert losses(Path(done.stdout.strip()), form) == [step / 4 for step in range(last)]


def losses(path: Path, form: str) -> list[float]:
    if form == "parquet":
        return [row["loss"] for row in table(path)]
    if form == "csv":
        return [float(row["loss"]) for row in csv.DictReader(path.read_text().splitlines())]
    return [float(value) for _, _, value in accumulator.read(path.parent)["loss"]]


def test_images_and_histograms_reach_tensorboard_and_parquet_names_them(
    chiplog: Any, world: World, tmp_path: Path
) -> None:
    """What the real wandb logged; a sound has no place in our event files and is named in the table all the same."""
    trained = tmp_path / "pod" / "main" / "wandb" / "offline-run-20261123_220000-x"
    shutil.copytree(WANDB, trained)
    Pod(tmp_path / "pod", bucket=world.bucket).recorder().drain()
    chiplog("export", "r-1", str(tmp_path / "tb"), "--format", "tfevents")
    (found,) = accumulator.folders(tmp_path / "tb").values()
    [(_, _, image)] = found["image"]
    assert image == (4, 4, (trained / "files" / IMAGE).read_bytes())
    [(_, _, histogram)] = found["histogram"]
    assert histogram == (1.0, 3.0, 4.0, (1.5, 2.0, 2.5, 3.0), (1.0, 0.0, 2.0, 1.0))
    assert "audio" not in found
    chiplog("export", "r-1", str(tmp_path / "tables"))
    cells = {key: cell for row in table(tmp_path / "tables" / "history.parquet") for key, cell in row.items() if cell}
    assert json.loads(cells["image"])["path"] == IMAGE
    sound = json.loads(cells["audio"])
    assert hashlib.sha256((trained / "files" / sound["path"]).read_bytes()).hexdigest() == sound["sha256"]


def test_an_image_that_is_damaged_or_gone_does_not_keep_the_curves_back(
    chiplog: Any, world: World, tmp_path: Path
) -> None:
    told = {"_type": "image-file", "path": "x.png", "width": 1, "height": 1}
    place = world.run()
    rows = [history(0, loss=1.0, gone={**told, "sha256": "b" * 64}, bad={**told, "sha256": "a" * 64})]
    listed = Source([{"at": 0, **file("x.png")}], id="files", kind="files", path="files")
    world.bucket.put(listed.rows[0]["key"], b"no image")
    world.record("r0", Source(numbered(rows)), listed, run=place.id)
    done = chiplog("export", "mnist", str(tmp_path), "--format", "tfevents")
    assert done.exit_code == 0, done.stderr
    assert accumulator.read(Path(done.stdout.strip()).parent) == {"loss": [(0, NOW - 100, "1.0")]}


HISTOGRAM = {"_type": "histogram", "bins": [0, 1, 2], "values": [1, 2]}


@pytest.mark.parametrize(
    "change", [{"bins": [0, 1]}, {"bins": [0, 0, 1]}, {"values": None}, {"bins": [0, 1, {"$number": "Infinity"}]}]
)
def test_a_histogram_that_is_none_is_left_out(
    chiplog: Any, world: World, tmp_path: Path, change: dict[str, Any]
) -> None:
    place = world.run()
    rows = [history(0, whole=HISTOGRAM, broken={**HISTOGRAM, **change})]
    world.record("r0", Source(numbered(rows)), run=place.id)
    done = chiplog("export", "mnist", str(tmp_path), "--format", "tfevents")
    assert list(accumulator.read(Path(done.stdout.strip()).parent)) == ["whole"]


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
