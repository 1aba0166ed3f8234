"""What a program printed, in a file, as a kind of followed file. It opens no file.

`chiplog run` sends a command's outputs to such files. A line is a row of the console, with its end; on the standard
output one that is a JSON object with a number in it is a row of metrics instead, as in `metrics.jsonl`. `\\r` ends a
line too, as progress bars use it.
"""

import re

from chiplog import rundir
from chiplog.codec import Row, is_number
from chiplog.folding import Fold
from chiplog_sidecar import jsonlines

KINDS = tuple(rundir.PRINTED)
"""A kind for each output, named like its source in a row of the console."""

MAX_LINE_BYTES = 64 * 1024
"""A longer line is cut here."""

_UPDATES = frozenset({"_config", "_summary"})

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r(?!$))")
"""A `\\r` at the end of what is there waits: the `\\n` of the same line may follow."""


def kind(name: str) -> str:
    """The kind of a file of this name; empty where it is none of these."""
    return next((source for source, file in rundir.PRINTED.items() if name == file), "")


class Reader:
    """A `formats.Reader` of a program's standard output. A line without its end waits; with `final` it counts.

    Args:
        at: 0, or a position that a reader gave out.
        before: what the rows before it said; the next metric's step follows from it.
    """

    foreign = ""
    source = "stdout"

    def __init__(self, at: int, before: Fold) -> None:
        self.at = self.offset = at
        self._metrics = jsonlines.Lines(before)
        self._rest = b""

    def feed(self, data: bytes, *, final: bool = False) -> list[Row]:
        """The rows that the bytes from `offset` on complete; nothing of them is asked for again."""
        self.offset += len(data)
        self._rest += data
        rows: list[Row] = []
        while line := self._next(final=final):
            rows.append(self._row(line))
            self.at += len(line)
            self._rest = self._rest[len(line) :]
        return rows

    def _next(self, *, final: bool) -> bytes:
        found = _LINE.match(self._rest[: MAX_LINE_BYTES + 2])
        if found is not None and found.end() <= MAX_LINE_BYTES:
            return found[0]
        return self._rest[:MAX_LINE_BYTES] if final or len(self._rest) > MAX_LINE_BYTES else b""

    def _row(self, line: bytes) -> Row:
        return self._metric(line.strip()) or {
            "at": self.at,
            "kind": "console",
            "source": self.source,
            "time": None,
            "text": line.decode(errors="replace"),
        }

    def _metric(self, line: bytes) -> Row | None:
        """The row of a line that is an object with a number, or an update of config or summary; None for any other."""
        logged = jsonlines.logged_in(line) if line.endswith(b"}") else None
        if logged is None:
            return None
        is_metric = any(type(value) in (int, float) or is_number(value) for value in logged.values())
        return self._metrics.row_of(self.at, logged) if is_metric or _UPDATES & logged.keys() else None


class ErrorReader(Reader):
    """The same of its error output, which is nothing but console."""

    source = "stderr"

    def _metric(self, line: bytes) -> Row | None:  # noqa: ARG002
        return None


def loss_bound(_: Fold) -> str:
    """What a program may lose when it is killed."""
    return "what the program has not written"
