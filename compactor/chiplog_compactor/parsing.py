"""The rows of a segment from its lines: those of plain numbers as they are needed, all others whole; it decides nothing
about which rows count.

Nearly every line of a long run is numbers at the top level, and reading them was a quarter of a sealing. msgspec reads
such a line by its type, and refuses every other: that one is read as all readers read it, by `codec.load`.
"""

from typing import Annotated

import msgspec

from chiplog import records
from chiplog.codec import Row
from chiplog.records import SegmentHead

EXACT = 2**53
"""Integers up to this are exact as doubles; larger ones are kept as text."""

_LARGEST = 2**63 - 1

Position = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
Step = Annotated[int, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)]
Exact = Annotated[int, msgspec.Meta(ge=-EXACT, le=EXACT)]
Path = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
Nothing = Annotated[list[int], msgspec.Meta(max_length=0)]


class Numbers(msgspec.Struct, gc=False):
    """A row of metrics that are all numbers, none of them nested."""

    at: Position
    values: dict[str, float | Exact]
    step: Step | None = None
    time: float | None = None
    summary: bool = False


class History(Numbers, tag_field="kind", tag="history", gc=False):
    """Such a row of history."""


class System(Numbers, tag_field="kind", tag="system", gc=False):
    """Such a row of system load."""


class Update(msgspec.Struct, tag_field="kind", tag="summary", forbid_unknown_fields=True, gc=False):
    """An update of the summary by numbers, as wandb writes one with every step."""

    at: Position
    update: list[tuple[Path, float | int]]
    num: int | None = None
    remove: Nothing = []

    def row(self) -> Row:
        """The same as it stands in the segment."""
        number = {} if self.num is None else {"num": self.num}
        update = [[list(path), value] for path, value in self.update]
        return {"at": self.at, **number, "kind": "summary", "update": update, "remove": []}


Plain = History | System | Update

_plain: "msgspec.json.Decoder[Plain]" = msgspec.json.Decoder(Plain)


def segment(data: bytes, what: str) -> tuple[SegmentHead, list[Plain | Row]]:
    """Head and rows of a segment, in their order. Raises FormatError; `what` names the object in its message."""
    head, lines = records.split_segment(data, what)
    return head, [_row(line, what) for line in lines]


def _row(line: bytes, what: str) -> Plain | Row:
    try:
        return _plain.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return records.unpack_row(line, what)
