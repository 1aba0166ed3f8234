"""`chiplog ls`: all runs, newest first."""

import click

from chiplog_cli import options
from chiplog_cli.session import Session


@click.command("ls")
@options.reading
def command(session: Session, output: str) -> None:
    """List runs, newest first, and recorders that no run has claimed.

    \b
    In json, jsonl and csv each run has namespace, project, run (its id), name, state, attempts, step,
    started_at, finished_at, config (of the TrainingRun), summary (scalars, as the recorder last said),
    tags and lag_seconds. Times are ISO 8601 in UTC; null is unknown. `show` has more.
    """
    from chiplog.reading import documents, runs
    from chiplog_cli import notes, tables
    from chiplog_cli.rendering import formats, pages

    found = runs.every(session.bucket(), session.cluster, session.namespace, session.clock)
    notes.unread(found)
    if output != "table":
        formats.write(output, [documents.listed(view) for view in found], documents.LISTED)
    elif found:
        pages.write([tables.runs(found, session.clock())])
    else:
        click.echo("no runs yet", err=True)
