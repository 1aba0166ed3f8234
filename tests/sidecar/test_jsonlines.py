"""JSON lines as a source: what a program in any language appends to `metrics.jsonl`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorder_world import World

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar.jsonlines import Reader

FILE = b'{"loss": 0.5}\n\n{"loss": NaN, "_step": 7, "_timestamp": 12.5}\r\n[1]\n{"_config": {"lr": 0.1}}\n{"loss": 1}\n'


def read(data: bytes, *, final: bool = False) -> list[Row]:
    return Reader(0, Fold()).feed(data, final=final)


def pieces(data: bytes, size: int) -> list[Row]:
    reader = Reader(0, Fold())
    rows = [row for at in range(0, len(data), size) for row in reader.feed(data[at : at + size])]
    assert reader.offset == len(data)
    return rows


def test_a_line_is_a_row_of_history_that_is_also_the_summary() -> None:
    (row,) = read(b'{"loss": 0.5, "opt": {"lr": 1}, "_step": 3, "_timestamp": 9.5}\n')
    assert (row["at"], row["kind"], row["step"], row["time"]) == (0, "history", 3, 9.5)
    assert row["values"] == {"loss": 0.5, "opt": {"lr": 1}, "_step": 3, "_timestamp": 9.5}
    fold = Fold()
    fold.apply(row)
    assert fold.summary["loss"] == 0.5


def test_a_line_without_a_step_follows_the_highest_one() -> None:
    rows = read(b'{"a": 1}\n{"a": 2}\n{"a": 3, "_step": 9}\n{"a": 4, "_step": 2}\n{"a": 5}\n')
    assert [row["step"] for row in rows] == [0, 1, 9, 2, 10]


def test_a_number_that_json_lacks_is_kept() -> None:
    assert read(b'{"a": -Infinity}\n')[0]["values"] == {"a": {"$number": "-Infinity"}}


def test_a_line_of_config_is_an_update_of_the_config() -> None:
    fold = Fold()
    for row in read(b'{"_config": {"lr": 0.1, "model": {"depth": 3}}}\n{"_config": {"lr": 0.2}}\n'):
        fold.apply(row)
    assert fold.config == {"lr": 0.2, "model": {"depth": 3}}


def test_a_line_of_summary_is_the_programs_own_word_and_a_line_of_exit_its_end() -> None:
    fold = Fold()
    for row in read(b'{"loss": 3}\n{"_summary": {"best": 1}}\n{"_exit": 2}\n'):
        fold.apply(row)
    assert (fold.summary, fold.exit_code, fold.ended) == ({"loss": 3, "best": 1}, 2, True)


@pytest.mark.parametrize("line", [b'{"_exit": "0"}', b'{"_config": 3}', b'{"_exit": 0, "loss": 1}', b'{"_exit": true}'])
def test_a_line_that_only_looks_like_one_of_these_is_history(line: bytes) -> None:
    assert [row["kind"] for row in read(line + b"\n")] == ["history"]


@pytest.mark.parametrize(
    "line", [b"[1]", b"loss=0.5", b'{"a": 1', b'"text"', b"NaN", b"\xff\xfe", b'{"a": 1} {"a": 2}']
)
def test_a_line_that_is_no_object_is_counted_and_passed_over(line: bytes) -> None:
    rows = read(line + b'\n{"a": 1}\n')
    assert [row["kind"] for row in rows] == ["undecodable", "history"]
    assert rows[0]["bytes"] == len(line)


def test_a_line_without_its_end_waits() -> None:
    assert read(b'{"a": 1}\n{"a": 2}') == read(b'{"a": 1}\n')


def test_a_last_line_without_its_end_counts_when_the_writer_is_gone() -> None:
    assert [row["step"] for row in read(b'{"a": 1}\n{"a": 2}', final=True)] == [0, 1]


def test_half_a_line_of_a_writer_that_is_gone_is_a_gap() -> None:
    assert read(b'{"a": 1}\n{"a": 2', final=True)[1:] == [{"at": 9, "kind": "gap", "to": 16, "reason": "torn"}]


def test_a_line_longer_than_the_limit_is_a_gap() -> None:
    reader = Reader(0, Fold(), max_line_bytes=10)
    data = b'{"a": "0123456789"}\n{"a": 1}\n'
    rows = [row for at in range(0, len(data), 3) for row in reader.feed(data[at : at + 3])]
    assert rows[0] == {"at": 0, "kind": "gap", "to": 20, "reason": "long"}
    assert rows[1]["values"] == {"a": 1}


@pytest.mark.parametrize("size", range(1, len(FILE) + 1))
def test_rows_do_not_depend_on_how_the_bytes_arrive(size: int) -> None:
    assert pieces(FILE, size) == read(FILE)


@pytest.mark.parametrize("cut", range(len(FILE)))
def test_a_file_cut_anywhere_gives_its_whole_lines_and_goes_on(cut: int) -> None:
    whole, reader, fold = read(FILE), Reader(0, Fold()), Fold()
    first = reader.feed(FILE[:cut])
    assert first == whole[: len(first)]
    for row in first:
        fold.apply(row)
    assert Reader(reader.at, fold).feed(FILE[reader.at :]) == whole[len(first) :]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(
        st.dictionaries(st.text().filter(lambda key: not key.startswith(("_", "$"))), values, max_size=6), max_size=6
    )
)
def test_what_json_can_say_comes_back(lines: list[dict[str, Any]]) -> None:
    rows = read("".join(json.dumps(line) + "\n" for line in lines).encode())
    assert [row["kind"] for row in rows] == ["history"] * len(lines)
    assert [row["values"].keys() for row in rows] == [line.keys() for line in lines]


@given(st.binary())
def test_no_bytes_are_an_error(data: bytes) -> None:
    read(data, final=True)


def test_a_program_of_any_language_is_recorded(world: World) -> None:
    path = world.root / "main" / "metrics.jsonl"
    path.parent.mkdir(parents=True)
    recorder = world.recorder()
    with path.open("a") as file:
        for loss in (3, 2, 1):
            file.write(f'{{"loss": {loss}}}\n')
            file.flush()
            world.step(recorder)
    assert world.steps() == [0, 1, 2]
    (stream,) = world.head()["streams"]
    assert (stream["kind"], stream["run"]["step"], stream["run"]["summary"]) == ("jsonl", 2, {"loss": 1})


def test_a_recorder_that_comes_back_numbers_the_lines_as_before(world: World) -> None:
    path = world.root / "main" / "metrics.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"a": 1}\n{"a": 2}\n')
    first = world.recorder()
    first.record()
    first.drain()
    with path.open("a") as file:
        file.write('{"a": 3}\n')
    second = world.recorder()
    world.step(second)
    assert world.steps() == [0, 1, 2]
