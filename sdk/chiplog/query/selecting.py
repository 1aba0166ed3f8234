"""Chooses and orders runs by a query; pure, and it raises nothing but QueryError for a query that was put together
by hand and is none.

What is not there is null, and no comparison with it is true but `x != 1`; `x = null` and `x is null` ask for it. Values
of two kinds are never equal and never ordered: a text is no number, true is not 1.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from chiplog.errors import QueryError
from chiplog.query import fields, parsing, patterns
from chiplog.query.fields import Read
from chiplog.query.syntax import And, Compare, Duration, Field, In, Is, Literal, Node, Not, Operand, Or, Query

if TYPE_CHECKING:
    from chiplog.reading.views import RunView

_PLAIN = {int, float, type(None)}

_ORDERED = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


class Table(Protocol):
    """Runs column by column: each has a number, by which its value stands in a column."""

    @property
    def order(self) -> Sequence[int]:
        """The numbers of the runs, in the order of who asks for none."""
        ...

    def column(self, path: tuple[str, ...], now: float) -> Sequence[Any]:
        """A field of all runs."""
        ...

    def is_plain(self, path: tuple[str, ...]) -> bool:
        """Whether a field is a number that has an order, or null, for every run."""
        ...


def select(query: Query, views: "Iterable[RunView]", now: float) -> "list[RunView]":
    """The runs that a query means, in its order; `now` (Unix seconds) is what `-7d` counts from."""
    table = _Views(list(views))
    return [table.views[number] for number in numbers(query, table, now)]


def numbers(query: Query, table: Table, now: float) -> list[int]:
    """The same of a table: the numbers of its runs. A column is asked for only where the query names its field."""
    found = list(table.order) if query.where is None else _chosen(query.where, table, now)
    for place, order in reversed(list(enumerate(query.order))):
        # The first field counts most and is sorted by last: only then a few of the runs are enough.
        limit = query.limit if place == 0 else None
        column = table.column(order.field.path, now)
        if table.is_plain(order.field.path):
            found = _first(found, column, limit, is_descending=order.is_descending)
        else:
            ranks = {number: _rank(column[number]) for number in found}
            found = _first(found, ranks, limit, is_descending=order.is_descending)
    return found[: query.limit]


class _Views:
    """Views as a table."""

    def __init__(self, views: "list[RunView]") -> None:
        self.views = views
        self.order = range(len(views))

    def column(self, path: tuple[str, ...], now: float) -> list[Any]:
        """A field of all of them."""
        return [fields.of(view, now)(path) for view in self.views]

    def is_plain(self, path: tuple[str, ...]) -> bool:  # noqa: ARG002
        """They are few."""
        return False


class _Reading:
    """Reads the fields of one run after the other from their columns."""

    def __init__(self, table: Table, now: float) -> None:
        self._table, self._now = table, now
        self._columns: dict[tuple[str, ...], Sequence[Any]] = {}
        self.number = 0

    def __call__(self, path: tuple[str, ...]) -> Any:
        column = self._columns.get(path)
        if column is None:
            column = self._columns[path] = self._table.column(path, self._now)
        return column[self.number]


def _chosen(where: Node, table: Table, now: float) -> list[int]:
    read = _Reading(table, now)
    found = []
    for number in table.order:
        read.number = number
        if holds(where, read, now):
            found.append(number)
    return found


def is_plain(values: Sequence[Any]) -> bool:
    """All are numbers that have an order, or nothing: they are their own ranks."""
    return set(map(type, values)) <= _PLAIN and not any(math.isnan(value) for value in values if type(value) is float)


def _first(
    found: list[int], ranks: "Mapping[int, Any] | Sequence[Any]", limit: int | None, *, is_descending: bool
) -> list[int]:
    """The runs by their ranks, those without one last. To choose a few takes a fraction of sorting all."""
    key = ranks.__getitem__
    present = [number for number in found if ranks[number] is not None]
    if limit is not None and limit * 8 < len(present):
        return (heapq.nlargest if is_descending else heapq.nsmallest)(limit, present, key=key)
    absent = [number for number in found if ranks[number] is None]
    return sorted(present, key=key, reverse=is_descending) + absent


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
