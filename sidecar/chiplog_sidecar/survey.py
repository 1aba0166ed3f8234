"""Looks through the files that may be shipped, a slice at a time; it opens none and ships none.

It tells which files are whole: those that stood still for a while, and those that were renamed from a name in the
making. What it passes over it counts by reason.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from chiplog import rundir
from chiplog_sidecar import reach, sources
from chiplog_sidecar.settings import Settings
from chiplog_sidecar.stock import Item, Shape

A_LINKED_DIRECTORY = "it is a link to a directory"
A_LINK_TO_NOTHING = "it is a link to nothing"
MAX_MAKING = 10_000
"""Names in the making that are remembered."""


class Found(NamedTuple):
    """A file as it stands now."""

    item: Item
    shape: Shape
    is_whole: bool


class Survey:
    """One recorder's look at its files, which goes on where the last slice ended.

    Args:
        settings: where to look, and for how long a file must stand still.
        monotonic: seconds.
    """

    def __init__(self, settings: Settings, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._moving: dict[int, tuple[bytes, float]] = {}
        self._making: set[int] = set()
        self._skipping: Counter[str] = Counter()
        self.skipped: dict[str, int] = {}
        """Files and directories that the last whole look passed over, by reason."""

    def walk(self, watched: Mapping[Item, str], is_settled: Callable[[Item, Shape], bool]) -> Iterator[Found | None]:
        """Every file that changed since it was dealt with; None for each that did not, so that a caller can stop.

        Args:
            watched: files outside of `files/` that are looked at too.
            is_settled: whether a file was dealt with in this state.
        """
        self._skipping = Counter()
        moving: dict[int, tuple[bytes, float]] = {}
        making: set[int] = set()
        for item, shape in self._present(watched, making):
            if shape is None or is_settled(item, shape):
                yield None
                continue
            since = self._since(item, shape)
            moving[hash(item)] = (shape.fingerprint, since)
            is_quiet = self._monotonic() - since >= self._settings.quiet_seconds
            yield Found(item, shape, is_quiet or shape.inode in self._making)
        self._moving, self._making, self.skipped = moving, making, dict(self._skipping)

    def _since(self, item: Item, shape: Shape) -> float:
        seen, since = self._moving.get(hash(item), (b"", 0.0))
        return since if seen == shape.fingerprint else self._monotonic()

    def _present(self, watched: Mapping[Item, str], making: set[int]) -> Iterator[tuple[Item, Shape | None]]:
        for container in sources.containers(self._settings.root, self._settings.containers):
            for path, shape in self._files(container, making):
                yield Item(container, path), shape
        for item in list(watched):
            if not is_plain(item.path):
                yield item, self._linked(item.container, item.path, is_named=True)

    def _files(self, container: str, making: set[int]) -> Iterator[tuple[str, Shape | None]]:
        folders = [rundir.FILES]
        while folders:
            folder = folders.pop()
            for entry in self._entries(container, folder):
                path = f"{folder}/{entry.name}"
                if is_in_the_making(entry.name):
                    if len(making) < MAX_MAKING:
                        making.add(entry.inode())
                    yield path, None
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(path)
                elif sources.is_wanted(path, self._settings.include, self._settings.exclude):
                    yield path, self._shape(container, path, entry)

    def _entries(self, container: str, folder: str) -> list[os.DirEntry[str]]:
        top = self._settings.root / container
        try:
            with os.scandir(top / folder) as entries:
                return [] if (top / folder).is_symlink() else list(entries)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._skip(error)
            return []

    def _shape(self, container: str, path: str, entry: os.DirEntry[str]) -> Shape | None:
        try:
            if entry.is_symlink():
                return self._linked(container, path)
            if entry.is_file(follow_symlinks=False):
                return Shape.of(entry.stat(follow_symlinks=False))
        except OSError:
            return None  # It is gone, as files in a directory come and go.
        self._skipping[reach.NOT_A_FILE] += 1
        return None

    def _linked(self, container: str, path: str, *, is_named: bool = False) -> Shape | None:
        """The state of what a link, or a path that a record names, leads to."""
        top = self._settings.root / container
        try:
            found = os.lstat(f"{top}/{path}")
            if is_named and stat.S_ISREG(found.st_mode):
                return Shape.of(found)  # It happens every second; whoever opens it follows every link itself.
            parts = reach.resolve(top, path)
            if top.joinpath(*parts).is_dir():
                self._skipping[A_LINKED_DIRECTORY] += 1
                return None
            return Shape.of(reach.status(top, path))
        except FileNotFoundError:
            if not is_named:  # A link to nothing; what a record names may still come.
                self._skipping[A_LINK_TO_NOTHING] += 1
        except OSError as error:
            self._skip(error)
        except ValueError:  # A zero byte in a name that a record made up.
            self._skipping[reach.NOT_A_FILE] += 1
        return None

    def _skip(self, error: OSError) -> None:
        self._skipping[error.strerror or str(error)] += 1


def is_plain(path: str) -> bool:
    """Whether a path is under the run directory's own `files/`, where everything is shipped."""
    return path.startswith(f"{rundir.FILES}/")


def is_in_the_making(name: str) -> bool:
    """Whether a writer says by its name that a file or directory is not whole yet, or nobody's business."""
    return name.startswith(".") or name.endswith((".tmp", ".part"))
