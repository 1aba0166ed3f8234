"""wandb's JSON texts as strict JSON values, and key paths as nested dicts. It knows nothing of records or rows.

A row must be readable by every JSON parser, so what JSON cannot say is written as a small object: `{"$number": "NaN"
| "Infinity" | "-Infinity"}` for a number that is not finite, and `{"$text": <raw>}` for a text that is no JSON, or is
nested more than `MAX_DEPTH` levels.
"""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

Json = Any
"""None, bool, int, float (always finite), str (always UTF-8), list or dict of these."""

Path = list[str]

MAX_DEPTH = 100
"""Levels of nesting: ten times what a script would log, a tenth of what makes Python's own JSON writer give up."""

_NUMBERS = {
    "NaN": "NaN",
    "nan": "NaN",
    "inf": "Infinity",
    "-inf": "-Infinity",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
}
_SURROGATE = re.compile("[\ud800-\udfff]")
# What the plain scanner would get wrong inside a list or an object: a negative zero without a point becomes the
# integer 0, a long number overflows to infinity, an escape may be half of a pair.
_DELICATE = re.compile(r"-0(?![.\d])|[eE]\+?\d{3}|\d{100}|\\u[dD][89a-fA-F]")


class TooDeepError(ValueError):
    """A key path has more than `MAX_DEPTH` elements."""


def number(value: float | str) -> Json:
    """A float as JSON can say it; a name such as `NaN` as its object."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    return {"$number": _NUMBERS[str(value)]}


def _whole(digits: str) -> int | float:
    return int(digits) if digits != "-0" else -0.0


_scan = json.JSONDecoder(parse_constant=number).scan_once  # type: ignore[attr-defined]
_scan_delicate = json.JSONDecoder(parse_constant=number, parse_int=_whole).scan_once  # type: ignore[attr-defined]


def parse(text: str) -> Json:
    """The value of one JSON text, never an error.

    Integers are exact at any size that Python reads (4300 digits), `-0` is the float -0.0, half surrogate pairs
    become U+FFFD.

    >>> parse("1.5e+02"), parse("NaN"), parse("[1"), parse("-0")
    (150.0, {'$number': 'NaN'}, {'$text': '[1'}, -0.0)
    """
    try:
        value, end = _scan(text, 0)
    except (StopIteration, ValueError, RecursionError):
        return _odd(text)
    if end != len(text):
        return _odd(text)
    kind = type(value)
    if kind is float:
        return (
            value if value - value == 0.0 else number(value)
        )  # Only a finite number is 0 less itself; no call is cheaper.
    if kind is int:
        return value if value or text != "-0" else -0.0
    return value if kind is bool or value is None else _checked(text, value)


def _checked(text: str, value: Json) -> Json:
    """Strings, lists and objects: the rare cases that the plain scanner gets wrong are read again."""
    if type(value) is str:
        return _SURROGATE.sub("\ufffd", value) if "\\u" in text else value
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        return {"$text": text}
    return _strict(_scan_delicate(text, 0)[0]) if _DELICATE.search(text) else value


def _odd(text: str) -> Json:
    stripped = text.strip(" \t\r\n")
    return parse(stripped) if stripped and stripped != text else {"$text": text}


def _strict(value: Json) -> Json:
    if isinstance(value, dict):
        return {_strict(key): _strict(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_strict(below) for below in value]
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    return number(value) if isinstance(value, float) else value


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        parents = [node for node in level if isinstance(node, dict | list)]
        level = [below for node in parents for below in (node.values() if isinstance(node, dict) else node)]
    return any(isinstance(node, dict | list) for node in level)


def nest(leaves: Sequence[tuple[Sequence[str], Json]]) -> dict[str, Json]:
    """Key paths as nested dicts; an element that contains a point stays one element.

    Where one path holds a value and other paths go on below it, the value stands under the key `""` beside them,
    whatever their order was.

    >>> nest([(("a",), 1), (("a", "b"), 2), (("c.d",), 3)])
    {'c.d': 3, 'a': {'b': 2, '': 1}}

    Raises:
        TooDeepError: a path has more than `MAX_DEPTH` elements.
    """
    tree: dict[str, Json] = {}
    below: dict[str, list[tuple[Sequence[str], Json]]] = {}
    for path, value in leaves:
        if len(path) == 1:
            tree[path[0]] = value
        elif len(path) > MAX_DEPTH:
            raise TooDeepError(f"a key path has {len(path)} elements, more than {MAX_DEPTH}")
        else:
            below.setdefault(path[0], []).append((path[1:], value))
    for key, deeper in below.items():
        branch = nest(deeper)
        tree[key] = branch | {"": tree[key]} if key in tree else branch
    return tree
