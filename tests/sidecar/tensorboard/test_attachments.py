"""Images and sounds of event files are files in the bucket, before the row that names them."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from recorder_world import World
from tensorboardX import SummaryWriter
from tensorboardX.proto.summary_pb2 import Summary

from chiplog.bucket import ETag
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import Unreachable
from chiplog_sidecar.tensorboard import attachments

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "tensorboard"


def write(folder: Path, steps: range = range(2)) -> None:
    with SummaryWriter(str(folder)) as writer:
        for step in steps:
            writer.add_image("picture", np.full((3, 4, 5), step % 2, np.uint8), step)
            sound = Summary.Audio(encoded_audio_string=b"RIFF of a sound", content_type="audio/wav")
            summary = Summary(value=[Summary.Value(tag="sound", audio=sound)])
            writer.file_writer.add_summary(summary, step)


def test_media_are_shipped_once_by_content_and_listed_under_the_event_file(world: World) -> None:
    write(world.root / "main" / "logs", range(4))
    recorder = world.recorder()
    world.step(recorder)
    recorder.drain()
    files = world.rows()["files"]
    (path,) = {row["path"].partition(".media/")[0] for row in files}
    assert path.startswith("logs/events.out.tfevents.")
    assert sorted(row["path"].rpartition(".")[2] for row in files) == ["png", "png", "wav"]
    for row in files:
        data = world.bucket.get(row["key"]).data
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (row["sha256"], row["size"])
    named = {
        value["sha256"] for rows in world.rows().values() for row in rows if row["kind"] == "history"
        for value in row["values"].values() if isinstance(value, dict)
    }  # fmt: skip
    assert named == {row["sha256"] for row in files}


def test_no_row_overtakes_its_image(world: World) -> None:
    class NoBlobs(MemoryBucket):
        def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
            if "/blobs/" in key:
                raise Unreachable("the store is down")
            return super().put(key, data, if_match=if_match, if_absent=if_absent)

    write(world.root / "main" / "logs")
    deaf = NoBlobs()
    blind = world.recorder(deaf)
    with pytest.raises(Unreachable):
        world.step(blind)
    assert not list(deaf.list("v1/live/"))
    world.step(world.recorder())
    assert len(world.rows()["files"]) == 3


def test_a_recorder_that_comes_back_ships_no_image_again(world: World) -> None:
    write(world.root / "main" / "logs")
    first = world.recorder()
    world.step(first)
    first.drain()
    second = world.recorder()
    world.step(second)
    second.drain()
    assert len(world.rows()["files"]) == 3
    assert world.head().get("skipped") == {}


def test_an_image_of_tensorflow_2_is_found_among_the_texts_of_its_tensor() -> None:
    data = (FIXTURES / "tensorboard-2.21.0" / "run.tfevents").read_bytes()
    at = data.index(b"\x89PNG not really")
    found = [
        attachments.contents(lambda size, offset: data[offset : offset + size], start) for start in range(at - 120, at)
    ]
    assert any(b"\x89PNG not really" in contents.values() for contents in found)


@pytest.mark.parametrize("data", [b"", b"\0" * 12, b"\xff" * 40, b"\x05" + b"\0" * 11 + b"hello"])
def test_bytes_that_are_no_event_hold_no_media(data: bytes) -> None:
    assert attachments.contents(lambda size, offset: data[offset : offset + size], 0) == {}
