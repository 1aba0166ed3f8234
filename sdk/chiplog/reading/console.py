"""A run's console as lines, put together from single writes as a terminal would; it colours and cuts nothing.

A program writes a line in pieces, two sources take turns in the middle of it, and a progress bar goes back to the start
of its line (`\\r`) to write over it. What a terminal would show at the end of each line is what is given.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chiplog.bucket import Bucket
from chiplog.codec import Row, number
from chiplog.reading import rows, tables
from chiplog.reading.views import RunView


@dataclass(frozen=True)
class Line:
    """One line of a console, without its end."""

    time: float | None
    """When it was begun, or last begun again by `\\r`; Unix seconds."""
    source: str
    """`stdout`, `stderr` or `logger`."""
    text: str
    attempt: int = 1
    rank: int = 0


@dataclass
class _Pen:
    """What a source has written of its present line."""

    source: str
    text: str = ""
    over: str = ""
    """What stood there before `\\r`, as far as it is not written over yet."""
    time: float | None = None
    is_open: bool = False
    is_back: bool = False
    """`\\r` was the last thing written."""

    def write(self, text: str, time: float | None) -> Iterator[Line]:
        """Take one write; the lines that it ended."""
        *ended, rest = text.split("\n")
        for part in ended:
            self._put(part, time)
            yield self.end(time)
        if rest:
            self._put(rest, time)

    def end(self, time: float | None = None) -> Line:
        """The present line; the next one begins."""
        line = Line(time if self.time is None else self.time, self.source, self._shown())
        self.text, self.over, self.time, self.is_open, self.is_back = "", "", None, False, False
        return line

    def _put(self, text: str, time: float | None) -> None:
        first, *again = text.split("\r")
        self._append(first, time)
        for part in again:
            self.over, self.text, self.is_back, self.is_open = self._shown(), "", True, True
            self._append(part, time)

    def _append(self, text: str, time: float | None) -> None:
        if text:
            self.time = time if self.is_back or not self.is_open else self.time
            self.text += text
            self.is_open, self.is_back = True, False

    def _shown(self) -> str:
        """An escape has no width, so a line that holds one is taken to be written over as a whole."""
        if self.text and "\x1b" in self.text + self.over:
            return self.text
        return self.text + self.over[len(self.text) :]


@dataclass
class Screen:
    """The present lines of all sources of one stream."""

    _pens: dict[str, _Pen] = field(default_factory=dict)

    def lines(self, items: Iterable[Row]) -> Iterator[Line]:
        """The lines that console rows make, each when it ends, and at last what was never ended."""
        for row in items:
            source = str(row["source"])
            pen = self._pens.setdefault(source, _Pen(source))
            # A logger's record is whole lines, whether or not it says so.
            text = row["text"].removesuffix("\n") + "\n" if source == "logger" else row["text"]
            yield from pen.write(text, number(row.get("time")))
        yield from (pen.end() for pen in self._pens.values() if pen.is_open)


def read(bucket: Bucket, view: RunView, attempt: int | None = None, source: str = "") -> Iterator[Line]:
    """Every console line of a run, by attempt, rank, stream and the position of its end. Raises BucketError."""
    with tables.Parts(bucket) as parts:
        for member in view.members:
            if attempt in (None, member.attempt):
                streams = rows.stream_rows(bucket, member.recorder, kinds=("run", "console"), parts=parts)
                for stream in rows.writers(streams):
                    for line in Screen().lines(_written(stream.rows, source)):
                        yield Line(line.time, line.source, line.text, member.attempt, member.rank)


def _written(items: Iterable[Row], source: str) -> Iterator[Row]:
    return (row for row in items if row["kind"] == "console" and source in ("", row["source"]))
