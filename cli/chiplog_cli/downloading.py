"""Brings a run's files into a local directory; it never writes outside of it, and never leaves half a file."""

import fnmatch
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from chiplog.bucket import Bucket
from chiplog.errors import FormatError, SettingsError
from chiplog.reading import files
from chiplog.reading.files import File


def matching(found: Iterable[File], patterns: tuple[str, ...]) -> list[File]:
    """The files whose path any pattern matches; all where there is none."""
    return [file for file in found if not patterns or any(fnmatch.fnmatchcase(file.path, glob) for glob in patterns)]


def fetch(
    bucket: Bucket, found: list[File], folder: Path, shown: Callable[[list[File]], Iterable[File]] = list
) -> list[str]:
    """Download every file; in words, those that are missing or damaged. Raises BucketError and SettingsError.

    A file lands at its path; where several ranks or containers have files, below `rank-N/container`. Of several
    versions the newest lands there, and an older one as `PATH.~N~`.
    `shown` gives the files, and may say how many are done.
    """
    newest = {(file.rank, file.container, file.path): file.version for file in found}
    many = len({(file.rank, file.container) for file in found}) > 1
    problems = []
    for file in shown(found):
        above = [f"rank-{file.rank}", file.container] if many else []
        try:
            is_newest = newest[file.rank, file.container, file.path] == file.version
            suffix = "" if is_newest else f".~{file.version}~"
            place = folder / inside([*above, *f"{file.path}{suffix}".split("/")])
            write(place, lambda target, file=file: files.fetch(bucket, file, target))  # type: ignore[misc]
        except FormatError as error:
            problems.append(str(error))
        except OSError as error:
            raise SettingsError(f"--download {folder}: {error.strerror}: {error.filename}") from error
    return problems


def inside(parts: list[str]) -> PurePosixPath:
    """The path of these parts. Raises FormatError for one that would leave its directory, whoever wrote that."""
    if any(part in ("", ".", "..") or "\0" in part or "/" in part for part in parts):
        raise FormatError(f"the path {'/'.join(parts)!r} leaves its directory and is not written")
    return PurePosixPath(*parts)


class Facts(NamedTuple):
    """What a file was beside its content, as far as it is known."""

    modified_ns: int | None = None
    """In nanoseconds since 1970."""
    mode: int | None = None
    """Permission bits."""


NO_FACTS = Facts()


def write(place: Path, content: Callable[[BinaryIO], None], facts: Facts = NO_FACTS) -> None:
    """Write a file whole or not at all. Raises OSError, and what `content` raises."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".chiplog-", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            content(opened)
        # Whose file it becomes did not choose the bits above these: what runs as its owner stays another's word.
        Path(name).chmod(0o644 if facts.mode is None else facts.mode & 0o777)
        if facts.modified_ns is not None:
            os.utime(name, ns=(facts.modified_ns, facts.modified_ns))
        Path(name).replace(place)
    finally:
        Path(name).unlink(missing_ok=True)
