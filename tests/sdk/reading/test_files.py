"""Of every path the current version, and content that is what was recorded."""

import hashlib
import io
from typing import Any

import pytest
from bucket_world import Source, World, attempt, file, numbered

from chiplog.errors import FormatError, NotFound
from chiplog.reading import files, runs
from chiplog.reading.files import File


def shipped(*rows: object) -> Source:
    return Source(numbered(rows), id="files", kind="files", path="")  # type: ignore[arg-type]


def read(world: World, attempt: int | None = None) -> list[File]:
    (view,) = runs.every(world.bucket, clock=world.clock)
    return files.read(world.bucket, view, attempt)


def test_the_newest_row_of_a_path_is_its_current_version() -> None:
    world = World()
    place = world.run()
    rows = shipped(file("files/b", "1" * 64), file("files/a", "2" * 64), file("files/b", "3" * 64, size=9))
    world.record("r1", rows, run=place.id)
    assert [(item.path, item.sha256, item.size) for item in read(world)] == [
        ("files/a", "2" * 64, 3),
        ("files/b", "3" * 64, 9),
    ]


def test_every_version_of_a_path_is_told_and_numbered() -> None:
    world = World()
    place = world.run()
    world.record("a", shipped(file("files/x", "1" * 64), file("files/y", "2" * 64)), run=place.id)
    world.record("b", shipped(file("files/x", "3" * 64)), run=place.id)
    world.outcome(place, "running", [attempt(1, "a"), attempt(2, "b")])
    (view,) = runs.every(world.bucket, clock=world.clock)
    found = files.read(world.bucket, view, every=True)
    assert [(item.path, (item.sha256 or "")[0], item.version, item.versions) for item in found] == [
        ("files/x", "1", 1, 2), ("files/x", "3", 2, 2), ("files/y", "2", 1, 1),
    ]  # fmt: skip
    assert [(item.path, item.version) for item in files.read(world.bucket, view)] == [("files/x", 2), ("files/y", 1)]


def test_a_file_that_could_not_be_recorded_says_why() -> None:
    world = World()
    place = world.run()
    world.record("r1", shipped(file("files/a", missing="Permission denied", policy="live")), run=place.id)
    (found,) = read(world)
    assert (found.key, found.sha256, found.size, found.missing) == (None, None, None, "Permission denied")
    with pytest.raises(FormatError, match="files/a was not recorded: Permission denied"):
        files.fetch(world.bucket, found, io.BytesIO())


def test_a_later_attempts_file_takes_the_place_of_an_earlier_ones_but_not_another_ranks() -> None:
    world = World()
    place = world.run()
    for recorder, digit in (("a", "1"), ("b", "2"), ("c", "3")):
        world.record(recorder, shipped(file("files/model", digit * 64)), run=place.id)
    world.outcome(place, "running", [attempt(1, "a"), attempt(2, "b", "c")])
    assert [(item.attempt, item.rank, item.recorder) for item in read(world)] == [(2, 0, "b"), (2, 1, "c")]
    assert [(item.attempt, item.recorder) for item in read(world, attempt=1)] == [(1, "a")]


def test_wandbs_own_list_of_files_is_not_ours() -> None:
    world = World()
    place = world.run()
    world.record("r1", Source(numbered([{"kind": "files", "files": [{"path": "x", "policy": "live"}]}])), run=place.id)
    assert read(world) == []


def content(world: World, data: bytes, promised: bytes) -> File:
    place = world.run()
    row = file("files/a", hashlib.sha256(promised).hexdigest())
    world.bucket.put(row["key"], data)
    world.record("r1", shipped(row), run=place.id)
    (found,) = read(world)
    return found


def test_content_is_fetched_whole() -> None:
    world = World()
    data = bytes(range(256)) * 10_000
    target = io.BytesIO()
    files.fetch(world.bucket, content(world, data, data), target)
    assert target.getvalue() == data


def test_content_that_is_not_what_was_recorded_is_damage() -> None:
    world = World()
    with pytest.raises(FormatError, match="/a is damaged"):
        files.fetch(world.bucket, content(world, b"tampered", b"true"), io.BytesIO())


def test_content_that_is_gone_is_not_found() -> None:
    world = World()
    found = content(world, b"x", b"x")
    world.bucket.delete(found.key or "")
    with pytest.raises(NotFound):
        files.fetch(world.bucket, found, io.BytesIO())


OTHERS = "v1/blobs/prod/other/r9/" + "b" * 64 + "/secret"


@pytest.mark.parametrize(
    "facts",
    [
        {"key": OTHERS, "sha256": "b" * 64},
        {"key": "v1/index/prod/other/manifest.json"},
        {"key": f"v1/blobs/prod/team/r1/{'a' * 64}/../../../../other/r9/{'b' * 64}/secret"},
        {"key": f"v1/blobs/prod/team/r1/{'a' * 64}/.."},
        {"key": "v1/blobs/prod/team/r1/../../other/r9/x/secret", "sha256": "../../other/r9/x"},
        {"key": ["v1"], "sha256": None},
    ],
)
def test_a_row_that_names_what_is_none_of_its_recorders_files_leads_nowhere(facts: dict[str, Any]) -> None:
    world = World()
    place = world.run()
    world.bucket.put(OTHERS, b"secret")
    world.record("r1", shipped(file("files/a", **facts)), run=place.id)
    (found,) = read(world)
    assert (found.key, found.missing) == (None, files.FOREIGN)
    with pytest.raises(FormatError, match="was not recorded"):
        files.fetch(world.bucket, found, io.BytesIO())


def test_a_size_that_is_no_number_is_not_passed_on() -> None:
    world = World()
    place = world.run()
    world.record("r1", shipped(file("files/a", size="3\r\nSet-Cookie: a=b")), run=place.id)
    (found,) = read(world)
    assert found.size is None
