"""Single writes become the lines that a terminal would have shown."""

from typing import Any

import pytest
from bucket_world import Source, World, attempt, console, numbered
from hypothesis import given
from hypothesis import strategies as st

from chiplog.reading import console as reading
from chiplog.reading import runs
from chiplog.reading.console import Line, Screen


def shown(*writes: str) -> list[str]:
    return [line.text for line in Screen().lines(numbered(console(write) for write in writes))]


@pytest.mark.parametrize(
    ("writes", "lines"),
    [
        (["a\n"], ["a"]),
        (["a", " ", "1", "\n"], ["a 1"]),
        (["a\nb\nc"], ["a", "b", "c"]),
        (["\n", "\n"], ["", ""]),
        (["a\r\n", "b\r", "\n"], ["a", "b"]),
        (["10%\r", "20%\r", "100%\n"], ["100%"]),
        (["10%\r20%\r100%"], ["100%"]),
        (["long line\rshort\n"], ["shortline"]),
        (["abc\r", "x", "y\n"], ["xyc"]),
        (["abc\r"], ["abc"]),
        (["\x1b[31mred red\x1b[0m\rgreen\n"], ["green"]),
        ([""], []),
        ([], []),
    ],
)
def test_writes_become_lines(writes: list[str], lines: list[str]) -> None:
    assert shown(*writes) == lines


@given(st.text("ab\r\n", max_size=40), st.data())
def test_how_a_text_is_cut_into_writes_makes_no_difference(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    writes = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert shown(*writes) == shown(text)


def test_sources_do_not_mix_though_they_take_turns() -> None:
    rows = numbered([console("out "), console("err ", "stderr"), console("put\n"), console("or\n", "stderr")])
    assert [(line.source, line.text) for line in Screen().lines(rows)] == [("stdout", "out put"), ("stderr", "err or")]


def test_a_line_has_the_time_of_its_first_write_and_a_rewritten_one_of_its_last_beginning() -> None:
    rows = numbered([
        console("a", time=1.0), console("b\n", time=2.0),
        console("1%\r", time=3.0), console("2", time=4.0), console("%\n", time=5.0),
        console("\n", time=6.0),
    ])  # fmt: skip
    assert [line.time for line in Screen().lines(rows)] == [1.0, 4.0, 6.0]


@pytest.mark.parametrize("text", ["one line", "one line\n"])
def test_a_loggers_record_is_a_line_of_its_own(text: str) -> None:
    rows = numbered([console(text, "logger", None), console(text, "logger", None)])
    assert list(Screen().lines(rows)) == [Line(None, "logger", "one line")] * 2


def read(world: World, **which: Any) -> list[tuple[int, int, str]]:
    (view,) = runs.every(world.bucket, clock=world.clock)
    return [(line.attempt, line.rank, line.text) for line in reading.read(world.bucket, view, **which)]


def test_lines_come_by_attempt_and_rank() -> None:
    world = World()
    place = world.run()
    world.record("b", Source(numbered([console("two\n"), console("bad\n", "stderr")])), run=place.id)
    world.record("a", Source(numbered([console("one\n")])), run=place.id)
    world.record("c", Source(numbered([console("three\n")])), run=place.id)
    world.outcome(place, "running", [attempt(1, "a"), attempt(2, "b", "c")])
    assert read(world) == [(1, 0, "one"), (2, 0, "two"), (2, 0, "bad"), (2, 1, "three")]
    assert read(world, attempt=1) == [(1, 0, "one")]
    assert read(world, source="stderr") == [(2, 0, "bad")]
