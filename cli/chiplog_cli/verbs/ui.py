"""`chiplog ui`: serves the dashboard on this machine, as a process of its own."""

import importlib.util
import os
import socket
import sys

import click

from chiplog_cli import options
from chiplog_cli.session import Session

PROGRAM = "chiplog_dashboard"


@click.command("ui")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8090, show_default=True, help="The TCP port; 0 takes a free one."
)
@click.option(
    "--reports",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    metavar="DIR",
    help="Show the reports of a directory too, NAMESPACE/NAME.md, such as a checkout of Git; they are read only.",
)
@options.places()
@click.pass_obj
def command(session: Session, port: int, reports: str | None) -> None:
    """Serve the dashboard of a bucket on this machine, until Ctrl-C.

    \b
    chiplog ui                                 what chiplog run recorded here
    chiplog ui --bucket s3://my-runs/chiplog
    chiplog ui --bucket ./runs --port 9000
    chiplog ui --reports ../papers             and the reports of a checkout

    It listens on 127.0.0.1 alone and reads with your own credentials: what you may read, it shows to you.
    """
    from chiplog.errors import SettingsError

    address = session.where()
    if importlib.util.find_spec(PROGRAM) is None:
        raise SettingsError("the dashboard is not installed: pip install 'chiplog[dashboard]'")
    _require_free(port)
    told = {
        "CHIPLOG_BUCKET": address,
        "CHIPLOG_CLUSTER": session.cluster,
        "CHIPLOG_NAMESPACE": session.namespace,
        "CHIPLOG_UI_PORT": str(port),
        "CHIPLOG_UI_REPORTS": reports or "",
    }
    if port:  # Of a free one the server says the number.
        click.echo(f"chiplog: {address} at http://127.0.0.1:{port} until Ctrl-C", err=True)
    sys.stdout.flush()
    # It takes our place: signals and the exit code are its own.
    os.execve(sys.executable, [sys.executable, "-m", f"{PROGRAM}.main"], {**session.environment(address), **told})  # noqa: S606


def _require_free(port: int) -> None:
    """Ask for the port as the server will, whose own word for one that is taken is the exit code of something else."""
    from chiplog.errors import SettingsError

    with socket.socket() as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingsError(f"--port {port}: {error.strerror}; another one, or 0 for any free one") from error
