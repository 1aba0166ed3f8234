"""How `chiplog sync` shows itself: a line for each run on stdout, and bars on stderr where people look."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from chiplog_cli.importing.syncing import Progress
from chiplog_cli.rendering import text

if TYPE_CHECKING:
    from chiplog_cli.importing.shipping import Shipment


@contextmanager
def watching() -> Iterator[Progress]:
    """A viewer of a sync, until it is over."""
    if not sys.stderr.isatty():
        yield Progress(end=lambda shipment, result, why: click.echo(line(shipment, result, why)))
        return
    with _bars() as progress:
        yield progress


def line(shipment: "Shipment", result: str, why: str) -> str:
    """What became of a run."""
    told = f"{result}: {text.printable(why)}" if why else result
    return f"{shipment.place.id}  {shipment.found.kind}  {text.printable(str(shipment.found.path))}  {told}"


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), DownloadColumn(binary_units=True))
    with Bars(*columns, console=Console(stderr=True, highlight=False, markup=False), transient=True) as bars:
        tasks = {}

        def show(shipment: "Shipment", done: int, total: int) -> None:
            place = shipment.place.id
            if place not in tasks:
                tasks[place] = bars.add_task(place, total=total)
            bars.update(tasks[place], completed=done, total=total)

        def end(shipment: "Shipment", result: str, why: str) -> None:
            if shipment.place.id in tasks:
                bars.remove_task(tasks.pop(shipment.place.id))
            bars.console.print(line(shipment, result, why), soft_wrap=True)

        yield Progress(show, end)
