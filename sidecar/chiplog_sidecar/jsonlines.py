"""A file of JSON lines as a kind of followed file, by which a program in any language is tracked. It opens no file.

A line is an object and becomes a row of history: its names are metrics, `_step` (an integer) and `_timestamp` (Unix
seconds) are what they are in wandb. A line without `_step` is one step after the highest before it. A line whose only
name is `_config` or `_summary` is an update of the run's config or summary instead, and one whose only name is `_exit`
says that the program ended, with its exit code.
"""

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar import weight
from chiplog_sidecar.wandb import values

KIND = "jsonl"

NAME = "metrics.jsonl"
"""Files of this name are followed, in the run directory and in directories of it: one for every process."""

MAX_LINE_BYTES = 4 * 1024 * 1024
"""A longer line is a gap, so that no file can fill the sidecar's memory; its bytes are in the copy of the source."""


class Lines:
    """The rows of lines that are JSON objects, one after the other; it counts the steps of those that say none.

    Args:
        before: what the rows before said; the next line's step follows from it.
    """

    def __init__(self, before: Fold) -> None:
        self._step = -1 if before.step is None else before.step

    def row(self, at: int, line: bytes) -> Row:
        """The row of a line without its end."""
        logged = logged_in(line)
        if logged is None:
            reason = weight.TOO_HEAVY if weight.is_heavy_json(line) else "the line is no JSON object"
            return {"at": at, "kind": "undecodable", "bytes": len(line), "reason": reason}
        return self.row_of(at, logged)

    def row_of(self, at: int, logged: Row) -> Row:
        """The row of an object."""
        return {"at": at, **_said(logged)} if len(logged) == 1 and _said(logged) else self._history(at, logged)

    def _history(self, at: int, logged: Row) -> Row:
        step, time = logged.get("_step"), logged.get("_timestamp")
        step = step if type(step) is int else self._step + 1
        self._step = max(step, self._step)
        time = time if type(time) in (int, float) else None
        return {"at": at, "kind": "history", "step": step, "time": time, "values": logged, "summary": True}


class Reader:
    """A `formats.Reader` of JSON lines. A line without its end waits; with `final` it counts, if it is whole.

    Args:
        at: 0, or a position that a reader gave out.
        before: what the rows before it said; the next line's step follows from it.
        max_line_bytes: longer lines are gaps.
    """

    foreign = ""

    def __init__(self, at: int, before: Fold, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self.at = self.offset = at
        self._max_line_bytes = max_line_bytes
        self._lines = Lines(before)
        self._parts: list[bytes] = []
        self._length = 0

    def feed(self, data: bytes, *, final: bool = False) -> list[Row]:
        """The rows that the bytes from `offset` on complete; nothing of them is asked for again."""
        self.offset += len(data)
        *lines, rest = data.split(b"\n")
        rows: list[Row] = []
        for line in lines:
            self._hold(line)
            rows += self._take()
        self._hold(rest)
        return [*rows, *self._finish()] if final else rows

    def _hold(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length <= self._max_line_bytes:
            self._parts.append(piece)
        else:
            self._parts.clear()

    def _take(self) -> list[Row]:
        """The line that ends here; none for an empty one."""
        at, length, line = self.at, self._length, b"".join(self._parts).strip()
        self.at, self._length, self._parts = at + length + 1, 0, []
        if length > self._max_line_bytes:
            return [{"at": at, "kind": "gap", "to": self.at, "reason": "long"}]
        return [self._lines.row(at, line)] if line else []

    def _finish(self) -> list[Row]:
        """A last line without its end is whole if its object is closed."""
        if not self._length:
            return []
        end = self.at + self._length
        torn: Row = {"at": self.at, "kind": "gap", "to": end, "reason": "torn"}
        rows = self._take()
        self.at = end
        return [torn] if rows and rows[0]["kind"] == "undecodable" else rows


def loss_bound(_: Fold) -> str:
    """What a writer may lose when it is killed."""
    return "what the writer has not written to the file"


def _said(logged: Row) -> Row:
    """The row of a line that is no history; empty for one that is."""
    ((name, value),) = logged.items()
    if name in ("_config", "_summary") and isinstance(value, dict):
        return {"kind": name[1:], "update": [[[key], below] for key, below in value.items()], "remove": []}
    if name == "_exit" and type(value) is int:
        return {"kind": "exit", "exit_code": value, "runtime": 0}
    return {}


def logged_in(line: bytes) -> Row | None:
    """The object that a line is; None for any other, and for one that takes too much memory."""
    if weight.is_heavy_json(line):
        return None
    try:
        value = values.parse(line.decode()) if line.startswith(b"{") else None
    except UnicodeDecodeError:
        return None
    return value if isinstance(value, dict) and value.keys() != {"$text"} else None
