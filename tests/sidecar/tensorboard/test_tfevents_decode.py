"""Rows of real events, held against what tensorboard's own EventAccumulator reads, and of events made to harm."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog_sidecar.tensorboard import decode, framing, numbers
from chiplog_sidecar.tensorboard import events_pb2 as pb

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "tensorboard"
NAMES = sorted(path.parent.name for path in FIXTURES.glob("*/run.tfevents"))


def rows_of(name: str) -> list[decode.Row]:
    decoder = decode.Decoder()
    items = framing.scan((FIXTURES / name / "run.tfevents").read_bytes(), final=True)
    return [decoder.row(item.at, item.payload) for item in items if isinstance(item, framing.Frame)]


def plain(value: Any) -> float:
    return float(value["$number"]) if isinstance(value, dict) else float(value)


def logged(name: str, tag: str) -> Any:
    (found,) = [row["values"][tag] for row in rows_of(name) if tag in row.get("values", {})]
    return found


def as_float32(value: float) -> str:
    return repr(struct.unpack("<f", struct.pack("<f", value))[0])


def test_both_writers_are_here() -> None:
    assert len(NAMES) == 2


@pytest.mark.parametrize("name", NAMES)
def test_scalars_are_those_that_tensorboard_reads(name: str) -> None:
    said = json.loads((FIXTURES / name / "run.json").read_text())
    for tag, points in said.items():
        rows = [row for row in rows_of(name) if tag in row.get("values", {})]
        assert [[row["step"], row["time"]] for row in rows if "_hparams_" not in tag] == [point[:2] for point in points]
        assert [as_float32(plain(row["values"][tag])) for row in rows] == [point[2] for point in points]


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_strict_json(name: str) -> None:
    for row in rows_of(name):
        assert json.loads(json.dumps(row, allow_nan=False)) == row


@pytest.mark.parametrize("name", NAMES)
def test_the_first_row_names_the_producer(name: str) -> None:
    assert rows_of(name)[0]["producer"] == "tensorboard brain.Event:2"


@pytest.mark.parametrize("name", NAMES)
def test_hyperparameters_are_the_config(name: str) -> None:
    (row,) = [row for row in rows_of(name) if row["kind"] == "config"]
    assert row["update"] == [[["bn"], True], [["lr"], 0.1], [["net"], "wide"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_told_without_its_bytes(name: str) -> None:
    found = logged(name, "picture")
    assert (found["_type"], found["format"], found["inline"]) == ("image-file", "png", True)
    assert (len(found["sha256"]), found["size"] > 0, found["width"]) == (64, True, 5)


def test_a_histogram_has_one_edge_more_than_counts() -> None:
    for name in NAMES:
        found = logged(name, "weights")
        assert len(found["bins"]) == len(found["values"]) + 1
    assert logged(NAMES[0], "weights")["bins"] == [0.0, 1.0, 2.5]


def test_a_sound_and_a_text_are_read() -> None:
    (name,) = [name for name in NAMES if "x-" in name]
    assert logged(name, "sound")["format"] == "wav"
    assert logged(name, "note/text_summary") == "knot **tied**"


def test_a_tensor_of_a_plugin_we_do_not_know_is_told_by_its_shape() -> None:
    assert logged(NAMES[0], "curve") == {
        "_type": "tensor", "dtype": "float32", "shape": [6, 2], "plugin": "pr_curves"}  # fmt: skip


def test_a_restart_and_a_graph_have_rows_of_their_own() -> None:
    kinds = {row["kind"]: row for row in rows_of(NAMES[0])}
    assert (kinds["session"]["status"], kinds["session"]["step"], kinds["graph"]["bytes"]) == ("start", 4, 2)


def test_several_values_of_one_event_are_one_row() -> None:
    values = [pb.Value(tag="a/b", simple_value=0.1), pb.Value(tag="c", simple_value=2)]
    event = pb.Event(wall_time=1.5, step=3, summary=pb.Summary(value=values))
    assert decode.Decoder().row(7, event.SerializeToString()) == {
        "at": 7, "kind": "history", "step": 3, "time": 1.5, "summary": True, "values": {"a/b": 0.1, "c": 2.0},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tensor", "value"),
    [
        (pb.Tensor(dtype=1, float_val=[0.1]), 0.1),
        (pb.Tensor(dtype=2, double_val=[0.1]), 0.1),
        (pb.Tensor(dtype=3, int_val=[-3]), -3),
        (pb.Tensor(dtype=9, int64_val=[2**60]), 2**60),
        (pb.Tensor(dtype=10, bool_val=[True]), True),
        (pb.Tensor(dtype=14, half_val=[0x3FC0]), 1.5),
        (pb.Tensor(dtype=19, half_val=[0x3E00]), 1.5),
        (pb.Tensor(dtype=1, tensor_content=struct.pack("<f", 0.1)), 0.1),
        (pb.Tensor(dtype=9, tensor_content=struct.pack("<q", -9)), -9),
    ],
)
def test_a_scalar_of_every_type_is_its_number(tensor: pb.Tensor, value: float) -> None:
    event = pb.Event(summary=pb.Summary(value=[pb.Value(tag="a", tensor=tensor)]))
    assert decode.Decoder().row(0, event.SerializeToString())["values"] == {"a": value}


def test_a_tensor_that_claims_more_than_it_holds_costs_no_memory() -> None:
    shape = pb.Shape(dim=[pb.Shape.Dim(size=2**40), pb.Shape.Dim(size=3)])
    plugin = pb.Metadata(plugin_data=pb.Metadata.Plugin(plugin_name="histograms"))
    value = pb.Value(tag="a", metadata=plugin, tensor=pb.Tensor(dtype=2, tensor_shape=shape, double_val=[1]))
    row = decode.Decoder().row(0, pb.Event(summary=pb.Summary(value=[value])).SerializeToString())
    assert row["values"]["a"]["shape"] == [2**40, 3]


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float32_becomes_a_number_that_gives_it_back(value: float) -> None:
    assert as_float32(numbers.widened(value)) == repr(value)


@given(st.binary(max_size=300))
def test_no_bytes_raise(payload: bytes) -> None:
    json.dumps(decode.Decoder().row(0, payload), allow_nan=False)


@pytest.mark.parametrize("name", NAMES)
def test_no_flipped_byte_of_a_payload_raises(name: str) -> None:
    for item in framing.scan((FIXTURES / name / "run.tfevents").read_bytes()):
        payload = item.payload if isinstance(item, framing.Frame) else b""
        for at in range(min(len(payload), 200)):
            damaged = payload[:at] + bytes((payload[at] ^ 0x15,)) + payload[at + 1 :]
            json.dumps(decode.Decoder().row(0, damaged), allow_nan=False)


def test_bytes_that_are_no_event_say_why() -> None:
    assert decode.Decoder().row(5, b"\xff")["kind"] == "undecodable"
