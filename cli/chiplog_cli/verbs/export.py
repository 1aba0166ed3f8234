"""`chiplog export`: what a run recorded, as files that others read."""

from pathlib import Path

import click

from chiplog_cli import completing, options
from chiplog_cli.session import Session


@click.command(
    "export",
    help=f"""Write what RUN recorded into DIR.

    {options.RUN_HELP}

    \b
    chiplog export mnist out/
    chiplog export mnist out/ --format tfevents

    parquet and csv: history, system load and console, a row for each step and a column for each metric, nested ones
    joined by dots; media are named, with their digests. tfevents: numbers, texts, histograms and images, a directory
    for each attempt and rank, for `tensorboard --logdir DIR`. A run that is being recorded is written as far as it is
    in the bucket. The paths of what was written are printed.
    """,
)
@click.argument("run", shell_complete=completing.run)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv", "tfevents"]),
    default="parquet",
    show_default=True,
    help="What to write.",
)
@options.places()
@click.pass_obj
def command(session: Session, run: str, folder: Path, form: str) -> None:
    """Export a run."""
    from chiplog_cli import exporting, notes

    bucket, view = session.find(run)
    written = exporting.write(bucket, view, form, folder)
    notes.exported(written, view)
