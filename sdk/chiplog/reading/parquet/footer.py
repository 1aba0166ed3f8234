"""Where the columns of a Parquet file lie, by its footer; it reads no page.

The format: https://parquet.apache.org/docs/file-format/metadata/
"""

import functools
from dataclasses import dataclass
from pathlib import Path

from chiplog.reading.parquet.thrift import Fields, Reader
from chiplog.reading.parquet.unfamiliar import MALFORMED, Unfamiliar

_MAGIC = b"PAR1"
_TAIL_BYTES = 1 << 16
"""Read at once from the end of a file: most footers fit."""

MAX_BYTES = 16 << 20
"""Of a footer: some 20,000 groups of our rows."""
MAX_CHUNK_BYTES = 64 << 20
"""Of a column of a group, which is read at once: ours have 1 MiB."""
MAX_ROWS = 1 << 18
"""Of a group: ours have 122,880."""

_ZSTD = 6
_REQUIRED, _OPTIONAL = 0, 1
_SCHEMA, _GROUPS, _ENCRYPTION = 2, 4, 8
_TYPE, _REPETITION, _NAME, _CHILDREN, _CONVERTED, _LOGICAL = 1, 3, 4, 5, 6, 10
_ELSEWHERE = (1, 8, 9)
"""Of a column: another file that it is in, its keys."""


Kind = tuple[int | None, ...]
"""What the values of a column are: Parquet's physical type, its converted type, whether it has a logical one."""

NAMES: Kind = (6, 0, False)
INTEGERS: Kind = (2, 18, False)
NUMBERS: Kind = (5, None, False)


@dataclass(frozen=True)
class Chunk:
    """The pages of one column in one group of rows, zstd each."""

    offset: int
    size: int
    kind: "Kind"
    is_optional: bool
    """Its pages say of each row whether it has a value."""


@dataclass(frozen=True)
class Group:
    """A group of rows."""

    rows: int
    chunks: dict[str, Chunk]


@functools.lru_cache(maxsize=64)
def groups(path: Path, _sha256: str) -> tuple[Group, ...]:
    """The groups of a file that has this digest. Raises Unfamiliar, OSError."""
    try:
        footer, size = _footer(path)
        told = Reader(footer).fields()
        if _ENCRYPTION in told:
            raise Unfamiliar("encrypted columns")
        columns = _columns(told[_SCHEMA])
        return tuple(_group(fields, columns, size) for fields in told[_GROUPS])
    except MALFORMED as error:
        raise Unfamiliar("a footer that lacks something") from error


def _footer(path: Path) -> tuple[bytes, int]:
    """The footer, and where it begins: the columns lie before."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
        length = int.from_bytes(tail[-8:-4], "little")
        if tail[-4:] != _MAGIC or length + 8 > min(size, MAX_BYTES):
            raise Unfamiliar("no Parquet")
        if length + 8 > len(tail):
            file.seek(size - length - 8)
            tail = file.read()
        return tail[-length - 8 : -8], size - length - 8


def _columns(schema: list[Fields]) -> dict[str, tuple[Kind, bool]]:
    """Of each column what it holds, and whether rows may lack it. The first element is the file."""
    _, *columns = schema
    if any(column.get(_CHILDREN) or column[_REPETITION] not in (_REQUIRED, _OPTIONAL) for column in columns):
        raise Unfamiliar("nested columns")
    found = {column[_NAME].decode(): (_kind(column), column[_REPETITION] == _OPTIONAL) for column in columns}
    if len(found) != len(columns):
        raise Unfamiliar("columns of one name")
    return found


def _kind(column: Fields) -> Kind:
    return column[_TYPE], column.get(_CONVERTED), _LOGICAL in column


def _group(fields: Fields, columns: dict[str, tuple[Kind, bool]], end: int) -> Group:
    rows = fields[3]
    if not 0 <= rows <= MAX_ROWS:
        raise Unfamiliar(f"a group of {rows} rows")
    if any(place in column for column in fields[1] for place in _ELSEWHERE):
        raise Unfamiliar("columns in another file")
    if any(column[3][5] != rows for column in fields[1]):
        raise Unfamiliar("columns of different lengths")
    return Group(rows, dict(_chunk(column[3], columns, end) for column in fields[1]))


def _chunk(told: Fields, columns: dict[str, tuple[Kind, bool]], end: int) -> tuple[str, Chunk]:
    kind, (name,), codec, size, data, dictionary = told[1], told[3], told[4], told[7], told[9], told.get(11)
    if codec != _ZSTD or kind != columns[name.decode()][0][0]:
        raise Unfamiliar(f"codec {codec} of type {kind}")
    offset = data if dictionary is None else min(data, dictionary)
    if not (0 <= offset <= end and 0 <= size <= min(end - offset, MAX_CHUNK_BYTES)):
        raise Unfamiliar(f"a column of {size} bytes from {offset} on, of {end}")
    return name.decode(), Chunk(offset, size, *columns[name.decode()])
