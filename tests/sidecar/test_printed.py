"""What a program printed, as a source: console, and metrics where it prints JSON."""

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog import layout, records
from chiplog.bucket.directory import DirectoryBucket
from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog.local import alive
from chiplog_sidecar import printed, sources
from chiplog_sidecar.printed import ErrorReader, Reader

FILE = b'start\n{"loss": 0.5}\n10%\r20%\r\ndone {"a": 1}\n{"level": "info"}\n{"_config": {"lr": 0.1}}\n{"loss": NaN}\n'


def read(data: bytes, *, final: bool = False) -> list[Row]:
    return Reader(0, Fold()).feed(data, final=final)


def test_lines_are_console_and_objects_with_a_number_are_metrics() -> None:
    told = [(row["kind"], row.get("text", row.get("step"))) for row in read(FILE)]
    assert told == [
        ("console", "start\n"), ("history", 0), ("console", "10%\r"), ("console", "20%\r\n"),
        ("console", 'done {"a": 1}\n'), ("console", '{"level": "info"}\n'), ("config", None), ("history", 1),
    ]  # fmt: skip
    assert read(FILE)[1]["values"] == {"loss": 0.5}


def test_the_error_output_is_never_metrics() -> None:
    rows = ErrorReader(0, Fold()).feed(FILE)
    assert {(row["kind"], row["source"]) for row in rows} == {("console", "stderr")}
    assert "".join(row["text"] for row in rows) == FILE.decode()


_PIECES = st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b'{"x": 1}', b"\xff", b"{", b"}"])


@given(st.lists(_PIECES, max_size=30).map(b"".join), st.integers(1, 9))
def test_pieces_of_any_size_make_the_same_rows(data: bytes, size: int) -> None:
    reader = Reader(0, Fold())
    rows = [row for at in range(0, len(data), size) for row in reader.feed(data[at : at + size])]
    assert rows + reader.feed(b"", final=True) == read(data, final=True)
    assert reader.at == reader.offset == len(data)


@given(st.binary(max_size=60))
def test_every_byte_belongs_to_one_row(data: bytes) -> None:
    rows = read(data, final=True)
    ends = [*(row["at"] for row in rows[1:]), len(data)][: len(rows)]
    for row, end in zip(rows, ends, strict=True):
        if row["kind"] == "console":
            assert row["text"] == data[row["at"] : end].decode(errors="replace")
            assert re.fullmatch(r"[^\r\n]*(\r\n|\n|\r)?", row["text"])


def test_a_line_without_its_end_waits_and_a_very_long_one_is_cut() -> None:
    assert read(b"abc") == []
    rows = read(b"x" * (printed.MAX_LINE_BYTES + 10) + b"\n")
    assert [len(row["text"]) for row in rows] == [printed.MAX_LINE_BYTES, 11]


def test_a_later_life_counts_the_steps_on() -> None:
    before = Fold()
    before.apply({"at": 0, "kind": "history", "step": 41, "values": {}})
    assert Reader(100, before).feed(b'{"a": 1}\n')[0]["step"] == 42


def test_files_of_these_names_are_followed(tmp_path: Path) -> None:
    for name in ("printed.stdout", "printed.stderr", "printed.other"):
        (tmp_path / "main").mkdir(exist_ok=True)
        (tmp_path / "main" / name).write_bytes(b"x\n")
    found = sources.followed(tmp_path, "main")
    assert [(source.path, source.kind) for source in found] == [
        ("printed.stderr", "stderr"),
        ("printed.stdout", "stdout"),
    ]


def recorder(tmp_path: Path, **other: str) -> "subprocess.Popen[bytes]":
    place = {"CHIPLOG_CLUSTER": "local", "CHIPLOG_NAMESPACE": "ada", "CHIPLOG_RECORDER": "r1"}
    paths = {"CHIPLOG_BUCKET": str(tmp_path / "bucket"), "CHIPLOG_DIR": str(tmp_path / "run")}
    environ = {**place, **paths, "PATH": os.environ["PATH"], **other}
    (tmp_path / "run" / "main").mkdir(parents=True, exist_ok=True)
    return subprocess.Popen([sys.executable, "-m", "chiplog_sidecar.start"], env=environ, stderr=subprocess.DEVNULL)


def live(tmp_path: Path) -> records.LiveHead:
    key = layout.live_key(layout.Recorder("local", "ada", "r1"))
    return records.unpack_live_head(DirectoryBucket(tmp_path / "bucket").get(key).data, key)


def test_a_recorder_ends_by_itself_once_nobody_holds_the_lock(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    held = alive.hold(tmp_path / "alive")
    assert held is not None
    process = recorder(tmp_path, CHIPLOG_UNTIL=str(tmp_path / "alive"))
    (tmp_path / "run" / "main" / "printed.stdout").write_bytes(b'{"loss": 0.5}\nbye')
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.5)
    os.close(held)
    assert process.wait(10) == 0
    assert live(tmp_path)["state"] == "drained"
    assert live(tmp_path)["streams"][0]["kinds"] == {"history": 1, "console": 1}


def test_a_recorder_gives_a_store_up_that_stays_away_for_the_stated_time(tmp_path: Path) -> None:
    began = time.monotonic()
    process = recorder(tmp_path, CHIPLOG_DRAIN_SECONDS="1")
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 75
    assert time.monotonic() - began < 8


def test_a_lock_is_held_until_its_last_holder_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "alive"
    assert not alive.is_held(path)
    held = alive.hold(path)
    assert held is not None
    assert alive.hold(path) is None
    child = subprocess.Popen(["sleep", "30"], pass_fds=(held,))
    os.close(held)
    assert alive.is_held(path)
    child.kill()
    child.wait()
    assert not alive.is_held(path)
    again = alive.hold(path)
    assert again is not None
    fcntl.flock(again, fcntl.LOCK_UN)
    os.close(again)
