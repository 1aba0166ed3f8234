"""A bucket in a local directory, the embedded default; it is for one machine, and never for a network file system.

An object is a file of its key's name, replaced by rename; one lock file makes conditions hold between processes. Unlike
in S3, a key cannot go on below another key, for a file is no directory.
"""

import fcntl
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chiplog.bucket import ETag, Listed, Stored, folder_key, is_between, ranges
from chiplog.errors import AccessDenied, BucketMissing, FormatError, NotFound, PreconditionFailed, Unreachable

_OWN = ".chiplog"
"""Our own corner of the directory, which holds no objects: the lock, and files that are being written."""


class DirectoryBucket:
    """The `Bucket` protocol over the files of a directory, which must exist."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def get(self, key: str) -> Stored:
        """Read an object."""
        with self._opened(key) as file:
            status = os.fstat(file.fileno())
            return Stored(file.read(), _etag(status), status.st_mtime, time.time())

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        """Write an object under the given condition."""
        with self._changing():
            self._check(key, if_match, if_absent)
            with self._new_file(key) as file:
                file.write(data)
            return _etag(self._path(key).stat())

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Copy a file in, checked on the way; no condition, so no lock is held while a large one is copied."""
        self._require_root()
        digest = hashlib.sha256()
        with path.open("rb") as source, _mapped(key), self._new_file(key) as file:
            while block := source.read(1 << 20):
                digest.update(block)
                file.write(block)
            if digest.hexdigest() != sha256:
                raise FormatError(f"{path} changed while it was read")

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """Read an object, or a range of its bytes, as a stream."""
        file = self._opened(key)
        file.seek(start)
        return file if end is None else ranges.limited(file, end - start)

    def _opened(self, key: str) -> BinaryIO:
        self._require_root()
        with _mapped(key):
            try:
                return self._path(key).open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise NotFound(key) from error

    def list(self, prefix: str) -> Iterator[Listed]:
        """All objects under `prefix`."""
        self._require_root()
        keys = self._keys(prefix.rpartition("/")[0])
        for key in sorted((key for key in keys if key.startswith(prefix)), key=os.fsencode):
            try:
                status = os.stat(os.path.join(self.root, key))  # noqa: PTH116, PTH118 - a Path takes ten times as long.
            except FileNotFoundError:
                continue  # It was deleted since the directory was read.
            yield Listed(key, status.st_size, _etag(status), status.st_mtime)

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        """The folders right below `prefix`."""
        self._require_root()
        with _mapped(prefix):
            try:
                with os.scandir(self._path(prefix)) as found:
                    names = [item.name for item in found if item.is_dir()]
            except (FileNotFoundError, NotADirectoryError):
                return
        chosen = (name for name in names if is_between(name, after, until) and (prefix or name != _OWN))
        yield from sorted(chosen, key=folder_key)

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        """Delete an object."""
        with self._changing():
            if self._present(key) is None:
                return
            self._check(key, if_match, if_absent=False)
            self._path(key).unlink()

    def _keys(self, folder: str) -> Iterator[str]:
        with _mapped(folder):
            root = str(self.root)
            for path, folders, names in os.walk(str(self._path(folder)) if folder else root, onerror=_raise):
                inside = path.removeprefix(root).strip("/")
                if not inside:
                    folders[:] = [name for name in folders if name != _OWN]
                yield from (f"{inside}/{name}" if inside else name for name in names)

    def _path(self, key: str) -> Path:
        path = self.root / key
        inside = path.relative_to(self.root).parts if path.is_relative_to(self.root) else ("..",)
        if ".." in inside or inside[:1] == (_OWN,):
            raise AccessDenied(f"the key {key!r} leaves the bucket")
        return path

    def _check(self, key: str, if_match: ETag | None, if_absent: bool) -> None:
        present = self._present(key)
        if if_absent and present is not None:
            raise PreconditionFailed(f"{key} exists")
        if if_match is not None and present != if_match:
            raise PreconditionFailed(f"{key} is not at {if_match}")

    def _present(self, key: str) -> ETag | None:
        try:
            status = self._path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _etag(status) if stat.S_ISREG(status.st_mode) else None

    @contextmanager
    def _new_file(self, key: str) -> Iterator[BinaryIO]:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        (self.root / _OWN).mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="new-", dir=self.root / _OWN)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                # A file system's own clock ticks every few milliseconds, too seldom to tell two quick writes apart.
                now = time.time_ns()
                os.utime(file.fileno(), ns=(now, now))
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self._require_root()
        with _mapped(str(self.root)):
            (self.root / _OWN).mkdir(exist_ok=True)
            with (self.root / _OWN / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield

    def _require_root(self) -> None:
        if not self.root.is_dir():
            raise BucketMissing(f"the directory {self.root} does not exist")


@contextmanager
def _mapped(what: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise AccessDenied(f"{what}: {error.strerror}") from error
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreachable(f"{what}: {error.strerror}") from error


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _etag(status: os.stat_result) -> ETag:
    return ETag(f'"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"')
