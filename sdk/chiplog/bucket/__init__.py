"""The team's bucket as a small protocol; implementations stand beside it, and nothing here does I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NewType, Protocol

ETag = NewType("ETag", str)
"""A store's word for one version of an object; compared, never interpreted."""


@dataclass(frozen=True)
class Stored:
    """An object as it was read."""

    data: bytes
    etag: ETag
    modified: float
    """The store's clock at the write, Unix seconds."""
    read_at: float
    """The store's clock at the read: how old an object is, is asked of one clock and never of two."""


@dataclass(frozen=True)
class Listed:
    """An object as a LIST shows it."""

    key: str
    size: int
    etag: ETag
    modified: float


class Bucket(Protocol):
    """What we ask of a store. Keys are relative to the bucket's prefix.

    Every method may raise AccessDenied, BucketMissing or Unreachable; further errors stand at the method. One object
    is replaced as a whole, a reader sees the old or the new one, and a LIST that starts after a write shows it.
    """

    def get(self, key: str) -> Stored:
        """Read an object. Raises NotFound."""
        ...

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        """Write an object, only over the version `if_match`, or only where none is (`if_absent`).

        Raises PreconditionFailed where that does not hold, an object that is gone included. Where an answer was lost
        and the client asked again, it may also be raised for a write that did succeed: read the object to know.
        """
        ...

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Write a file of any size, checked against its SHA-256 (hex) on the way.

        An object of that key and size may count as written, for such keys name their content. Raises FormatError if
        the file's content is not `sha256`: it changed while it was read. Raises OSError if the file cannot be opened,
        or the store says that something else stands under its key.
        """
        ...

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """Read an object of any size, or its bytes from `start` on and before `end` (which is larger), as a stream that
        the caller closes. Raises NotFound.

        It is one request, which brings no other bytes. Behind the object's end there are none, as in a slice.
        """
        ...

    def list(self, prefix: str) -> Iterator[Listed]:
        """All objects whose key starts with `prefix`, in the order of their keys' UTF-8 bytes."""
        ...

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        """The names of the folders right below `prefix` (which ends in a slash) in which objects stand, in the order
        of their keys (`folder_key`): those behind the name `after`, up to and with `until` where one is given.

        One request shows a thousand, however many objects they hold, and no ETag. A directory also shows a folder that
        has become empty: what is in it tells.
        """
        ...

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        """Delete an object, or only its version `if_match`; one that is absent already is no error.

        Raises PreconditionFailed for another version.
        """
        ...


def folder_key(name: str) -> bytes:
    """By which folders are in the order of their keys: `run-1.5/` stands before `run-1/`."""
    return f"{name}/".encode(errors="surrogateescape")


def is_between(name: str, after: str, until: str) -> bool:
    """Whether a folder stands behind `after` and not behind `until`; empty is no bound."""
    told = folder_key(name)
    return (not after or told > folder_key(after)) and (not until or told <= folder_key(until))


def folders_of(found: Iterable[Listed], prefix: str, after: str, until: str) -> Iterator[str]:
    """The folders right below a prefix, from a LIST of all that is in them: for stores that know no other."""
    inside = (item.key.removeprefix(prefix).partition("/") for item in found)
    names = sorted({name for name, slash, _ in inside if slash}, key=folder_key)
    return (name for name in names if is_between(name, after, until))
