"""Which runs the panels and words of a report mean, as far as a link to it must know; it draws nothing.

The page reads panels by code of its own (`reports/panels.ts`). Where the two differ, a link opens other runs of the
report's project than its panels show, and none of another: `opened` asks among these alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from chiplog import layout
from chiplog.errors import QueryError, SettingsError
from chiplog_dashboard.lists import Asked, Window

LANGUAGE = "chiplog"
MOST_RUNS = 100
FIRST_RUNS = {"curves": 10, "table": 20, "scatter": 100, "bar": 20, "parallel": 100, "importance": 100}
MAX_PANELS = 100
"""Of one report; each is a question."""

_OPERATORS = re.compile(r"[=<>]|\b(in|contains|like|matches|is|order by|limit)\b", re.IGNORECASE)
"""What makes a text an expression, and not words that are looked for; as in the page (`listed.ts`)."""

_LEAD = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)?[\s>]*")
"""Marks of quotes and lists before a block."""

_FENCE = re.compile(r"(`{3,}+|~{3,}+)([^`]*+)")
"""It never goes back: a line of a million marks is read once."""

_RUN = re.compile(r"/runs/([\w.-]+)/([\w.-]+)/([\w.-]+)")


@dataclass(frozen=True)
class Panel:
    """The runs of one panel."""

    asked: Asked
    window: Window


def panels(text: str) -> list[Panel]:
    """The first panels of a report that can be read."""
    found = (_panel(lines) for lines in _blocks(text))
    return [panel for panel in found if panel is not None][:MAX_PANELS]


def named(text: str) -> set[layout.Run]:
    """Runs to which a text leads, or of which it shows a picture."""
    return {layout.Run(*found.groups()) for found in _RUN.finditer(text)}


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each block of our language; what stands in blocks of others is none."""
    fence, is_ours = "", False
    lines: list[str] = []
    for whole in text.splitlines():
        line = whole[_LEAD.match(whole).end() :]  # type: ignore[union-attr]  # It matches nothing, too.
        mark = _FENCE.fullmatch(line)
        if not fence and mark:
            fence, is_ours, lines = mark[1], mark[2].strip() == LANGUAGE, []
        elif fence and mark and not mark[2].strip() and mark[1].startswith(fence):
            if is_ours:
                yield lines
            fence = ""
        elif fence:
            lines.append(line)
    if fence and is_ours:
        yield lines


def _panel(lines: list[str]) -> Panel | None:
    """None where a panel says what makes no sense: the page says so in its place, and draws nothing."""
    pairs = (line.partition(":") for line in lines)
    told = {name.strip(): value.strip() for name, colon, value in pairs if colon}
    runs, kind = told.get("runs", ""), told.get("panel", "curves")
    limit = told.get("limit", str(FIRST_RUNS.get(kind, 0)))
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= MOST_RUNS):
        return None
    try:
        given = {"filter" if _OPERATORS.search(runs) else "words": runs, "show": "current"}
        return Panel(Asked.of(QueryParams(given)), Window(0, int(limit)))
    except (QueryError, SettingsError):
        return None
