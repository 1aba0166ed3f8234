"""Which context holds: by flag, environment, a file of the directory or one above, then the default.

A file of a directory says a name and nothing else, so what comes with somebody's repository can choose among one's own
contexts, and cannot say where to send or what to run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chiplog.errors import SettingsError
from chiplog_cli.accounts import contexts
from chiplog_cli.accounts.contexts import Context, Contexts

FILE = ".chiplog-context"
VARIABLE = "CHIPLOG_CONTEXT"


@dataclass(frozen=True)
class Chosen:
    """A context, and what chose it."""

    context: Context
    by: str


def choose(
    flag: str, environ: Mapping[str, str], directory: Path, held: Contexts, *, has_address: bool = False
) -> Chosen | None:
    """The context that holds in `directory`; None where nothing says one.

    `has_address`: CHIPLOG_BUCKET says where, which outranks what is only written down. Raises SettingsError for a name
    that is no context.
    """
    if flag:
        return Chosen(held.get(flag), "--context")
    if named := environ.get(VARIABLE, ""):
        return Chosen(_get(held, named, VARIABLE), VARIABLE)
    if has_address:
        return None
    if (found := file(directory)) is not None:
        return Chosen(_get(held, named_by(found), str(found)), str(found))
    return Chosen(held.get(held.default), "the default") if held.default else None


def file(directory: Path) -> Path | None:
    """The file that names the context of a directory, in it or above."""
    for folder in (directory, *directory.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    return None


def named_by(path: Path) -> str:
    """The name in such a file. Raises SettingsError where it holds anything else."""
    try:
        return contexts.checked(path.read_text().strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def _get(held: Contexts, name: str, said_by: str) -> Context:
    try:
        return held.get(name)
    except SettingsError as error:
        raise SettingsError(f"{said_by}: {error}") from error
