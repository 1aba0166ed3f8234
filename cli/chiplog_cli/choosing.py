"""What the options of `ls` ask for, as one query and a list of columns; it reads nothing."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from chiplog.errors import QueryError, SettingsError
from chiplog.query import fields, parsing, syntax
from chiplog.query.syntax import Field, Order, Query
from chiplog.reading import guessing, roster
from chiplog.reading.roster import Brief, Roster
from chiplog.reading.views import RunView
from chiplog.times import iso

_LOOKED_AT = 200
"""Runs whose keys may be meant by another."""


def query(expressions: Sequence[str], by: str | None, limit: int | None, *, is_descending: bool) -> Query:
    """One query of all expressions and of `--by`, `--desc` and `--limit`, which outrank what they say.

    Raises QueryError, and SettingsError for `--desc` alone.
    """
    if is_descending and not by:
        raise SettingsError("--desc goes with --by; in an expression it is `order by … desc`")
    said = parsing.joined([parsing.parse(expression) for expression in expressions])
    order = tuple(Order(field, is_descending) for field in parsing.named(by)) if by else said.order
    return Query(said.where, order, said.limit if limit is None else limit)


def whom(by: str | None) -> str:
    """The account or person that `--by` names; empty where it names fields to sort by.

    Raises QueryError for what can only be meant as a field.
    """
    if not by:
        return ""
    try:
        parsing.named(by)
    except QueryError:
        if "," in by or by.partition(".")[0] in fields.TREES:
            raise
        return by
    return ""


def columns(texts: Sequence[str]) -> list[tuple[str, Field]]:
    """The named fields in their order. Raises QueryError."""
    return [(".".join(field.path), field) for part in texts for field in parsing.named(part)]


def row(item: Brief | RunView, wanted: Sequence[tuple[str, Field]], now: float) -> list[Any]:
    """The values of some fields of a run."""
    read = roster.read(item, now)
    return [read(field.path) for _, field in wanted]


def document(item: Brief | RunView, wanted: Sequence[tuple[str, Field]], now: float) -> dict[str, Any]:
    """The same for programs: by name, times in ISO 8601."""
    values = zip(wanted, row(item, wanted, now), strict=True)
    return {name: iso(value) if name in fields.TIMES else value for (name, _), value in values}


def absent(asked: Query, every: Roster, now: float) -> str:
    """Which key of config or summary that a query names no run has, and what may be meant; empty if there is none."""
    trees = sorted({path for path in syntax.paths(asked) if path[0] in fields.TREES})
    missing = [path for path in trees if all(value is None for value in every.column(path, now))]
    if not missing:
        return ""
    tree, name = missing[0][0], ".".join(missing[0][1:])
    known = {key for item in islice(every, _LOOKED_AT) for key in _keys(roster.listed(item)[tree])}
    near = [f"{tree}.{key}" for key in guessing.near(name, sorted(known))]
    return f"no run has {tree}.{name}{guessing.asked(near)}"


def _keys(tree: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """The keys of a tree with all that they lie in."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _keys(value, f"{before}{key}.")
        else:
            yield before + key
