"""`chiplog verify`: whether everything that was recorded is still there, as it was written."""

import click

from chiplog_cli import completing, options
from chiplog_cli.session import Session


@click.command(
    "verify",
    help=f"""Look for objects that are lost, cut short or changed: of RUN, or of everything.

    {options.RUN_HELP}

    \b
    chiplog verify mnist
    chiplog verify                  all runs

    Every object is read and compared with its digests; rows with their counts and positions. Exit code 1 if anything is
    wrong. In json, jsonl and csv a finding has key, problem (lost, damaged) and detail.
    """,
)
@click.argument("run", required=False, shell_complete=completing.run)
@click.option("--quick", is_flag=True, help="Do not read files and checkpoints; look whether they are there, whole.")
@options.reading
@click.pass_context
def command(context: click.Context, session: Session, run: str | None, quick: bool, output: str) -> None:
    """Look for damage."""
    from dataclasses import asdict

    from chiplog.reading import runs, verifying
    from chiplog_cli import exits, notes, tables
    from chiplog_cli.rendering import formats, pages, progress

    if run is None:
        bucket = session.bucket()
        views = runs.every(bucket, session.cluster, session.namespace, session.clock)
        found = list(verifying.everything(bucket, progress.over(views, "verifying"), quick=quick))
    else:
        bucket, view = session.find(run)
        views = [view]
        found = list(verifying.run(bucket, view, quick=quick))
    if output != "table":
        formats.write(output, map(asdict, found), ("key", "problem", "detail"))
    elif found:
        pages.write([tables.findings(found)])
    if not found:
        notes.verified(len(views))
    else:
        context.exit(exits.NO)
