"""The rule of steps, W&B's: a counter, and one row that may be written in pieces. It writes nothing.

`log()` makes a row at the counter, which then moves on. `log(step=n)` goes to a higher step, adds to the row in the
making where n is its step, and is ignored below it.
"""

import itertools
import threading
from typing import Any, NamedTuple


class Placed(NamedTuple):
    """Where a call of `log` goes."""

    step: int
    is_open: bool
    """More may follow at this step."""
    is_ignored: bool = False


class Pending(NamedTuple):
    """The row in the making."""

    step: int
    values: dict[str, Any]
    is_plain: bool
    """Its values are the newest of the summary, as they are."""


class Steps:
    """The counter of one run in one process; threads may share it."""

    def __init__(self, start: int = 0) -> None:
        self.pending: Pending | None = None
        self.lock = threading.RLock()
        """Held while places are decided, never while anything is written. A signal's handler may log, too."""
        self.counter = itertools.count(start)
        """Gives the step of the next row: `last = next(counter)` needs no lock."""
        self.last = start - 1

    @property
    def next(self) -> int:
        """The step of the next row."""
        return self.last + 1

    def take(self) -> int:
        """The step of a whole row, without a lock: `next()` is one step of the interpreter."""
        step = self.last = next(self.counter)
        return step

    def place(self, step: int | None, commit: bool | None) -> Placed:
        """Where a call goes, and the counter behind it."""
        with self.lock:
            if step is None and commit is not False and self.pending is None:
                return Placed(self.take(), is_open=False)  # Other threads may be taking, too.
            current = self.next
            if step is not None and step < current:
                return Placed(step, is_open=False, is_ignored=True)
            place = current if step is None else step
            if place > current:
                self.pending = None
                self._move(place)
            is_open = not (step is None if commit is None else commit)
            if not is_open:
                self._move(place + 1)
            return Placed(place, is_open)

    def _move(self, step: int) -> None:
        self.last = step - 1
        self.counter = itertools.count(step)


def whole(step: Any) -> int | None:
    """A step that is a whole number of any type; None for what is none."""
    if type(step) is int:
        return step
    try:
        number = int(step)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if not isinstance(step, str | bytes) and number == step else None
