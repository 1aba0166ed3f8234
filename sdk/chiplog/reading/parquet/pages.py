"""The values in a column's pages (Parquet's data pages of version 1): numbers, and names by a dictionary; no file.

The format: https://parquet.apache.org/docs/file-format/data-pages/
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from chiplog.reading.parquet.footer import MAX_ROWS
from chiplog.reading.parquet.thrift import Fields, Reader
from chiplog.reading.parquet.unfamiliar import Unfamiliar

MAX_BYTES = 64 << 20
"""Of the pages of a column of a group, unpacked. Ours have 1 MiB: eight bytes for each row."""

_DATA, _DICTIONARY = 0, 2
_PLAIN, _BY_DICTIONARY = 0, (2, 8)
_DICTIONARY_IS = (0, 2)
"""Two names for a plain dictionary."""
_LEVELS = 3
"""How levels are written: in runs and packs. Older writers had another way."""
_MAX_BITS = 32


@dataclass(frozen=True)
class Page:
    """A page, unpacked."""

    is_dictionary: bool
    count: int
    """Rows of a data page, entries of a dictionary."""
    encoding: int
    data: memoryview


def unpacked(chunk: bytes) -> Iterator[Page]:
    """The pages of a column's chunk, a dictionary first if there is one. Raises Unfamiliar, and what is `MALFORMED`."""
    offset, total, unpack = 0, 0, zstandard.ZstdDecompressor()
    while offset < len(chunk):
        reader = Reader(chunk, offset)
        head = reader.fields()
        kind, size, packed = head[1], head[2], head[3]
        total += size
        if not (0 <= size <= total <= MAX_BYTES and 0 <= packed <= len(chunk) - reader.offset):
            raise Unfamiliar(f"a page of {packed} bytes that are {size}")
        if kind == _DICTIONARY and offset:
            raise Unfamiliar("a dictionary behind other pages")
        count, encoding = _told(head, kind)
        offset = reader.offset + packed
        data = _plain(unpack, memoryview(chunk)[reader.offset : offset], size)
        yield Page(kind == _DICTIONARY, count, encoding, data)


def _told(head: Fields, kind: int) -> tuple[int, int]:
    """How many values a page has, and in which encoding."""
    if kind == _DICTIONARY:
        count, encoding, is_ours = head[7][1], head[7][2], head[7][2] in _DICTIONARY_IS
    elif kind == _DATA:
        count, encoding, is_ours = head[5][1], head[5][2], head[5][3] == _LEVELS
    else:
        raise Unfamiliar(f"a page of type {kind}")
    if not is_ours or not 0 <= count <= MAX_ROWS:
        raise Unfamiliar(f"a page of {count} values in encoding {encoding}")
    return count, encoding


def _plain(unpack: zstandard.ZstdDecompressor, packed: memoryview, size: int) -> memoryview:
    """What was packed. A frame's own word of its size counts, so it is asked before there is memory for it."""
    try:
        if zstandard.frame_content_size(packed) != size:
            raise Unfamiliar("a page of another size than it says")
        return memoryview(unpack.decompress(packed, max_output_size=size, allow_extra_data=False))
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
        pages = (first, *others)
        if _counted(pages) == rows and all(_is_empty(page, is_optional=is_optional) for page in pages):
            return False
        raise Unfamiliar("names without a dictionary")
    names, wanted = _names(first), name.encode()
    if len(set(names)) != len(names) or _counted(others) != rows:
        raise Unfamiliar(f"{_counted(others)} names of {rows} rows, {len(names)} in the dictionary")
    if wanted not in names:
        return False
    codes = np.concatenate([_codes(page, len(names), is_optional=is_optional) for page in others])
    is_it: NDArray[np.bool_] = codes == names.index(wanted)
    return True if is_it.all() else is_it


def _counted(pages: Iterable[Page]) -> int:
    return sum(page.count for page in pages)


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
    if offset > len(page.data):
        raise Unfamiliar("a name that is cut off")
    return found


def _codes(page: Page, names: int, *, is_optional: bool) -> NDArray[np.int64]:
    """The entries of the dictionary that the rows of a page are; -1 where a row has no name."""
    if page.is_dictionary or page.encoding not in _BY_DICTIONARY:
        raise Unfamiliar("names that stand for themselves")
    has, values = _values(page, is_optional=is_optional)
    codes = np.full(page.count, -1)
    present = slice(None) if has is None else has
    count = page.count if has is None else int(np.count_nonzero(has))
    if count:
        codes[present] = _hybrid(values[1:], values[0], count)
    if count and codes.max() >= names:
        raise Unfamiliar("names that are not in the dictionary")
    return codes


def _hybrid(data: memoryview, bits: int, count: int) -> NDArray[np.int64]:
    """Numbers of so many bits, in runs of one of them and in packs of eight. Raises Unfamiliar."""
    if bits == 0:
        return np.zeros(count, np.int64)  # A dictionary of one entry.
    if bits > _MAX_BITS:
        raise Unfamiliar(f"numbers of {bits} bits")
    found, known, offset = np.empty(count, np.int64), 0, 0
    while known < count:
        run = Reader(data, offset)
        head = run.whole()
        length, is_packed = head >> 1, head & 1
        if is_packed:  # The last run may have more than there are: packs are of eight.
            length = min(length, (count - known + 7) // 8)
        size = length * bits if is_packed else (bits + 7) // 8
        piece, offset = data[run.offset : run.offset + size], run.offset + size
        end = min(known + length * (8 if is_packed else 1), count)
        if end == known or len(piece) != size:
            raise Unfamiliar("a run of nothing")
        found[known:end] = _packed(piece, bits)[: end - known] if is_packed else _one(piece, bits)
        known = end
    return found


def _one(piece: memoryview, bits: int) -> int:
    number = int.from_bytes(piece, "little")
    if number >> bits:
        raise Unfamiliar(f"{number} in {bits} bits")
    return number


def _packed(data: memoryview, bits: int) -> NDArray[np.int64]:
    """Numbers of so many bits, the lowest bit first."""
    each = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").reshape(-1, bits)
    return each.astype(np.int64) @ (np.int64(1) << np.arange(bits))
