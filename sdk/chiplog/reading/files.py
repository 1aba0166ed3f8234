"""A run's files: what is current at each path, and content that is checked on the way; it names no local file."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.errors import FormatError
from chiplog.reading import rows
from chiplog.reading.members import Member
from chiplog.reading.views import RunView

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class File:
    """The current version of a file."""

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


def read(bucket: Bucket, view: RunView, attempt: int | None = None) -> list[File]:
    """The newest version of every file of a run, or of one attempt, by path. Raises BucketError.

    A path that several ranks or containers have is one file of each; a later attempt's file takes the place of an
    earlier one's.
    """
    found: dict[tuple[str, int, str], File] = {}
    for member in view.members:
        if attempt in (None, member.attempt):
            for stream in rows.stream_rows(bucket, member.recorder, kinds=("file",)).values():
                found.update(_current(stream.rows, member))
    return [found[place] for place in sorted(found)]


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


def _current(items: Iterable[Row], member: Member) -> dict[tuple[str, int, str], File]:
    """The last row of each path; rows come in the order of their position."""
    return {(row["path"], member.rank, row["container"]): _file(row, member) for row in items}


def _file(row: Row, member: Member) -> File:
    return File(
        path=row["path"],
        container=row["container"],
        attempt=member.attempt,
        rank=member.rank,
        recorder=member.recorder.id,
        size=row.get("size"),
        sha256=row.get("sha256"),
        key=row.get("key"),
        modified=row.get("modified"),
        policy=str(row.get("policy", "")),
        missing=str(row.get("missing", "")),
    )
