"""One record of a run file as one row (docs/bucket.md), or none for a shape. It never raises."""

import struct
from typing import Any, NamedTuple

from chiplog import runfile
from chiplog.codec import Row
from chiplog_sidecar import weight
from chiplog_sidecar.runfile import checks
from chiplog_sidecar.runfile.framing import Frame
from chiplog_sidecar.wandb import values

_CODES = frozenset(runfile.CODES.values())


class Shape(NamedTuple):
    """How the values of a packed row are laid out."""

    paths: list[list[str]]
    layout: struct.Struct
    flags: dict[str, bool]
    """What its rows say besides."""
    is_flat: bool


class Decoder:
    """Turns the records of one file into rows, in the order they stand: a packed row needs the shape before it."""

    def __init__(self) -> None:
        self._shapes: dict[int, Shape] = {}

    def row(self, frame: Frame) -> Row | None:
        """The row of a record; None for a shape."""
        try:
            if frame.kind == runfile.PACKED:
                return {"at": frame.at, **self._packed(frame.payload)}
            if frame.kind == runfile.SHAPE:
                self._learn(frame.payload)
                return None
            if frame.kind == runfile.JSON:
                return {"at": frame.at, **checks.checked(_object(frame.payload))}
        except (ValueError, struct.error) as error:
            return {"at": frame.at, "kind": "undecodable", "bytes": len(frame.payload), "reason": str(error)}
        return {"at": frame.at, "kind": "unknown", "field": frame.kind, "bytes": len(frame.payload)}

    def _learn(self, payload: bytes) -> None:
        (number,) = runfile.NUMBER.unpack_from(payload)
        said = _object(payload[runfile.NUMBER.size :])
        paths, types = said.get("keys"), said.get("types")
        if (
            not isinstance(paths, list)
            or not checks.is_paths(paths)
            or not isinstance(types, str)
            or not _CODES.issuperset(types)
        ):
            raise ValueError("a shape has no usable keys or types")
        if len(paths) != len(types):
            raise ValueError(f"a shape has {len(paths)} keys and {len(types)} types")
        layout = struct.Struct(runfile.PLACE.format + types)
        is_flat = all(len(path) == 1 for path in paths)
        flags = {"summary": said.get("summary") is not False, "open": said.get("open") is True}
        self._shapes[number] = Shape(paths, layout, {name: True for name, is_set in flags.items() if is_set}, is_flat)

    def _packed(self, payload: bytes) -> Row:
        (number,) = runfile.NUMBER.unpack_from(payload)
        shape = self._shapes.get(number)
        if shape is None:
            raise ValueError(f"the shape {number} was not said")
        _, step, time, *found = shape.layout.unpack(payload)
        logged = [_finite(value) if isinstance(value, float) else value for value in found]
        tree = (
            {path[0]: value for path, value in zip(shape.paths, logged, strict=True)}
            if shape.is_flat
            else values.nest(list(zip(shape.paths, logged, strict=True)))
        )
        row: Row = {"kind": "history", "step": step, "time": time if time - time == 0.0 else None, "values": tree}
        row.update(shape.flags)
        return row


def _finite(value: float) -> values.Json:
    return value if value - value == 0.0 else values.number(value)


def _object(payload: bytes) -> dict[str, Any]:
    if weight.is_heavy_json(payload):
        raise ValueError(weight.TOO_HEAVY)
    value = values.parse(payload.decode())
    if not isinstance(value, dict) or value.keys() == {"$text"}:
        raise ValueError("the record is no JSON object")
    return value
