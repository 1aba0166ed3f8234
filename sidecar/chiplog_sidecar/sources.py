"""Finds the files that writers leave in a run directory; it opens and reads none of them."""

import fnmatch
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chiplog import rundir

MAX_DEPTH = 5
"""Directories below this depth of a run directory are not searched for wandb's logs."""

_LEAVES = {"files", "logs", "tmp", "wandb-data", "wandb-cache", "media", "node_modules", ".git"}


@dataclass(frozen=True)
class Source:
    """A file that a writer appends to."""

    container: str
    path: str
    """Relative to the container's run directory, with slashes."""


def containers(root: Path, named: tuple[str, ...]) -> list[str]:
    """The containers that have a run directory by now: of the named ones, or of all."""
    present = [entry.name for entry in _entries(root) if entry.is_dir(follow_symlinks=False)]
    return sorted(name for name in present if not name.startswith(".") and (not named or name in named))


def wandb_logs(root: Path, container: str) -> list[Source]:
    """wandb's transaction logs of a container, oldest directory first."""
    found = _search(root / container, "", MAX_DEPTH)
    return [Source(container, path) for path in sorted(found)]


def shipped_files(root: Path, container: str) -> Iterator[str]:
    """Paths under the `files` directory of a container's run directory; hidden and `.tmp` files are in the making."""
    top = root / container / rundir.FILES
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not (name.startswith(".") or name.endswith((".tmp", ".part"))):
                yield (Path(folder) / name).relative_to(root / container).as_posix()


def is_wanted(path: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    """Whether the globs let a file be shipped; `*` also matches slashes."""
    if any(fnmatch.fnmatchcase(path, glob) for glob in exclude):
        return False
    return not include or any(fnmatch.fnmatchcase(path, glob) for glob in include)


def _search(folder: Path, relative: str, depth: int) -> list[str]:
    found: list[str] = []
    for entry in _entries(folder):
        path = f"{relative}{entry.name}"
        if entry.is_file(follow_symlinks=False) and _is_log(entry.name, folder.name):
            found.append(path)
        elif depth and entry.name not in _LEAVES and entry.is_dir(follow_symlinks=False):
            found.extend(_search(folder / entry.name, f"{path}/", depth - 1))
    return found


def _is_log(name: str, folder: str) -> bool:
    return name.startswith("run-") and name.endswith(".wandb") and folder.startswith(("offline-run-", "run-"))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []  # Not there yet, or not ours to read: both may change, and a later pass looks again.
