"""Files are listed, and downloaded whole, checked, and never outside of the directory."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from bucket_world import Source, World, attempt, file, numbered


def ship(world: World, recorder: str, run: str, **contents: bytes | None) -> None:
    """Record files: name and content; None is one that could not be recorded."""
    rows = []
    for path, data in contents.items():
        if data is None:
            rows.append(file(path, missing="Permission denied"))
            continue
        sha256 = hashlib.sha256(data).hexdigest()
        rows.append(file(path, sha256, recorder, size=len(data)))
        world.bucket.put(rows[-1]["key"], data)
    world.record(recorder, Source(numbered(rows), id="f", kind="files", path=""), run=run)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_are_listed(chiplog: Any, world: World) -> None:
    ship(world, "r1", world.run().id, **{"files/model.bin": b"weights", "files/lost": None})
    table = chiplog("files", "mnist").stdout
    assert "files/model.bin" in table
    assert "missing: Permission denied" in table
    lost, model = json.loads(chiplog("files", "mnist", "-o", "json").stdout)
    assert (model["path"], model["size"], model["attempt"]) == ("files/model.bin", 7, 1)
    assert model["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert (lost["key"], lost["missing"]) == (None, "Permission denied")


def test_patterns_choose_files(chiplog: Any, world: World) -> None:
    ship(world, "r1", world.run().id, **{"files/a.png": b"a", "files/deep/b.png": b"b", "files/c.txt": b"c"})
    found = json.loads(chiplog("files", "mnist", "*.png", "-o", "json").stdout)
    assert [item["path"] for item in found] == ["files/a.png", "files/deep/b.png"]


def test_files_land_at_their_paths(chiplog: Any, world: World, tmp_path: Path) -> None:
    ship(world, "r1", world.run().id, **{"files/a": b"1", "wandb/x/files/media/é #.png": b"2"})
    assert chiplog("files", "mnist", "--download", str(tmp_path)).exit_code == 0
    assert tree(tmp_path) == {"files/a": b"1", "wandb/x/files/media/é #.png": b"2"}
    assert (tmp_path / "files/a").stat().st_mode & 0o777 == 0o644


def test_files_of_several_ranks_do_not_meet(chiplog: Any, world: World, tmp_path: Path) -> None:
    place = world.run()
    ship(world, "a", place.id, **{"files/a": b"0"})
    ship(world, "b", place.id, **{"files/a": b"1"})
    world.outcome(place, "running", [attempt(1, "a", "b")])
    chiplog("files", "mnist", "--download", str(tmp_path))
    assert tree(tmp_path) == {"rank-0/main/files/a": b"0", "rank-1/main/files/a": b"1"}


@pytest.mark.parametrize("path", ["../evil", "/evil", "files/../../evil", "files/./x", "files//x", "a\0b", ".."])
def test_a_path_that_leaves_the_directory_is_refused(chiplog: Any, world: World, tmp_path: Path, path: str) -> None:
    ship(world, "r1", world.run().id, **{path: b"evil", "files/good": b"good"})
    inside = tmp_path / "inside"
    result = chiplog("files", "mnist", "--download", str(inside))
    assert result.exit_code == 1
    assert "leaves its directory" in result.stderr
    assert tree(tmp_path) == {"inside/files/good": b"good"}


def test_a_missing_and_a_damaged_file_are_1_and_leave_nothing_half(chiplog: Any, world: World, tmp_path: Path) -> None:
    ship(world, "r1", world.run().id, **{"files/gone": None, "files/bad": b"true", "files/good": b"good"})
    world.bucket.put(file("files/bad", hashlib.sha256(b"true").hexdigest())["key"], b"false")
    result = chiplog("files", "mnist", "--download", str(tmp_path))
    assert result.exit_code == 1
    assert "files/gone was not recorded: Permission denied" in result.stderr
    assert "is damaged" in result.stderr
    assert tree(tmp_path) == {"files/good": b"good"}


def test_a_directory_that_cannot_be_written_is_wrong_usage(chiplog: Any, world: World, tmp_path: Path) -> None:
    ship(world, "r1", world.run().id, **{"files/a": b"1"})
    (tmp_path / "files").write_bytes(b"in the way")
    result = chiplog("files", "mnist", "--download", str(tmp_path))
    assert result.exit_code == 2
    assert f"--download {tmp_path}" in result.stderr


def rewritten(world: World) -> None:
    """A file of three versions, and one of one."""
    rows = []
    for path, data in (("files/m", b"one"), ("files/m", b"two"), ("files/other", b"x"), ("files/m", b"three")):
        sha256 = hashlib.sha256(data).hexdigest()
        rows.append(file(path, sha256, size=len(data)))
        world.bucket.put(rows[-1]["key"], data)
    world.record("r1", Source(numbered(rows), id="f", kind="files", path=""), run=world.run().id)


def test_versions_are_counted_and_listed_oldest_first(chiplog: Any, world: World) -> None:
    rewritten(world)
    assert "3 of 3" in chiplog("files", "mnist").stdout
    found = json.loads(chiplog("files", "mnist", "--versions", "files/m", "-o", "json").stdout)
    assert [(item["version"], item["versions"], item["size"]) for item in found] == [(1, 3, 3), (2, 3, 3), (3, 3, 5)]


def test_a_version_is_chosen_by_its_digest_and_lands_at_its_path(chiplog: Any, world: World, tmp_path: Path) -> None:
    rewritten(world)
    digest = hashlib.sha256(b"two").hexdigest()[:10].upper()
    chiplog("files", "mnist", "--sha256", digest, "--download", str(tmp_path))
    assert tree(tmp_path) == {"files/m": b"two"}


def test_several_versions_land_beside_each_other(chiplog: Any, world: World, tmp_path: Path) -> None:
    rewritten(world)
    chiplog("files", "mnist", "--versions", "--download", str(tmp_path))
    assert tree(tmp_path) == {
        "files/m.~1~": b"one", "files/m.~2~": b"two", "files/m": b"three", "files/other": b"x",
    }  # fmt: skip
