"""One event's bytes as one row, a JSON-ready dict (docs/bucket.md). It never raises.

A summary is a row of history: every tag is a metric. An image or a sound stays in the copy of the source, and the row
says where: `inline` is true, and `at` is the event's place. Hyperparameters are a row of config.
"""

import hashlib
import math
import struct
from typing import Any

from google.protobuf.message import DecodeError

from chiplog.codec import Row, finite
from chiplog_sidecar.tfevents import events_pb2 as pb
from chiplog_sidecar.tfevents import tensors

_FLOAT = struct.Struct("<f")
_LARGEST = 3.4028235e38


def widened(value: float) -> float:
    """The double that reads as a float32's shortest text: 0.1 and not 0.10000000149011612.

    >>> widened(0.10000000149011612)
    0.1
    """
    if not math.isfinite(value):
        return value
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        if abs(short) <= _LARGEST and _FLOAT.pack(short) == _FLOAT.pack(value):
            return short
    return float(f"{value:.9g}")


class Decoder:
    """Rows of one file. It remembers which plugin a tag belongs to, for a writer says it only once."""

    def __init__(self) -> None:
        self._plugins: dict[str, str] = {}

    def row(self, at: int, payload: bytes) -> Row:
        """The row of the event at offset `at`."""
        try:
            event = pb.Event.FromString(payload)
        except DecodeError as error:
            return {"at": at, "kind": "undecodable", "bytes": len(payload), "reason": str(error)}
        what = event.WhichOneof("what")
        if what == "file_version":
            return {"at": at, "kind": "header", "producer": f"tensorboard {event.file_version}"}
        if what == "summary":
            return self._summary(at, event)
        if what == "session_log":
            status = pb.SessionLog.Status.Name(event.session_log.status) if event.session_log.status < 4 else "?"
            return {"at": at, "kind": "session", "status": status.lower(), "step": event.step}
        return {"at": at, "kind": what or "event", "bytes": len(payload)}

    def _summary(self, at: int, event: pb.Event) -> Row:
        for value in event.summary.value:
            if value.metadata.plugin.name == "hparams" and (config := _hparams(value.metadata.plugin.content)):
                return {"at": at, "kind": "config", "update": config, "remove": []}
        values = {value.tag: self._value(value) for value in event.summary.value if value.WhichOneof("kind")}
        if not values:
            return {"at": at, "kind": "session", "status": "plugin", "step": event.step}
        return {"at": at, "kind": "history", "step": event.step, "time": finite(event.wall_time),
                "values": values, "summary": True}  # fmt: skip

    def _value(self, value: pb.Value) -> Any:
        if value.metadata.plugin.name:
            self._plugins[value.tag] = value.metadata.plugin.name
        kind = value.WhichOneof("kind")
        if kind == "simple_value":
            return finite(widened(value.simple_value))
        if kind == "tensor":
            return tensors.value(value.tensor, self._plugins.get(value.tag, ""))
        if kind == "histo":
            return histogram(value.histo.min, list(value.histo.bucket_limit), list(value.histo.bucket))
        return _media(value)


def histogram(lowest: float, limits: list[float], counts: list[float]) -> Any:
    """As wandb's: `bins` are the edges, one more than `values`."""
    return finite({"_type": "histogram", "bins": [lowest, *limits], "values": counts})


def _media(value: pb.Value) -> Row:
    if value.WhichOneof("kind") == "image":
        image = value.image
        return inline("image-file", image.encoded) | {"width": image.width, "height": image.height}
    return inline("audio-file", value.audio.encoded) | {"sample_rate": value.audio.sample_rate}


def inline(kind: str, data: bytes) -> Row:
    """What is said of media that stay in the source."""
    return {"_type": kind, "inline": True, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _hparams(content: bytes) -> list[list[Any]]:
    try:
        start = pb.HParams.FromString(content).session_start
    except DecodeError:
        return []
    named = {name: getattr(found, kind) for name, found in start.hparams.items() if (kind := found.WhichOneof("kind"))}
    return [[[name], finite(named[name])] for name in sorted(named)]
