"""One file, many incarnations: replaced, shrunk, written over, appended to after its name is gone."""

import os
from pathlib import Path

import pytest
from recorder_world import World

from chiplog import codec, layout
from chiplog_sidecar import recorder as recorder_module
from chiplog_sidecar.stream import MAX_SPAN_BYTES


def lines(*losses: int) -> str:
    return "".join(f'{{"loss": {loss}}}\n' for loss in losses)


@pytest.fixture
def path(world: World) -> Path:
    path = world.root / "main" / "metrics.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(lines(10, 11, 12))
    return path


def losses(world: World) -> list[list[int]]:
    """The values that the bucket holds, each row once, by generation."""
    heads = {head["id"]: head for head in world.head()["streams"] if head["kind"] == "jsonl"}
    rows = {stream: {row["at"]: row for row in found} for stream, found in world.rows().items() if stream in heads}
    ordered = sorted(rows, key=lambda stream: heads[stream]["generation"])
    return [[rows[stream][at]["values"]["loss"] for at in sorted(rows[stream])] for stream in ordered]


@pytest.mark.parametrize(
    "again",
    [lines(20, 21, 22), lines(20), lines(20, 21, 22, 23, 24), lines(10, 11, 22), lines(1000000000)],
    ids=["same size", "shorter", "longer", "same beginning", "one line"],
)
def test_a_file_that_is_written_over_in_place_is_a_new_generation(world: World, path: Path, again: str) -> None:
    recorder = world.recorder()
    world.step(recorder)
    inode = path.stat().st_ino
    path.write_text(again)
    assert path.stat().st_ino == inode
    world.step(recorder)
    world.step(recorder)
    with path.open("a") as file:
        file.write(lines(99))
    world.step(recorder)
    recorder.drain()
    expected = [int(line.split(": ")[1].rstrip("}")) for line in again.splitlines()]
    assert losses(world) == [[10, 11, 12], [*expected, 99]]


def test_a_file_that_is_written_over_between_a_look_and_a_read_gives_no_wrong_row(world: World, path: Path) -> None:
    recorder = world.recorder()
    world.step(recorder)
    path.write_text(lines(1000, 1001, 1002, 1003))
    recorder._read_all()
    assert losses(world) == [[10, 11, 12]]
    world.step(recorder)
    assert losses(world) == [[10, 11, 12], [1000, 1001, 1002, 1003]]


def test_a_file_that_shrinks_and_grows_again_is_read_once(world: World, path: Path) -> None:
    recorder = world.recorder()
    world.step(recorder)
    os.truncate(path, 0)
    world.step(recorder)
    for loss in range(20, 30):
        with path.open("a") as file:
            file.write(lines(loss))
        world.step(recorder)
    recorder.drain()
    assert losses(world) == [[10, 11, 12], list(range(20, 30))]


def test_a_rotated_file_is_followed_to_its_end_beside_the_new_one(world: World, path: Path) -> None:
    recorder = world.recorder()
    world.step(recorder)
    old = path.open("a")
    path.rename(path.with_suffix(".old"))
    path.write_text(lines(20))
    world.step(recorder)
    old.write(lines(13))
    old.close()
    world.step(recorder)
    assert losses(world) == [[10, 11, 12, 13], [20]]


def test_the_source_of_a_stretch_that_was_written_over_is_left_out_and_its_rows_stay(world: World, path: Path) -> None:
    recorder = world.recorder()
    world.step(recorder)
    path.write_text(lines(20, 21, 22))
    world.step(recorder, 301)
    recorder.drain()
    assert losses(world) == [[10, 11, 12], [20, 21, 22]]
    keys = [listed.key for listed in world.bucket.list("v1/raw/") if listed.key.endswith(".source.zst")]
    assert [codec.decompress(world.bucket.get(key).data, key) for key in keys] == [lines(20, 21, 22).encode()]


