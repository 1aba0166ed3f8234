"""`chiplog logs`: what a run wrote to its console."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from chiplog_cli import options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog.reading.console import Line


@click.command(
    "logs",
    help=f"""Print what a run wrote to its console, as a terminal would have shown it at last.

    {options.RUN_HELP}

    In json, jsonl and csv each line has time, source, attempt, rank and text.
    """,
)
@click.argument("run")
@options.attempt
@click.option("--source", type=click.Choice(("stdout", "stderr", "logger")), help="This source only.")
@click.option("--timestamps", is_flag=True, help="Begin each line with its time (UTC).")
@options.reading
def command(session: Session, run: str, attempt: int | None, source: str | None, timestamps: bool, output: str) -> None:
    """Print the console of a run."""
    from chiplog.reading import console, documents
    from chiplog_cli import notes
    from chiplog_cli.rendering import formats

    bucket, view = session.find(run)
    notes.require_attempt(view, attempt)
    lines = console.read(bucket, view, attempt, source or "")
    if output == "table":
        _print(lines, timestamps, many_ranks=any(member.rank for member in view.members))
    else:
        formats.write(output, map(documents.line, lines), documents.LINE)


def _print(lines: "Iterable[Line]", timestamps: bool, many_ranks: bool) -> None:
    from chiplog import times
    from chiplog_cli.rendering import pages, text

    attempt, people = None, pages.is_terminal()
    for line in lines:
        if people and attempt not in (None, line.attempt):
            click.secho(f"── attempt {line.attempt} ──", dim=True)
        attempt = line.attempt
        time = f"{times.iso(line.time) or '-':<24} " if timestamps else ""
        rank = f"[{line.rank}] " if many_ranks else ""
        sys.stdout.write(f"{time}{rank}{text.printable(line.text, colours=people)}\n")
