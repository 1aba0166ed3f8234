"""Short words to people on stderr, so that what programs read from stdout stays clean."""

from collections.abc import Iterable
from pathlib import Path

import click

from chiplog.errors import FormatError, RunNotFound
from chiplog.reading.views import RunView


def unread(problems: Iterable[str]) -> None:
    """Say which objects could not be read; what could be read is shown all the same."""
    for problem in problems:
        click.echo(f"chiplog: {problem}", err=True)


def require_attempt(view: RunView, attempt: int | None) -> None:
    """Raises RunNotFound if the run has had no such attempt."""
    known = {member.attempt for member in view.members} | {
        item["number"] for item in (view.outcome["attempts"] if view.outcome else [])
    }
    if attempt is not None and attempt not in known:
        told = f"it had {', '.join(map(str, sorted(known)))}" if known else "it has had none yet"
        raise RunNotFound(f"{view.name} has no attempt {attempt}: {told}")


def downloaded(missing: list[str], folder: Path) -> None:
    """Say where the files are. Raises FormatError if some could not be had."""
    if missing:
        raise FormatError(f"not all is in {folder}: " + "; ".join(missing))
    click.echo(f"downloaded to {folder}", err=True)


def verified(count: int) -> None:
    """Say that nothing is wrong."""
    runs = "1 run is" if count == 1 else f"{count} runs are"
    click.echo(f"{runs} whole: every object is there as it was written", err=True)


def restored(count: int, problems: list[str], folder: Path) -> None:
    """Say what was written. Raises FormatError if something could not be had."""
    if problems:
        raise FormatError(f"{count} files are in {folder}, and not all: " + "; ".join(problems))
    click.echo(f"{count} files are in {folder}", err=True)


def exported(paths: list[Path], view: RunView) -> None:
    """Say what was written."""
    for path in paths:
        click.echo(str(path))
    if not paths:
        click.echo(f"{view.name} has recorded nothing to export", err=True)
