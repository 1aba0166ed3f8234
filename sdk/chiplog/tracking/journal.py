"""The run's file as the tracker uses it: rows go in, and no trouble comes out. It holds no row back and never waits.

Where the file cannot be written (a full disk, a read-only or deleted directory) a notice says so once, what is logged
meanwhile is lost and counted, and recording goes on as soon as it can.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from chiplog.runfile import Shape
from chiplog.tracking import notices

RETRY_SECONDS = 1.0
"""A file that could not be opened is tried again after this long."""

LOOK_SECONDS = 2.0
"""How often it is looked whether the file was deleted."""

Row = dict[str, Any]


class File(Protocol):
    """A file of rows. Every method may raise OSError and ValueError."""

    def shape(self, names: Sequence[str], types: str) -> Shape | None:
        """How rows of these keys are packed; None where they are not."""
        ...

    def packed(self, shape: Shape, step: int, time: float, values: Iterable[Any]) -> bytes:
        """Append a packed row."""
        ...

    def logged(self, row: Row, types: str | None, then: Sequence[Row]) -> None:
        """Append a row of history, and rows that belong to it, by one write."""
        ...

    def rows(self, rows: Sequence[Row]) -> None:
        """Append rows by one write."""
        ...

    def is_gone(self) -> bool:
        """Whether it was deleted."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Journal:
    """Keeps a run's file open.

    Args:
        open_file: makes a new file; it may raise OSError.
        preamble: the rows that every file begins with.
    """

    def __init__(self, open_file: Callable[[], File], preamble: Callable[[], list[Row]]) -> None:
        self._open_file = open_file
        self._preamble = preamble
        self.file: File | None = None
        self.dropped = 0
        """Rows that were lost since the file could not be written."""
        self.total_dropped = 0
        self._retry_at = 0.0
        self._look_at = 0.0

    def opened(self) -> File | None:
        """The file; None where there is none now."""
        if self.file is None and time.monotonic() >= self._retry_at:
            self._open()
        return self.file

    def rows(self, rows: Sequence[Row]) -> bool:
        """Append rows; False where they are lost."""
        return self._write(lambda file: file.rows(rows), len(rows))

    def logged(self, row: Row, types: str | None, then: Sequence[Row]) -> bool:
        """Append a row of history and what belongs to it; False where they are lost."""
        return self._write(lambda file: file.logged(row, types, then), 1)

    def failed(self, error: OSError, lost: int) -> None:
        """A write was refused."""
        self.dropped += lost
        self.total_dropped += lost
        notices.warn("journal", f"the run is not recorded for now, training goes on: {error}")

    def look(self) -> None:
        """Open another file where this one was deleted."""
        now = time.monotonic()
        if self.file is None or now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        try:
            is_gone = self.file.is_gone()
        except OSError:
            is_gone = True
        if is_gone:
            notices.warn("deleted", "the run's file was deleted, recording goes on in another one")
            self.forget()

    def forget(self) -> None:
        """Use this file no more; the next row opens another."""
        file, self.file = self.file, None
        self._retry_at = 0.0
        if file is not None:
            with contextlib.suppress(OSError):  # It is closed in any case.
                file.close()

    def _write(self, write: Callable[[File], None], count: int) -> bool:
        self.look()
        file = self.opened()
        if file is None:
            self.dropped += count
            self.total_dropped += count
            return False
        try:
            if self.dropped:
                self._recovered(file)
            write(file)
        except OSError as error:
            self.failed(error, count)
            return False
        except ValueError as error:
            notices.warn(f"value {error}", f"a row was left out: {error}")
            return False
        return True

    def _open(self) -> None:
        try:
            self.file = self._open_file()
            self.file.rows(self._preamble())
        except OSError as error:
            self.file = None
            self._retry_at = time.monotonic() + RETRY_SECONDS
            self.failed(error, 0)

    def _recovered(self, file: File) -> None:
        lost, self.dropped = self.dropped, 0
        try:
            file.rows([{"kind": "environment", "environment": {"dropped_rows": self.total_dropped}}])
        except OSError:
            self.dropped = lost
            raise
        notices.info(f"recovered {lost}", f"recording again; rows lost meanwhile: {lost}")
