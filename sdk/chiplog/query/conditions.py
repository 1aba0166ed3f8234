"""Which runs a condition is true of, column by column; it orders nothing, and knows no run.

A list of runs is narrowed part by part, so that a condition on 100,000 runs costs a look at a column each. What is not
there is null: no comparison with it is true but `x != 1`.
"""

import math
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any, Protocol

from chiplog.errors import QueryError
from chiplog.query import fields, parsing, patterns
from chiplog.query.fields import Read
from chiplog.query.syntax import And, Compare, Duration, Field, In, Is, Literal, Node, Not, Operand, Or

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

Values = Callable[[int], Any]
"""The value of each run by its number."""


class Columns(Protocol):
    """Fields of runs, each by the run's number."""

    def column(self, path: tuple[str, ...], now: float) -> Sequence[Any]:
        """A field of all runs."""
        ...


class _One:
    """One run, whose number is 0."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def column(self, path: tuple[str, ...], now: float) -> Sequence[Any]:  # noqa: ARG002
        """A field of it."""
        return [self._read(path)]


def holds(node: Node, read: Read, now: float) -> bool:
    """Whether a condition is true of the run whose fields `read` gives."""
    return bool(narrowed(node, [0], _One(read), now))


def narrowed(node: Node, found: list[int], columns: Columns, now: float) -> list[int]:
    """Those of some runs of which a condition is true, in their order."""
    match node:
        case And(items):
            for item in items:
                found = narrowed(item, found, columns, now)
            return found
        case Or(items):
            return _any(items, found, columns, now)
        case Not(item):
            return _without(found, set(narrowed(item, found, columns, now)))
        case Is(left, what):
            value = _values(left, columns, now, is_time=False)
            return [at for at in found if (value(at) is None if what == "null" else _is_nan(value(at)))]
        case In(left, items):
            return _in(left, items, found, columns, now)
        case Compare():
            return _compared(node, found, columns, now)


def _any(items: Sequence[Node], found: list[int], columns: Columns, now: float) -> list[int]:
    """A part is asked about those alone of which no part before it was true."""
    kept: set[int] = set()
    left = found
    for item in items:
        kept.update(narrowed(item, left, columns, now))
        left = _without(found, kept)
    return [at for at in found if at in kept]


def _without(found: list[int], gone: Collection[int]) -> list[int]:
    return [at for at in found if at not in gone]


def _in(
    left: Operand, items: "tuple[Operand, ...] | Field", found: list[int], columns: Columns, now: float
) -> list[int]:
    is_time = _is_time(left)
    value = _values(left, columns, now, is_time=is_time)
    if isinstance(items, Field):
        held = columns.column(items.path, now)
        return [at for at in found if isinstance(held[at], list | tuple) and _is_among(value(at), held[at])]
    texts = {item.value for item in items if isinstance(item, Literal) and isinstance(item.value, str)}
    if not is_time and len(texts) == len(items):
        return [at for at in found if isinstance(told := value(at), str) and told in texts]
    some = [_values(item, columns, now, is_time=is_time) for item in items]
    return [at for at in found if _is_among(value(at), [other(at) for other in some])]


def _is_among(value: Any, some: Sequence[Any]) -> bool:
    return any(_equal(value, item) for item in some)


def _compared(node: Compare, found: list[int], columns: Columns, now: float) -> list[int]:
    is_time = _is_time(node.left) or _is_time(node.right)
    left, right = (_values(side, columns, now, is_time=is_time) for side in (node.left, node.right))
    if node.operator == "=" and isinstance(node.right, Literal) and isinstance(node.right.value, str) and not is_time:
        text = node.right.value
        return [at for at in found if left(at) == text]
    operator = node.operator
    if operator in _ORDERED:
        holds_of = _ORDERED[operator]
        return [at for at in found if _are_ordered(a := left(at), b := right(at)) and holds_of(a, b)]
    return [at for at in found if _compare(operator, left(at), right(at))]


def _is_time(operand: Operand) -> bool:
    return isinstance(operand, Field) and operand.path[0] in fields.TIMES


def _values(operand: Operand, columns: Columns, now: float, *, is_time: bool) -> Values:
    match operand:
        case Field(path):
            return columns.column(path, now).__getitem__
        case Duration():
            value: Any = operand.seconds + (now if is_time else 0.0)
        case Literal(str() as text) if is_time:
            value = parsing.moment(text)
        case Literal(value):
            pass
    return lambda _: value


def _compare(operator: str, left: Any, right: Any) -> bool:
    match operator:
        case "=":
            return (left is None and right is None) or _equal(left, right)
        case "!=":
            return (left is None) != (right is None) if None in (left, right) else not _equal(left, right)
        case "contains":
            return _contains(left, right)
        case "like":
            return isinstance(left, str) and patterns.like(left[: patterns.MAX_TEXT], str(right))
        case _:
            return isinstance(left, str) and _pattern(str(right)).found_in(left)


def _are_ordered(left: Any, right: Any) -> bool:
    return (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))


def _equal(left: Any, right: Any) -> bool:
    if is_number(left) and is_number(right):
        return bool(left == right)
    return type(left) is type(right) and left is not None and bool(left == right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, list | tuple):
        return any(_equal(item, right) for item in left)
    return isinstance(left, str) and isinstance(right, str) and right in left


def is_number(value: Any) -> bool:
    """Whether a value counts as one; true and false do not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


@lru_cache(64)
def _pattern(text: str) -> patterns.Pattern:
    try:
        return patterns.Pattern(text)
    except patterns.PatternError as error:
        raise QueryError(str(error), text) from error
