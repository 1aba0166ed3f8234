"""The files that rows name."""

import hashlib
from typing import Any

import pytest
from wandb_files import FIXTURES, log_bytes

from chiplog_sidecar.wandb import decode, framing, media

FILES = FIXTURES / "every_kind" / "files"


def media_of(kind: str) -> dict[str, media.Media]:
    found = {}
    for item in framing.scan(log_bytes("every_kind")):
        assert isinstance(item, framing.Frame)
        row = decode.decode(item.at, item.payload)
        found |= {named["path"]: named for named in media.media_paths(row) if row["kind"] == kind}
    return found


def on_disk() -> dict[str, bytes]:
    paths = [path for path in (FILES / "media").rglob("*") if path.is_file()]
    return {path.relative_to(FILES).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("kind", ["history", "summary"])
def test_every_media_file_of_a_run_is_named_and_every_named_one_is_there(kind: str) -> None:
    files = on_disk()
    named = media_of(kind)
    assert len(named) > 8
    assert set(named) == set(files)
    for path, told in named.items():
        if told["sha256"] is not None:
            assert told["sha256"] == hashlib.sha256(files[path]).hexdigest()
            assert told["size"] == len(files[path])


def test_a_list_of_images_tells_its_paths_only() -> None:
    told = [named for path, named in media_of("history").items() if path.startswith("media/images/images_")]
    assert [(named["sha256"], named["size"]) for named in told] == [(None, None)] * 2


@pytest.mark.parametrize("path", ["/etc/passwd", "../../token", "media/../../token", "", "a\0b", 5, None, ["media/x"]])
def test_a_path_that_leads_out_of_the_run_is_left_out(path: Any) -> None:
    values = {"a": {"_type": "image-file", "path": path}, "b": {"_type": "images/separated", "filenames": [path]}}
    assert media.media_paths({"at": 7, "kind": "history", "values": values}) == []


def test_a_user_dict_with_a_path_is_no_media() -> None:
    values = {"a": {"path": "media/x.png"}, "b": {"_type": 4, "path": "media/x.png"}}
    assert media.media_paths({"at": 7, "kind": "history", "values": values}) == []


def test_a_size_that_is_no_number_is_not_told() -> None:
    values = {"a": {"_type": "image-file", "path": "media/x.png", "sha256": 4, "size": "4"}}
    found = media.media_paths({"at": 7, "kind": "history", "values": values})
    assert found == [{"path": "media/x.png", "sha256": None, "size": None}]


def test_another_kind_of_row_names_no_media() -> None:
    assert media.media_paths({"at": 7, "kind": "console", "text": "media/x.png"}) == []
