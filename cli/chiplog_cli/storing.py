"""What the verbs share that write on this machine: who does it, where, and what is said about it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chiplog.bucket import Bucket
from chiplog.errors import SettingsError
from chiplog.local.directory import Directory
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog_cli.running import Result


def opened(session: Session, address: str) -> Bucket:
    """The bucket at an address to write to; a directory is made. Raises SettingsError and BucketError."""
    if "://" not in address:
        try:
            Path(address).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"--bucket {address}: {error.strerror}") from error
    return session.opened(address)


def prepare(place: Directory) -> Directory:
    """Make the run directory and write down what it is. Raises SettingsError."""
    try:
        place.main.mkdir(parents=True)
        if "://" not in place.bucket:
            Path(place.bucket).mkdir(parents=True, exist_ok=True)
        return place.write()
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}") from error


def tell(result: "Result", place: Directory, say: Callable[[str], None]) -> None:
    """Say how it went, once the command has ended."""
    if not result.is_started:
        shutil.rmtree(place.root, ignore_errors=True)
        say(result.problem)
    elif result.is_complete:
        say(f"everything is in the bucket: chiplog show {place.run.place.id}")
    else:
        why = f" ({result.problem.splitlines()[0]})" if result.problem else ""
        say(f"not everything is in the bucket yet{why}; later: chiplog sync {place.root}")
