"""Values as short text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog import strictjson
from chiplog_cli.rendering import text


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "-"), (0, "0s"), (59.9, "59s"), (60, "1m0s"), (3_725, "1h2m"), (90_000, "1d1h"), (-5, "0s")],
)
def test_a_duration_has_its_two_largest_units(seconds: float | None, shown: str) -> None:
    assert text.duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(None, "-"), (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 * 2**30, "5.0 GiB")]
)
def test_a_size_has_a_binary_unit(count: int | None, shown: str) -> None:
    assert text.size(count) == shown


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (None, "-"),
        (True, "true"),
        (1 / 3, "0.333333"),
        (math.nan, "NaN"),
        (2**60, str(2**60)),
        ({"_type": "image-file", "path": "media/x.png", "size": 3}, "image-file media/x.png"),
        ([1, 2], "[1, 2]"),
        ("x" * 100, "x" * 59 + "…"),
        ("two\nlines", "two�lines"),
    ],
)
def test_a_value_is_one_short_cell(item: object, shown: str) -> None:
    assert text.value(item).replace("\n", "�") == shown


@given(st.text())
def test_printable_text_holds_nothing_that_steers_a_terminal(raw: str) -> None:
    assert not {char for char in text.printable(raw) if ord(char) < 32 and char not in "\t\n"} - {""}
    assert "\x1b" not in text.printable(raw)
    assert "\x9b" not in text.printable(raw)


def test_colours_may_stay_and_nothing_else() -> None:
    assert text.printable("\x1b[1;31mred\x1b[0m\x1b[2J\x1b]0;t\x07", colours=True) == "\x1b[1;31mred\x1b[0m"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([], ""),
        ([math.nan], ""),
        ([1.0], "▅"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([0.0, math.nan, 1.0], "▁ █"),
        ([-1.7e308, 1.7e308], "▁█"),
    ],
)
def test_a_sparkline_follows_the_values(values: list[float], shown: str) -> None:
    assert text.sparkline(values) == shown


@given(st.lists(st.floats(), max_size=300), st.integers(1, 60))
def test_a_sparkline_is_never_wider_than_asked(values: list[float], width: int) -> None:
    assert len(text.sparkline(values, width)) <= width


@given(st.floats() | st.text(st.characters(codec=None)))
def test_json_is_strict_whatever_it_holds(value: object) -> None:
    assert strictjson.dumps({"value": value}).encode("utf-8")
    assert "NaN" not in strictjson.dumps({"value": value}).replace('"NaN"', "") or isinstance(value, str)
