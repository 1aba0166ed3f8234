"""Numbers that a record holds in fewer bits, as Python's. It knows nothing of records or rows."""

import struct
from collections.abc import Iterable

from chiplog_sidecar.wandb import values

_FLOAT = struct.Struct("<f")
_SMALLEST_NORMAL = 2.0**-126


def widened(value: float) -> float:
    """A float32 as the number of the shortest text that gives back the same float32, as numpy prints it.

    A script that logs 0.1 in float32 has 0.10000000149011612 when its bits are read as a float64; here it is 0.1
    again. Six digits are always kept by a float32 and nine always tell two apart; the tiniest keep fewer than six.

    >>> widened(0.10000000149011612), widened(16777216.0)
    (0.1, 16777216.0)
    """
    if value - value != 0.0 or value.is_integer():
        return value
    for digits in range(6 if abs(value) >= _SMALLEST_NORMAL else 1, 9):
        short = float(f"{value:.{digits}g}")
        if _FLOAT.unpack(_FLOAT.pack(short))[0] == value:
            return short
    return float(f"{value:.9g}")


def number(value: float) -> values.Json:
    """A float32 as JSON can say it."""
    return values.number(widened(value))


def of_half(bits: int) -> float:
    """The float16 of these bits, exactly."""
    return float(struct.unpack("<e", struct.pack("<H", bits & 0xFFFF))[0])


def of_bfloat16(bits: int) -> float:
    """The bfloat16 of these bits, exactly: the upper half of a float32."""
    return float(_FLOAT.unpack(struct.pack("<I", (bits & 0xFFFF) << 16))[0])


def listed(items: Iterable[float]) -> list[values.Json]:
    """Numbers as JSON can say them; integers stay integers."""
    return [item if isinstance(item, int) else values.number(item) for item in items]
