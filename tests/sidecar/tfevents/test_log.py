"""Event files as tensorboardX writes them, and every way in which they can be short or damaged."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorder_world import World
from tensorboardX import SummaryWriter

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar.tfevents import checksums, decode
from chiplog_sidecar.tfevents import events_pb2 as pb
from chiplog_sidecar.tfevents.log import Reader


def write(folder: Path) -> Path:
    """A small run with one of everything, and a second file of a sub-directory; gives the first one's path."""
    with SummaryWriter(str(folder)) as writer:
        for step in range(4):
            writer.add_scalar("train/loss", 1.1 / (step + 1), step, walltime=1000.0 + step)
        writer.add_scalars("both", {"a": 1.0}, 4)
        writer.add_scalar("odd", float("nan"), 5, walltime=1005.0)
        writer.add_text("note", "a **word**", 6, walltime=1006.0)
        writer.add_histogram("weights", np.array([0.0, 1.0, 1.0, 2.0]), 7, walltime=1007.0, bins=3)
        writer.add_image("picture", np.zeros((3, 4, 5), np.uint8), 8, walltime=1008.0)
    (path,) = folder.glob("events.out.tfevents.*")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("logs")).read_bytes()


def read(data: bytes, *, final: bool = False) -> list[Row]:
    return Reader(0, Fold()).feed(data, final=final)


def ends(data: bytes) -> list[int]:
    """Where each record ends, by the lengths alone."""
    found, at = [], 0
    while at < len(data):
        at += 16 + int(struct.unpack_from("<Q", data, at)[0])
        found.append(at)
    return found


def history(rows: list[Row]) -> dict[int, Row]:
    return {row["step"]: row for row in rows if row["kind"] == "history"}


def test_a_scalar_is_a_row_of_history_at_its_step_and_time(data: bytes) -> None:
    row = history(read(data))[1]
    assert (row["step"], row["time"], row["values"]) == (1, 1001.0, {"train/loss": 0.55})


def test_the_newest_values_are_the_summary(data: bytes) -> None:
    fold = Fold()
    for row in read(data):
        fold.apply(row)
    assert fold.summary["train/loss"] == 0.275
    assert fold.step == 8


def test_a_number_that_json_lacks_is_kept(data: bytes) -> None:
    assert history(read(data))[5]["values"] == {"odd": {"$number": "NaN"}}


def test_text_is_a_string(data: bytes) -> None:
    assert history(read(data))[6]["values"] == {"note/text_summary": "a **word**"}


def test_a_histogram_has_one_edge_more_than_counts(data: bytes) -> None:
    found = history(read(data))[7]["values"]["weights"]
    assert found["_type"] == "histogram"
    assert len(found["bins"]) == len(found["values"]) + 1
    assert sum(found["values"]) == 4


def test_an_image_is_told_and_stays_in_the_source(data: bytes) -> None:
    row = history(read(data))[8]
    found = row["values"]["picture"]
    assert (found["_type"], found["inline"], found["width"], found["height"]) == ("image-file", True, 5, 4)


def test_every_record_is_a_row_at_its_place(data: bytes) -> None:
    assert [row["at"] for row in read(data)] == [0, *ends(data)[:-1]]


def test_a_file_cut_anywhere_gives_its_whole_records_and_goes_on(data: bytes) -> None:
    whole, borders = read(data), ends(data)
    for cut in range(len(data)):
        reader = Reader(0, Fold())
        first = reader.feed(data[:cut])
        assert len(first) == sum(end <= cut for end in borders)
        assert first + reader.feed(data[cut:]) == whole


def test_a_reader_starts_again_where_another_stopped(data: bytes) -> None:
    whole = read(data)
    first = Reader(0, Fold())
    rows = first.feed(data[:200])
    assert rows + Reader(first.at, Fold()).feed(data[first.at :]) == whole


def test_a_torn_end_of_a_writer_that_is_gone_is_a_gap(data: bytes) -> None:
    *_, before, last = ends(data)
    assert read(data[:-3], final=True)[-1] == {"at": before, "kind": "gap", "to": last - 3, "reason": "torn"}


def test_a_flipped_byte_never_gives_a_wrong_value(data: bytes) -> None:
    whole = {row["at"]: row for row in read(data)}
    for index in range(min(len(data), 2000)):
        damaged = bytearray(data)
        damaged[index] ^= 0x40
        rows = read(bytes(damaged), final=True)
        kept = [row for row in rows if row["kind"] != "gap"]
        assert [row for row in kept if whole.get(row["at"]) != row] == []
        assert len(kept) == len(whole) - 1, "a damaged record costs itself alone"
        assert sum(row["kind"] == "gap" for row in rows) == 1


def test_a_record_longer_than_the_limit_is_a_gap(data: bytes) -> None:
    reader = Reader(0, Fold(), max_record_bytes=100)
    rows = [row for at in range(0, len(data), 64) for row in reader.feed(data[at : at + 64])]
    gaps = [row for row in rows if row["kind"] == "gap"]
    assert [row["reason"] for row in gaps] == ["long"] * len(gaps)
    assert gaps
    assert [row["at"] for row in rows] == [row["at"] for row in read(data)]


@given(st.binary(max_size=400))
def test_no_bytes_are_an_error(data: bytes) -> None:
    read(data, final=True)


@given(st.binary(max_size=200))
def test_no_event_is_an_error(payload: bytes) -> None:
    decode.Decoder().row(0, payload)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float32_reads_as_its_shortest_text(value: float) -> None:
    assert decode.widened(value) == float(str(np.float32(value)))


def test_the_checksum_is_castagnoli_s() -> None:
    assert checksums.crc32c(b"123456789") == 0xE3069283  # RFC 3720, appendix B.4, and every catalogue of CRCs


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (pb.Tensor(dtype=1, float_val=[0.1]), 0.1),
        (pb.Tensor(dtype=1, content=struct.pack("<f", 0.1)), 0.1),
        (pb.Tensor(dtype=2, double_val=[0.1]), 0.1),
        (pb.Tensor(dtype=9, content=struct.pack("<q", -7)), -7),
        (pb.Tensor(dtype=3, int_val=[5]), 5),
        (pb.Tensor(dtype=10, bool_val=[True]), True),
    ],
)
def test_a_scalar_tensor_of_tensorflow_2_is_a_number(tensor: pb.Tensor, expected: float) -> None:
    event = pb.Event(step=1, summary=pb.Summary(value=[pb.Value(tag="loss", tensor=tensor)]))
    assert decode.Decoder().row(0, event.SerializeToString())["values"] == {"loss": expected}


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
    assert sorted(world.steps()) == list(range(9))
    kinds = {stream["kind"] for stream in world.head()["streams"]}
    assert kinds == {"tensorboard"}
