"""What a record would take of memory once it is unfolded, told before that is done; it decodes no value.

A few bytes on disk may stand for hundreds in memory: `[]` is a list, two bytes of protobuf are a message. A record that
weighs more than the recorder has room for would be met again by each of its lives, and end each; so it is not unfolded,
and counted. The figures are Python 3.11's, measured as a process' peak and rounded up.
"""

from typing import Any

MAX_BYTES = 32 * 1024 * 1024
"""What one record may take beside its own bytes: 50,000 nested keys, 130,000 plain ones, 800,000 numbers of a list."""

TOO_HEAVY = f"unfolded it takes more than {MAX_BYTES >> 20} MiB"
"""The reason of a record that is not unfolded."""

FREE_BYTES = 128 * 1024
"""A record of fewer bytes is never too heavy: the worst of its kind takes half of what is allowed."""

_LIST, _OBJECT, _QUOTE, _COMMA = 64, 72, 30, 40
_MESSAGE, _REPEATED, _FIELD, _PACKED_BYTE = 100, 350, 60, 8
_JSON = frozenset(("value_json", "json", "metadata"))
_TEXTS = frozenset(("nested_key", "string_val"))
_NUMBERS = frozenset(("bucket", "bucket_limit"))
"""Fields by name: JSON, texts of which there may be many, and numbers that stand packed."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def is_heavy_json(text: bytes) -> bool:
    """Whether a JSON text weighs too much."""
    return len(text) > FREE_BYTES and _of_json(text) > MAX_BYTES


def is_heavy_message(payload: bytes, descriptor: Any) -> bool:
    """Whether a protobuf message of this type weighs too much."""
    return len(payload) > FREE_BYTES and _of_message(memoryview(payload), descriptor, MAX_BYTES) > MAX_BYTES


def _of_json(text: bytes) -> int:
    return _LIST * text.count(b"[") + _OBJECT * text.count(b"{") + _QUOTE * text.count(b'"') + _COMMA * text.count(b",")


def _of_message(data: memoryview, descriptor: Any, room: int) -> int:
    """The weight, or what was found of it once there is no room; what is no message weighs what was read of it."""
    weight, at = _MESSAGE, 0
    while at < len(data) and weight <= room:
        tag, at = _varint(data, at)
        field, wire = descriptor.fields_by_number.get(tag >> 3), tag & 7
        if wire == _BYTES:
            length, at = _varint(data, at)
            weight += _of_bytes(data[at : at + length], field, room - weight)
            at += length
        elif wire in (_VARINT, _FIXED64, _FIXED32):
            weight += _FIELD
            at = _varint(data, at)[1] if wire == _VARINT else at + (8 if wire == _FIXED64 else 4)
        else:
            break  # It is no message that protobuf reads, and it says so.
    return weight


def _of_bytes(body: memoryview, field: Any, room: int) -> int:
    if field is None:
        return _FIELD
    if field.message_type is not None:
        return _of_message(body, field.message_type, room)
    if field.name in _JSON:
        return _FIELD + _of_json(bytes(body))
    if field.name in _NUMBERS:
        return _PACKED_BYTE * len(body)
    return _REPEATED if field.name in _TEXTS else _FIELD


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number and the place behind it; one that is cut ends behind the data."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value, at
