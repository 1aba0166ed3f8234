"""Event files as tensorboardX writes them now, followed by the recorder."""

from pathlib import Path

import numpy as np
import pytest
from recorder_world import World
from tensorboardX import SummaryWriter

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar.tensorboard.log import Reader


def write(folder: Path) -> Path:
    """A small run with one of everything, and a second file of a sub-directory; gives the first one's path."""
    with SummaryWriter(str(folder)) as writer:
        for step in range(4):
            writer.add_scalar("train/loss", 1.1 / (step + 1), step, walltime=1000.0 + step)
        writer.add_scalars("both", {"a": 1.0}, 4)
        writer.add_text("note", "a **word**", 5, walltime=1005.0)
        writer.add_image("picture", np.zeros((3, 4, 5), np.uint8), 6, walltime=1006.0)
    (path,) = folder.glob("events.out.tfevents.*")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("logs")).read_bytes()


def read(data: bytes, *, final: bool = False) -> list[Row]:
    return Reader(0, Fold()).feed(data, final=final)


def test_the_newest_values_are_the_summary(data: bytes) -> None:
    fold = Fold()
    for row in read(data):
        fold.apply(row)
    assert fold.summary["train/loss"] == 0.275
    assert fold.step == 6


def test_a_reader_starts_again_where_another_stopped(data: bytes) -> None:
    whole = read(data)
    first = Reader(0, Fold())
    rows = first.feed(data[:200])
    assert rows + Reader(first.at, Fold()).feed(data[first.at :]) == whole


def test_a_torn_end_of_a_writer_that_is_gone_is_a_gap(data: bytes) -> None:
    last = read(data)[-1]["at"]
    assert read(data[:-3], final=True)[-1] == {"at": last, "kind": "gap", "to": len(data) - 3, "reason": "torn"}


def test_hyperparameters_are_config(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_hparams({"lr": 0.1, "name": "adam", "nesterov": True}, {"score": 1.0}, name="one")
    (path,) = (tmp_path / "one").glob("events.out.tfevents.*")
    fold = Fold()
    for row in read(path.read_bytes()):
        fold.apply(row)
    assert fold.config == {"lr": 0.1, "name": "adam", "nesterov": True}
    assert fold.summary["score"] == 1.0


def test_a_run_of_tensorboard_is_recorded(world: World) -> None:
    recorder = world.recorder()
    write(world.root / "main" / "logs")
    recorder.record()
    recorder.drain()
    assert sorted(world.steps()) == list(range(7))
    assert {stream["kind"] for stream in world.head()["streams"]} == {"tensorboard", "files"}


def test_a_recorder_that_comes_back_still_knows_what_the_tags_are(world: World) -> None:
    recorder = world.recorder()
    with SummaryWriter(str(world.root / "main" / "logs")) as writer:
        writer.add_text("note", "first", 0)
        writer.flush()
        world.step(recorder)
        recorder.drain()
        writer.add_text("note", "second", 1)
    second = world.recorder()
    world.step(second)
    (stream,) = world.head()["streams"]
    assert stream["run"]["summary"] == {"note/text_summary": "second"}
