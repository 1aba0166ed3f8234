"""TensorProtos as plain lists. It knows no plugin and makes no row."""

import math
import struct
from collections.abc import Callable
from typing import Any

from chiplog_sidecar.tensorboard import events_pb2 as pb
from chiplog_sidecar.tensorboard import numbers

MAX_ELEMENTS = 64 * 1024
"""A larger tensor is told by its shape alone: a few bytes can claim any shape."""

STRING = 7
_FLOAT, _BFLOAT16, _HALF, _BOOL = 1, 14, 19, 10

# By dtype: its name, the struct code of one element of `tensor_content`, and the field where elements stand instead.
_DTYPES = {
    _FLOAT: ("float32", "f", "float_val"),
    2: ("float64", "d", "double_val"),
    3: ("int32", "i", "int_val"),
    4: ("uint8", "B", "int_val"),
    5: ("int16", "h", "int_val"),
    6: ("int8", "b", "int_val"),
    STRING: ("string", "", "string_val"),
    9: ("int64", "q", "int64_val"),
    _BOOL: ("bool", "?", "bool_val"),
    _BFLOAT16: ("bfloat16", "H", "half_val"),
    17: ("uint16", "H", "int_val"),
    _HALF: ("float16", "H", "half_val"),
    22: ("uint32", "I", "uint32_val"),
    23: ("uint64", "Q", "uint64_val"),
}
_CONVERTED: dict[int, Callable[[Any], float]] = {
    _FLOAT: numbers.widened,
    _BFLOAT16: numbers.of_bfloat16,
    _HALF: numbers.of_half,
}


def dtype(tensor: pb.Tensor) -> str:
    """The type of its elements by name, by number where we know none."""
    known = _DTYPES.get(tensor.dtype)
    return known[0] if known else str(tensor.dtype)


def shape(tensor: pb.Tensor) -> list[int]:
    """Its dimensions; none for a scalar."""
    return [dim.size for dim in tensor.tensor_shape.dim]


def strings(tensor: pb.Tensor) -> list[bytes] | None:
    """The elements of a tensor of strings in the order they stand; None for any other."""
    return list(tensor.string_val) if tensor.dtype == STRING else None


def elements(tensor: pb.Tensor) -> list[float] | None:
    """The elements of a tensor of numbers, rows first; None where it has other ones, too many, or not as many as its
    shape says. As in TensorFlow, the last element of a `_val` field stands for all that are left out."""
    known, dimensions = _DTYPES.get(tensor.dtype), shape(tensor)
    count = math.prod(dimensions)
    if known is None or tensor.dtype == STRING or not 0 <= count <= MAX_ELEMENTS or min(dimensions, default=0) < 0:
        return None
    _, code, field = known
    if len(getattr(tensor, field)) > count:
        return None
    found = _content(tensor.tensor_content, code, count) if tensor.tensor_content else list(getattr(tensor, field))
    if not found and count:
        return None
    found += found[-1:] * (count - len(found))
    if len(found) != count:
        return None
    convert = _CONVERTED.get(tensor.dtype)
    return [convert(item) for item in found] if convert else found


def _content(content: bytes, code: str, count: int) -> list[float]:
    layout = f"<{count}{code}"
    return list(struct.unpack(layout, content)) if len(content) == struct.calcsize(layout) else []
