"""`chiplog.Api()` on memory, a directory and a dashboard; columns equal rows, sealed or not."""

import math
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import real_store
import served
from bucket_world import NOW, Source, World, attempt, console, file, history, numbered, script
from hypothesis import given
from hypothesis import strategies as st

import chiplog
from chiplog.access import Person, Right
from chiplog.bucket.directory import DirectoryBucket
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, FormatError, QueryError, RunNotFound, SettingsError, Unreachable
from chiplog.reading import columns
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings
from chiplog_dashboard.access import SignedOn, SignOn

VALUES = [1.0, math.nan, 0.25, -math.inf, 3]


class Site(World):
    """A world that is read through a dashboard."""

    address = ""


@pytest.fixture(params=["memory", "directory", "dashboard", pytest.param("s3", marks=pytest.mark.integration)])
def world(request: Any, tmp_path: Path) -> Iterator[World]:
    if request.param == "dashboard":
        site = Site()
        with served.dashboard(site.bucket, site.clock) as site.address:
            yield site
        return
    world = World()
    if request.param == "s3":
        with real_store.prefix("api") as world.bucket:
            yield world
        return
    if request.param == "directory":
        world.bucket = DirectoryBucket(tmp_path)
    yield world


def fill(world: World, *, is_over: bool = True) -> chiplog.Api:
    place = world.run("mnist", config={"lr": 1.0, "seed": 3})
    rows = numbered([
        *script(loss=VALUES, lr=0.1), history(7, text="x", loss="none"), history(8, big=2**60, on=True, n=None),
        {**history(9, loss=1.5), "step": None}, console("hello\n"),
    ])  # fmt: skip
    world.record("r1", Source(rows), run=place.id, state="drained" if is_over else "recording")
    state = {"state": "finished", "finished_at": NOW} if is_over else {"state": "running"}
    world.outcome(place, attempts=[attempt(1, "r1", finished_at=NOW)], durable=is_over, **state)
    return opened(world)


def opened(world: World) -> chiplog.Api:
    """What a person would open to read it."""
    if isinstance(world, Site):
        return chiplog.Api(server=world.address)
    return chiplog.Api(world.bucket, clock=world.clock)


def is_of_tables(world: World, view: Any, keys: tuple[str, ...]) -> bool:
    """Whether tables alone tell the columns; a dashboard does not say where it has them from."""
    return isinstance(world, Site) or columns._of_tables(world.bucket, view, keys, None) is not None


def seal(world: World) -> None:
    assert Compactor(world.bucket, Settings("x"), world.clock).look() == 1


def same(left: Any, right: Any) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(left[key], right[key], equal_nan=True) for key in left)


def test_runs_are_chosen_by_an_expression_and_found_by_a_name(world: World) -> None:
    api = fill(world)
    assert [run.name for run in api.runs('state = "finished" and config.seed = 3')] == ["mnist"]
    assert api.runs("config.seed = 4") == []
    run = api.run("mnist")
    assert (run.state, run.project, run.namespace, run.step) == ("finished", "vision", "team", 8)
    assert (run.config["lr"], run.config["seed"], run.facts["durable"]) == (0.1, 3, True)
    assert [line.text for line in run.logs()] == ["hello"]
    assert run.refresh().id == run.id
    with pytest.raises(RunNotFound):
        api.run("nobody")
    with pytest.raises(QueryError):
        api.runs("stat = 1")


def test_history_is_a_list_of_rows(world: World) -> None:
    rows = fill(world).run("mnist").history(keys=["loss", "text"])
    assert len(rows) == len(VALUES) + 2
    assert rows[0] == {"_step": 0, "_timestamp": NOW - 100, "_attempt": 1, "loss": 1.0}
    assert rows[-2]["text"] == "x"
    assert [row["_step"] for row in rows.list()] == [0, 1, 2, 3, 4, 7, None]


_KEYS = [("loss",), ("big",), ("on",), ("text",), ("n",), ("nothing",), ("loss", "big"), ("n", "text")]


@pytest.mark.parametrize("keys", _KEYS)
def test_columns_of_a_sealed_run_are_those_of_its_rows(world: World, keys: tuple[str, ...]) -> None:
    run = fill(world).run("mnist")
    before = run.history(keys=keys).numpy()
    seal(world)
    after = run.refresh()
    assert is_of_tables(world, after.view, keys)
    assert same(after.history(keys=keys).numpy(), before)
    assert same(columns.of_rows(iter(after.history(keys=keys)), keys), before)


