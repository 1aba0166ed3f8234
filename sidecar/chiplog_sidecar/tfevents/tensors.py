"""A tensor of a summary as a value of a row; it knows the plugins that TensorBoard itself brings."""

import struct
from typing import Any

from chiplog.codec import finite
from chiplog_sidecar.tfevents import decode
from chiplog_sidecar.tfevents import events_pb2 as pb

_STRING = 7
_FORMATS = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 19: "e"}
"""struct's letter by TensorFlow's DataType."""

_MAX_NUMBERS = 1_000_000


def value(tensor: pb.Tensor, plugin: str) -> Any:
    """A scalar as a number, text as a string, histograms and images as wandb has them; of others what they are."""
    if tensor.dtype == _STRING:
        return _strings(tensor, plugin)
    numbers = _numbers(tensor)
    shape = [dim.size for dim in tensor.shape.dim]
    if plugin == "histograms" and len(shape) == 2 and shape[1] == 3 and len(numbers) == 3 * shape[0]:
        return _histogram(numbers)
    if len(numbers) == 1 and not shape:
        return finite(numbers[0])
    return {"_type": "tensor", "plugin": plugin, "dtype": tensor.dtype, "shape": shape}


def _strings(tensor: pb.Tensor, plugin: str) -> Any:
    texts = list(tensor.string_val)
    if plugin == "images" and len(texts) >= 3:
        size = {"width": _whole(texts[0]), "height": _whole(texts[1])}
        return decode.inline("image-file", texts[2]) | size
    if plugin == "audio" and texts:
        return decode.inline("audio-file", texts[0])
    found = [text.decode(errors="replace") for text in texts]
    return found[0] if len(found) == 1 else found


def _whole(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None


def _histogram(numbers: list[Any]) -> Any:
    """Rows of left edge, right edge and count."""
    edges = [float(number) for number in numbers[1::3]]
    return decode.histogram(float(numbers[0]) if numbers else 0.0, edges, [float(count) for count in numbers[2::3]])


def _numbers(tensor: pb.Tensor) -> list[Any]:
    if tensor.content:
        return _unpacked(tensor.dtype, tensor.content)
    found = (tensor.float_val, tensor.double_val, tensor.int_val, tensor.int64_val, tensor.bool_val)
    named = next((list(values) for values in found if values), [])
    return [decode.widened(number) for number in named] if tensor.float_val else named


def _unpacked(dtype: int, content: bytes) -> list[Any]:
    letter = _FORMATS.get(dtype, "")
    size = struct.calcsize(f"<{letter}") if letter else 0
    if not size or len(content) % size or len(content) // size > _MAX_NUMBERS:
        return []
    numbers = list(struct.unpack(f"<{len(content) // size}{letter}", content))
    return [decode.widened(number) for number in numbers] if letter == "f" else numbers
