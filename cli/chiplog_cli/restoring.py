"""Makes a run's directory again from sources and blobs; it writes nothing outside of it, and leaves no half file."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chiplog.bucket import Bucket
from chiplog.errors import FormatError, SettingsError
from chiplog.reading import files, sources
from chiplog.reading.files import File
from chiplog.reading.sources import Followed
from chiplog.reading.views import RunView
from chiplog_cli import downloading

Write = Callable[[BinaryIO], None]


@dataclass(frozen=True)
class Target:
    """A file of the run directory, and how it is written."""

    container: str
    attempt: int
    rank: int
    path: str
    write: Write
    facts: downloading.Facts = downloading.NO_FACTS


def restore(
    bucket: Bucket, view: RunView, folder: Path, shown: Callable[[list[Target]], Iterable[Target]] = list
) -> tuple[int, list[str]]:
    """Write every file of a run below `folder`; how many there are now, and in words what could not be had.

    A file lands at its own path; where the run has several attempts, ranks or containers, below `attempt-N/rank-N/
    CONTAINER`. `shown` gives the files, and may say how many are done.
    Raises SettingsError where `folder` is not to be written to, and BucketError.
    """
    targets, problems, count = list(_targets(bucket, view)), [], 0
    many = len({(item.attempt, item.rank, item.container) for item in targets}) > 1
    for target in shown(targets):
        above = [f"attempt-{target.attempt}", f"rank-{target.rank}", target.container] if many else []
        try:
            place = folder / downloading.inside([*above, *target.path.split("/")])
            downloading.write(place, target.write, target.facts)
            count += 1
        except FormatError as error:
            problems.append(str(error))
        except OSError as error:
            raise SettingsError(f"{folder}: {error.strerror}: {error.filename}") from error
    return count, problems


def _targets(bucket: Bucket, view: RunView) -> Iterator[Target]:
    """Followed files first: what a script also asked to be kept of them may be an earlier state."""
    followed = sources.read(bucket, view)
    newest = {_place(item): item.generation for item in followed}  # In the order of generations: the last one stays.
    for item in followed:
        path = item.path if item.generation == newest[_place(item)] else f"{item.path}.{item.generation}"
        facts = downloading.Facts(item.modified_ns, item.mode)
        yield Target(item.container, item.attempt, item.rank, path, _write_followed(bucket, item), facts)
    for attempt in sorted({member.attempt for member in view.members}):
        for file in files.read(bucket, view, attempt):
            is_followed = (file.attempt, file.rank, file.container, file.path) in newest
            if not is_followed and not _was_no_file(file):
                write = _write_blob(bucket, file)
                yield Target(file.container, file.attempt, file.rank, file.path, write, _facts(file))


def _facts(file: File) -> downloading.Facts:
    told = None if file.modified is None else int(file.modified * 1e9)
    return downloading.Facts(file.modified_ns or told, file.mode)


def _was_no_file(file: File) -> bool:
    """Bytes of a record that stand alone for readers, or a file that was asked to be kept and never made."""
    return file.policy == "inline" or file.missing == os.strerror(errno.ENOENT)


def _place(item: Followed) -> tuple[int, int, str, str]:
    return (item.attempt, item.rank, item.container, item.path)


def _write_followed(bucket: Bucket, item: Followed) -> Write:
    def write(target: BinaryIO) -> None:
        if not item.stretches:
            raise FormatError(f"{item.path}: its source is not in the bucket: it is not cut yet, or retention took it")
        for offset, data in sources.content(bucket, item):
            target.seek(offset)
            target.write(data)
        if item.end < item.size:
            raise FormatError(f"{item.path}: {item.end} of its {item.size} bytes are in the bucket")

    return write


def _write_blob(bucket: Bucket, file: File) -> Write:
    return lambda target: files.fetch(bucket, file, target)
