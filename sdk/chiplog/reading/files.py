"""A run's files: the versions of each path, and content that is checked on the way; it names no local file.

Who writes a row may write anything into it, and who reads it may see more of the bucket than they: content is looked
for among the recorder's own alone.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.errors import FormatError
from chiplog.reading import rows
from chiplog.reading.members import Member
from chiplog.reading.views import RunView

FOREIGN = "the row names what is none of its recorder's files"

_BLOCK_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class File:
    """One version of a file."""

    path: str
    """Relative to the run directory of its container."""
    container: str
    attempt: int
    rank: int
    recorder: str
    size: int | None
    sha256: str | None
    key: str | None
    """Where its content is; None where it is missing."""
    modified: float | None
    policy: str
    missing: str
    """Why its content could not be recorded; empty where it is there."""
    modified_ns: int | None = None
    """The same to the nanosecond; None where an older recorder did not say."""
    mode: int | None = None
    """Its permission bits; None where an older recorder did not say."""
    version: int = 1
    """Counts the versions of this path from 1; the highest one is the current one."""
    versions: int = 1
    """How many there are."""


def read(bucket: Bucket, view: RunView, attempt: int | None = None, *, every: bool = False) -> list[File]:
    """The newest version of every file of a run, or of one attempt, by path; with `every` all versions, oldest first.

    A path that several ranks or containers have is one file of each; a later attempt's versions follow an earlier
    one's. Raises BucketError.
    """
    found: dict[tuple[str, int, str], list[File]] = {}
    for member in view.members:
        if attempt in (None, member.attempt):
            for stream in rows.stream_rows(bucket, member.recorder, kinds=("file",)).values():
                for row in stream.rows:
                    found.setdefault((row["path"], member.rank, row["container"]), []).append(_file(row, member))
    return [file for place in sorted(found) for file in _numbered(found[place], every=every)]


def fetch(bucket: Bucket, file: File, target: BinaryIO) -> None:
    """Write a file's content to `target`. Raises FormatError if it is missing or not what was recorded; BucketError."""
    if file.key is None:
        raise FormatError(f"{file.path} was not recorded: {file.missing}")
    digest = hashlib.sha256()
    with bucket.open(file.key) as source:
        while block := source.read(_BLOCK_BYTES):
            digest.update(block)
            target.write(block)
    if digest.hexdigest() != file.sha256:
        raise FormatError(f"{file.key} is damaged: its SHA-256 is {digest.hexdigest()}, not {file.sha256}")


def _numbered(versions: list[File], *, every: bool) -> list[File]:
    count = len(versions)
    numbered = [replace(file, version=number, versions=count) for number, file in enumerate(versions, 1)]
    return numbered if every else numbered[-1:]


def _file(row: Row, member: Member) -> File:
    key, sha256, size = (row.get(name) for name in ("key", "sha256", "size"))
    is_own = key is None or _is_own(key, sha256, member.recorder)
    return File(
        path=row["path"],
        container=row["container"],
        attempt=member.attempt,
        rank=member.rank,
        recorder=member.recorder.id,
        size=size if isinstance(size, int) else None,
        sha256=sha256 if isinstance(sha256, str) else None,
        key=key if is_own else None,
        modified=row.get("modified"),
        policy=str(row.get("policy", "")),
        missing=str(row.get("missing", "")) if is_own else FOREIGN,
        modified_ns=row.get("modified_ns") or None,
        mode=row.get("mode"),
    )


def _is_own(key: Any, sha256: Any, recorder: layout.Recorder) -> bool:
    """A key is that of this content among the recorder's blobs, and leads nowhere else."""
    if not (isinstance(key, str) and isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        return False
    folder, _, name = key.rpartition("/")
    return folder == f"{layout.blobs_prefix(recorder)}{sha256}" and name not in ("", ".", "..")
