"""What the hparams plugin says, as rows of config and of sessions. It reads no event and keeps no state."""

from typing import Any

from google.protobuf.message import DecodeError

from chiplog_sidecar.tensorboard import events_pb2 as pb
from chiplog_sidecar.wandb import values

PLUGIN = "hparams"


def fields(content: bytes) -> dict[str, Any] | None:
    """The fields of the row that this content of the plugin makes; None where it says nothing or cannot be read."""
    try:
        said = pb.HParams.FromString(content)
    except DecodeError:
        return None
    kind = said.WhichOneof("data")
    if kind == "session_start_info":
        return _config(said.session_start_info)
    if kind == "session_end_info":
        end = said.session_end_info
        names = pb.SessionEnd.Status.items()
        status = next((name for name, number in names if number == end.status), str(end.status))
        return {"kind": "session", "status": status, "ended_at": values.number(end.end_time_secs)}
    if kind == "experiment":
        return {"kind": "hparams", "names": [found.name for found in said.experiment.hparam_infos]}
    return None


def _config(start: pb.SessionStart) -> dict[str, Any]:
    update = [[[name], _plain(start.hparams[name])] for name in sorted(start.hparams)]
    return {"kind": "config", "update": update, "remove": []}


def _plain(value: pb.Plain) -> values.Json:
    kind = value.WhichOneof("kind")
    if kind in (None, "null_value"):
        return None
    if kind == "list_value":
        return [_plain(below) for below in value.list_value.values]
    return values.number(value.number_value) if kind == "number_value" else getattr(value, str(kind))
