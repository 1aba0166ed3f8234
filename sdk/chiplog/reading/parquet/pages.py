"""The values in a column's pages (Parquet's data pages of version 1): numbers, and names by a dictionary; no file.

The format: https://parquet.apache.org/docs/file-format/data-pages/
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from chiplog.reading.parquet.thrift import Reader
from chiplog.reading.parquet.unfamiliar import Unfamiliar

MAX_PAGE_BYTES = 64 << 20
"""Ours have 1 MiB: a row group of eight bytes each."""

_DATA, _DICTIONARY = 0, 2
_PLAIN, _BY_DICTIONARY = 0, (2, 8)


@dataclass(frozen=True)
class Page:
    """A page, unpacked."""

    is_dictionary: bool
    count: int
    """Rows of a data page, entries of a dictionary."""
    encoding: int
    data: memoryview


def unpacked(chunk: bytes) -> Iterator[Page]:
    """The pages of a column's chunk. Raises Unfamiliar."""
    offset, unpack = 0, zstandard.ZstdDecompressor()
    while offset < len(chunk):
        reader = Reader(chunk, offset)
        head = reader.fields()
        kind, size, packed = head[1], head[2], head[3]
        told = head.get({_DATA: 5, _DICTIONARY: 7}.get(kind, -1))
        if told is None or size > MAX_PAGE_BYTES:
            raise Unfamiliar(f"a page of type {kind} and {size} bytes")
        offset = reader.offset + packed
        data = _plain(unpack, memoryview(chunk)[reader.offset : offset], size)
        yield Page(kind == _DICTIONARY, told[1], told[2], data)


def _plain(unpack: zstandard.ZstdDecompressor, packed: memoryview, size: int) -> memoryview:
    try:
        return memoryview(unpack.decompress(packed, max_output_size=size))
    except zstandard.ZstdError as error:
        raise Unfamiliar("a page that is no zstd") from error


def numbers(chunk: bytes, target: NDArray[Any], *, is_optional: bool) -> "NDArray[np.bool_] | None":
    """Put a column's numbers, of eight bytes each, into an array of the group's rows; which rows have one, None where
    all do. The others hold anything. Raises Unfamiliar.
    """
    row, gaps, entries = 0, [], None
    for page in unpacked(chunk):
        if page.is_dictionary:
            entries = np.frombuffer(page.data, target.dtype, page.count)
            continue
        rows = slice(row, row + page.count)
        has, values = _values(page, is_optional=is_optional)
        count = page.count if has is None else int(np.count_nonzero(has))
        found = _numbers(page.encoding, values, count, entries, target.dtype)
        if has is None:
            target[rows] = found
        else:
            gaps.append((rows, has))
            target[rows][has] = found
        row += page.count
    if row != len(target):
        raise Unfamiliar(f"{row} values of {len(target)} rows")
    return _present(row, gaps) if gaps else None


def _numbers(
    encoding: int, values: memoryview, count: int, entries: "NDArray[Any] | None", dtype: "np.dtype[Any]"
) -> NDArray[Any]:
    """The numbers of a page, each for itself or by a dictionary's entries."""
    if encoding == _PLAIN:
        return np.frombuffer(values, dtype, count)
    if encoding in _BY_DICTIONARY and entries is not None:
        numbers: NDArray[Any] = entries[_hybrid(values[1:], values[0], count) if count else slice(0)]
        return numbers
    raise Unfamiliar(f"numbers of encoding {encoding}")


def _present(count: int, gaps: "list[tuple[slice, NDArray[np.bool_]]]") -> "NDArray[np.bool_]":
    present = np.ones(count, np.bool_)
    for rows, has in gaps:
        present[rows] = has
    return present


def equal(chunk: bytes, name: str, rows: int, *, is_optional: bool) -> "bool | NDArray[np.bool_]":
    """Which rows of a column of names have this one; True or False where it is all or none. Raises Unfamiliar."""
    first, *others = unpacked(chunk)
    if not first.is_dictionary:
        if all(_is_empty(page, is_optional=is_optional) for page in (first, *others)):
            return False
        raise Unfamiliar("names without a dictionary")
    names, wanted = _names(first), name.encode()
    if wanted not in names:
        return False
    is_alone = len(names) == 1 and sum(page.count for page in others) == rows
    if is_alone and all(_values(page, is_optional=is_optional)[0] is None for page in others):
        return True
    codes = np.concatenate([_codes(page, is_optional=is_optional) for page in others])
    if len(codes) != rows:
        raise Unfamiliar(f"{len(codes)} names of {rows} rows")
    is_it: NDArray[np.bool_] = codes == names.index(wanted)
    return True if is_it.all() else is_it


def _values(page: Page, *, is_optional: bool) -> "tuple[NDArray[np.bool_] | None, memoryview]":
    """Which rows of a data page have a value, None where all do; and the values."""
    if not is_optional:
        return None, page.data
    (size,) = struct.unpack_from("<I", page.data)
    levels, values = page.data[4 : 4 + size], page.data[4 + size :]
    run = Reader(levels)
    if run.whole() == page.count << 1 and levels[run.offset] == 1:
        return None, values  # One run, as of nearly all columns.
    has = _hybrid(levels, 1, page.count).astype(np.bool_)
    return None if has.all() else has, values


def _is_empty(page: Page, *, is_optional: bool) -> bool:
    """No row of a page has a value."""
    has, _ = _values(page, is_optional=is_optional)
    return has is not None and not has.any()


def _names(page: Page) -> list[bytes]:
    found, offset = [], 0
    for _ in range(page.count):
        (size,) = struct.unpack_from("<I", page.data, offset)
        found.append(bytes(page.data[offset + 4 : offset + 4 + size]))
        offset += 4 + size
    return found


def _codes(page: Page, *, is_optional: bool) -> NDArray[np.int64]:
    """The entries of the dictionary that the rows of a page are; -1 where a row has no name."""
    if page.is_dictionary or page.encoding not in _BY_DICTIONARY:
        raise Unfamiliar("names that stand for themselves")
    has, values = _values(page, is_optional=is_optional)
    if has is None:
        return _hybrid(values[1:], values[0], page.count)
    codes = np.full(page.count, -1)
    if has.any():
        codes[has] = _hybrid(values[1:], values[0], int(np.count_nonzero(has)))
    return codes


def _hybrid(data: memoryview, bits: int, count: int) -> NDArray[np.int64]:
    """Numbers of so many bits, in runs of one of them and in packs of eight."""
    if bits == 0:
        return np.zeros(count, np.int64)  # A dictionary of one entry.
    found, known, offset = np.empty(count, np.int64), 0, 0
    width = (bits + 7) // 8
    while known < count:
        run = Reader(data, offset)
        head = run.whole()
        length, is_packed = head >> 1, head & 1
        size = length * bits if is_packed else width
        piece, offset = data[run.offset : run.offset + size], run.offset + size
        more = _packed(piece, bits) if is_packed else int.from_bytes(piece, "little")
        end = min(known + length * (8 if is_packed else 1), count)
        if end == known:
            raise Unfamiliar("a run of nothing")
        found[known:end] = more if isinstance(more, int) else more[: end - known]
        known = end
    return found


def _packed(data: memoryview, bits: int) -> NDArray[np.int64]:
    """Numbers of so many bits, the lowest bit first."""
    each = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").reshape(-1, bits)
    return each.astype(np.int64) @ (np.int64(1) << np.arange(bits))
