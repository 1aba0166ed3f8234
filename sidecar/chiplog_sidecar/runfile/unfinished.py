"""Rows of history that are written in pieces (`log(..., step=n)`, `commit=False`) put together. It reads no bytes.

A piece is in the file as soon as it was logged, so that a SIGKILL loses none; readers of the bucket see one row, as
they do of wandb. A row is whole when a row of another step comes, or a piece that says it is the last.
"""

from chiplog.codec import Row


class Unfinished:
    """The row in the making, at most one."""

    def __init__(self) -> None:
        self._row: Row | None = None

    def __bool__(self) -> bool:
        return self._row is not None

    def take(self, row: Row) -> list[Row]:
        """The whole rows that a row or piece makes. Two of them have positions inside of its own record."""
        is_open = row.pop("open", False)
        before, self._row = self._row, None
        if before is not None and before["step"] == row["step"]:
            row = _joined(before, row)
            before = None
        if is_open:
            self._row = row
            return [] if before is None else [{**before, "at": row["at"]}]
        return [row] if before is None else [{**before, "at": row["at"]}, {**row, "at": row["at"] + 1}]

    def rest(self, at: int) -> list[Row]:
        """What is left when nobody will complete it."""
        before, self._row = self._row, None
        return [] if before is None else [{**before, "at": at}]


def _joined(before: Row, row: Row) -> Row:
    """Two pieces of one row: later values win, and its summary counts where both say so."""
    values = {**before["values"], **row["values"]}
    joined = {**before, "at": row["at"], "time": row["time"] or before["time"], "values": values}
    if row.get("summary") is not True and row["values"]:
        joined.pop("summary", None)
    return joined
