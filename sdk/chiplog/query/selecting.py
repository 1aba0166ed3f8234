"""Chooses and orders runs by a query; pure, and it raises nothing but QueryError for a query that was put together
by hand and is none.

What is not there is null, and no comparison with it is true but `x != 1`; `x = null` and `x is null` ask for it. Values
of two kinds are never equal and never ordered: a text is no number, true is not 1.
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from chiplog.errors import QueryError
from chiplog.query import fields, parsing, patterns
from chiplog.query.fields import Read
from chiplog.query.syntax import And, Compare, Duration, Field, In, Is, Literal, Node, Not, Operand, Or, Query

if TYPE_CHECKING:
    from chiplog.reading.views import RunView

_ORDERED = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def select(query: Query, views: "Iterable[RunView]", now: float) -> "list[RunView]":
    """The runs that a query means, in its order; `now` (Unix seconds) is what `-7d` counts from."""
    read = [(view, fields.of(view, now)) for view in views]
    found = [item for item in read if query.where is None or holds(query.where, item[1], now)]
    for order in reversed(query.order):
        ranked = [(_rank(item[1](order.field.path)), item) for item in found]
        present = [(rank, item) for rank, item in ranked if rank is not None]
        present.sort(key=itemgetter(0), reverse=order.is_descending)
        found = [item for _, item in present] + [item for rank, item in ranked if rank is None]
    return [view for view, _ in found][: query.limit]


def holds(node: Node, read: Read, now: float) -> bool:
    """Whether a condition is true of the run whose fields `read` gives."""
    match node:
        case And(items):
            return all(holds(item, read, now) for item in items)
        case Or(items):
            return any(holds(item, read, now) for item in items)
        case Not(item):
            return not holds(item, read, now)
        case Is(left, what):
            value = _value(left, read, now, is_time=False)
            return value is None if what == "null" else isinstance(value, float) and math.isnan(value)
        case In(left, items):
            return _is_in(left, items, read, now)
        case Compare(operator, left, right):
            is_time = _is_time(left) or _is_time(right)
            sides = _value(left, read, now, is_time=is_time), _value(right, read, now, is_time=is_time)
            return _compare(operator, *sides)


def _is_in(left: Operand, items: "tuple[Operand, ...] | Field", read: Read, now: float) -> bool:
    is_time = _is_time(left)
    value = _value(left, read, now, is_time=is_time)
    if isinstance(items, Field):
        held = read(items.path)
        return isinstance(held, list | tuple) and any(_equal(value, item) for item in held)
    return any(_equal(value, _value(item, read, now, is_time=is_time)) for item in items)


def _is_time(operand: Operand) -> bool:
    return isinstance(operand, Field) and operand.path[0] in fields.TIMES


def _value(operand: Operand, read: Read, now: float, *, is_time: bool) -> Any:
    match operand:
        case Field(path):
            return read(path)
        case Duration():
            return operand.seconds + (now if is_time else 0.0)
        case Literal(str() as text) if is_time:
            return parsing.moment(text)
        case Literal(value):
            return value


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
        case "matches":
            return isinstance(left, str) and _pattern(str(right)).found_in(left)
    if (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return bool(_ORDERED[operator](left, right))
    return False


def _equal(left: Any, right: Any) -> bool:
    if _is_number(left) and _is_number(right):
        return bool(left == right)
    return type(left) is type(right) and left is not None and bool(left == right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, list | tuple):
        return any(_equal(item, right) for item in left)
    return isinstance(left, str) and isinstance(right, str) and right in left


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rank(value: Any) -> tuple[int, Any] | None:
    """By which values of any kind are sorted: numbers, then texts, then true and false; None for what comes last."""
    if _is_number(value):
        return None if math.isnan(value) else (0, value)
    if isinstance(value, str):
        return (1, value)
    return (2, value) if isinstance(value, bool) else None


@lru_cache(64)
def _pattern(text: str) -> patterns.Pattern:
    try:
        return patterns.Pattern(text)
    except patterns.PatternError as error:
        raise QueryError(str(error), text) from error
