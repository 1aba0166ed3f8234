"""Curves as text: each character is a Braille cell of 2 by 4 dots; it knows no runs."""

import math
from collections.abc import Sequence

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot by row and column of a cell."""


def plot(points: Sequence[tuple[float, float]], width: int, height: int) -> list[str]:
    """The points joined from left to right, in `height` lines of `width` characters; what is not finite is left out."""
    finite = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    cells = [[0] * width for _ in range(height)]
    if finite:
        places = _placed(finite, 2 * width - 1, 4 * height - 1)
        for start, end in zip([places[0], *places], places, strict=False):
            _line(cells, start, end)
    return ["".join(chr(0x2800 + cell) for cell in row) for row in cells]


def _placed(points: Sequence[tuple[float, float]], right: int, top: int) -> list[tuple[int, int]]:
    """The points as dots; y grows downwards."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return [(_scaled(x, min(xs), max(xs), right), top - _scaled(y, min(ys), max(ys), top)) for x, y in points]


def _scaled(value: float, low: float, high: float, size: int) -> int:
    # Halves, for the range of two finite numbers can be infinite.
    return round((value / 2 - low / 2) / (high / 2 - low / 2) * size) if high > low else size // 2


def _line(cells: list[list[int]], start: tuple[int, int], end: tuple[int, int]) -> None:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        x = round(start[0] + (end[0] - start[0]) * step / steps)
        y = round(start[1] + (end[1] - start[1]) * step / steps)
        cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
