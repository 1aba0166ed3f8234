"""Images and sounds that stand in the records of an event file, as contents of their own; it ships none of them.

A row names them by digest alone (`"inline": true`). Their bytes are found again in the record at the row's position.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.message import DecodeError

from chiplog.codec import Row
from chiplog_sidecar.tensorboard import events_pb2 as pb
from chiplog_sidecar.tensorboard import framing

_HEADER = struct.Struct("<QI")


def named(row: Row) -> dict[str, str]:
    """The media of a history row that stand in its record: by digest a name, made of digest and format."""
    found: dict[str, str] = {}
    nodes: list[Any] = list(row["values"].values()) if row["kind"] == "history" else []
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes.extend(node)
        elif isinstance(node, dict) and node.get("inline") is True:
            ending = node["format"] if str(node["format"]).isalnum() else "bin"
            found[node["sha256"]] = f"{node['sha256'][:20]}.{ending}"
    return found


def contents(read: Callable[[int, int], bytes], at: int) -> dict[str, bytes]:
    """The media of the record at a position, by digest; none where no event stands there any more.

    Args:
        read: gives that many bytes from an offset of the file.
        at: the record's position.
    """
    header = read(_HEADER.size, at)
    if len(header) < _HEADER.size:
        return {}
    length = int(_HEADER.unpack(header)[0])
    if length > framing.MAX_RECORD_BYTES:
        return {}
    try:
        event = pb.Event.FromString(read(length, at + _HEADER.size))
    except DecodeError:
        return {}
    return {hashlib.sha256(data).hexdigest(): data for value in event.summary.value for data in _encoded(value)}


def _encoded(value: pb.Value) -> Iterator[bytes]:
    kind = value.WhichOneof("value")
    if kind == "image":
        yield value.image.encoded
    elif kind == "audio":
        yield value.audio.encoded
    elif kind == "tensor":
        yield from value.tensor.string_val
