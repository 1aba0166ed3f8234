"""`chiplog restore`: the run directory again, byte for byte."""

from functools import partial
from pathlib import Path

import click

from chiplog_cli import completing, options
from chiplog_cli.session import Session


@click.command(
    "restore",
    help=f"""Make the directory of RUN again in DIR: every log, event file and saved file, byte for byte.

    {options.RUN_HELP}

    \b
    chiplog restore mnist /tmp/mnist
    wandb sync /tmp/mnist/main/wandb/offline-run-*

    What comes out is what the script wrote, with its modes and times: `wandb sync` and `wandb leet inspect` read it,
    TensorBoard too. Where the run had several attempts, ranks or containers, each has a directory attempt-N/rank-N/
    CONTAINER. Exit code 1 if something could not be had.
    """,
)
@click.argument("run", shell_complete=completing.run)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@options.places()
@click.pass_obj
def command(session: Session, run: str, folder: Path) -> None:
    """Restore a run's directory."""
    from chiplog_cli import notes, restoring
    from chiplog_cli.rendering import progress

    bucket, view = session.find(run)
    count, problems = restoring.restore(bucket, view, folder, partial(progress.over, what="restoring"))
    notes.restored(count, problems, folder)
