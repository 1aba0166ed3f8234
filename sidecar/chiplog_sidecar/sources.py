"""Finds the files that writers leave in a run directory; it opens and reads none of them."""

import fnmatch
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chiplog import rundir
from chiplog_sidecar import jsonlines, printed, reach
from chiplog_sidecar.runfile import log as runfile
from chiplog_sidecar.tensorboard import log as tensorboard
from chiplog_sidecar.wandb import log as wandb

MAX_DEPTH = 5
"""Directories below this depth of a run directory are not searched for sources."""

NOT_UTF8 = "its name is no UTF-8"
"""Of a source, or of a directory that might hold some: heads and keys are text. Files with such names are shipped."""

TOO_DEEP = "it is below the fifth directory"
"""Of a directory, which may hold sources."""

A_LINK = "it is a source and a link"
"""To a file of the run directory, which is followed by its own name if it has one of a source."""

_LEAVES = {"wandb-data", "wandb-cache", "node_modules", ".git"}
_LEAVES_OF_WANDB = {"files", "logs", "tmp"}
"""What wandb keeps beside its log; anywhere else TensorBoard's events may well stand in `logs`."""


@dataclass(frozen=True)
class Source:
    """A file that a writer appends to."""

    container: str
    path: str
    """Relative to the container's run directory, with slashes."""

    kind: str
    """What it holds: a key of `formats.BY_KIND`."""


def containers(root: Path, named: tuple[str, ...]) -> list[str]:
    """The containers that have a run directory by now: of the named ones, or of all."""
    present = [entry.name for entry in _entries(root) if entry.is_dir(follow_symlinks=False) and _is_text(entry.name)]
    return sorted(name for name in present if not name.startswith(".") and (not named or name in named))


Skip = Callable[[str], None]
"""Told the reason of each thing that is passed over."""


def followed(root: Path, container: str, skip: Skip = lambda _: None) -> list[Source]:
    """The files of a container that are followed, by path: wandb's oldest directory comes first."""
    found = _search(root / container, "", MAX_DEPTH, skip)
    return [Source(container, path, kind) for path, kind in sorted(found)]


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


def _search(top: Path, relative: str, depth: int, skip: Skip) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    folder = top / relative
    for entry in _entries(folder, skip):
        path = f"{relative}{entry.name}"
        kind = _kind(entry.name, folder.name)
        if kind and entry.is_file(follow_symlinks=False):
            found.append((path, kind)) if _is_text(entry.name) else skip(NOT_UTF8)
        elif entry.is_dir(follow_symlinks=False):
            reason = _unsearched(entry.name, relative, depth)
            if reason is None:
                found.extend(_search(top, f"{path}/", depth - 1, skip))
            elif reason:
                skip(reason)
        elif entry.is_symlink() or kind:
            _pass_over(top, path, kind, entry.is_symlink(), skip)
    return found


def _unsearched(name: str, relative: str, depth: int) -> str | None:
    """Why a directory is not searched, empty where there is nothing to find; None for one that is."""
    if _is_leaf(name, relative):
        return ""
    if not depth:
        return TOO_DEEP
    return None if _is_text(name) else NOT_UTF8


def _pass_over(top: Path, path: str, kind: str, is_link: bool, skip: Skip) -> None:
    """Count a link that leads out, and what is called like a source and is no file of its own."""
    try:
        reason = A_LINK if is_link and reach.resolve(top, path) else reach.NOT_A_FILE
    except OSError as error:
        reason = error.strerror or str(error)
    if kind or reason != A_LINK:
        skip(reason)


def _is_leaf(name: str, relative: str) -> bool:
    """Whether a directory is not searched; what is under the run directory's own `files` is shipped, not followed."""
    if name in _LEAVES or (name == rundir.FILES and not relative):
        return True
    parent = relative.rstrip("/").rpartition("/")[2]
    return name in _LEAVES_OF_WANDB and wandb.is_directory(parent)


def _kind(name: str, folder: str) -> str:
    """The kind of a file, by its name and its directory's; empty where it is not followed."""
    if wandb.is_log(name, folder):
        return wandb.KIND
    if tensorboard.is_log(name):
        return tensorboard.KIND
    if runfile.is_log(name):
        return runfile.KIND
    return jsonlines.KIND if name == jsonlines.NAME else printed.kind(name)


def _is_text(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def _entries(folder: Path, skip: Skip = lambda _: None) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        pass  # Not there yet.
    except OSError as error:
        skip(error.strerror or str(error))  # Not ours to read, or not readable: a later pass looks again.
    return []
