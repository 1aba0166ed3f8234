"""`chiplog keys create|list|rotate|revoke`: API keys for people and machines outside of the cluster."""

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chiplog_cli import options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog_cli.keying import Made

_TO = click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                   help="Write the key to FILE, for your eyes only, instead of printing it.")  # fmt: skip


@click.group("keys")
def command() -> None:
    """Keys for machines outside of the cluster: tokens of ServiceAccounts, by the current Kubernetes context.

    \b
    chiplog keys create ci --service-account ci --project digits -n team-a > key
    chiplog keys list
    chiplog keys rotate ci --overlap 24h > key
    chiplog keys revoke ci

    A key is shown once, when it is made: on stdout alone, everything else is said on stderr.
    """


@command.command("create")
@click.argument("name")
@click.option("--service-account", required=True, metavar="NAME", help="For whom it stands, in -n NAMESPACE.")
@click.option("--project", default="", metavar="NAME", help="The only project that it is for.")
@click.option("--all-projects", is_flag=True, help="For every project of the namespace.")
@click.option("--scope", type=click.Choice(["read", "write"]), default="write", show_default=True, help="What it may.")
@click.option("--expires", default="90d", show_default=True, metavar="SPAN", help="90d, 24h, 30m; the least is 10m.")
@_TO
@options.places(asks_cluster=True)
@click.pass_obj
def create(session: Session, name: str, service_account: str, project: str, all_projects: bool, scope: str,
           expires: str, file: Path | None) -> None:  # fmt: skip
    """Make a key NAME for a project of -n NAMESPACE, or of the context's own namespace."""
    from chiplog.access import keys as known
    from chiplog.errors import SettingsError
    from chiplog_cli import keying, keys

    if bool(project) == all_projects:
        raise SettingsError("say --project NAME, or --all-projects")
    asked = keys.expiry(expires)
    cluster = session.connect()
    wish = known.Key(known.checked_name(name), 1, session.namespace or cluster.namespace, service_account, project,
                     scope, asked)  # fmt: skip
    _show(keying.create(cluster, wish), file)


@command.command("list")
@click.option("-o", "--output", type=click.Choice(options.FORMATS), default="table", show_default=True,
              help="How to print it.")  # fmt: skip
@options.places(asks_cluster=True)
@click.pass_obj
def listed(session: Session, output: str) -> None:
    """List keys: for what they are, until when, and when they were last used; never a key itself."""
    from chiplog_cli import keying, keys
    from chiplog_cli.rendering import formats, pages, text

    found = [key for key in keying.every(session.connect()) if session.namespace in ("", key.namespace)]
    rows = [keys.row(key, session.clock()) for key in found]
    if output != "table":
        formats.write(output, rows, keys.COLUMNS)
    elif rows:
        columns = [pages.Column(name, is_verbatim=True) for name in keys.COLUMNS]
        pages.write([pages.Table(columns, [[_cell(text, row[name]) for name in keys.COLUMNS] for row in rows])])
    else:
        click.echo("there is no key", err=True)


@command.command("rotate")
@click.argument("name")
@click.option("--overlap", default="24h", show_default=True, metavar="SPAN", help="How long the old one stays good.")
@click.option("--expires", metavar="SPAN", help="By default as long as the old one should be good.")
@_TO
@options.places(asks_cluster=True)
@click.pass_obj
def rotate(session: Session, name: str, overlap: str, expires: str | None, file: Path | None) -> None:
    """Make the next generation of the key NAME; the operator ends the old one after the overlap."""
    from chiplog_cli import keying, keys

    span = keys.seconds(overlap, "--overlap")
    asked = keys.expiry(expires) if expires is not None else None
    made = keying.rotate(session.connect(), name, span, asked, session.clock())
    _show(made, file)
    click.echo(f"chiplog: the old key is good for {overlap} more", err=True)


@command.command("revoke")
@click.argument("name")
@options.places(asks_cluster=True)
@click.pass_obj
def revoke(session: Session, name: str) -> None:
    """End every generation of the key NAME; whoever has it is refused within 30 s."""
    from chiplog_cli import keying

    ended = keying.revoke(session.connect(), name)
    click.echo(f"{name} is revoked ({', '.join(key.handle for key in ended)}): refused within 30 s", err=True)


def _show(made: "Made", file: Path | None) -> None:
    """The key to its place, and what is to be known of it to stderr."""
    from chiplog_cli.rendering import text

    key = made.key
    if file is not None:
        _write(file, made.token)
    else:
        click.echo(made.token)
    what = f"{key.project or 'every project'} of {key.namespace}"
    click.echo(f"chiplog: {key.handle} may {key.scope} {what} as {key.service_account}, "
               f"until {text.moment(key.expires_at)} UTC{_clipped(made)}", err=True)  # fmt: skip
    click.echo("chiplog: " + (f"it is in {file}" if file else "it is not shown again"), err=True)


def _clipped(made: "Made") -> str:
    """What to say where the cluster makes it shorter than it was asked to."""
    from chiplog_cli.rendering import text

    key = made.key
    if key.expires_at is None or key.created_at is None:
        return ""
    given = key.expires_at - key.created_at
    if given > key.asked_seconds - 60:
        return ""
    spans = f"{text.duration(given)} instead of {text.duration(key.asked_seconds)}"
    return f": this cluster makes no longer ones ({spans}); renew it with chiplog keys rotate {key.name}"


def _write(file: Path, token: str) -> None:
    """Replace a file as a whole: whoever reads it while they write finds the old key or the new one."""
    from chiplog.errors import SettingsError

    try:
        handle, name = tempfile.mkstemp(prefix=".chiplog-key-", dir=file.parent)
        with os.fdopen(handle, "w") as target:
            target.write(token + "\n")
        Path(name).replace(file)
    except OSError as error:
        sys.stdout.write(token + "\n")  # It exists already, and nobody could learn it otherwise.
        raise SettingsError(f"--to {file}: {error.strerror}; the key is on stdout instead") from error


def _cell(text: Any, value: Any) -> str:
    return str(text.value(value, 60)).removesuffix(".000Z")
