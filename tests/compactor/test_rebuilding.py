"""Tables that are lost are made again from what is left, row for row, or nothing is changed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from mortal import Killed, Mortal
from recorder_world import PLACE, RUN_DIRECTORY, World

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.errors import FormatError, NotFound
from chiplog.reading import rows, tables
from chiplog.records import SealDocument
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.decoding import Decoder
from chiplog_compactor.rebuilding import Rebuilding
from chiplog_compactor.sealing import SupersededError
from chiplog_compactor.settings import Settings

RUN = layout.Run("c", "ns", "r-1")
FIXTURES = Path(__file__).parent.parent / "fixtures"
NO_DECODER = Decoder(("false",))
STEPS = 300


def recorded(world: World, **settings: Any) -> None:
    """A run with a wandb log, JSON lines, event files and console, drained and sealed."""
    (source,) = (FIXTURES / "wandb" / "0.31.0" / "every_kind").glob("*.wandb")
    (world.root / "main" / RUN_DIRECTORY).mkdir(parents=True)
    shutil.copy(source, world.root / "main" / RUN_DIRECTORY / source.name)
    (world.root / "main" / "logs").mkdir()
    events = FIXTURES / "tensorboard" / "tensorboard-2.21.0" / "run.tfevents"
    shutil.copy(events, world.root / "main" / "logs" / "events.out.tfevents.1.host")
    lines = "".join(f'{{"loss": {step / 7}, "big": {2**70}, "text": "t"}}\n' for step in range(STEPS))
    (world.root / "main" / "metrics.jsonl").write_text(lines + '{"loss": 1')
    recorder = world.recorder()
    world.step(recorder)
    recorder.drain()
    world.time.now += 10
    assert Compactor(world.bucket, Settings("memory", **settings), world.time).look() == 1


def seal(world: World) -> SealDocument:
    return rows.seal(world.bucket, RUN)


def parts(world: World, table: str) -> list[str]:
    return [part["key"] for part in seal(world)["parts"] if part["table"] == table]


def content(world: World, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every line of every table, as a glob over the table sees it."""
    found = {}
    for table in (*layout.TABLES, layout.PYRAMID):
        files = []
        for listed in world.bucket.list(layout.tables_prefix(table)):
            files.append(str(folder / f"{table}-{len(files)}"))
            tables.download(world.bucket, listed.key, Path(files[-1]))
        if files:
            found[table] = sorted(map(repr, duckdb.execute("SELECT * FROM read_parquet($1)", [files]).fetchall()))
    return found


def objects(world: World) -> dict[str, bytes]:
    return {listed.key: world.bucket.get(listed.key).data for listed in world.bucket.list("")}


def rebuild(bucket: Bucket, decoder: Decoder | None = None) -> int:
    return Rebuilding(bucket, RUN, decoder or Decoder()).rebuild()


@pytest.mark.parametrize("damage", [None, b"", b"PAR1 and nothing else"])
@pytest.mark.parametrize("table", ["history", "console", "system"])
def test_a_table_comes_back_from_the_sources_line_for_line(
    make_world: Callable[[str], World], tmp_path: Path, table: str, damage: bytes | None
) -> None:
    world = make_world("a")
    recorded(world)
    before = content(world, tmp_path)
    assert {"history", "console", "system", "pyramid"} <= before.keys()
    for key in parts(world, table):
        world.bucket.delete(key)
        if damage is not None:
            world.bucket.put(key, damage)
    assert rebuild(world.bucket) == 1
    assert content(world, tmp_path) == before
    assert rebuild(world.bucket) == 0


def test_kept_segments_are_enough(make_world: Callable[[str], World], tmp_path: Path) -> None:
    world = make_world("a")
    recorded(world, keep_segments=True)
    before = content(world, tmp_path)
    for listed in list(world.bucket.list("v1/tables/")):
        world.bucket.delete(listed.key)
    for listed in list(world.bucket.list(layout.raw_prefix(PLACE))):
        if listed.key.endswith(".source.zst"):
            world.bucket.delete(listed.key)
    assert rebuild(world.bucket, NO_DECODER) == 4
    assert content(world, tmp_path) == before


