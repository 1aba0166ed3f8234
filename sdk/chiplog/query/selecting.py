"""Chooses and orders runs by a query; pure, and it raises nothing but QueryError for a query that was put together
by hand and is none.

What is not there is null, and no comparison with it is true but `x != 1`; `x = null` and `x is null` ask for it. Values
of two kinds are never equal and never ordered: a text is no number, true is not 1.
"""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from chiplog.query import conditions, fields
from chiplog.query.conditions import Columns
from chiplog.query.syntax import Order, Query

if TYPE_CHECKING:
    from chiplog.reading.views import RunView

_PLAIN = {int, float, type(None)}


class Table(Columns, Protocol):
    """Runs column by column: each has a number, by which its value stands in a column."""

    @property
    def order(self) -> Sequence[int]:
        """The numbers of the runs, in the order of who asks for none."""
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
    found = chosen(query, list(table.order), table, now)
    return ordered(query.order, found, table, now, query.limit)[: query.limit]


def chosen(query: Query, found: list[int], table: Table, now: float) -> list[int]:
    """Those of some runs of which the query's condition holds, in their order."""
    return found if query.where is None else conditions.narrowed(query.where, found, table, now)


def ordered(orders: Sequence[Order], found: list[int], table: Table, now: float, limit: int | None = None) -> list[int]:
    """Some runs sorted; of whom nobody looks beyond the first `limit`, the others may be missing."""
    for place, order in reversed(list(enumerate(orders))):
        # The first field counts most and is sorted by last: only then a few of the runs are enough.
        most = limit if place == 0 else None
        column = table.column(order.field.path, now)
        if table.is_plain(order.field.path):
            found = _first(found, column, most, is_descending=order.is_descending)
        else:
            ranks = {number: _rank(column[number]) for number in found}
            found = _first(found, ranks, most, is_descending=order.is_descending)
    return found


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


def _rank(value: Any) -> tuple[int, Any] | None:
    """By which values of any kind are sorted: numbers, then texts, then true and false; None for what comes last."""
    if conditions.is_number(value):
        return None if math.isnan(value) else (0, value)
    if isinstance(value, str):
        return (1, value)
    return (2, value) if isinstance(value, bool) else None
