"""Tables and lists of facts for people: with colours in a terminal, plain and aligned where the output is piped.

Nothing here knows of runs, but for the colours of their states.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chiplog_cli.rendering.text import NONE

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

STATES = {
    "pending": ("○", "dim"),
    "running": ("●", "green"),
    "suspended": ("◌", "yellow"),
    "finished": ("✓", "green"),
    "failed": ("✗", "red"),
    "killed": ("✗", "red"),
    "silent": ("?", "yellow"),
    "untracked": ("–", "yellow"),
}
"""Symbol and colour of each state; the symbol says it to those who see no colours."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    is_right: bool = False
    """Aligned to the right, as numbers are."""
    is_state: bool = False
    is_verbatim: bool = False
    """Its name is the script's, and so is its case."""
    spare: int = 0
    """In a terminal that is too narrow the column of the highest number goes first; 0 stays."""


@dataclass(frozen=True)
class Table:
    """Rows of text under named columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    title: str = ""


@dataclass(frozen=True)
class Facts:
    """Names and values, one pair a line; the value of `state` is coloured."""

    pairs: Sequence[tuple[str, str]]
    title: str = ""


Block = Table | Facts

_GAP = 2
"""Characters between two columns."""


def is_terminal() -> bool:
    """Whether people look at the output directly."""
    return sys.stdout.isatty()


def width() -> int | None:
    """Columns of the terminal; None where the output is piped, and nothing needs to fit."""
    if not is_terminal():
        return None
    return console().width


def write(blocks: Iterable[Block]) -> None:
    """Print blocks one below the other."""
    if is_terminal():
        _write_rich(blocks)
    else:
        sys.stdout.write("\n".join(_plain(block) for block in blocks))


def _plain(block: Block) -> str:
    title = f"{block.title.upper()}\n" if block.title else ""
    if isinstance(block, Facts):
        return title + _aligned(list(block.pairs), [False, False])
    head = [column.name if column.is_verbatim else column.name.upper() for column in block.columns]
    return title + _aligned([head, *block.rows], [column.is_right for column in block.columns])


def _aligned(rows: Sequence[Sequence[str]], rights: Sequence[bool]) -> str:
    cells = [[cell or NONE for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    line = "  ".join(f"{{:{'>' if right else '<'}{size}}}" for size, right in zip(widths, rights, strict=True))
    return "".join(f"{line.format(*row).rstrip()}\n" for row in cells)


def console() -> "Console":
    """The terminal; colours only where they are wanted (NO_COLOR)."""
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def _write_rich(blocks: Iterable[Block]) -> None:
    terminal = console()
    for number, block in enumerate(blocks):
        if number:
            terminal.print()
        if block.title:
            terminal.print(block.title, style="bold")
        terminal.print(facts(block) if isinstance(block, Facts) else _rich_table(block, terminal.width))


def fitted(block: Table, room: int) -> Table:
    """The table without as many of its spare columns as it needs to stand in `room` characters."""
    widths = [
        max(len(cell) + 2 * column.is_state for cell in [column.name, *cells])
        for column, *cells in zip(block.columns, *block.rows, strict=True)
    ]
    kept = list(range(len(block.columns)))
    while sum(widths[index] + _GAP for index in kept) - _GAP > room:
        index = max(kept, key=lambda index: block.columns[index].spare)
        if not block.columns[index].spare:
            break
        kept.remove(index)
    return Table([block.columns[index] for index in kept], [[row[i] for i in kept] for row in block.rows], block.title)


def _rich_table(block: Table, room: int) -> "RenderableType":
    import rich.box
    import rich.table

    block = fitted(block, room)
    table = rich.table.Table(
        box=rich.box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True, header_style="bold"
    )
    for column in block.columns:
        table.add_column(column.name, justify="right" if column.is_right else "left", no_wrap=column.is_state)
    for row in block.rows:
        cells = zip(row, block.columns, strict=True)
        table.add_row(*(_styled(cell, is_state=column.is_state) for cell, column in cells))
    return table


def facts(block: Facts) -> "RenderableType":
    import rich.table

    grid = rich.table.Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, value in block.pairs:
        grid.add_row(name, _styled(value, is_state=name == "state"))
    return grid


def _styled(cell: str, *, is_state: bool) -> "Text":
    from rich.text import Text

    if is_state and cell:
        symbol, colour = STATES.get(cell.split()[0], ("", ""))
        return Text(f"{symbol} {cell}", style=colour)
    return Text(cell or NONE, style="" if cell and cell != NONE else "dim")
