"""What DuckDB can do for a reader: read Parquet below one folder, for so long, in so much memory, and nothing else."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from bucket_world import NOW, Source, World, attempt, history, numbered

import chiplog
from chiplog.errors import TooCostly
from chiplog.reading import database
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table, whose name is one that quotes get wrong."""
    folder = tmp_path / "it's here"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS at FROM range(10)")
        connection.table("t").write_parquet(str(folder / "part.parquet"))
        connection.table("t").write_parquet(str(tmp_path / "other.parquet"))
    (tmp_path / "secret.csv").write_text("secret,of\nanother,team\n")
    return folder


def test_it_reads_below_its_folder(folder: Path) -> None:
    with database.reader(folder) as connection:
        asked = {"files": [str(folder / "part.parquet")]}
        assert connection.execute("SELECT count(*) FROM read_parquet($files)", asked).fetchone() == (10,)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_parquet('{up}/other.parquet')",
        "SELECT * FROM read_parquet('{here}/../other.parquet')",
        "SELECT * FROM read_csv('{up}/secret.csv')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "COPY (SELECT 1) TO '{up}/written.csv'",
        "ATTACH '{up}/written.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '64GB'",
        "SET lock_configuration = false",
        "SELECT getenv('PATH')",
    ],
)
def test_it_can_do_nothing_else(folder: Path, tmp_path: Path, query: str) -> None:
    asked = query.format(up=str(tmp_path).replace("'", "''"), here=str(folder).replace("'", "''"))
    with database.reader(folder) as connection, pytest.raises(duckdb.Error):
        connection.execute(asked).fetchall()
    assert not (tmp_path / "written.csv").exists()
    assert not (tmp_path / "written.db").exists()


@pytest.fixture
def capped() -> Iterator[None]:
    database.cap(0.2)
    yield
    database.cap(math.inf)


def test_a_question_ends_when_its_time_is_over_and_the_next_one_is_answered(folder: Path, capped: None) -> None:
    began = time.monotonic()
    with database.reader(folder) as connection:
        with pytest.raises(TooCostly, match=r"longer than 0\.2 s"), database.within(connection):
            connection.execute("SELECT count(*) FROM range(1000000000000) WHERE range % 7 = 3").fetchall()
        assert time.monotonic() - began < 20
        with database.within(connection):
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_question_that_takes_too_much_memory_is_refused(folder: Path) -> None:
    with database.reader(folder) as connection, pytest.raises(TooCostly, match="256MB"), database.within(connection):
        connection.execute("SELECT list(range) FROM range(100000000)").fetchall()


NAMES = ("x' OR 1=1 --", "'); DROP TABLE t; --", "$recorder", "read_text('/etc/passwd')", 'a"b', "µ\u0000")


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_of_any_name_is_a_name_and_no_query(name: str) -> None:
    world = World()
    place = world.run("mnist")
    rows = numbered([history(step, **{name: float(step), "other": 9.0}) for step in range(3)])
    world.record("r1", Source(rows), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, "r1", finished_at=NOW)], durable=True, finished_at=NOW)
    assert Compactor(world.bucket, Settings("x"), world.clock).look() == 1
    found = chiplog.Api(world.bucket, clock=world.clock).run("mnist").history(keys=[name])
    assert found.numpy()[name].tolist() == [0.0, 1.0, 2.0]
    assert [row[name] for row in found] == [0.0, 1.0, 2.0]
