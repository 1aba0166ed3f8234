"""What differs between two runs, key by key; pure."""

from typing import Any

from chiplog import folding
from chiplog.reading.details import Details
from chiplog_cli.rendering import text
from chiplog_cli.rendering.pages import Column, Table

Difference = dict[str, list[Any]]
"""By key, joined by dots: the value here and there; None where there is none."""


def trees(mine: dict[str, Any], other: dict[str, Any]) -> Difference:
    """What differs between two nested mappings, but for what trackers keep for themselves."""
    left, right = folding.flatten(mine), folding.flatten(other)
    keys = sorted(key for key in left.keys() | right.keys() if not key.startswith("_"))
    return {key: [left.get(key), right.get(key)] for key in keys if not _same(left.get(key), right.get(key))}


def document(mine: Details, other: Details) -> dict[str, Any]:
    """The difference for programs."""
    return {
        "run": other.view.run,
        "config": trees(mine.view.config, other.view.config),
        "summary": trees(mine.view.summary, other.view.summary),
    }


def tables(mine: Details, other: Details) -> list[Table]:
    """The difference for people; a table for config and one for summary, empty ones left out."""
    found = document(mine, other)
    names = [mine.view.name, other.view.name]
    if names[0] == names[1]:
        names = [mine.view.run, other.view.run]
    columns = [Column("key"), *(Column(text.printable(name), is_verbatim=True) for name in names)]
    made = [Table(columns, _rows(found[part]), f"{part} differs") for part in ("config", "summary")]
    return [table for table in made if table.rows]


def _rows(difference: Difference) -> list[list[str]]:
    return [[text.printable(key), *_cells(values)] for key, values in difference.items()]


def _cells(values: list[Any]) -> list[str]:
    return ["" if value is None else text.value(value) for value in values]


def _same(left: Any, right: Any) -> bool:
    is_nan = left != left and right != right
    return bool(type(left) is type(right) and left == right) or is_nan
