"""Rows on their way to a segment, as values with a merge law; it does no I/O.

A stretch covers `[start, end)` of one stream. Stretches of a stream merge only where one ends and the next begins, so
a batch can never hold a gap that nobody noticed, nor a row twice.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stretch:
    """Consecutive rows of one stream, already encoded."""

    start: int
    end: int
    lines: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a stretch ends at {self.end}, before its start {self.start}")

    @property
    def size(self) -> int:
        """Bytes of the encoded rows."""
        return sum(map(len, self.lines))

    def merge(self, later: "Stretch") -> "Stretch":
        """This stretch and the one that follows. Raises ValueError if `later` does not begin where this ends."""
        if later.start != self.end:
            raise ValueError(f"a stretch from {later.start} does not follow one that ends at {self.end}")
        return Stretch(self.start, later.end, self.lines + later.lines)


@dataclass
class Batch:
    """The stretches of all streams that are in no segment yet."""

    stretches: dict[str, Stretch] = field(default_factory=dict)
    size: int = 0
    """Bytes of all encoded rows."""

    def add(self, stream: str, stretch: Stretch) -> None:
        """Take a stretch in behind what is there of its stream."""
        present = self.stretches.get(stream)
        self.stretches[stream] = stretch if present is None else present.merge(stretch)
        self.size += stretch.size

    def take(self, stream: str) -> None:
        """Forget a stream's stretch, for it is in a segment now."""
        self.size -= self.stretches.pop(stream).size

    def tail(self) -> list[bytes]:
        """Every row as a line that names its stream first: the live object's second frame."""
        return [
            b'{"stream":"%s",%s' % (stream.encode(), line[1:])
            for stream, stretch in self.stretches.items()
            for line in stretch.lines
        ]
