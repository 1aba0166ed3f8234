"""The writers' streams of a recorder as readers want them: rewinds resolved, tags below their directory.

Pure values: it reads nothing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chiplog.codec import Row
from chiplog.reading import rewinds, voices
from chiplog.reading.rows import Stream
from chiplog.reading.voices import Voice


class Teller(NamedTuple):
    """A stream's voice and what it tells."""

    voice: Voice
    rows: list[Row]


def of(streams: Sequence[Stream]) -> list[Teller]:
    """The streams in their order. Of event files the rows that TensorBoard itself would show, under its names.

    The rows must hold the kinds `run`, `header`, `history` and `session`; others pass unchanged.
    """
    found = [Teller(voices.of_rows(stream.head, stream.rows), stream.rows) for stream in streams]
    prefixes = voices.prefixes(teller.voice for teller in found)
    left = _left(found)
    return [
        Teller(teller.voice, [_below(row, prefixes.get(teller.voice.id, "")) for row in left.get(place, teller.rows)])
        for place, teller in enumerate(found)
    ]


def speaking(tellers: Iterable[Teller]) -> list[Teller]:
    """Those that speak for the run, the older first."""
    by_id = {teller.voice.id: teller for teller in tellers}
    return [by_id[voice.id] for voice in voices.speaking(teller.voice for teller in by_id.values())]


def _left(found: Sequence[Teller]) -> dict[int, list[Row]]:
    """What rewinds left of the event files, by place; files of a directory go by their names."""
    folders: dict[tuple[str, str], list[int]] = {}
    for place, teller in enumerate(found):
        if teller.voice.kind == voices.TENSORBOARD:
            folders.setdefault((teller.voice.container, str(teller.voice.folder)), []).append(place)
    left: dict[int, list[Row]] = {}
    for places in folders.values():
        places.sort(key=lambda place: (found[place].voice.path, found[place].voice.generation))
        left |= zip(places, rewinds.survivors([found[place].rows for place in places]), strict=True)
    return left


def _below(row: Row, prefix: str) -> Row:
    if not prefix or row["kind"] != "history":
        return row
    return {**row, "values": {f"{prefix}{tag}": value for tag, value in row["values"].items()}}
