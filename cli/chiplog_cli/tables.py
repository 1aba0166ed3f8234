"""Runs, history and files as tables for people; every value is text by here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chiplog.query import fields
from chiplog.reading import roster
from chiplog.reading.files import File
from chiplog.reading.roster import Brief
from chiplog.reading.verifying import Finding
from chiplog.reading.views import RunView
from chiplog_cli.rendering import pages, text
from chiplog_cli.rendering.pages import Column, Table

_PLAIN_REASONS = frozenset(
    {"", "completed", "error", "pending", "running", "silent", "suspended", "unknown", "untracked"}
)
"""Reasons that say no more than the state does."""

_CELL = 24
"""Characters that a metric's column may take."""


def runs(views: Sequence[Brief | RunView], now: float) -> Table:
    """`ls`; a column that is the same for all runs and tells nothing is left out, at once or when room is short."""
    many_clusters = len({view.cluster for view in views}) > 1
    one_namespace = len({view.namespace for view in views}) < 2
    one_project = len({view.project for view in views}) < 2
    none_lives = all(view.finished_at is not None for view in views)
    columns = [
        *([Column("cluster")] if many_clusters else []),
        Column("namespace", spare=7 if one_namespace else 1),
        Column("project", spare=6 if one_project else 2),
        Column("name"),
        Column("state", is_state=True),
        Column("attempts", is_right=True, spare=4),
        Column("step", is_right=True),
        Column("metric"),
        Column("started", is_right=True, spare=3),
        Column("took", is_right=True, spare=5),
        Column("lag", is_right=True, spare=8 if none_lives else 2),
    ]
    return Table(columns, [([view.cluster] if many_clusters else []) + _run(view, now) for view in views])


def chosen(names: Sequence[str], rows: list[list[Any]]) -> Table:
    """`ls --columns`; the first column stays when room is short, the last one goes first."""
    heads = [
        Column(name, is_right=_is_numeric([row[place] for row in rows]), is_verbatim=True, spare=place)
        for place, name in enumerate(names)
    ]
    states = [place for place, name in enumerate(names) if name == "state"]
    columns = [replace(head, is_state=place in states) for place, head in enumerate(heads)]
    cells = [[_field(name, value) for name, value in zip(names, row, strict=True)] for row in rows]
    return Table(columns, cells)


def _is_numeric(values: list[Any]) -> bool:
    there = [value for value in values if value is not None]
    return bool(there) and all(isinstance(value, int | float) for value in there)


def _field(name: str, value: Any) -> str:
    if name in fields.TIMES:
        return text.moment(value)
    if name == "took":
        return text.duration(value)
    if isinstance(value, list):
        return text.printable(", ".join(map(str, value)))
    return "" if value is None else text.value(value, _CELL)


def _run(view: Brief | RunView, now: float) -> list[str]:
    name, began, ended = text.printable(view.name), view.started_at, view.finished_at
    return [
        view.namespace,
        text.printable(view.project),
        name if view.is_bound else f"{name} (no run)",
        state(view),
        str(view.attempts),
        text.value(view.step),
        headline(view),
        f"{text.duration(now - began)} ago" if began is not None else "",
        took(view, now),
        text.duration(view.lag_seconds) if ended is None else "",
    ]


def state(view: Brief | RunView) -> str:
    """The state, with its reason where that says more."""
    reason = view.reason
    if reason.lower() in _PLAIN_REASONS:
        return str(view.state)
    return f"{view.state} {text.printable(reason)}".strip()


def headline(view: Brief | RunView) -> str:
    """The headline metric at its newest value."""
    metrics = roster.metrics(view)
    value = roster.read(view, 0.0)(("summary", metrics[0]["name"])) if metrics else None
    return "" if value is None else f"{metrics[0]['name']}={text.value(value, _CELL)}"


def took(view: Brief | RunView, now: float) -> str:
    """How long the run took, or takes already."""
    began, ended = view.started_at, view.finished_at
    if began is None or (ended is None and view.state not in ("running", "suspended")):
        return ""
    return text.duration((now if ended is None else ended) - began)


def history(rows: list[dict[str, Any]], columns: list[str]) -> Table:
    """`history`; in a terminal as many columns as fit, and a word on those that do not."""
    cells = {column: [_metric(column, row.get(column)) for row in rows] for column in columns}
    shown = _fitting(cells, columns)
    left = len(columns) - len(shown)
    title = f"{left} more metrics do not fit: choose with --key, or use -o csv" if left else ""
    heads = [Column(text.printable(column), is_right=True, is_verbatim=True) for column in shown]
    return Table(heads, list(zip(*(cells[column] for column in shown), strict=True)), title)


def _metric(column: str, value: Any) -> str:
    return text.moment(value) if column == "_timestamp" else text.value(value, _CELL)


def _fitting(cells: dict[str, list[str]], columns: list[str]) -> list[str]:
    room = pages.width()
    if room is None:
        return columns
    shown: list[str] = []
    for column in columns:
        room -= 3 + max(map(len, [column, *cells[column]]))
        if room < 0 and len(shown) > 3:
            break
        shown.append(column)
    return shown


def files(found: list[File]) -> Table:
    """`files`."""
    many = len({(file.rank, file.container) for file in found}) > 1
    columns = [
        Column("path"),
        Column("size", is_right=True),
        Column("modified"),
        Column("version", is_right=True),
        Column("attempt", is_right=True),
        *([Column("rank", is_right=True), Column("container")] if many else []),
        Column("sha256"),
    ]
    return Table(columns, [_file(file, many) for file in found])


def _file(file: File, many: bool) -> list[str]:
    return [
        text.printable(file.path),
        text.size(file.size),
        text.moment(file.modified or None),
        str(file.version) if file.versions == 1 else f"{file.version} of {file.versions}",
        str(file.attempt),
        *([str(file.rank), file.container] if many else []),
        file.sha256[:12] if file.sha256 else f"missing: {text.printable(file.missing)}",
    ]


def findings(found: list[Finding]) -> Table:
    """`verify`: what is wrong, object by object."""
    columns = [Column("problem"), Column("detail"), Column("key")]
    return Table(columns, [[item.problem, text.printable(item.detail), text.printable(item.key)] for item in found])