def test_columns_have_the_numbers_and_nan_where_there_is_none(world: World) -> None:
    found = fill(world).run("mnist").history(keys=["loss", "big"]).numpy()
    assert found["loss"][:3].tolist()[0] == 1.0
    assert found["big"][-2] == 2.0**60
    assert np.isnan(found["loss"][-2])
    assert (found["_attempt"].tolist(), found["_rank"].tolist()) == ([1] * 8, [0] * 8)
    assert np.isnan(found["_step"][-1])


def test_a_recorder_that_came_back_after_the_seal_is_read_too(world: World) -> None:
    run = fill(world).run("mnist")
    seal(world)
    rows = numbered([*script(loss=[*VALUES, 8.0, 9.0])])
    world.record("r1", Source(rows, cut=0), run=run.id, state="recording")
    after = run.refresh()
    assert isinstance(world, Site) or not is_of_tables(world, after.view, ("loss",))
    assert 9.0 in after.history(keys=["loss"]).numpy()["loss"]


def test_parts_of_two_sealings_are_in_the_order_of_positions_whatever_their_steps(world: World) -> None:
    run = fill(world).run("mnist")
    seal(world)
    more = [*script(loss=VALUES, lr=0.1), history(7, text="x", loss="none"), history(8, big=2**60, on=True, n=None),
            {**history(9, loss=1.5), "step": None}, console("hello\n"),
            history(2, loss=7.0), history(1, loss=8.0)]  # fmt: skip
    world.record("r1", Source(numbered(more)), run=run.id, state="drained")
    seal(world)
    after = run.refresh()
    assert is_of_tables(world, after.view, ("loss",))
    found = after.history(keys=["loss"]).numpy()
    assert found["loss"][-3:].tolist() == [1.5, 7.0, 8.0]
    assert found["_step"][-2:].tolist() == [2, 1]
    assert same(found, columns.of_rows(iter(after.history(keys=["loss"])), ("loss",)))


def test_several_attempts_follow_one_another(world: World) -> None:
    place = world.run("two")
    for number in (1, 2):
        world.record(f"a{number}", Source(script(loss=[number, number])), run=place.id, state="drained")
    attempts = [attempt(number, f"a{number}", finished_at=NOW - 3 + number) for number in (1, 2)]
    world.outcome(place, "finished", attempts, durable=True, finished_at=NOW)
    seal(world)
    found = opened(world).run("two")
    told = found.history(keys=["loss"]).numpy()
    assert (told["loss"].tolist(), told["_attempt"].tolist()) == ([1, 1, 2, 2], [1, 1, 2, 2])
    assert found.history(keys=["loss"], attempt=2).numpy()["loss"].tolist() == [2, 2]


def test_a_data_frame_and_an_arrow_table_have_the_columns(world: World) -> None:
    history = fill(world).run("mnist").history(keys=["loss", "big"])
    expected = history.numpy()
    frame, table = history.pandas(), history.arrow()
    assert [*frame.columns] == table.column_names == [*expected]
    assert same({name: frame[name].to_numpy() for name in expected}, expected)
    assert same({name: table[name].to_numpy() for name in expected}, expected)


def test_a_duckdb_relation_outlives_the_call(world: World) -> None:
    import duckdb

    history = fill(world).run("mnist").history(keys=["loss"])
    assert history.duckdb().aggregate("count(*), min(_attempt)").fetchall() == [(7, 1)]
    with duckdb.connect() as connection:
        assert history.duckdb(connection).aggregate("count(*)").fetchall() == [(7,)]


def test_files_are_downloaded_and_checked(world: World, tmp_path: Path) -> None:
    place = world.run("files")
    digest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"  # of `foo`
    told = [file("files/model.pt", digest), file("files/bad.pt", "0" * 64)]
    for row in told:
        world.bucket.put(row["key"], b"foo")
    world.record("r1", Source(numbered(told), id="files", kind="files", path="files"), run=place.id)
    run = opened(world).run("files")
    assert run.file("model.pt").download(tmp_path).read_bytes() == b"foo"
    with pytest.raises(FormatError, match="damaged"):
        run.file("bad.pt").download(tmp_path / "bad.pt")
    assert not (tmp_path / "bad.pt").exists()
    with pytest.raises(FormatError, match="no file"):
        run.file("none")


