"""`chiplog sync`: run directories of others and of ours, into the bucket."""

import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chiplog_cli import exits, options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog_cli.importing.shipping import Shipment, Target


@click.command("sync")
@click.argument("folders", nargs=-1, metavar="[DIR]...", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--live", is_flag=True, help="Follow what is still written to, and look for more, until Ctrl-C.")
@click.option("--project", default="", metavar="NAME", help="The runs' project; by default what they say themselves.")
@click.option(
    "--state",
    type=click.Choice(["finished", "failed", "killed", "silent"]),
    default="silent",
    show_default=True,
    help="What to say of a run that does not tell how it ended.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, metavar="N", help="Runs at a time.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(min=1),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the store, for each run.",
)
@options.places()
@click.pass_obj
def command(
    session: Session,
    folders: tuple[Path, ...],
    live: bool,
    project: str,
    state: str,
    jobs: int,
    wait_seconds: float,
) -> None:
    """Bring in the runs that stand in each DIR or below.

    They may be of wandb (offline and online), TensorBoard, MLflow's file store (mlruns), import chiplog, JSON lines,
    and chiplog run. Without DIR it completes what chiplog run could not.

    \b
    chiplog sync wandb/                        every run of wandb there
    chiplog sync --project vision runs/        TensorBoard's directories
    chiplog sync mlruns/ --bucket s3://my-runs/chiplog
    chiplog sync --live .                      and what is written from now on

    A second sync adds nothing. Nothing is written to DIR. Exit code 1: something is not in the bucket yet.
    """
    from chiplog.local import places
    from chiplog_cli import storing
    from chiplog_cli.importing import syncing
    from chiplog_cli.rendering import syncs

    target = _target(session, project, state)
    tops = folders or (places.runs(os.environ),)
    with syncs.watching() as progress:
        sync = syncing.Sync(
            lambda address: storing.opened(session, address), progress, wait_seconds, jobs=jobs, live=live
        )
        sync.run(lambda: _shipments(session, target, tops, is_named=bool(folders)))
    _tell(sync.results, folders)


def _target(session: Session, project: str, state: str) -> "Target":
    """Where the runs go, and as whose."""
    from chiplog.local import homes, places
    from chiplog_cli.importing import shipping

    bucket = places.writable(session.address, os.environ)
    home = homes.home(bucket, os.environ, session.cluster, session.namespace, session.opened)
    home.require_project(project)
    return shipping.Target(
        bucket=bucket,
        cluster=home.cluster,
        namespace=home.namespace,
        state=places.runs(os.environ).parent / "sync",
        project=home.project_of(project),
        state_unknown=state,
        user=homes.user(),
        host=socket.gethostname(),
    )


def _shipments(session: Session, target: "Target", tops: Iterable[Path], *, is_named: bool) -> "Iterator[Shipment]":
    """What is found below; of our own runs, where nobody named a directory, those that are not complete."""
    from chiplog_cli.importing import finding, shipping

    for top in tops:
        shipments = (shipping.Shipment(found, target, session.environment) for found in finding.find(top))
        yield from (item for item in shipments if is_named or not item.is_done())


def _tell(results: Mapping[str, int], folders: tuple[Path, ...]) -> None:
    """Say how many runs came how far, and leave with the exit code of it. Raises NotFound where there was none."""
    from chiplog.errors import NotFound
    from chiplog_cli.importing import syncing

    if not results and folders:
        raise NotFound(f"there is no run in {', '.join(map(str, folders))}")
    bad = {syncing.FAILED, syncing.WRITTEN_TO, syncing.BUSY} & results.keys()
    click.echo(", ".join(f"{count} {name}" for name, count in results.items()) or "nothing to complete", err=True)
    click.get_current_context().exit(exits.NO if bad else 0)
