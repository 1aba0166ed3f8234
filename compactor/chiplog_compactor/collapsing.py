"""The rows of a stream that no table holds, with updates of the summary as one; pure values.

wandb writes the whole summary again with every step, so these rows are as many as those of the history, and all but
the last of them say nothing that the history does not. What a fold (`chiplog.folding`) makes of the rows stays the
same: only updates that follow one another, with nothing between them that also speaks of the summary, become one.
"""

from dataclasses import dataclass, field
from typing import Any

from chiplog.codec import Row
from chiplog_compactor.parsing import Update

_Path = tuple[str, ...]


@dataclass
class Kept:
    """Rows of one stream, taken in the order of their position."""

    rows: list[Row] = field(default_factory=list)
    _updates: dict[_Path, Any] = field(default_factory=dict)
    _branches: set[_Path] = field(default_factory=set)
    """Paths with something below them."""
    _last: Row | Update | None = None
    """The newest row of the updates that are being joined."""

    def add(self, row: Row) -> None:
        """Take a row in."""
        if row["kind"] == "summary" and not row.get("remove"):
            for path, value in row.get("update", []):
                self._assign(tuple(path), value)
            self._last = row
            return
        if row["kind"] in ("summary", "run"):
            self.interrupt()
        self.rows.append(row)

    def update(self, row: Update) -> None:
        """Take an update of numbers in; one of leaves that are all known, as nearly every one is, at no cost."""
        paths = {path for path, _ in row.update}
        if paths <= self._updates.keys() and self._branches.isdisjoint(paths):
            self._updates.update(row.update)
        else:
            for path, value in row.update:
                self._assign(path, value)
        self._last = row

    def interrupt(self) -> None:
        """Something else speaks of the summary here: later updates are not joined with earlier ones."""
        if self._last is not None:
            update = [[list(path), value] for path, value in self._updates.items()]
            last = self._last.row() if isinstance(self._last, Update) else self._last
            self.rows.append({**last, "update": update})
        self._updates, self._branches, self._last = {}, set(), None

    def all(self) -> list[Row]:
        """Every row, in the order of their position."""
        self.interrupt()
        return sorted(self.rows, key=lambda row: int(row["at"]))

    def _assign(self, path: _Path, value: Any) -> None:
        if path not in self._updates or path in self._branches:
            self._give_way(path)
        self._updates[path] = value
        self._branches.update(path[:length] for length in range(1, len(path)))

    def _give_way(self, path: _Path) -> None:
        """What stood below the path goes; a leaf above it becomes a branch that has nothing else below it."""
        for other, value in list(self._updates.items()):
            if other[: len(path)] == path:
                del self._updates[other]
            elif path[: len(other)] == other and not isinstance(value, dict):
                self._updates[other] = {}
        self._branches.discard(path)
