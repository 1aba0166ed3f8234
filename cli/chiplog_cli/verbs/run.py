"""`chiplog run`: a local command with the recorder beside it."""

import functools
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chiplog_cli import options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog.local.homes import Home
    from chiplog.local.papers import LocalRun


@click.command("run", context_settings={"allow_interspersed_args": False})
@click.argument("words", nargs=-1, required=True, metavar="COMMAND...", type=click.UNPROCESSED)
@click.option("--name", metavar="NAME", help="The run's name; by default the script's.")
@click.option("--project", metavar="NAME", help="Its project; by default the current directory's name.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; repeatable.")
@click.option("--notes", default="", metavar="TEXT", help="What it is for.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the store at the end, at most.",
)
@click.option("--no-console", is_flag=True, help="Leave the terminal to the command; what it prints is not recorded.")
@click.option("--quiet", is_flag=True, help="Say nothing of our own.")
@options.places()
@click.pass_obj
def command(
    session: Session,
    words: tuple[str, ...],
    name: str | None,
    project: str | None,
    tags: tuple[str, ...],
    notes: str,
    wait_seconds: float,
    no_console: bool,
    quiet: bool,
) -> None:
    """Run COMMAND here, and record what it writes: with wandb, TensorBoard or chiplog, or as JSON lines that it prints.

    \b
    chiplog run -- python train.py --lr 0.1
    chiplog run --name baseline --tag nightly --bucket s3://my-runs/chiplog -- python train.py

    The bucket is --bucket, else a context's or CHIPLOG_BUCKET, else ~/.local/share/chiplog; with https:// it is a door
    (docs/door.md). The exit code is the command's own. Signals are passed on. What could not be shipped in time
    `chiplog sync` ships later; docs/local.md tells it all.
    """
    from chiplog.local import directory, homes, places
    from chiplog_cli import running, storing

    bucket = places.writable(session.address, os.environ)
    environ = dict(os.environ)  # The command's: an account's credential is for the recorder alone.
    home = homes.home(bucket, environ, session.cluster, session.namespace, session.opened)
    home.require_project(project)
    run = _described(home, words, name=name, project=project, notes=notes, tags=tags)
    root = places.runs(os.environ) / run.place.id
    made = storing.prepare(directory.Directory(root, bucket, run))

    def say(text: str) -> None:
        if not quiet:
            click.echo(f"chiplog: {text}", err=True)

    say(f"{run.place.id} is recorded into {bucket}")
    options = running.Options(not no_console, wait_seconds)
    opened = functools.partial(storing.opened, session, bucket)
    result = running.run(made, words, options, environ, opened, session.environment(bucket))
    storing.tell(result, made, say)
    sys.exit(result.exit_code)


def _described(
    home: "Home", words: tuple[str, ...], *, name: str | None, project: str | None, notes: str, tags: tuple[str, ...]
) -> "LocalRun":
    """The run that a command is, with an id of its own."""
    from chiplog import masking
    from chiplog.layout import Run
    from chiplog.local import homes, identity, papers

    title = identity.name(name) if name else identity.name_of_command(list(words))
    recorder = identity.new_recorder_id()
    said = project or os.environ.get("CHIPLOG_PROJECT") or os.environ.get("WANDB_PROJECT") or Path.cwd().name
    return papers.LocalRun(
        place=Run(home.cluster, home.namespace, identity.run_id(title, recorder)),
        recorder=recorder,
        name=title,
        display_name=name or title,
        project=home.project_of(said),
        created_at=time.time(),
        command=tuple(masking.arguments(words, masking.secrets(os.environ))),
        notes=notes,
        tags=tags,
        created_by=homes.user(),
        claimed_by=os.environ.get("CHIPLOG_USERNAME") or os.environ.get("WANDB_USERNAME") or "",
        host=socket.gethostname(),
    )
