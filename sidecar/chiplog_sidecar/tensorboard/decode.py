"""One event's bytes as one row: a JSON-ready dict that is public API (docs/bucket.md). It never raises.

Every row has `at` (the record's offset in its file) and `kind`. A tag is one key, with its slashes. The file is its
writer's whole word: no summary follows, so a row of history is also the newest of the summary.
"""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError

from chiplog_sidecar.tensorboard import events_pb2 as pb
from chiplog_sidecar.tensorboard import hparams, media, numbers, tensors
from chiplog_sidecar.wandb import values

Row = dict[str, Any]
"""`{"at": int, "kind": str, ...}`, strict JSON (see `chiplog_sidecar.wandb.values`)."""

MAX_TAGS = 64 * 1024
"""Tags whose plugin is remembered; a file that has more is not written by a person's script."""


class Decoder:
    """Turns the events of one file into rows, in the order they stand.

    It remembers which plugin a tag belongs to, for writers say so with a tag's first value alone. A decoder that
    begins in the middle of a file does not know, and tells a tensor by its type and shape.
    """

    def __init__(self) -> None:
        self._plugins: dict[str, str] = {}

    def row(self, at: int, payload: bytes) -> Row:
        """The row of the event at offset `at`; bytes that are no event give `undecodable` with the reason."""
        try:
            event = pb.Event.FromString(payload)
        except DecodeError as error:
            return {"at": at, "kind": "undecodable", "bytes": len(payload), "reason": str(error)}
        kind = event.WhichOneof("what")
        if kind == "summary":
            return {"at": at} | self._summary(event)
        return {"at": at} | (_ROWS[kind](event) if kind else {"kind": "unknown", "field": 0, "bytes": len(payload)})

    def _summary(self, event: pb.Event) -> Row:
        """History, unless the event is only one that the hparams plugin reads."""
        logged: dict[str, values.Json] = {}
        said: Row | None = None
        for value in event.summary.value:
            if value.WhichOneof("value") == "simple_value":
                logged[value.tag] = numbers.number(value.simple_value)
            elif self._plugin(value) == hparams.PLUGIN:
                said = hparams.fields(value.metadata.plugin_data.content) or said
            else:
                logged[value.tag] = self._value(value)
        if said and not logged:
            return said
        row = {"kind": "history", "step": event.step, "time": _time(event), "values": logged, "summary": True}
        return row | ({"session": said} if said else {})

    def _plugin(self, value: pb.Value) -> str:
        told = value.metadata.plugin_data.plugin_name if value.HasField("metadata") else ""
        known = self._plugins.get(value.tag, "")
        if told and told != known and (known or len(self._plugins) < MAX_TAGS):
            self._plugins[value.tag] = told
        return told or known

    def _value(self, value: pb.Value) -> values.Json:
        kind = value.WhichOneof("value")
        if kind == "tensor":
            return _tensor(value.tensor, self._plugin(value))
        if kind == "image":
            return media.image(value.image.encoded, value.image.width, value.image.height)
        if kind == "audio":
            return media.audio(value.audio)
        if kind == "histo":
            return media.histogram(value.histo)
        return {"_type": "unknown", "bytes": len(value.old_histogram)} if kind else None


def _tensor(tensor: pb.Tensor, plugin: str) -> values.Json:
    """The value of a plugin that we know; of any other, type and shape."""
    texts = tensors.strings(tensor)
    found = _numbers(tensor, plugin) if texts is None else _texts(texts, tensors.shape(tensor), plugin)
    if found is not None:
        return found
    return {"_type": "tensor", "dtype": tensors.dtype(tensor), "shape": tensors.shape(tensor), "plugin": plugin}


def _numbers(tensor: pb.Tensor, plugin: str) -> values.Json:
    dimensions = tensors.shape(tensor)
    if plugin == "histograms" and len(dimensions) == 2 and dimensions[1] == 3:
        rows = tensors.elements(tensor)
        return media.table(rows) if rows else None
    if plugin == "scalars" or not (plugin or dimensions):
        found = tensors.elements(tensor)
        return numbers.listed(found)[0] if found and len(found) == 1 else None
    return None


def _texts(texts: list[bytes], dimensions: list[int], plugin: str) -> values.Json:
    if plugin == "images":
        return media.images(texts)
    if plugin == "audio":
        return media.sounds(texts, dimensions)
    if plugin != "text":
        return None
    read = [text.decode(errors="replace") for text in texts]
    return read[0] if len(read) == 1 else read


def _time(event: pb.Event) -> float | None:
    """Unix seconds; None where the event has a number that is no time."""
    return event.wall_time if event.wall_time - event.wall_time == 0.0 else None


def _header(event: pb.Event) -> Row:
    return {"kind": "header", "producer": f"tensorboard {event.file_version}", "time": _time(event)}


def _console(event: pb.Event) -> Row:
    return {"kind": "console", "source": "logger", "time": _time(event), "text": event.log_message.message}


def _session(event: pb.Event) -> Row:
    """A `start` at a step says that the writer began again there; what to do with later steps is the reader's rule."""
    status = event.session_log.status
    name = next((name for name, number in pb.SessionLog.Status.items() if number == status), str(status))
    return {"kind": "session", "status": name, "step": event.step, "time": _time(event)}


def _graph(event: pb.Event) -> Row:
    return {"kind": "graph", "bytes": len(getattr(event, str(event.WhichOneof("what"))))}


_ROWS: dict[str, Callable[[pb.Event], Row]] = {
    "file_version": _header,
    "graph_def": _graph,
    "log_message": _console,
    "session_log": _session,
    "tagged_run_metadata": _graph,
    "meta_graph_def": _graph,
}
