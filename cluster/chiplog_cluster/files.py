"""Files that appear whole or not at all, locks, and hashes of content; it must not know what they are for."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path


def write(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Put a file in place by a rename, so that no reader sees half of it; the folder is made if absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content.encode() if isinstance(content, str) else content)
    draft.replace(path)


def read(path: Path) -> str | None:
    """The text of a file, or None when there is none."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def lock(path: Path, when_waiting: Callable[[], None]) -> Iterator[None]:
    """Hold an exclusive lock; `when_waiting` is called once if somebody else holds it now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            when_waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest(paths: Iterable[Path], *more: str) -> str:
    """Twelve hex digits over the names and contents of files, and over further words; absent files count as empty."""
    total = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes() if path.is_file() else b""
        total.update(f"{path.name}\0{len(content)}\0".encode() + content)
    total.update("\0".join(more).encode())
    return total.hexdigest()[:12]


def tree_digest(folders: Iterable[Path], *more: str) -> str:
    """The same over every file below some folders, by relative path, bytecode aside."""
    total = hashlib.sha256("\0".join(more).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                total.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:12]
