"""The writer of run files: what is appended is in the file, whole, by one write a row."""

import os
import struct
import threading
import zlib
from pathlib import Path

import pytest

from chiplog import runfile
from chiplog.runfile import ForkedError, RunFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run-1.chiplog"


def records(data: bytes) -> list[tuple[int, bytes]]:
    """Type and payload of every record, by the text of docs/run-file.md alone."""
    assert data[:8] == b"\x89CHIPLOG"
    at, found = 8, []
    while at < len(data):
        sync, word, check = struct.unpack_from("<BIB", data, at)
        length = word & 0xFFFFFF
        end = at + 6 + length
        assert (sync, check) == (0xC5, 0xA5 ^ data[at + 1] ^ data[at + 2] ^ data[at + 3] ^ data[at + 4])
        assert struct.unpack_from("<I", data, end) == (zlib.crc32(data[at:end]),)
        found.append((word >> 24, data[at + 6 : end]))
        at = end + 4
    return found


def test_numbers_are_packed_behind_the_shape_that_names_them(path: Path) -> None:
    file = RunFile(path)
    file.history(7, 12.5, {"loss": 0.25, "seen": 3, "ok": True})
    file.history(8, 13.5, {"loss": 0.5, "seen": -4, "ok": False})
    shape, first, second = records(path.read_bytes())
    assert shape == (2, b'\x00\x00{"keys": [["loss"], ["seen"]' + b', ["ok"]], "types": "dq?"}')
    assert first == (3, struct.pack("<HIddq?", 0, 7, 12.5, 0.25, 3, True))
    assert second == (3, struct.pack("<HIddq?", 0, 8, 13.5, 0.5, -4, False))


def test_ten_numbers_cost_ten_and_a_half_bytes_each(path: Path) -> None:
    file, values = RunFile(path), {f"metric_{number}": number / 3 for number in range(10)}
    file.history(0, 1.0, values)
    before = path.stat().st_size
    for step in range(1, 101):
        file.history(step, 1.0, values)
    assert (path.stat().st_size - before) / 1000 <= 10.5


def test_a_shape_is_said_again_from_time_to_time(path: Path) -> None:
    file = RunFile(path)
    for step in (0, 1, 4095, 4096, 8191):
        file.history(step, 1.0, {"loss": 1.0})
    assert [kind for kind, _ in records(path.read_bytes())] == [2, 3, 3, 2, 3, 3, 2, 3]


@pytest.mark.parametrize("value", ["text", None, [1, 2], {"lr": 0.1}, 2**63, -(2**63) - 1])
def test_what_is_no_number_of_64_bits_goes_as_json(path: Path, value: object) -> None:
    RunFile(path).history(1, 2.0, {"a": value})
    kind, payload = records(path.read_bytes())[-1]
    assert kind == runfile.JSON
    assert payload.startswith(b'{"kind":"history","step":1,"time":2.0,"values":{"a":')


@pytest.mark.parametrize("step", [-1, 2**32])
def test_a_step_that_has_no_32_bits_goes_as_json(path: Path, step: int) -> None:
    RunFile(path).history(step, 2.0, {"a": 1.0})
    assert records(path.read_bytes())[-1][0] == runfile.JSON


def test_a_row_is_in_the_file_when_the_call_returns(path: Path) -> None:
    file = RunFile(path)
    for step in range(20):
        before = path.stat().st_size
        file.history(step, 1.0, {"a": 1.0})
        assert path.stat().st_size > before
    file.close()


def test_a_record_that_is_too_long_is_refused(path: Path) -> None:
    file = RunFile(path)
    with pytest.raises(ValueError, match="too long"):
        file.row({"kind": "console", "source": "stdout", "text": "x" * runfile.MAX_PAYLOAD_BYTES})
    assert records(path.read_bytes()) == []


def test_a_forked_child_may_not_write_to_its_parents_file(path: Path) -> None:
    file = RunFile(path)
    child = os.fork()
    if child == 0:
        try:
            file.history(0, 1.0, {"a": 1.0})
        except ForkedError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert records(path.read_bytes()) == []


def test_a_file_that_is_there_is_never_written_over(path: Path) -> None:
    path.write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        RunFile(path)


def test_threads_share_a_file_without_a_lock(path: Path) -> None:
    file = RunFile(path)

    def write(thread: int) -> None:
        for step in range(200):
            file.history(step, 1.0, {f"of_{thread}": float(step), f"key_{step % 7}": 1})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = records(path.read_bytes())
    said: set[bytes] = set()
    for kind, payload in found:
        said |= {payload[:2]} if kind == runfile.SHAPE else set()
        assert payload[:2] in said, "a shape stands before the rows that use it"
    assert sum(kind == runfile.PACKED for kind, _ in found) == 800