def test_the_pyramid_comes_back_from_the_history(make_world: Callable[[str], World], tmp_path: Path) -> None:
    world = make_world("a")
    recorded(world)
    before = content(world, tmp_path)
    for key in parts(world, layout.PYRAMID):
        world.bucket.delete(key)
    assert rebuild(world.bucket, NO_DECODER) == 1
    assert content(world, tmp_path) == before


def sources_gone(world: World) -> Iterator[str]:
    for listed in list(world.bucket.list(layout.raw_prefix(PLACE))):
        if listed.key.endswith(".source.zst"):
            world.bucket.delete(listed.key)
            yield "gives rows {}"


def another_source(world: World) -> Iterator[str]:
    for listed in list(world.bucket.list(layout.raw_prefix(PLACE))):
        if listed.key.endswith(".source.zst"):
            world.bucket.put(listed.key, world.bucket.get(listed.key).data[:-1])
            yield "is damaged"


@pytest.mark.parametrize("harm", [sources_gone, another_source])
def test_what_cannot_be_made_again_is_said_and_nothing_is_changed(
    make_world: Callable[[str], World], harm: Callable[[World], Iterator[str]]
) -> None:
    world = make_world("a")
    recorded(world)
    (said, *_) = list(harm(world))
    for key in parts(world, "history"):
        world.bucket.delete(key)
    before = objects(world)
    with pytest.raises(FormatError, match=f"cannot be made again.*{said}"):
        rebuild(world.bucket)
    assert objects(world) == before


def test_a_decoder_that_fails_changes_nothing(make_world: Callable[[str], World]) -> None:
    world = make_world("a")
    recorded(world)
    for key in parts(world, "history"):
        world.bucket.delete(key)
    before = objects(world)
    with pytest.raises(FormatError, match="false"):
        rebuild(world.bucket, NO_DECODER)
    assert objects(world) == before


def test_a_run_that_is_not_sealed_is_not_found(make_world: Callable[[str], World]) -> None:
    with pytest.raises(NotFound):
        rebuild(make_world("a").bucket)


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_request_leaves_what_the_next_try_ends(
    make_world: Callable[[str], World], tmp_path: Path, after: bool
) -> None:
    at = 0
    while True:
        at += 1
        world = make_world(f"{after}-{at}")
        recorded(world, keep_segments=True)
        before = content(world, tmp_path)
        lost = parts(world, "console")
        for key in lost:
            world.bucket.delete(key)
        mortal = Mortal(world.bucket, at, after=after, error=Killed)
        try:
            rebuild(mortal, NO_DECODER)
        except Killed:
            rebuild(world.bucket, NO_DECODER)
        assert content(world, tmp_path) == before, f"after a kill at request {at}"
        assert len(list(world.bucket.list("v1/tables/"))) == len(seal(world)["parts"])
        if mortal.requests < at:
            break
    assert at > 8


def test_a_sealing_meanwhile_wins(make_world: Callable[[str], World], tmp_path: Path) -> None:
    world = make_world("a")
    recorded(world)
    for key in parts(world, "console"):
        world.bucket.delete(key)

    class Racing:
        """The seal is written by another hand just before ours."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.bucket, name)

        def put(self, key: str, data: bytes, **condition: Any) -> Any:
            if key == layout.seal_key(RUN):
                world.bucket.put(key, world.bucket.get(key).data)
            return world.bucket.put(key, data, **condition)

    before = seal(world)
    with pytest.raises(SupersededError, match="sealed meanwhile"):
        rebuild(Racing())  # type: ignore[arg-type]
    assert seal(world) == before
    assert rebuild(world.bucket) == 1
