"""Whether a process lives, by a lock that it holds; a lock goes with its last holder, however that ends.

A process number is given out again, a lock is not. It belongs to the open file: forked children hold it too.
"""

import contextlib
import fcntl
import os
from pathlib import Path


def hold(path: Path) -> int | None:
    """A descriptor that holds the lock of `path` until it is closed everywhere; None while somebody else holds it.

    Pass it to a child (`pass_fds`) to make the child the holder. Raises OSError where the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock of `path`; nobody does where there is no such file."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
