"""JSON texts as wandb-core writes them, and as nobody should."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog_sidecar.wandb import values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.7954107807449276e+09", 1795410780.7449276),
        ("1e+30", 1e30),
        ("5e-324", 5e-324),
        ("9223372036854775807", 2**63 - 1),
        ("18446744073709551616", 2**64),
        ("true", True),
        ("null", None),
        ('"\\u00e4\\ud83e\\uddea"', "ä\U0001f9ea"),
        ('"\\ud800x"', "\ufffdx"),
        ('["\\ud800", {"\\udfff": 1}]', ["\ufffd", {"\ufffd": 1}]),
        ('["\\\\ud800"]', ["\\ud800"]),
        (" 1 ", 1),
        ("NaN", {"$number": "NaN"}),
        ("[NaN, -Infinity]", [{"$number": "NaN"}, {"$number": "-Infinity"}]),
        ("1e999", {"$number": "Infinity"}),
        ("-1e999", {"$number": "-Infinity"}),
        ('{"a": 1e999}', {"a": {"$number": "Infinity"}}),
        ("[" + "9" * 400 + ".0]", [{"$number": "Infinity"}]),
    ],
)
def test_a_text_is_its_value(text: str, value: Any) -> None:
    found = values.parse(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", ["-0", "-0.0", "-0e5"])
def test_a_negative_zero_keeps_its_sign(text: str) -> None:
    (in_list,) = values.parse(f"[{text}]")
    for zero in (values.parse(text), in_list):
        assert type(zero) is float
        assert math.copysign(1, zero) == -1


@pytest.mark.parametrize(
    "text", ["", " ", "x", "[1", "1 2", "nan", "inf", "01", "1.", ".5", "+1", "1_0", "'a'", '"\n"', "1],[2", "9" * 5000]
)
def test_a_text_that_is_no_json_is_kept_as_text(text: str) -> None:
    assert values.parse(text) == {"$text": text}


@pytest.mark.parametrize("depth", [101, 5000, 200_000])
@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_a_text_nested_too_deep_is_kept_as_text(depth: int, pair: str) -> None:
    text = pair[:-1] * depth + "1" + pair[-1] * depth
    assert values.parse(text) == {"$text": text}


def test_the_deepest_value_is_read() -> None:
    text = "[" * values.MAX_DEPTH + "]" * values.MAX_DEPTH
    assert json.dumps(values.parse(text)) == text


@given(st.text() | st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{1,400})?([eE][-+]?[0-9]{1,3})?", fullmatch=True))
def test_any_text_is_a_value_that_is_strict_json(text: str) -> None:
    value = values.parse(text)
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    if isinstance(value, float):
        assert value == json.loads(text)


@given(st.floats() | st.integers())
def test_a_number_comes_back_bit_for_bit(number: float) -> None:
    value = values.parse(json.dumps(number))
    if isinstance(number, float) and not math.isfinite(number):
        assert value == {"$number": json.dumps(number)}
    else:
        assert repr(value) == repr(number)


def test_a_wide_list_is_read_whole() -> None:
    wide = [[number] for number in range(500)]
    assert values.parse(json.dumps(wide)) == wide


def test_paths_are_nested_and_a_point_in_a_key_stays() -> None:
    tree = values.nest([(["a", "b"], 1), (["a", "c", "d"], 2), (["a.b"], 3)])
    assert tree == {"a": {"b": 1, "c": {"d": 2}}, "a.b": 3}
