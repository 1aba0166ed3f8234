"""`chiplog watch`: a run as it goes, with curves."""

from typing import TYPE_CHECKING

import click

from chiplog_cli import completing, options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog.bucket import Bucket
    from chiplog.reading.views import RunView


@click.command(
    "watch",
    help=f"""Watch a run until it is over; Ctrl-C ends it. Its recorders write every second meanwhile.

    {options.RUN_HELP}

    \b
    chiplog watch mnist
    chiplog watch mnist --keys loss,val/acc
    chiplog watch mnist | tee progress.txt        a line for each change
    """,
)
@click.argument("run", shell_complete=completing.run)
@click.option(
    "--key", "single", multiple=True, metavar="K", shell_complete=completing.metric, help="This metric; repeatable."
)
@click.option(
    "--keys",
    "several",
    multiple=True,
    metavar="K,K",
    shell_complete=completing.metric,
    help="The same of several, divided by commas.",
)
@options.places()
@click.pass_obj
def command(session: Session, run: str, single: tuple[str, ...], several: tuple[str, ...]) -> None:
    """Watch a run."""
    from chiplog_cli import thinning
    from chiplog_cli.keeping import KeepingBucket
    from chiplog_cli.rendering import pages

    bucket, view = session.find(run)
    keys = (*single, *thinning.names(several))
    draw = _draw if pages.is_terminal() else _tell
    draw(session, KeepingBucket(bucket), view, keys)


def _draw(session: Session, bucket: "Bucket", view: "RunView", keys: tuple[str, ...]) -> None:
    from chiplog.reading import history
    from chiplog_cli import following, scene
    from chiplog_cli.rendering import live

    with live.screen() as screen:
        for seen in following.looks(bucket, view, session.clock):
            shown = scene.curves(seen, history.read(bucket, seen), keys)
            hint = "" if following.is_over(seen) else "Ctrl-C ends the watch, not the run"
            facts = scene.facts(seen, session.clock())
            screen.update(live.scene(screen.console, facts, shown, hint), refresh=True)


def _tell(session: Session, bucket: "Bucket", view: "RunView", keys: tuple[str, ...]) -> None:
    from chiplog.reading import history
    from chiplog_cli import following, scene

    told = ""
    for seen in following.looks(bucket, view, session.clock):
        line = scene.line(seen, scene.curves(seen, history.read(bucket, seen), keys))
        if line != told:
            click.echo(line)
        told = line
