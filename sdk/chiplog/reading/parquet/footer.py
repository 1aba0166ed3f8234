"""Where the columns of a Parquet file lie, by its footer; it reads no page.

The format: https://parquet.apache.org/docs/file-format/metadata/
"""

import functools
from dataclasses import dataclass
from pathlib import Path

from chiplog.reading.parquet.thrift import Fields, Reader
from chiplog.reading.parquet.unfamiliar import Unfamiliar

_MAGIC = b"PAR1"
_TAIL_BYTES = 1 << 16
"""Read at once from the end of a file: most footers fit."""

_ZSTD, _OPTIONAL = 6, 1
_SCHEMA, _GROUPS = 2, 4
_REPETITION, _NAME, _CHILDREN = 3, 4, 5


@dataclass(frozen=True)
class Chunk:
    """The pages of one column in one group of rows, zstd each."""

    offset: int
    size: int
    is_optional: bool
    """Its pages say of each row whether it has a value."""


@dataclass(frozen=True)
class Group:
    """A group of rows."""

    rows: int
    chunks: dict[str, Chunk]


@functools.lru_cache(maxsize=256)
def groups(path: Path, _sha256: str) -> tuple[Group, ...]:
    """The groups of a file that has this digest. Raises Unfamiliar, OSError."""
    try:
        told = Reader(_footer(path)).fields()
        optional = _optional(told[_SCHEMA])
        return tuple(_group(fields, optional) for fields in told[_GROUPS])
    except (IndexError, KeyError) as error:
        raise Unfamiliar("a footer that lacks something") from error


def _footer(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
        length = int.from_bytes(tail[-8:-4], "little")
        if tail[-4:] != _MAGIC or length + 8 > size:
            raise Unfamiliar("no Parquet")
        if length + 8 > len(tail):
            file.seek(size - length - 8)
            tail = file.read()
        return tail[-length - 8 : -8]


def _optional(schema: list[Fields]) -> dict[str, bool]:
    """Of each column whether rows may lack it. The first element is the file; nested columns are none of ours."""
    _, *columns = schema
    if any(column.get(_CHILDREN) or column[_REPETITION] > _OPTIONAL for column in columns):
        raise Unfamiliar("nested columns")
    return {column[_NAME].decode(): column[_REPETITION] == _OPTIONAL for column in columns}


def _group(fields: Fields, optional: dict[str, bool]) -> Group:
    columns, rows = fields[1], fields[3]
    chunks = {}
    for told in (column[3] for column in columns):
        name, codec, size, data, dictionary = told[3][0].decode(), told[4], told[7], told[9], told.get(11)
        if codec != _ZSTD:
            raise Unfamiliar(f"codec {codec}")
        chunks[name] = Chunk(data if dictionary is None else min(data, dictionary), size, optional[name])
    return Group(rows, chunks)
