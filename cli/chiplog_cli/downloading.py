"""Brings a run's files into a local directory; it never writes outside of it, and never leaves half a file."""

import fnmatch
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from chiplog.bucket import Bucket
from chiplog.errors import FormatError, SettingsError
from chiplog.reading import files
from chiplog.reading.files import File


def matching(found: Iterable[File], patterns: tuple[str, ...]) -> list[File]:
    """The files whose path any pattern matches; all where there is none."""
    return [file for file in found if not patterns or any(fnmatch.fnmatchcase(file.path, glob) for glob in patterns)]


def fetch(bucket: Bucket, found: list[File], folder: Path) -> list[str]:
    """Download every file; in words, those that are missing or damaged. Raises BucketError and SettingsError.

    A file lands at its path; where several ranks or containers have files, below `rank-N/container`. Of several
    versions the newest lands there, and an older one as `PATH.~N~`.
    """
    newest = {(file.rank, file.container, file.path): file.version for file in found}
    many = len({(file.rank, file.container) for file in found}) > 1
    problems = []
    for file in found:
        try:
            is_newest = newest[file.rank, file.container, file.path] == file.version
            _fetch(bucket, file, folder / _inside(file, many, "" if is_newest else f".~{file.version}~"))
        except FormatError as error:
            problems.append(str(error))
        except OSError as error:
            raise SettingsError(f"--download {folder}: {error.strerror}: {error.filename}") from error
    return problems


def _inside(file: File, many: bool, suffix: str) -> PurePosixPath:
    """The place below the directory. Raises FormatError for a path that would leave it, whoever wrote that."""
    parts = [f"rank-{file.rank}", file.container, *file.path.split("/")] if many else file.path.split("/")
    if any(part in ("", ".", "..") or "\0" in part or "/" in part for part in parts):
        raise FormatError(f"the path {file.path!r} leaves its directory and is not downloaded")
    return PurePosixPath(*parts[:-1], parts[-1] + suffix)


def _fetch(bucket: Bucket, file: File, target: Path) -> None:
    if file.key is None:
        raise FormatError(f"{file.path} was not recorded: {file.missing}")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".chiplog-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            files.fetch(bucket, file, opened)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
