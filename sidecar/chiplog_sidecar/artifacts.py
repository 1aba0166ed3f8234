"""The files of wandb's artifacts: where wandb has staged what an `artifact` row names; it ships none of them.

Offline, `log_artifact` copies an artifact's files into `$WANDB_DATA_DIR/artifacts/staging` (mode 0400, the trainer's)
and names the copies in the record's manifest by absolute paths of the training container. A manifest of more than
100,000 entries is a file of its own there, gzip-compressed JSON lines (`manifest_file_path`).
"""

import gzip
import itertools
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from chiplog import rundir
from chiplog.codec import Row
from chiplog_sidecar import reach

OUTSIDE = "it is an artifact's file outside of the run directory"
"""Where the script set WANDB_DATA_DIR itself: the recorder cannot see it."""

MAX_INLINE_BYTES = 16 * 1024 * 1024
"""An artifact up to this size is shipped before its record; a larger one by the worker, so that no metric waits for a
model of many GB. Its record then comes first."""

MAX_LINE_BYTES = 64 * 1024

MAX_LISTED = 200_000
"""Lines of a manifest's own file that are read at most: each costs memory, and a small archive can hold any number."""

TOO_MANY = "an artifact lists more than 200,000 files"


class Staged(NamedTuple):
    """A file of an artifact."""

    path: str | None
    """Relative to the container's run directory; None for one that lies elsewhere."""
    size: int
    """As the manifest says it, in bytes."""
    reason: str = OUTSIDE
    """Why it has no path."""


def staged(row: Row, top: Path) -> list[Staged]:
    """The staged files of an `artifact` row, the manifest's own file among them; none of any other row.

    Args:
        row: as decoded.
        top: the container's run directory, which is `/chiplog` there.
    """
    manifest = row.get("manifest") if row["kind"] == "artifact" else None
    if not isinstance(manifest, dict):
        return []
    found = [_staged(entry, top) for entry in manifest.get("entries", []) if entry.get("local_path")]
    own = manifest.get("manifest_file_path")
    return [*found, Staged(_below(top, own), 0)] if isinstance(own, str) and own else found


def listed(top: Path, row: Row) -> Iterator[Staged]:
    """The staged files that a manifest's own file lists; none where there is no such file, or it cannot be read."""
    own = row["manifest"].get("manifest_file_path") if isinstance(row.get("manifest"), dict) else None
    path = _below(top, own) if isinstance(own, str) else None
    if path is None:
        return
    try:
        with reach.opened(top, path) as descriptor, open(descriptor, "rb", closefd=False) as file:
            yield from _lines(gzip.GzipFile(fileobj=file), top)
    except (OSError, EOFError, zlib.error):
        return  # The manifest itself is shipped, or told as missing with the reason.


def _lines(file: gzip.GzipFile, top: Path) -> Iterator[Staged]:
    for count in itertools.count():
        line = file.readline(MAX_LINE_BYTES)
        if not line:
            return
        if count == MAX_LISTED:
            yield Staged(None, 0, TOO_MANY)
            return
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and entry.get("local_path"):
            yield _staged(entry, top)


def _staged(entry: dict[str, Any], top: Path) -> Staged:
    size = entry.get("size")
    return Staged(_below(top, str(entry["local_path"])), size if type(size) is int else 0)


def _below(top: Path, path: str) -> str | None:
    if not _is_name(path):
        return None
    for place in (rundir.MOUNT, str(top)):
        inside = path.removeprefix(f"{place}/")
        if inside != path and ".." not in inside.split("/"):
            return inside.lstrip("/")
    return None


def _is_name(path: str) -> bool:
    """Whether a file can be called that: JSON can say half a surrogate pair, and no file system takes it."""
    try:
        return "\0" not in os.fsdecode(os.fsencode(path))
    except UnicodeEncodeError:
        return False
