"""Runs taken together by values of theirs, and the names of what they have; pure, and it chooses no run."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from chiplog import strictjson
from chiplog.query.syntax import Field
from chiplog.reading import roster
from chiplog.reading.roster import Roster

MEASURED = 400
"""Runs whose config and summary tell which columns a table may have."""

FAILED = ("failed", "killed")

Columns = Sequence[Sequence[Any]]


def groups(
    every: Roster, found: Iterable[int], by: Sequence[Field], of: Mapping[str, Field], now: float
) -> list[dict[str, Any]]:
    """Runs with the same values of some fields, the largest group first, with what the fields `of` are like there."""
    told = [every.column(field.path, now) for field in by]
    members: dict[tuple[Any, ...], list[int]] = {}
    for at in found:
        members.setdefault(tuple(_key(column[at]) for column in told), []).append(at)
    states = every.column(("state",), now)
    columns = {name: every.column(field.path, now) for name, field in of.items()}
    made = [
        {
            "values": [column[some[0]] for column in told],
            "runs": len(some),
            "running": sum(states[at] == "running" for at in some),
            "failed": sum(states[at] in FAILED for at in some),
            "numbers": {name: measured(column[at] for at in some) for name, column in columns.items()},
        }
        for some in members.values()
    ]
    return sorted(made, key=lambda group: group["runs"], reverse=True)


def measured(values: Iterable[Any]) -> dict[str, float] | None:
    """Mean, lowest and highest of what is a number; None where nothing is."""
    some = [value for value in values if type(value) in (int, float) and math.isfinite(value)]
    return {"mean": math.fsum(some) / len(some), "low": min(some), "high": max(some)} if some else None


def names(every: Roster, found: Sequence[int]) -> list[dict[str, Any]]:
    """What the first runs have of config and summary, by the names that expressions have, and what is a number."""
    numbers: dict[str, bool] = {}
    for at in found[:MEASURED]:
        told = roster.listed(every.item(at))
        for part in ("config", "summary"):
            for key, value in leaves(told[part]):
                if not key.startswith("_"):
                    name = f"{part}.{key}"
                    is_number = isinstance(value, int | float) and not isinstance(value, bool)
                    numbers[name] = numbers.get(name, False) or is_number
    return [{"name": name, "number": numbers[name]} for name in sorted(numbers)]


def leaves(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a nested tree, names joined by dots; what a script logged as a thing of a kind is a value."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and "_type" not in value:
            yield from leaves(value, f"{before}{key}.")
        else:
            yield before + key, value


def _key(value: Any) -> Any:
    """What tells values apart; true is not 1."""
    return value if value is None or type(value) in (str, int, float) else (strictjson.dumps(value),)
