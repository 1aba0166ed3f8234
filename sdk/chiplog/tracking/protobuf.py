"""The few wire types of protobuf that wandb's log needs, for the base install has no dependency. It reads nothing."""

import struct

_VARINT, _FIXED64, _BYTES = 0, 1, 2


def varint(number: int) -> bytes:
    """An unsigned number, or a negative one in 64 bits."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def number(field: int, value: int) -> bytes:
    """A field of an integer or bool; nothing for 0, as proto3 has it."""
    return varint(field << 3 | _VARINT) + varint(value) if value else b""


def double(field: int, value: float) -> bytes:
    """A field of a float."""
    return varint(field << 3 | _FIXED64) + struct.pack("<d", value)


def message(field: int, content: bytes) -> bytes:
    """A field of a message or of bytes, also of none."""
    return varint(field << 3 | _BYTES) + varint(len(content)) + content


def text(field: int, value: str) -> bytes:
    """A field of text; nothing for an empty one."""
    return message(field, value.encode(errors="replace")) if value else b""


def instant(field: int, seconds: float) -> bytes:
    """A field of protobuf's Timestamp."""
    whole, rest = divmod(round(seconds * 1e9), 10**9)
    return message(field, number(1, whole) + number(2, rest))
