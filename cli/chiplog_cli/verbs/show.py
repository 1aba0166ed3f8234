"""`chiplog show`: one run in full."""

import click

from chiplog_cli import completing, options
from chiplog_cli.session import Session


@click.command(
    "show",
    help=f"""Show one run: state, config, summary, attempts, cost.

    {options.RUN_HELP}

    \b
    chiplog show mnist
    chiplog show mnist --against mnist-0123abcd       what differs in config and summary
    chiplog show mnist -o json | jq .config.lr
    """,
)
@click.argument("run", shell_complete=completing.run)
@click.option(
    "--against",
    metavar="RUN",
    shell_complete=completing.run,
    help="Say what differs from another run; in JSON under `against`.",
)
@options.reading
def command(session: Session, run: str, against: str | None, output: str) -> None:
    """Show one run."""
    from chiplog.reading import details, documents
    from chiplog_cli import comparing, notes, sheet
    from chiplog_cli.rendering import formats, pages

    bucket, view = session.find(run)
    notes.unread(view.unread)
    found = details.read(bucket, view)
    if against is None:
        if output == "table":
            pages.write(sheet.blocks(found, session.clock()))
        else:
            formats.write_one(output, documents.shown(found))
        return
    other = details.read(*session.find(against))
    if output != "table":
        formats.write_one(output, {**documents.shown(found), "against": comparing.document(found, other)})
    elif tables := comparing.tables(found, other):
        pages.write(tables)
    else:
        click.echo(f"{view.run} and {other.view.run} have the same config and summary", err=True)
