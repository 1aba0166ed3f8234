"""The points of one metric of one stream in files of `tables/history`, in their order; it decides what to read."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chiplog.reading.parquet import footer, pages
from chiplog.reading.parquet.footer import Chunk, Group, Kind
from chiplog.reading.parquet.unfamiliar import MALFORMED, Unfamiliar

_THREADS = 2
_MANY_ROWS = 100_000
"""From here on a second thread is worth its start."""

_MAX_ROWS = 1 << 26
"""Of all files: 1.5 GB of points. A few bytes of a file can say that they are more."""

_WHOLE, _NUMBER = (footer.INTEGERS, np.int64), (footer.NUMBERS, np.float64)
_TYPES = {"at": _WHOLE, "step": _WHOLE, "time": _NUMBER, "value": _NUMBER}

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class _Stretch:
    """Rows of one group that are wanted, and where they go."""

    file: int
    group: Group
    chosen: "NDArray[np.bool_] | None"
    """None: all of them."""
    start: int
    count: int


def read(files: Iterable[tuple[Path, str]], named: dict[str, str], columns: Sequence[str]) -> Columns:
    """These of `at`, `step`, `time`, `value`, of the rows whose columns have these names: `recorder`, `stream`, `key`.

    A file goes with its SHA-256. Raises Unfamiliar where it is not written as our compactor writes, or where one of
    these rows lacks a number: of those DuckDB makes more.
    """
    told = [(path, footer.groups(path, sha256)) for path, sha256 in files]
    opened = [os.open(path, os.O_RDONLY) for path, _ in told]
    try:
        stretches = _stretches(opened, [groups for _, groups in told], named)
        total = sum(stretch.count for stretch in stretches)
        if total > _MAX_ROWS:
            raise Unfamiliar(f"{total} points")
        found: Columns = {name: np.empty(total, _TYPES[name][1]) for name in columns}
        _each([partial(_fill, each, name, found[name]) for each in stretches for name in columns], total)
        return found
    except MALFORMED as error:
        raise Unfamiliar("pages that lack something") from error
    finally:
        for file in opened:
            os.close(file)


def _stretches(files: Sequence[int], told: Sequence[tuple[Group, ...]], named: dict[str, str]) -> list[_Stretch]:
    found, start = [], 0
    for file, groups in zip(files, told, strict=True):
        for group in groups:
            chosen = _chosen(file, group, named)
            count = group.rows if chosen is True else int(np.count_nonzero(chosen))
            if count:
                found.append(_Stretch(file, group, None if chosen is True else np.asarray(chosen), start, count))
            start += count
    return found


def _chosen(file: int, group: Group, named: dict[str, str]) -> "bool | NDArray[np.bool_]":
    """The rows of a group that have these names; True or False where it is all or none."""
    chosen: bool | NDArray[np.bool_] = True
    for column, name in named.items():
        chunk = group.chunks[column]
        is_it = pages.equal(_bytes(file, chunk, footer.NAMES), name, group.rows, is_optional=chunk.is_optional)
        if is_it is False:
            return False
        chosen = is_it if chosen is True else chosen if is_it is True else chosen & is_it
    return chosen


def _each(work: Sequence[Callable[[], None]], rows: int) -> None:
    """Do it all, many rows by several threads: zstd and NumPy let go of the interpreter."""
    if rows < _MANY_ROWS:
        for one in work:
            one()
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        for done in [pool.submit(one) for one in work]:
            done.result()


def _fill(stretch: _Stretch, column: str, target: NDArray[Any]) -> None:
    """Put a column's numbers of a stretch in their place. Raises Unfamiliar where a row has none."""
    group, place = stretch.group, target[stretch.start : stretch.start + stretch.count]
    whole = place if stretch.chosen is None else np.empty(group.rows, target.dtype)
    chunk = group.chunks[column]
    data = _bytes(stretch.file, chunk, _TYPES[column][0])
    present = pages.numbers(data, whole, is_optional=chunk.is_optional)
    if present is not None and not present[... if stretch.chosen is None else stretch.chosen].all():
        raise Unfamiliar(f"rows without a {column}")
    if stretch.chosen is not None:
        place[:] = whole[stretch.chosen]


def _bytes(file: int, chunk: Chunk, kind: Kind) -> bytes:
    """The pages of a column. Raises Unfamiliar where it holds values of another kind: bytes alone do not tell."""
    if chunk.kind != kind:
        raise Unfamiliar(f"values of type {chunk.kind}")
    return os.pread(file, chunk.size, chunk.offset)
