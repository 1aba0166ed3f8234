"""`chiplog context add|use|list|rm`: accounts on this machine, each a place and a credential by reference."""

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chiplog_cli import options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog_cli.accounts.contexts import Credential

SERVICE = "chiplog"
"""In a keyring, for the keys that `--key-stdin` keeps."""


@click.group("context")
def command() -> None:
    """Keep accounts on this machine: where runs are, and by which credential. No secret stands in a context.

    \b
    chiplog context add team s3://my-runs/chiplog --profile team --namespace team-a
    chiplog context add lab https://chiplog.example.com --key-file ~/.config/chiplog/lab.key
    chiplog context use team
    chiplog --context lab ls

    Which one holds: --context, CHIPLOG_CONTEXT, a file .chiplog-context in the directory or one above it, the default.
    --bucket outranks them all, CHIPLOG_BUCKET the last two.
    """


@command.command("add")
@click.argument("name", metavar="NAME")
@click.argument("bucket", metavar="ADDRESS")
@click.option("-n", "--namespace", default="", metavar="NAME", help="Look at runs of this namespace only.")
@click.option("--cluster", default="", metavar="NAME", help="Look at this cluster's runs only.")
@click.option("--endpoint", default="", metavar="URL", help="Of an S3 that is not AWS.")
@click.option("--region", default="", metavar="NAME", help="Of the bucket.")
@click.option("--profile", metavar="NAME", help="A profile of ~/.aws, for S3.")
@click.option("--key-env", metavar="VARIABLE", help="The variable that holds the key.")
@click.option("--key-file", metavar="FILE", help="A file with the key, mode 0600; for S3 like ~/.aws/credentials.")
@click.option("--keyring", nargs=2, metavar="SERVICE USER", help="Where the keyring holds the key (package keyring).")
@click.option("--exec", "plugin", metavar="COMMAND", help="What prints the key, as a plugin of kubectl or AWS does.")
@click.option("--key-stdin", is_flag=True, help="Read the key now, and keep it in the keyring, else in a file of ours.")
@click.option("--use", "is_default", is_flag=True, help="Make it the default.")
def add(
    name: str,
    bucket: str,
    namespace: str,
    cluster: str,
    endpoint: str,
    region: str,
    profile: str | None,
    key_env: str | None,
    key_file: str | None,
    keyring: tuple[str, str] | None,
    plugin: str | None,
    key_stdin: bool,
    is_default: bool,
) -> None:
    """Add an account, or put another in the place of one of its name. The first is the default.

    ADDRESS is s3://bucket/prefix, https://server, or a directory. At most one credential; without one the surroundings'
    own holds (for S3 boto3's, for a server CHIPLOG_API_KEY). A pair of S3 keys in a variable or the keyring is
    ACCESS:SECRET.
    """
    from chiplog.errors import SettingsError
    from chiplog_cli.accounts import contexts, tracked

    words = {"profile": profile and (profile,), "env": key_env and (key_env,), "keyring": keyring,
             "file": key_file and (str(Path(key_file).expanduser().absolute()),),
             "exec": plugin and tuple(shlex.split(plugin))}  # fmt: skip
    given = [contexts.Credential(kind, tuple(told)) for kind, told in words.items() if told]
    if len(given) + key_stdin > 1:
        raise SettingsError("one credential only: --profile, --key-env, --key-file, --keyring, --exec or --key-stdin")
    folder = contexts.folder(os.environ)
    held = contexts.read(folder)
    credential = _kept(contexts.checked(name), folder) if key_stdin else next(iter(given), None)
    made = contexts.Context(name, _address(bucket), namespace, cluster, endpoint, region, credential)
    contexts.write(folder, held.added(made, is_default=is_default))
    if credential is not None and credential.kind == "file" and (said := tracked.warning(Path(credential.words[0]))):
        click.echo(f"chiplog: {said}", err=True)


@command.command("use")
@click.argument("name", metavar="NAME")
@click.option("--here", is_flag=True, help="For this directory and those below: writes .chiplog-context, a name alone.")
def use(name: str, here: bool) -> None:
    """Make an account the default, or this directory's."""
    from chiplog_cli.accounts import choosing, contexts

    folder = contexts.folder(os.environ)
    held = contexts.read(folder)
    if here:
        Path(choosing.FILE).write_text(f"{held.get(name).name}\n")
    else:
        contexts.write(folder, held.used(name))


@command.command("list")
@click.option(
    "-o", "--output", type=click.Choice(options.FORMATS), default="table", show_default=True, help="How to print it."
)
@click.pass_obj
def listed(session: Session, output: str) -> None:
    """List the accounts, and which holds here and why. Credentials are shown as what they refer to."""
    from chiplog_cli.accounts import choosing, contexts
    from chiplog_cli.rendering import formats

    held = contexts.read(contexts.folder(os.environ))
    chosen = choosing.choose(session.context, os.environ, Path.cwd(), held, has_address=bool(session.usual))
    columns = ("holds", "name", "bucket", "namespace", "cluster", "credential")
    rows = [{
        "holds": chosen.by if chosen is not None and chosen.context.name == name else "",
        "name": name, "bucket": item.bucket, "namespace": item.namespace, "cluster": item.cluster,
        "credential": str(item.credential or ""),
    } for name, item in sorted(held.found.items())]  # fmt: skip
    if output != "table":
        formats.write(output, rows, columns)
        return
    if session.usual and chosen is None:
        click.echo(f"CHIPLOG_BUCKET={session.usual} holds", err=True)
    if not rows:
        click.echo("no account yet: chiplog context add", err=True)
    for row in rows:
        mark = f"* by {row['holds']}" if row["holds"] else ""
        click.echo("  ".join(filter(None, (row["name"], row["bucket"], row["namespace"], row["credential"], mark))))


@command.command("rm")
@click.argument("name", metavar="NAME")
def rm(name: str) -> None:
    """Remove an account, and the key that `add --key-stdin` kept for it; what else it refers to stays."""
    from chiplog_cli.accounts import contexts

    folder = contexts.folder(os.environ)
    held = contexts.read(folder)
    credential = held.get(name).credential
    contexts.write(folder, held.without(name))
    _forget(name, credential, folder)


def _address(text: str) -> str:
    """A directory's is absolute: a context holds wherever one is."""
    return text if "://" in text else str(Path(text).expanduser().absolute())


def _kept(name: str, folder: Path) -> "Credential":
    """Keep the key that is typed or piped in, and say where."""
    from chiplog.errors import SettingsError
    from chiplog_cli.accounts import contexts, credentials

    key = click.prompt("key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read()
    if not key.strip():
        raise SettingsError("--key-stdin: standard input holds no key")
    held = credentials.keyring()
    if held is not None:
        held.set_password(SERVICE, name, key.strip())
        return contexts.Credential("keyring", (SERVICE, name))
    path = _own_file(name, folder)
    contexts.private(path, key.strip() + "\n")
    return contexts.Credential("file", (str(path),))


def _forget(name: str, credential: "Credential | None", folder: Path) -> None:
    from chiplog_cli.accounts import contexts, credentials

    if credential == contexts.Credential("file", (str(_own_file(name, folder)),)):
        _own_file(name, folder).unlink(missing_ok=True)
    held = credentials.keyring() if credential == contexts.Credential("keyring", (SERVICE, name)) else None
    if held is not None:
        held.delete_password(SERVICE, name)


def _own_file(name: str, folder: Path) -> Path:
    return folder / "keys" / name
