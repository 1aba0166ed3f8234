"""`chiplog show`: one run in full."""

import click

from chiplog_cli import options
from chiplog_cli.session import Session


@click.command("show", help=f"Show one run: state, config, summary, attempts, cost.\n\n{options.RUN_HELP}")
@click.argument("run")
@options.reading
def command(session: Session, run: str, output: str) -> None:
    """Show one run."""
    from chiplog.reading import details, documents
    from chiplog_cli import notes, sheet
    from chiplog_cli.rendering import formats, pages

    bucket, view = session.find(run)
    notes.unread([view])
    found = details.read(bucket, view)
    if output == "table":
        pages.write(sheet.blocks(found, session.clock()))
    else:
        formats.write_one(output, documents.shown(found))
