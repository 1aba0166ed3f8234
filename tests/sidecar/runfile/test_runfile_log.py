"""Run files as a source: cut, damaged and hostile ones, and what the recorder makes of a whole one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorder_world import World

from chiplog import runfile
from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog.runfile import RunFile
from chiplog_sidecar.runfile import framing
from chiplog_sidecar.runfile.log import Reader


def write(path: Path) -> Path:
    """A small run with one of everything."""
    file = RunFile(path)
    file.row({"kind": "header", "producer": "chiplog 0.1.0", "format": 1})
    file.row({"kind": "run", "run_id": "r1", "project": "p", "tags": ["a"], "started_at": 5.0, "rank": 0})
    file.row({"kind": "config", "update": [[["lr"], 0.1], [["opt", "name"], "adam"]], "remove": []})
    for step in range(4):
        file.history(step, 10.0 + step, {"loss": 1.0 / (step + 1), "seen": step * 32})
    file.history(4, 14.0, {"note": "tëxt", "nested": {"a": 1}})
    file.history(5, float("nan"), {"loss": float("nan"), "seen": 9})
    file.row({"kind": "console", "source": "stdout", "time": 1.0, "text": "hi\n"})
    file.row({"kind": "summary", "update": [[["best"], 0.25]], "remove": [["seen"]]})
    file.row({"kind": "exit", "exit_code": 3, "runtime": 2.5})
    file.close()
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("run") / "run-1.chiplog").read_bytes()


def read(data: bytes, *, final: bool = False) -> list[Row]:
    return Reader(0, Fold()).feed(data, final=final)


def folded(rows: list[Row]) -> Fold:
    fold = Fold()
    for row in rows:
        fold.apply(row)
    return fold


def record(kind: int, payload: bytes) -> bytes:
    return runfile.frame(kind, payload)


def as_json(row: Any) -> bytes:
    return runfile.MAGIC + record(runfile.JSON, json.dumps(row).encode())


def test_a_run_file_tells_its_run(data: bytes) -> None:
    rows = read(data)
    fold = folded(rows)
    assert fold.config == {"lr": 0.1, "opt": {"name": "adam"}}
    assert fold.summary["best"] == 0.25
    assert "seen" not in fold.summary
    assert (fold.run["run_id"], fold.step, fold.exit_code, fold.producer) == ("r1", 5, 3, "chiplog 0.1.0")
    assert [row["values"] for row in rows if row["kind"] == "history"][1] == {"loss": 0.5, "seen": 32}
    assert rows[-5]["values"] == {"note": "tëxt", "nested": {"a": 1}}
    assert (rows[-4]["time"], rows[-4]["values"]["loss"]) == (None, {"$number": "NaN"})
    for row in rows:
        assert json.loads(json.dumps(row, allow_nan=False)) == row


def test_cut_at_every_byte_a_file_gives_its_whole_records_and_then_the_rest(data: bytes) -> None:
    whole = read(data)
    for visible in range(len(data) + 1):
        reader = Reader(0, Fold())
        rows = reader.feed(data[:visible])
        assert rows == whole[: len(rows)]
        assert rows + reader.feed(data[reader.offset :]) == whole


@pytest.mark.parametrize("size", [1, 7, 50, 333])
def test_rows_do_not_depend_on_how_the_bytes_arrive(data: bytes, size: int) -> None:
    reader, rows, visible = Reader(0, Fold()), list[Row](), 0
    while visible < len(data):
        visible = min(len(data), visible + size)
        rows += reader.feed(data[reader.offset : visible])
    assert rows == read(data)


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_a_flipped_byte_anywhere_costs_its_record_and_never_makes_a_wrong_value(data: bytes, flip: int) -> None:
    whole = {row["at"]: row for row in read(data)}
    shapes = {
        item.at for item in framing.FrameReader().feed(data) if isinstance(item, framing.Frame) and item.kind == 2
    }
    for at in range(len(runfile.MAGIC), len(data)):
        damaged = data[:at] + bytes((data[at] ^ flip,)) + data[at + 1 :]
        rows = read(damaged, final=True)
        lost = [row for row in rows if row["kind"] in ("gap", "undecodable")]
        assert lost
        assert all(row == whole[row["at"]] for row in rows if row not in lost)
        gaps = [row for row in lost if row["kind"] == "gap"]
        assert len(gaps) == 1
        assert len(rows) - len(lost) >= len(whole) - 1 or gaps[0]["at"] in shapes


def test_a_write_that_was_cut_short_is_one_gap_and_what_follows_is_read(data: bytes) -> None:
    items = framing.FrameReader().feed(data)
    middle = items[5]
    damaged = data[: middle.end - 9] + data[middle.end :]
    rows = read(damaged)
    assert [row for row in rows if row["kind"] == "gap"] == [
        {"at": middle.at, "kind": "gap", "to": middle.end - 9, "reason": "checksum"}
    ]
    assert len(rows) == len(read(data))


def test_half_a_record_of_a_writer_that_is_gone_is_torn(data: bytes) -> None:
    last = read(data)[-1]["at"]
    assert read(data[:-3], final=True)[-1] == {"at": last, "kind": "gap", "to": len(data) - 3, "reason": "torn"}


def test_a_page_that_reads_as_zeros_is_asked_for_again(data: bytes) -> None:
    reader = Reader(0, Fold())
    end = framing.FrameReader().feed(data)[2].end
    rows = reader.feed(data[:end] + bytes(4096))
    assert rows + reader.feed(data[reader.offset :]) == read(data)


def test_garbage_without_end_is_several_gaps_in_bounded_memory() -> None:
    reader = framing.FrameReader()
    items = reader.feed(runfile.MAGIC)
    block, gaps = b"?" * (1 << 20), 0
    for _ in range(80):
        items = reader.feed(block)
        gaps += len(items)
        assert len(reader._held) <= framing.MAX_HELD_BYTES + len(block)
    assert gaps >= 2
    good = record(runfile.JSON, b"{}")
    assert isinstance(reader.feed(good)[-1], framing.Frame)


@pytest.mark.parametrize("content", [b"not a run file", b"\x89PNG\r\n\x1a\n", b"\x89CHIPLOX"])
def test_a_file_that_does_not_begin_as_one_is_none(content: bytes) -> None:
    reader = Reader(0, Fold())
    assert reader.feed(content) == []
    assert reader.foreign == "not a run file: it does not begin as one"


def test_a_file_that_only_began_to_begin_waits() -> None:
    reader = Reader(0, Fold())
    assert (reader.feed(b"\x89CHI"), reader.foreign, reader.at, reader.offset) == ([], "", 0, 0)


@pytest.mark.parametrize(
    "row",
    [
        [1], "text", {}, {"kind": 3}, {"kind": "gap", "to": 9}, {"kind": "file", "path": "../x"}, {"kind": "history"},
        {"kind": "history", "values": [1]}, {"kind": "history", "values": {}, "step": "1"},
        {"kind": "history", "values": {}, "step": True}, {"kind": "config", "update": [[[], 1]], "remove": []},
        {"kind": "config", "update": [["lr", 1]], "remove": []}, {"kind": "config", "update": [[["a"] * 200, 1]]},
        {"kind": "summary", "update": [], "remove": ["a"]}, {"kind": "exit", "exit_code": "0"},
        {"kind": "console", "source": "printer", "text": "x"}, {"kind": "run", "tags": "a"},
        {"kind": "run", "started_at": "now"}, {"kind": "files", "files": [{"path": 3}]},
    ],
)  # fmt: skip
def test_a_row_that_no_reader_could_use_is_undecodable_and_says_why(row: Any) -> None:
    (found,) = read(as_json(row))
    assert found["kind"] == "undecodable"
    assert found["reason"]


def test_a_field_that_is_not_known_is_left_out() -> None:
    (row,) = read(as_json({"kind": "exit", "exit_code": 0, "at": 99, "stream": "x"}))
    assert row == {"at": 8, "kind": "exit", "exit_code": 0}


def test_a_record_of_a_later_version_is_unknown_and_counted() -> None:
    assert read(runfile.MAGIC + record(9, b"xyz")) == [{"at": 8, "kind": "unknown", "field": 9, "bytes": 3}]


@pytest.mark.parametrize(
    "shape",
    [
        b"{}",
        b'{"keys": [["a"]], "types": "dd"}',
        b'{"keys": [["a"]], "types": "s"}',
        b'{"keys": [[]], "types": "d"}',
        b"[",
    ],
)
def test_a_shape_that_cannot_be_used_makes_no_row(shape: bytes) -> None:
    packed = record(runfile.PACKED, runfile.PLACE.pack(0, 1, 1.0) + bytes(8))
    rows = read(runfile.MAGIC + record(runfile.SHAPE, b"\0\0" + shape) + packed)
    assert [row["kind"] for row in rows] == ["undecodable", "undecodable"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise(noise: bytes, final: bool) -> None:
    json.dumps(read(runfile.MAGIC + noise, final=final), allow_nan=False)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([1, 2, 3]), st.binary(max_size=80))
def test_no_payload_raises(kind: int, payload: bytes) -> None:
    json.dumps(read(runfile.MAGIC + record(kind, payload)), allow_nan=False)


def test_a_run_of_our_own_file_is_recorded_with_its_media_first(world: World) -> None:
    folder = world.root / "main" / "chiplog"
    (folder / "files" / "media").mkdir(parents=True)
    (folder / "files" / "media" / "a.png").write_bytes(b"png")
    write(folder / "run-1.chiplog")
    file = RunFile(folder / "run-2.chiplog")
    file.history(0, 1.0, {"img": {"_type": "image-file", "path": "media/a.png", "size": 3}})
    recorder = world.recorder()
    world.step(recorder)
    assert [row["path"] for row in world.rows()["files"]] == ["chiplog/files/media/a.png"]
    first, _ = world.head()["streams"][:2]
    assert (first["kind"], first["exit_code"], first["run"]["step"]) == ("chiplog", 3, 5)
    recorder.drain()
    again = world.recorder()
    file.history(1, 2.0, {"loss": 2.0})
    file.history(2, 2.0, {"loss": 3.0})
    world.step(again)
    assert world.steps().count(2) == 2, "a recorder that comes back still knows the shapes"


KILLED = """
import sys, time
from pathlib import Path
from chiplog.runfile import RunFile
file, step = RunFile(Path(sys.argv[1])), 0
while True:
    file.history(step, 1.0, {"loss": step / 3, "step": step})
    sys.stdout.write(f"{step}\\n")
    sys.stdout.flush()
    step += 1
