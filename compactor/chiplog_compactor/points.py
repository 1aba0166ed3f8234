"""Points of metrics as columns: one for each metric of a row, sorted for who asks for one metric; it does no I/O.

Rows of plain numbers, nearly all there are, become columns without a step of Python for each value.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chiplog import codec, folding
from chiplog.codec import Row
from chiplog.reading.history import OWN
from chiplog_compactor.parsing import EXACT, Numbers

TYPES = ("float", "integer", "boolean", "string", "json", "null", "none")
_FLOAT, _INTEGER, _BOOLEAN, _STRING, _JSON, _NULL, _NONE = range(len(TYPES))

NO_STEP = -(2**63)
"""Stands for a row without a step."""

NO_KEY = -1
"""The metric of a row that has none."""

_OURS = -2
"""What the numbers of a row name that is a column of ours, and no metric."""

_CODES = {float: _FLOAT, int: _INTEGER}


@dataclass(frozen=True, order=True)
class Place:
    """Where a stream stands in its run; they sort as their rows do."""

    attempt: int
    rank: int
    recorder: str
    stream: str


@dataclass
class Columns:
    """What all rows of one table have, in the order they came."""

    places: list[Place] = field(default_factory=list)
    place: "array[int]" = field(default_factory=lambda: array("i"))
    at: "array[int]" = field(default_factory=lambda: array("q"))
    step: "array[int]" = field(default_factory=lambda: array("q"))
    time: "array[float]" = field(default_factory=lambda: array("d"))
    no_time: "array[int]" = field(default_factory=lambda: array("b"))
    is_summary: "array[int]" = field(default_factory=lambda: array("b"))
    _known: dict[Place, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)

    def add(self, place: Place, row: Row) -> int:
        """Take a row; its number."""
        time, step = row.get("time"), row.get("step")
        if type(time) is not float:
            time = codec.number(time)
            time = time if isinstance(time, int | float) else None
        self.place.append(self._code(place))
        self.at.append(row["at"])
        self.step.append(step if isinstance(step, int) and NO_STEP < step < -NO_STEP else NO_STEP)
        self.time.append(0.0 if time is None else time)
        self.no_time.append(time is None)
        self.is_summary.append(row.get("summary") is True)
        return len(self.at) - 1

    def add_all(self, place: Place, rows: Sequence[Numbers]) -> int:
        """Take rows of one place; the number of the first."""
        first = len(self.at)
        self.place.extend([self._code(place)] * len(rows))
        self.at.extend([row.at for row in rows])
        self.step.extend([NO_STEP if row.step is None else row.step for row in rows])
        self.time.extend([0.0 if row.time is None else row.time for row in rows])
        self.no_time.extend([row.time is None for row in rows])
        self.is_summary.extend([row.summary for row in rows])
        return first

    def order(self) -> NDArray[np.int64]:
        """The numbers of the rows by place and position."""
        ranks = np.empty(len(self.places), dtype=np.int32)
        ranks[[self.places.index(place) for place in sorted(self.places)]] = np.arange(len(self.places))
        return np.lexsort((np.frombuffer(self.at, np.int64), ranks[np.frombuffer(self.place, np.int32)]))

    def arrays(self, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """The columns of the rows of these numbers, in their order."""
        return {
            "place": np.frombuffer(self.place, np.int32)[rows],
            "at": np.frombuffer(self.at, np.int64)[rows],
            "step": np.frombuffer(self.step, np.int64)[rows],
            "time": np.frombuffer(self.time, np.float64)[rows],
            "no_time": np.frombuffer(self.no_time, np.bool_)[rows],
            "is_summary": np.frombuffer(self.is_summary, np.bool_)[rows],
        }

    def _code(self, place: Place) -> int:
        code = self._known.get(place)
        if code is None:
            code = self._known[place] = len(self.places)
            self.places.append(place)
        return code


class _Codes(dict[str, int]):
    """The numbers of names, each new one the next; a column of ours is none."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(OWN, _OURS))

    def __missing__(self, name: str) -> int:
        code = self[name] = len(self) - len(OWN)
        return code

    def names(self) -> list[str]:
        """Names by their number."""
        return list(self)[len(OWN) :]


