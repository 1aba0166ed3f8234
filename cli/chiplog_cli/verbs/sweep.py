"""`chiplog sweep ls|show|best|importance`: what sweeps found, from the trials that are over."""

from typing import TYPE_CHECKING

import click

from chiplog_cli import exits, options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog.reading.sweeps import Sweep

_NAME = "SWEEP is a Sweep's name (the newest of it), its id, or namespace/name."


@click.group("sweep")
def command() -> None:
    """Ask a sweep for its trials, the best of them, and which parameters matter.

    \b
    chiplog sweep ls
    chiplog sweep best lr-search

    The bucket holds the trials that are over; `kubectl get sweeps` shows what runs.
    """


@command.command("ls")
@options.reading
def ls(session: Session, output: str) -> None:
    """List sweeps, newest first, with the best value of each."""
    from chiplog.reading import groups, sweeps
    from chiplog_cli import trials
    from chiplog_cli.rendering import formats, pages

    found = sweeps.every(session.bucket(), session.cluster, session.namespace)
    if output != "table":
        formats.write(output, map(groups.sweep, found), groups.SWEEP)
    elif found:
        pages.write([trials.sweeps_table(found)])
    else:
        click.echo("no sweep has a trial that is over", err=True)


@command.command("show", help=f"""Show a sweep and its trials in their order.

    {_NAME}

    In json the document has the sweep's facts and `trials`, each with index, name, run, state, value, message,
    parameters, started_at and finished_at: the data of a plot in parallel coordinates. csv and jsonl have the trials.
    """)  # fmt: skip
@click.argument("name", metavar="SWEEP")
@options.reading
def show(session: Session, name: str, output: str) -> None:
    """Show a sweep and its trials in their order."""
    from chiplog.reading import groups
    from chiplog_cli import trials
    from chiplog_cli.rendering import formats, pages

    found = _found(session, name)
    rows = [groups.trial(found, item) for item in found.trials]
    if output == "json":
        formats.write_one(output, {**groups.sweep(found), "trials": rows})
    elif output != "table":
        formats.write(output, rows, groups.TRIAL)
    else:
        pages.write([trials.facts(found), trials.trials_table(found, found.trials)])


@command.command("best", help=f"""Show the best trials; exit with 1 where none has a value.

    {_NAME}
    """)  # fmt: skip
@click.argument("name", metavar="SWEEP")
@click.option("--count", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="So many.")
@options.reading
@click.pass_context
def best(context: click.Context, session: Session, name: str, count: int, output: str) -> None:
    """Show the best trials."""
    from chiplog.reading import groups
    from chiplog_cli import trials
    from chiplog_cli.rendering import formats, pages

    found = _found(session, name)
    chosen = found.ranked()[:count]
    if output != "table":
        formats.write(output, (groups.trial(found, item) for item in chosen), groups.TRIAL)
    elif chosen:
        pages.write([trials.trials_table(found, chosen)])
    if not chosen:
        click.echo(f"no trial of {found.name} has a value", err=True)
        context.exit(exits.NO)


@command.command("importance", help=f"""Say how much each parameter has to do with the metric.

    {_NAME}

    Importance is the share of the metric's ranks that the parameter alone explains (eta-squared of the Kruskal-Wallis
    test); correlation is Spearman's, for numbers: below 0 a larger value goes with a smaller metric.
    """)  # fmt: skip
@click.argument("name", metavar="SWEEP")
@options.reading
def importance(session: Session, name: str, output: str) -> None:
    """Say how much each parameter has to do with the metric."""
    from dataclasses import asdict

    from chiplog.reading import sweeps
    from chiplog_cli import trials
    from chiplog_cli.rendering import formats, pages

    found = sweeps.importance(_found(session, name))
    if output != "table":
        formats.write(output, map(asdict, found), trials.IMPORTANCE)
    elif found:
        pages.write([trials.importance_table(found)])
    else:
        click.echo("no trial has a value yet", err=True)


def _found(session: Session, name: str) -> "Sweep":
    from chiplog.reading import sweeps

    return sweeps.find(session.bucket(), name, session.cluster, session.namespace)
