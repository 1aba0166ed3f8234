"""`chiplog compact`: ended runs become tables, where no compactor of a cluster does it."""

import click

from chiplog_cli import options
from chiplog_cli.session import Session


@click.command(
    "compact",
    help=f"""Fold every run that has ended into tables, list it in the index, and delete what was given up.

    It is what the chart's compactor does all the time, once: for a directory, or a bucket without a cluster. With
    --rebuild, the tables of one run are made again where they are lost or damaged, from its sources.

    {options.RUN_HELP}

    \b
    chiplog compact --bucket ./runs
    chiplog compact --rebuild mnist

    Settings are the compactor's own, CHIPLOG_GRACE_DAYS and the others. Exit code 1 if a run could not be folded.
    """,
)
@click.option("--rebuild", metavar="RUN", help="Make the lost tables of this run again.")
@options.places()
@click.pass_context
def command(context: click.Context, rebuild: str | None) -> None:
    """Start the compactor once."""
    from chiplog_cli import compacting

    session: Session = context.ensure_object(Session)
    if rebuild is None:
        context.exit(compacting.once(session.where(), session.environment(session.where())))
    _, view = session.find(rebuild)
    context.exit(compacting.rebuild(session.where(), view.key, session.environment(session.where())))
