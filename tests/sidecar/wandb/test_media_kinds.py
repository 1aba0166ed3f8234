"""Every kind of medium and artifact that the real wandb logs reaches the bucket whole, named by the row that logged it.

The files were made by `tests/fixtures/wandb/make_fixtures.py`; artifacts under the directories that the operator sets.
"""

import base64
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from recorder_world import World

from chiplog.codec import Row

FIXTURES = Path(__file__).parents[2] / "fixtures" / "wandb" / "0.31.0"
FOLDER = "wandb/offline-run-20261126_220000-media"
UNSAVED = "requirements.txt"
"""wandb says that it saves it; the fixtures leave it out, for it is hundreds of lines."""


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("media")
    shutil.copytree(FIXTURES / "media", root / "main" / FOLDER, ignore=shutil.ignore_patterns("leet.jsonl"))
    return recorded(root)


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("artifacts")
    shutil.copytree(FIXTURES / "artifacts", root / "main")
    return recorded(root)


def recorded(root: Path) -> World:
    world = World(root)
    recorder = world.recorder()
    recorder.record()
    recorder.drain()
    return world


def rows(world: World, kind: str) -> list[Row]:
    found = {(stream, row["at"]): row for stream, rows in world.rows().items() for row in rows if row["kind"] == kind}
    return [found[place] for place in sorted(found)]


def logged(world: World, key: str) -> Any:
    (value,) = [row["values"][key] for row in rows(world, "history") if key in row["values"]]
    return value


def contents(world: World) -> dict[str, bytes]:
    """What the bucket holds, by path."""
    return {row["path"]: world.bucket.get(row["key"]).data for row in rows(world, "file") if "key" in row}


def members(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The files of a medium: its own, those below it, and those of a list."""
    if isinstance(value.get("path"), str):
        below = [*value.get("masks", {}).values(), *value.get("boxes", {}).values()]
        return [value, *below]
    for name in ("videos", "audio", "objects", "html"):
        if isinstance(value.get(name), list):
            return list(value[name])
    lists = [
        entry for name in ("all_masks", "all_boxes") for by_name in value.get(name, []) for entry in by_name.values()
    ]
    return [*({"path": path} for path in value["filenames"]), *lists]


@pytest.mark.parametrize(
    ("key", "kind", "files"),
    [
        ("image", "image-file", 3),
        ("images", "images/separated", 4),
        ("video", "video-file", 1),
        ("videos", "videos", 2),
        ("sound", "audio-file", 1),
        ("sounds", "audio", 2),
        ("molecule", "molecule-file", 1),
        ("molecules", "molecule", 2),
        ("page", "html-file", 1),
        ("table", "table-file", 1),
        ("chart", "plotly-file", 1),
        ("curve_table", "table-file", 1),
        ("cloud", "object3D-file", 1),
        ("clouds", "object3D", 2),
    ],
)
def test_a_medium_is_in_the_bucket_with_the_content_that_was_logged(
    media: World, key: str, kind: str, files: int
) -> None:
    value, shipped = logged(media, key), contents(media)
    assert value["_type"] == kind
    found = members(value)
    assert len(found) == files
    for entry in found:
        content = shipped[f"{FOLDER}/files/{entry['path']}"]
        assert content == (FIXTURES / "media" / "files" / entry["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry.get("sha256", hashlib.sha256(content).hexdigest())
        assert len(content) == entry.get("size", len(content))


@pytest.mark.parametrize(
    ("key", "captions"),
    [
        ("image", ["deck"]),
        ("images", ["deck 0", "deck 1"]),
        ("video", ["waves"]),
        ("videos", ["waves 0", "waves 1"]),
        ("sound", ["calm"]),
        ("sounds", ["calm 0", "calm 1"]),
        ("molecule", ["water"]),
        ("molecules", ["N", "P"]),
    ],
)
def test_a_caption_stays_with_its_medium(media: World, key: str, captions: list[str]) -> None:
    value = logged(media, key)
    own = [value["caption"]] if "caption" in value else value.get("captions")
    assert (own or [entry["caption"] for entry in members(value)]) == captions


def test_a_histogram_is_its_row(media: World) -> None:
    assert logged(media, "histogram") == {"_type": "histogram", "values": [1, 0, 2, 1], "bins": [1, 1.5, 2, 2.5, 3]}


def test_nothing_is_called_missing_that_is_there(media: World) -> None:
    missing = [row["path"] for row in rows(media, "file") if "missing" in row]
    assert missing == [f"{FOLDER}/files/{UNSAVED}"]


def test_every_file_on_the_disk_is_named_by_some_row(media: World) -> None:
    folder = FIXTURES / "media" / "files"
    there = {f"{FOLDER}/files/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}
    assert there == set(contents(media))


def test_the_files_of_artifacts_are_in_the_bucket_as_their_manifests_say(artifacts: World) -> None:
    shipped = contents(artifacts)
    entries = {
        (row["name"], entry["path"]): entry
        for row in rows(artifacts, "artifact")
        for entry in row["manifest"]["entries"]
    }
    assert sorted(entries) == [
        ("data", "rows.table.json"), ("model", "data"), ("model", "deep/vocabulary.txt"), ("model", "weights.bin"),
        ("run-artifacts-seen", "media/images/1440a42253d5d66a8ac6.png"),
        ("run-artifacts-seen", "media/images/3ef72c1685ef70a2fa8c.png"), ("run-artifacts-seen", "seen.table.json"),
    ]  # fmt: skip
    assert entries.pop(("model", "data"))["ref"] == "https://example.com/data"
    for entry in entries.values():
        content = shipped[entry["local_path"].removeprefix("/chiplog/")]
        digest = hashlib.md5(content, usedforsecurity=False).digest()
        assert (base64.b64encode(digest).decode(), len(content)) == (entry["digest"], entry["size"])
    assert artifacts.head()["skipped"] == {"No such file or directory": 1}


def test_an_artifact_keeps_what_was_said_of_it(artifacts: World) -> None:
    model = next(row for row in rows(artifacts, "artifact") if row["name"] == "model")
    assert (model["type"], model["description"], model["metadata"]) == ("weights", "a small one", {"depth": 3})
    assert sorted(model["aliases"]) == ["best", "latest"]


@pytest.mark.parametrize("address", ["wandb-client-artifact://abc/x.png", "wandb-artifact://abc/x.png"])
def test_an_image_that_stands_in_an_artifact_is_no_file_of_the_run(address: str) -> None:
    from chiplog_sidecar.wandb import media as naming

    values = {"a": {"_type": "images/separated", "filenames": [address, "media/images/x.png"]}}
    found = naming.media_paths({"at": 7, "kind": "history", "values": values})
    assert [named["path"] for named in found] == ["media/images/x.png"]