@dataclass
class Points:
    """The metrics of rows of history or system load."""

    columns: Columns = field(default_factory=Columns)
    row: "array[int]" = field(default_factory=lambda: array("i"))
    key: "array[int]" = field(default_factory=lambda: array("i"))
    type: "array[int]" = field(default_factory=lambda: array("b"))
    value: "array[float]" = field(default_factory=lambda: array("d"))
    texts: dict[int, str] = field(default_factory=dict)
    _codes: _Codes = field(default_factory=_Codes)

    def __len__(self) -> int:
        return len(self.row)

    def add(self, place: Place, row: Row) -> None:
        """Take a row apart."""
        number = self.columns.add(place, row)
        points = [(key, value) for key, value in folding.flatten(row["values"]).items() if key not in OWN]
        for key, value in points:
            kind, plain, text = (_FLOAT, value, None) if type(value) is float else _typed(value)
            self._add(number, self._codes[key], kind, plain, text)
        if not points:
            self._add(number, NO_KEY, _NONE, 0.0, None)  # The row stays, though it says nothing.

    def add_all(self, place: Place, rows: Sequence[Numbers]) -> None:
        """Take rows of plain numbers apart, column by column."""
        first = self.columns.add_all(place, rows)
        said = [row.values for row in rows]
        numbers = list(chain.from_iterable(map(dict.values, said)))
        count = len(numbers)
        kinds = np.fromiter(map(_CODES.__getitem__, map(type, numbers)), np.int8, count)
        keys = np.fromiter(map(self._codes.__getitem__, chain.from_iterable(said)), np.int32, count)
        owner = np.repeat(np.arange(first, first + len(said), dtype=np.int32), list(map(len, said)))
        mine = keys != _OURS
        self.row.frombytes(owner[mine].tobytes())
        self.key.frombytes(keys[mine].tobytes())
        self.type.frombytes(kinds[mine].tobytes())
        self.value.frombytes(np.fromiter(numbers, np.float64, count)[mine].tobytes())
        has_points = np.zeros(len(said), dtype=np.bool_)
        has_points[owner[mine] - first] = True
        for number in np.flatnonzero(~has_points).tolist():
            self._add(first + number, NO_KEY, _NONE, 0.0, None)

    def sorted(self) -> "Sorted":
        """All of them by metric, place and position."""
        rows = self.columns.order()
        rank_of_row = np.empty(len(rows), dtype=np.int32)
        rank_of_row[rows] = np.arange(len(rows))
        names = [writable(name) for name in self._codes.names()]
        # NumPy sorts numbers of 16 bits by their digits, several times as fast.
        rank_of_key = np.empty(len(names) + 1, dtype=np.uint16 if len(names) < 2**16 else np.uint32)
        rank_of_key[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
        rank_of_key[NO_KEY] = len(names)  # Rows without a metric come last.
        row, key = np.frombuffer(self.row, np.int32), np.frombuffer(self.key, np.int32)
        order = _order(rank_of_key[key], rank_of_row[row])
        arrays = self.columns.arrays(row[order].astype(np.int64))
        arrays |= {
            "key": key[order],
            "type": np.frombuffer(self.type, np.int8)[order],
            "value": np.frombuffer(self.value, np.float64)[order],
        }
        if self.texts:
            arrays["text"] = self._texts(order)
        return Sorted(self.columns.places, names, arrays)

    def _texts(self, order: NDArray[np.int64]) -> NDArray[Any]:
        texts = np.full(len(self.row), None, dtype=object)
        texts[list(self.texts)] = list(self.texts.values())
        return texts[order]

    def _add(self, row: int, key: int, kind: int, value: float, text: str | None) -> None:
        if text is not None:
            self.texts[len(self.row)] = writable(text)
        self.row.append(row)
        self.key.append(key)
        self.type.append(kind)
        self.value.append(value)


@dataclass(frozen=True)
class Sorted:
    """Points by metric, place and position, column by column."""

    places: list[Place]
    names: list[str]
    arrays: dict[str, NDArray[Any]]
    """`place`, `at`, `step`, `time`, `no_time`, `is_summary`, `key`, `type`, `value`; and `text`, if any has one.
    `place` and `key` are numbers of the lists above."""


def _order(keys: NDArray[Any], rows: NDArray[np.int32]) -> NDArray[np.int64]:
    """By key, and in a key by row."""
    if (np.diff(rows) < 0).any():
        by_row = np.argsort(rows, kind="stable")
        return by_row[np.argsort(keys[by_row], kind="stable")]
    return np.argsort(keys, kind="stable")


def writable(text: str) -> str:
    """The text, with an escape in place of what has no UTF-8."""
    return text.encode(errors="backslashreplace").decode()


def _typed(value: Any) -> tuple[int, float, str | None]:
    """Type, number and text of a value."""
    if value is None:
        return _NULL, 0.0, None
    if isinstance(value, bool):
        return _BOOLEAN, float(value), None
    if isinstance(value, int) and -EXACT <= value <= EXACT:
        return _INTEGER, float(value), None
    if isinstance(value, float):
        return _FLOAT, value, None
    if isinstance(value, str) and writable(value) == value:
        return _STRING, 0.0, value
    return _JSON, 0.0, codec.dump(value).decode()
