"""What of a recorder's files is in the bucket: by path and state, and by content; it ships and opens nothing.

A run directory may hold 100,000 files, so a file costs about 350 bytes here: of path and state 64 bits each are kept.
"""

import base64
import os
from pathlib import PurePosixPath
from typing import NamedTuple

from chiplog import layout
from chiplog.codec import Row

_BYTES = 8


class Item(NamedTuple):
    """A file of a container's run directory."""

    container: str
    path: str
    """As the file system has it: a name that is no UTF-8 has lone surrogates, as Python gives it."""


class Shape(NamedTuple):
    """What tells one state of a file from the next without reading it.

    The time of the last change of the inode (ctime) is part of it, for a program can set the other one back.
    """

    modified_ns: int
    changed_ns: int
    size: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Shape":
        """The shape that a status tells."""
        return cls(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)

    @property
    def fingerprint(self) -> bytes:
        """64 bits of it."""
        return (hash(tuple(self)) & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(_BYTES)


class Stock:
    """Everything that is in the bucket already, as far as this recorder wrote it."""

    def __init__(self, recorder: layout.Recorder) -> None:
        self._recorder = recorder
        self._states: dict[int, bytes] = {}
        """By the path's 64 bits: 8 bytes of the shape's fingerprint, then the content's digest if it was shipped."""
        self._names: dict[int, bytes] = {}
        """By the first 64 bits of a content's digest: the digest, then the last part of its key."""

    def remember(self, row: Row) -> None:
        """Learn from a row of the stream of files."""
        shape = Shape(row.get("modified_ns", 0), row.get("changed_ns", 0), row.get("size", -1), row.get("inode", 0))
        self.take(item_of(row), shape, row["sha256"] if "key" in row else "")
        if "key" in row:
            self.store(row["sha256"], row["key"])

    def knows(self, item: Item) -> bool:
        """Whether the path was dealt with before, in whatever state."""
        return hash(item) in self._states

    def holds(self, item: Item, shape: Shape) -> bool:
        """Whether the path was dealt with in this very state."""
        return self._states.get(hash(item), b"")[:_BYTES] == shape.fingerprint

    def is_same(self, item: Item, sha256: str) -> bool:
        """Whether the path's newest version has this content."""
        return self._states.get(hash(item), b"")[_BYTES:] == bytes.fromhex(sha256)

    def take(self, item: Item, shape: Shape, sha256: str = "") -> None:
        """Note that the path was dealt with in this state: shipped, or refused where there is no content."""
        self._states[hash(item)] = shape.fingerprint + bytes.fromhex(sha256)

    def key(self, sha256: str) -> str | None:
        """Where this content is in the bucket; None where it is not."""
        digest = bytes.fromhex(sha256)
        found = self._names.get(_short(digest), b"")
        if found[: len(digest)] != digest:
            return None
        return self._folder(sha256) + found[len(digest) :].decode()

    def store(self, sha256: str, key: str) -> None:
        """Note that this content is in the bucket now."""
        digest = bytes.fromhex(sha256)
        self._names[_short(digest)] = digest + key.rpartition("/")[2].encode()

    def new_key(self, sha256: str, path: str) -> str:
        """Where the content of this file goes."""
        return layout.blob_key(self._recorder, sha256, PurePosixPath(path).name)

    def _folder(self, sha256: str) -> str:
        return layout.blob_key(self._recorder, sha256, "_").removesuffix("_")


def _short(digest: bytes) -> int:
    return int.from_bytes(digest[:_BYTES])


def place(item: Item) -> Row:
    """Container and path as a row says them: a name that is no UTF-8 as text, and its bytes in base64 beside it."""
    raw = os.fsencode(item.path)
    text = raw.decode(errors="backslashreplace")
    exact = {} if text.encode() == raw else {"path_base64": base64.b64encode(raw).decode()}
    return {"container": item.container, "path": text, **exact}


def item_of(row: Row) -> Item:
    """The file that a row speaks of."""
    if "path_base64" in row:
        return Item(row["container"], os.fsdecode(base64.b64decode(row["path_base64"])))
    return Item(row["container"], row["path"])
