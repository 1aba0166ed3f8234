"""Rows of history as `history` was asked for them: some metrics, smoothed, every so many, the last ones; pure."""

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any

from chiplog.errors import NotFound
from chiplog.reading import guessing, smoothing
from chiplog.reading.history import OWN

Row = dict[str, Any]


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """The metrics of `--keys`, divided by commas, each once. A name with a comma comes by `--key`."""
    return tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))


def chosen(rows: Iterable[Row], keys: tuple[str, ...]) -> Iterable[Row]:
    """The rows that have any of the keys, with these alone. Raises NotFound if there are rows, but none has one."""
    if not keys:
        yield from rows
        return
    known: set[str] = set()
    matched = False
    for row in rows:
        known.update(row)
        if any(key in row for key in keys):
            matched = True
            yield {key: value for key, value in row.items() if key in OWN or key in keys}
    if known and not matched:
        there = sorted(known.difference(OWN))
        near = [name for key in keys for name in guessing.near(key, there)]
        raise NotFound(f"no row has {' or '.join(keys)}{guessing.asked(near)}; there are {', '.join(there) or 'none'}")


def smoothed(rows: list[Row], weight: float) -> list[Row]:
    """The rows with smoothed numbers: each metric of each attempt, rank and run for itself."""
    found = [dict(row) for row in rows]
    curves: dict[tuple[Any, ...], list[Row]] = {}
    for row in found:
        for key, value in row.items():
            if key not in OWN and isinstance(value, int | float) and not isinstance(value, bool):
                curves.setdefault((key, row["_attempt"], row.get("_rank"), row.get("_run")), []).append(row)
    for (key, *_), holders in curves.items():
        values = smoothing.debiased([float(row[key]) for row in holders], weight)
        for row, value in zip(holders, values, strict=True):
            row[key] = value
    return found


def thinned(rows: list[Row], every: int, last: int | None) -> list[Row]:
    """Every so manieth row, counted from the first, and of these the last ones."""
    found = islice(rows, 0, None, every)
    return list(deque(found, last)) if last else list(found)
