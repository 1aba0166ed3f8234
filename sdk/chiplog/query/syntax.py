"""A query as a value, and its text again: `parsing.parse(text(query)) == query`. It parses and evaluates nothing."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Of durations, in seconds."""

KEYWORDS = frozenset(
    {"and", "or", "not", "in", "is", "contains", "like", "matches", "null", "true", "false", "nan", "inf"}
    | {"order", "by", "asc", "desc", "limit"}
)  # fmt: skip
"""Words that name no field; in any case (`AND`)."""

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""A part of a field that needs no quotes."""


@dataclass(frozen=True)
class Field:
    """A field of a run: `state`, or a key of `config` or `summary`, part by part."""

    path: tuple[str, ...]


@dataclass(frozen=True)
class Literal:
    """A value that stands in the text."""

    value: str | int | float | bool | None


@dataclass(frozen=True)
class Duration:
    """`-7d`: beside a time it counts from now, beside a number it is seconds."""

    amount: int | float
    unit: str

    @property
    def seconds(self) -> float:
        """How long it is; negative ones lie in the past."""
        return float(self.amount) * UNITS[self.unit]


Operand = Field | Literal | Duration


@dataclass(frozen=True)
class Compare:
    """Two values and `=`, `!=`, `<`, `<=`, `>`, `>=`, `contains`, `like` or `matches` between them."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True)
class In:
    """A value that is one of some; a field on the right holds a list."""

    left: Operand
    items: tuple[Operand, ...] | Field


@dataclass(frozen=True)
class Is:
    """`is null`: there is no such value. `is nan`: it is a number that is none."""

    left: Operand
    what: str


@dataclass(frozen=True)
class Not:
    """What is not so."""

    item: "Node"


@dataclass(frozen=True)
class And:
    """All of two or more."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    """Any of two or more."""

    items: tuple["Node", ...]


Node = Compare | In | Is | Not | And | Or


@dataclass(frozen=True)
class Order:
    """Sort by a field; runs that lack it come last, whichever the direction."""

    field: Field
    is_descending: bool = False


@dataclass(frozen=True)
class Query:
    """What is asked: a condition, an order, a number of runs. Without anything it is every run, newest first."""

    where: Node | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None


def paths(node: object) -> Iterator[tuple[str, ...]]:
    """The fields that a query, or a part of one, names."""
    if isinstance(node, Field):
        yield node.path
        return
    for part in node if isinstance(node, tuple) else vars(node).values() if is_dataclass(node) else ():
        yield from paths(part)


def text(query: Query) -> str:
    """The query as people write it."""
    parts = [_node(query.where)] if query.where is not None else []
    if query.order:
        keys = (_operand(item.field) + (" desc" if item.is_descending else "") for item in query.order)
        parts.append(f"order by {', '.join(keys)}")
    if query.limit is not None:
        parts.append(f"limit {query.limit}")
    return " ".join(parts)


def _node(node: Node) -> str:
    match node:
        case Compare(operator, left, right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case In(left, Field() as field):
            return f"{_operand(left)} in {_operand(field)}"
        case In(left, items):
            return f"{_operand(left)} in ({', '.join(map(_operand, items))})"  # type: ignore[arg-type]
        case Is(left, what):
            return f"{_operand(left)} is {what}"
        case Not(item):
            return f"not {_inner(item)}"
        case And(items):
            return " and ".join(map(_inner, items))
        case Or(items):
            return " or ".join(_inner(item) if isinstance(item, Or) else _node(item) for item in items)


def _inner(node: Node) -> str:
    return f"({_node(node)})" if isinstance(node, And | Or) else _node(node)


def _operand(operand: Operand) -> str:
    match operand:
        case Field(path):
            return ".".join([path[0], *map(_part, path[1:])])
        case Duration(amount, unit):
            return f"{amount!r}{unit}"
        case Literal(value):
            return _literal(value)


def _part(name: str) -> str:
    return name if WORD.fullmatch(name) else _quoted(name)


def _literal(value: str | int | float | bool | None) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return repr(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
