"""`chiplog logs`: what a run wrote to its console."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from chiplog.errors import SettingsError
from chiplog_cli import completing, options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog.reading.console import Line
    from chiplog.reading.views import RunView


@click.command(
    "logs",
    help=f"""Print what a run wrote to its console, as a terminal would have shown it at last.

    {options.RUN_HELP}

    \b
    chiplog logs mnist
    chiplog logs -f mnist --source stderr
    chiplog logs mnist --attempt 1 --timestamps | grep -i error

    In json, jsonl and csv each line has time, source, attempt, rank and text.
    """,
)
@click.argument("run", shell_complete=completing.run)
@options.attempt
@click.option("-f", "--follow", is_flag=True, help="Go on until the run is over; Ctrl-C ends it.")
@click.option("--source", type=click.Choice(("stdout", "stderr", "logger")), help="This source only.")
@click.option("--timestamps", is_flag=True, help="Begin each line with its time (UTC).")
@options.reading
def command(
    session: Session,
    run: str,
    attempt: int | None,
    follow: bool,
    source: str | None,
    timestamps: bool,
    output: str,
) -> None:
    """Print the console of a run."""
    from chiplog.reading import console, documents
    from chiplog_cli import notes
    from chiplog_cli.rendering import formats

    bucket, view = session.find(run)
    notes.require_attempt(view, attempt)
    read = _followed(session, view, attempt, source) if follow else console.read(bucket, view, attempt, source or "")
    if output == "table":
        _print(read, timestamps, many_ranks=any(member.rank for member in view.members))
    elif follow and output != "jsonl":
        raise SettingsError(f"-o {output} has an end, and a log that is followed has none: use -o jsonl")
    else:
        formats.write(output, map(documents.line, read), documents.LINE)


def _followed(session: Session, view: "RunView", attempt: int | None, source: str | None) -> "Iterator[Line]":
    from chiplog.reading import console
    from chiplog_cli import following
    from chiplog_cli.keeping import KeepingBucket

    bucket = KeepingBucket(session.bucket())
    printed: dict[tuple[int, int, str], int] = {}
    for seen in following.looks(bucket, view, session.clock):
        lines = console.read(bucket, seen, attempt, source or "")
        yield from following.fresh(lines, printed, is_last=following.is_over(seen))
        sys.stdout.flush()


def _print(lines: "Iterable[Line]", timestamps: bool, many_ranks: bool) -> None:
    from chiplog import times
    from chiplog_cli.rendering import pages, text

    attempt, people = None, pages.is_terminal()
    for line in lines:
        if people and attempt not in (None, line.attempt):
            click.secho(f"── attempt {line.attempt} ──", dim="NO_COLOR" not in os.environ)
        attempt = line.attempt
        time = f"{times.iso(line.time) or '-':<24} " if timestamps else ""
        rank = f"[{line.rank}] " if many_ranks else ""
        sys.stdout.write(f"{time}{rank}{text.printable(line.text, colours=people)}\n")
