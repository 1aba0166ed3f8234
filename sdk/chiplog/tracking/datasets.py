"""What a dataset on this machine is: a digest of its content, made in the background. It stores no data."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1 << 20
_PATIENCE_SECONDS = 2.0
"""How long the end of a run waits for a digest that is not done."""


def hashed(path: Path, tell: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
    """Hash a file or directory by a thread of its own, and tell `digest`, `size` (bytes) and `files`.

    Returns what the end of the run calls.
    """
    stop = threading.Event()

    def work() -> None:
        try:
            found = digest(path, stop)
        except OSError as error:
            found = {"problem": str(error)}
        tell(found if found is not None else {"problem": "the run ended before it was hashed"})

    thread = threading.Thread(target=work, name="chiplog-dataset", daemon=True)
    thread.start()

    def end() -> None:
        thread.join(_PATIENCE_SECONDS)
        stop.set()
        thread.join(_PATIENCE_SECONDS)

    return end


def digest(path: Path, stop: threading.Event) -> dict[str, Any] | None:
    """SHA-256 of a file; of a directory, of the lines `<digest>  <path>` that `sha256sum` would print, by path.

    None where it was stopped.
    """
    listing, size, count, last = hashlib.sha256(), 0, 0, ""
    for name in sorted(_names(path)):
        last, bytes_read = _of_file(path / name if name else path, stop)
        listing.update(f"{last}  {name}\n".encode(errors="surrogateescape"))
        size, count = size + bytes_read, count + 1
        if stop.is_set():
            return None
    return {"digest": f"sha256:{listing.hexdigest() if path.is_dir() else last}", "size": size, "files": count}


def _names(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield ""
        return
    for folder, _, names in os.walk(path):
        yield from ((Path(folder) / name).relative_to(path).as_posix() for name in names)


def _of_file(path: Path, stop: threading.Event) -> tuple[str, int]:
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while not stop.is_set() and (piece := file.read(_CHUNK_BYTES)):
            found.update(piece)
            size += len(piece)
    return found.hexdigest(), size