"""


def test_every_row_that_the_call_returned_for_survives_a_sigkill(tmp_path: Path) -> None:
    for trial in range(5):
        path = tmp_path / f"run-{trial}.chiplog"
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        last = -1
        for line in process.stdout:
            last = int(line)
            if last >= 50 * trial + 3:
                os.kill(process.pid, signal.SIGKILL)
                break
        rest = process.stdout.read().split("\n")
        process.stdout.close()
        process.wait()
        last = max([last, *(int(line) for line in rest[:-1] if line)])
        steps = [row["values"]["step"] for row in read(path.read_bytes(), final=True) if row["kind"] == "history"]
        assert steps[: last + 1] == list(range(last + 1))


def piece(step: int, **values: Any) -> bytes:
    return record(runfile.JSON, json.dumps({"kind": "history", "step": step, "values": values, "open": True}).encode())


def whole(step: int, **values: Any) -> bytes:
    return record(
        runfile.JSON, json.dumps({"kind": "history", "step": step, "values": values, "summary": True}).encode()
    )


LINE = record(runfile.JSON, json.dumps({"kind": "console", "source": "stdout", "text": "x"}).encode())

PIECES = (
    runfile.MAGIC
    + piece(1, a=1)
    + LINE
    + piece(1, b=2)
    + whole(2, c=3)
    + piece(3, a=4)
    + whole(3)
    + piece(5, z=1)
    + LINE
)


def histories(rows: list[Row]) -> list[tuple[int, dict[str, Any]]]:
    return [(row["step"], row["values"]) for row in rows if row["kind"] == "history"]


def test_pieces_of_a_step_are_one_row() -> None:
    rows = read(PIECES, final=True)
    assert histories(rows) == [(1, {"a": 1, "b": 2}), (2, {"c": 3}), (3, {"a": 4}), (5, {"z": 1})]
    places = [row["at"] for row in rows]
    assert places == sorted(set(places))
    assert not any("open" in row for row in rows)


def test_a_piece_waits_and_its_place_is_behind_what_was_read() -> None:
    reader = Reader(0, Fold())
    assert histories(reader.feed(PIECES)) == [(1, {"a": 1, "b": 2}), (2, {"c": 3}), (3, {"a": 4})]
    assert (reader.at, reader.offset) == (len(PIECES) - 1, len(PIECES))
    (row,) = reader.feed(b"", final=True)
    assert (row["at"], row["values"], reader.at) == (len(PIECES) - 1, {"z": 1}, len(PIECES))


@pytest.mark.parametrize("size", [1, 13, 100])
def test_pieces_do_not_depend_on_how_the_bytes_arrive(size: int) -> None:
    reader, rows = Reader(0, Fold()), list[Row]()
    for visible in range(size, len(PIECES) + size, size):
        rows += reader.feed(PIECES[reader.offset : visible])
    assert rows + reader.feed(b"", final=True) == read(PIECES, final=True)


def test_a_recorder_that_restarts_between_pieces_loses_and_repeats_none(tmp_path: Path) -> None:
    path = tmp_path / "main" / "chiplog" / "run-1.chiplog"
    path.parent.mkdir(parents=True)
    world = World(tmp_path)
    for end in range(len(runfile.MAGIC), len(PIECES) + 40, 40):
        path.write_bytes(PIECES[:end])
        world.step(world.recorder())
    world.recorder().drain()
    assert world.steps() == [1, 2, 3, 5]