@pytest.mark.parametrize("again", [lines(20, 21, 22), lines(20, 21, 22, 23)])
@pytest.mark.parametrize("drained", [False, True])
def test_a_file_that_was_written_over_between_two_lives_is_a_new_generation(
    world: World, path: Path, again: str, drained: bool
) -> None:
    first = world.recorder()
    world.step(first)
    if drained:
        first.drain()
    path.write_text(again)
    second = world.recorder()
    world.step(second)
    second.drain()
    assert losses(world)[0] == [10, 11, 12]
    assert losses(world)[1][:3] == [20, 21, 22]


def test_a_container_that_restarts_with_the_same_paths_goes_on_in_new_generations(world: World, path: Path) -> None:
    recorder = world.recorder()
    for restart in range(3):
        path.unlink(missing_ok=True)
        (path.parent / f"keeps-the-inode-{restart}").touch()
        path.write_text(lines(restart))
        world.step(recorder)
    recorder.drain()
    assert [values[-1] for values in losses(world)] == [0, 1, 2]


def test_a_file_that_is_replaced_all_the_time_is_given_up_and_told(world: World, path: Path) -> None:
    recorder = world.recorder()
    for number in range(recorder_module.MAX_GENERATIONS + 20):
        path.write_text(lines(number))
        world.step(recorder)
    recorder.drain()
    assert len(world.head()["streams"]) == recorder_module.MAX_GENERATIONS
    (problem,) = world.head()["problems"]
    assert "replaced 100 times" in problem


def test_a_source_that_is_a_fifo_or_a_link_is_never_opened(world: World, path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.jsonl").write_text(lines(1))
    for name in ("pipe", "link"):
        (path.parent / name).mkdir()
    os.mkfifo(path.parent / "pipe" / "metrics.jsonl")
    (path.parent / "link" / "metrics.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    (path.parent / "folder").symlink_to(tmp_path)
    recorder = world.recorder()
    world.step(recorder)
    assert losses(world) == [[10, 11, 12]]


def test_a_long_gap_is_shipped_in_parts_that_every_life_makes_alike(world: World, path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x" * (9 << 20) + b"\n" + lines(13).encode())
    heads = []
    for _ in range(2):
        recorder = world.recorder()
        for _ in range(5):
            world.step(recorder)
        recorder.drain()
        heads.append(world.head()["streams"][0]["kinds"])
    assert heads == [{"history": 4, "gap": 3}] * 2
    (rows,) = world.rows().values()
    assert sorted(row["at"] for row in rows) == sorted({row["at"] for row in rows})
    keys = sorted(listed.key for listed in world.bucket.list("v1/raw/") if listed.key.endswith(".source.zst"))
    sources = [codec.decompress(world.bucket.get(key).data, key) for key in keys]
    assert b"".join(sources) == path.read_bytes()
    assert max(map(len, sources)) <= 2 * MAX_SPAN_BYTES


def test_64_ranks_in_one_pod_are_64_streams_under_one_live_object(world: World) -> None:
    logs = [world.log(name=f"{rank:02d}") for rank in range(64)]
    recorder = world.recorder()
    for step in range(5):
        for log in logs:
            log.history(step, loss=str(step))
        world.step(recorder)
    recorder.drain()
    assert sorted(world.steps()) == sorted(list(range(5)) * 64)
    assert len(world.head()["streams"]) == 64
    assert [listed.key for listed in world.bucket.list("v1/live/")] == [layout.live_key(world.settings.recorder)]
    assert len({key.key.split("/")[5] for key in world.bucket.list("v1/raw/")}) == 64


def test_two_containers_with_the_same_paths_are_two_streams(world: World) -> None:
    for container in ("trainer", "evaluator"):
        world.log(container=container).history(1, loss="1")
    recorder = world.recorder()
    world.step(recorder)
    heads = world.head()["streams"]
    assert sorted(head["container"] for head in heads) == ["evaluator", "trainer"]
    assert len({head["id"] for head in heads}) == 2