def test_the_bucket_comes_from_the_argument_the_environment_or_the_local_runs(tmp_path: Path) -> None:
    (tmp_path / "chiplog").mkdir()
    local = {"XDG_DATA_HOME": str(tmp_path)}
    assert chiplog.Api(environ=local).bucket.root == tmp_path / "chiplog"  # type: ignore[attr-defined]
    told = {**local, "CHIPLOG_BUCKET": str(tmp_path)}
    assert chiplog.Api(environ=told).bucket.root == tmp_path  # type: ignore[attr-defined]
    bucket = MemoryBucket()
    assert chiplog.Api(bucket, environ=told).bucket is bucket
    with pytest.raises(SettingsError, match="CHIPLOG_BUCKET"):
        chiplog.Api(environ={"XDG_DATA_HOME": str(tmp_path / "none")})


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.floats() | st.booleans() | st.text(max_size=2)), max_size=8))
def test_rows_become_columns_of_their_length(values: list[dict[str, Any]]) -> None:
    rows = [{"_step": at, "_timestamp": None, "_attempt": 1, **row} for at, row in enumerate(values)]
    found = columns.of_rows(rows)
    assert {len(column) for column in found.values()} == {len(rows)}


@pytest.mark.parametrize("world", ["dashboard"], indirect=True)
def test_a_dashboard_tells_what_the_bucket_tells(world: Site) -> None:
    asked = fill(world).run("mnist")
    known = chiplog.Api(world.bucket, clock=world.clock).run("mnist")
    assert asked.facts == known.facts
    assert (asked.id, asked.tags, asked.started_at, asked.config) == (
        known.id, known.tags, known.started_at, known.config,
    )  # fmt: skip
    assert repr([*asked.history()]) == repr([*known.history()])
    assert [*asked.logs()] == [*known.logs()]
    assert [*asked.system()] == [*known.system()]
    assert same(asked.history().numpy(), known.history().numpy())
    assert len(opened(world).runs("limit 1")) == 1
    assert chiplog.Api(server=world.address, namespace="other").runs() == []


@pytest.mark.parametrize(
    ("address", "token", "said"),
    [
        ("ftp://x", "", "no address"),
        ("chiplog.example.org", "", "no address"),
        ("http://chiplog.example.org", "a.b.c", "in the clear"),
    ],
)
def test_a_server_that_is_none_or_would_hear_the_key_in_the_clear_is_refused(
    address: str, token: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        chiplog.Api(server=address, token=token)


def test_a_server_that_is_away_is_unreachable_and_one_that_refuses_says_why() -> None:
    with pytest.raises(Unreachable):
        chiplog.Api(server="http://127.0.0.1:9", environ={}).runs()
    world = World()
    guard = SignedOn(SignOn(tokens=True), Keyring(), time.monotonic)
    place = world.run("mnist")
    world.record("r1", Source(script()), run=place.id)
    with served.dashboard(world.bucket, world.clock, guard) as address:
        with pytest.raises(AccessDenied, match="sign on"):
            chiplog.Api(server=address, environ={}).runs()
        keyed = chiplog.Api(server=address, environ={"CHIPLOG_API_KEY": "a.b.c"})
        assert [run.name for run in keyed.runs()] == ["mnist"]
        assert keyed.run("mnist").history(keys=["loss"])[0]["loss"] == 1.0


class Keyring:
    """An API server that knows one key, for the project vision of team."""

    def person(self, token: str) -> Person | None:
        return Person("system:serviceaccount:chiplog-keys:ci-1") if token == "a.b.c" else None

    def may(self, person: Person, right: Right) -> bool:
        return right == Right("get", "projects", "team", "vision")


def test_a_server_that_sends_elsewhere_is_not_followed() -> None:
    heard: list[str | None] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/stolen")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(Unreachable, match="302"):
            chiplog.Api(server=f"http://127.0.0.1:{server.server_address[1]}", token="a.b.c").runs()
        server.shutdown()
    assert "/stolen" not in heard
