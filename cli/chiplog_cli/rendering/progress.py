"""A bar on stderr for work that takes long, where people look; a pipe sees nothing of it."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO, TypeVar

T = TypeVar("T")


def over(items: Sequence[T], what: str, stream: TextIO | None = None) -> Iterator[T]:
    """The items, with a bar of how many of them are done until the last one is.

    Args:
        items: what is worked on, one after the other.
        what: is done with them, such as `verifying`.
        stream: where the bar stands; stderr without it.
    """
    stream = stream or sys.stderr
    if len(items) < 2 or not stream.isatty():
        yield from items
        return
    yield from _tracked(items, len(items), what, stream)


def through(items: Iterable[T], what: str, stream: TextIO | None = None) -> Iterator[T]:
    """The same of items whose number nobody knows: how many were seen so far."""
    stream = stream or sys.stderr
    yield from _tracked(items, None, what, stream) if stream.isatty() else items


def _tracked(items: Iterable[T], count: int | None, what: str, stream: TextIO) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=stream, highlight=False, markup=False)
    with Progress(*columns, console=console, transient=True) as bars:
        yield from bars.track(items, total=count, description=what)
