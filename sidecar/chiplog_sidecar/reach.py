"""Opens regular files of one container's run directory, and nothing else; it reads none.

A training container may put anything into its directory: a link to our token, a FIFO that blocks whoever opens it, a
device. So a path is first resolved by its text, every link in it by ourselves, and what is left is opened part by part
with no link allowed: whoever swaps a part meanwhile gets an error and never a file from elsewhere.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chiplog import rundir

OUTSIDE = "it is a link out of the run directory"
LEAVES = "its path leads out of the writer's files"
NOT_A_FILE = "it is no regular file"
MAX_LINKS = 40
"""As the kernel."""

_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@contextmanager
def opened(top: Path, path: str) -> Iterator[int]:
    """A descriptor of the regular file at `path` below `top`, through links that stay below it.

    Raises OSError whose `strerror` says why not: `OUTSIDE`, `NOT_A_FILE`, or the kernel's words.
    """
    descriptor = open_exactly(top, resolve(top, path))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def status(top: Path, path: str) -> os.stat_result:
    """The status of the regular file at `path`; raises as `opened`. Nothing is opened but directories."""
    with _folder_of(top, resolve(top, path)) as (folder, name):
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, NOT_A_FILE, path)
    return found


def resolve(top: Path, path: str) -> list[str]:
    """The parts below `top` that a path leads to, with every link followed. Raises OSError where one leads out.

    An absolute link is what its container meant: `/chiplog/x` there is `x` here.
    """
    todo, parts, links = path.split("/")[::-1], list[str](), 0
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                raise PermissionError(errno.EACCES, OUTSIDE, path)
            parts.pop()
            continue
        target = _target(top.joinpath(*parts, part))
        if target is None:
            parts.append(part)
            continue
        links += 1
        if links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if target.startswith("/"):
            parts, target = [], _inside(top, target, path)
        todo.extend(target.split("/")[::-1])
    return parts


def reason(top: Path, path: str, error: OSError) -> str:
    """Why a file is not read, in words; of one that is not ours to read also whose it is."""
    words = error.strerror or str(error)
    if error.errno == errno.EACCES and words != OUTSIDE:
        with suppress(OSError):
            return f"{words}: it is of user {status(top, path).st_uid}, and the recorder is user {os.geteuid()}"
    return words


def open_exactly(top: Path, parts: list[str]) -> int:
    """A descriptor, which the caller closes, of the regular file at these parts below `top`, none of them a link."""
    with _folder_of(top, parts) as (folder, name):
        # Opening a FIFO, even for a moment, would wake a program that waits at its other end.
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.EINVAL, NOT_A_FILE, name)
        descriptor = os.open(name, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, NOT_A_FILE, name)
    return descriptor


def _inside(top: Path, target: str, path: str) -> str:
    """What an absolute link's target is below `top`."""
    for place in (rundir.MOUNT, str(top)):
        if target.startswith(f"{place}/"):
            return target.removeprefix(place)
    raise PermissionError(errno.EACCES, OUTSIDE, path)


def _target(path: Path) -> str | None:
    """Where a link leads; None where there is none, and no name that could be one."""
    try:
        return os.readlink(path)  # noqa: PTH115 - the bytes as they stand: a Path would tidy them up
    except (OSError, ValueError):
        return None


@contextmanager
def _folder_of(top: Path, parts: list[str]) -> Iterator[tuple[int, str]]:
    if not parts or any("\0" in part for part in parts):
        raise OSError(errno.EINVAL, NOT_A_FILE, "/".join(parts))
    folder = os.open(top, _FOLDER)
    try:
        for part in parts[:-1]:
            below = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        yield folder, parts[-1]
    finally:
        os.close(folder)
