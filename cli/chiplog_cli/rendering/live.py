"""Draws the scenes of `watch` into a terminal, as large as it is; it looks at nothing itself."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chiplog_cli.rendering import curves, pages, text
from chiplog_cli.rendering.pages import Facts
from chiplog_cli.scene import Curve

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

MIN_WIDTH = 24
"""Characters that a curve's box takes at least."""


@contextmanager
def screen() -> "Iterator[Live]":
    """A part of the terminal that is drawn over again; what it showed last stays when it ends."""
    from rich.live import Live

    with Live(console=pages.console(), auto_refresh=False) as live:
        yield live


def scene(console: "Console", facts: list[tuple[str, str]], shown: list[Curve], hint: str) -> "RenderableType":
    """The whole picture."""
    from rich.console import Group
    from rich.text import Text

    rows = [pages.facts(Facts([(name, value) for name, value in facts if value]))]
    height = max(3, min(8, (console.height - 9) // max(1, _lines(console.width, len(shown))) - 3))
    grid = _grid(console.width, height, shown) if shown else Text("nothing is logged yet", style="dim")
    return Group(*rows, Text(), grid, Text(hint, style="dim"))


def _lines(width: int, count: int) -> int:
    columns = _columns(width, count)
    return -(-count // columns) if count else 1


def _columns(width: int, count: int) -> int:
    return max(1, min(count, 3, width // MIN_WIDTH))


def _grid(width: int, height: int, shown: list[Curve]) -> "RenderableType":
    from rich.table import Table

    columns = _columns(width, len(shown))
    inner = width // columns - 4
    grid = Table.grid(expand=False)
    for _ in range(columns):
        grid.add_column(width=width // columns)
    boxes = [_box(curve, inner, height) for curve in shown]
    for at in range(0, len(boxes), columns):
        grid.add_row(*boxes[at : at + columns])
    return grid


def _box(curve: Curve, width: int, height: int) -> "RenderableType":
    from rich import box
    from rich.panel import Panel
    from rich.text import Text

    values = [value for _, value in curve.points]
    lines: Iterable[str] = curves.plot(curve.points, width, height)
    below = f"{text.value(min(values))} … {text.value(max(values))}"
    body = Text("\n".join([*lines]), style="cyan")
    body.append(f"\n{below}", style="dim")
    title = Text(f"{text.printable(curve.name)}  {text.value(curve.newest)}")
    return Panel(body, title=title, title_align="left", box=box.ROUNDED, border_style="dim", padding=(0, 1))
