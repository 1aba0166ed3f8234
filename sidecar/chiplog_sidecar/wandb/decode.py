"""One record's bytes as one row: a JSON-ready dict that is public API (docs/bucket.md). It keeps no state and never
raises.

Every row has `at` (the record's offset in its file), `kind`, and `num` (wandb's own count, from 1 without holes; a
hole means a lost record). A field that the record leaves empty is left out, but for the ones named below. Paths are
lists of keys, never joined with points.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from chiplog_sidecar.wandb import messages, values
from chiplog_sidecar.wandb import wandb_pb2 as pb

Row = dict[str, Any]
"""`{"at": int, "num": int, "kind": str, ...}`, strict JSON (see `values`)."""

_ENVELOPE = (16, 19, 200)
"""Fields beside the record's kind: control, uuid, info."""


def decode(at: int, payload: bytes) -> Row:
    """The row of the record at offset `at`.

    A kind that this version does not know gives `unknown` with its field number, bytes that are no record give
    `undecodable` with the reason: the bytes themselves are in the copy of the source.
    """
    try:
        record = pb.Record.FromString(payload)
        kind = record.WhichOneof("kind")
        row: Row = {"at": at, "num": record.num, "kind": kind}
        if kind is None:
            return row | {"kind": "unknown", "field": _unknown_field(record), "bytes": len(payload)}
        _ROWS[kind](row, getattr(record, kind))
    except (DecodeError, values.TooDeepError) as error:
        return {"at": at, "kind": "undecodable", "bytes": len(payload), "reason": str(error)}
    return row


def _unknown_field(record: pb.Record) -> int:
    fields = [field.field_number for field in UnknownFieldSet(record)]  # type: ignore[attr-defined]
    return next((field for field in fields if field not in _ENVELOPE), 0)


def _history(row: Row, history: pb.History) -> None:
    """`step` and `time` are null where the record does not say them."""
    row["step"] = row["time"] = None
    logged = row["values"] = _tree(history.item)
    step = history.step.num if history.HasField("step") else logged.get("_step")
    time = logged.get("_timestamp")
    row["step"] = step if type(step) is int else None
    row["time"] = time if type(time) in (int, float) else None


def _tree(items: Any) -> dict[str, values.Json]:
    """Items as one dict. This is where the time goes: ten metrics are thirteen items, so the common case makes no
    call but `parse`."""
    tree: dict[str, values.Json] = {}
    nested: list[tuple[Sequence[str], values.Json]] = []
    parse = values.parse
    for item in items:
        text = item.value_json
        value = parse(text) if text else _typed(item)
        path = item.nested_key
        length = len(path)
        if length == 1:
            tree[path[0]] = value
        elif length:
            nested.append((list(path), value))
        else:
            tree[item.key] = value
    return values.nest([*(((key,), value) for key, value in tree.items()), *nested]) if nested else tree


def _typed(item: pb.Item) -> values.Json:
    """The value of an item that has no JSON text (`WANDB_X_HISTORY_VALUE_ENCODING=typed`)."""
    kind = item.WhichOneof("typed")
    if kind == "none":
        return None
    if kind is None or kind == "json":
        return values.parse(item.json)
    value = getattr(item, kind)
    return values.number(value) if kind == "number" else value


def _path(item: pb.Item) -> values.Path:
    path = list(item.nested_key) or [item.key]
    if len(path) > values.MAX_DEPTH:
        raise values.TooDeepError(f"a key path has {len(path)} elements, more than {values.MAX_DEPTH}")
    return path


def _updates(items: pb.Items) -> list[list[values.Json]]:
    return [[_path(item), values.parse(item.value_json) if item.value_json else _typed(item)] for item in items.update]


def _items(row: Row, items: pb.Items) -> None:
    """summary and config. An update replaces what stood at its path and nothing beside it."""
    row["update"] = _updates(items)
    row["remove"] = [_path(item) for item in items.remove]


def _console(row: Row, console: pb.Console) -> None:
    """`text` is what one write said: a piece of a line, or several lines. `time` is null where the record does not
    say it."""
    row["kind"] = "console"
    row["source"] = messages.name_of(pb.Stream, console.output_type)
    row["time"] = messages.seconds(console.timestamp) if console.HasField("timestamp") else None
    row["text"] = console.line


def _logger_line(row: Row, line: pb.LoggerLine) -> None:
    row |= {"kind": "console", "source": "logger", "time": None, "text": line.line}


def _system(row: Row, stats: pb.System) -> None:
    row["kind"] = "system"
    row["time"] = messages.seconds(stats.timestamp) if stats.HasField("timestamp") else None
    row["values"] = _tree(stats.item)


def _files(row: Row, files: pb.Files) -> None:
    row["files"] = [
        {
            "path": file.path,
            "policy": messages.name_of(pb.File.Policy, file.policy),
            "type": messages.name_of(pb.File.Type, file.type),
        }
        for file in files.files
    ]


def _run(row: Row, run: pb.Run) -> None:
    """`resume`, `starting_step`, `config` and `summary` are always there."""
    row |= {"resume": run.resume, "starting_step": run.starting_step} | messages.plain(run)
    row["config"] = _updates(run.config)
    row["summary"] = _updates(run.summary)


def _metric(row: Row, metric: pb.Metric) -> None:
    """What `define_metric` was told; `summary` lists the aggregates, and a flag that is not there is off."""
    row |= messages.plain(metric) | messages.plain(metric.options) | messages.plain(metric.control)
    row.pop("options", None)
    row.pop("control", None)
    if metric.HasField("summary"):
        row["summary"] = sorted(messages.plain(metric.summary))
    if metric.goal:
        row["goal"] = messages.name_of(pb.Metric.Goal, metric.goal)


def _artifact(row: Row, artifact: pb.Artifact) -> None:
    """`manifest.entries` are its files; `local_path` is a path of the training container."""
    row |= messages.plain(artifact)
    if artifact.metadata:
        row["metadata"] = values.parse(artifact.metadata)
    if artifact.HasField("manifest"):
        row["manifest"] = messages.manifest(artifact.manifest)


def _exit(row: Row, ended: pb.Exit) -> None:
    row |= {"exit_code": ended.exit_code, "runtime": ended.runtime} | messages.plain(ended)


def _header(row: Row, header: pb.Header) -> None:
    row |= messages.plain(header.version)


def _environment(row: Row, environment: pb.Environment) -> None:
    """One dict of its own; a run writes several, each with the facts that it adds."""
    row["environment"] = messages.plain(environment)


def _telemetry(row: Row, telemetry: bytes) -> None:
    """wandb's note of which of its features were used, as it stands."""
    row["base64"] = base64.b64encode(telemetry).decode()


def _plain(row: Row, message: Any) -> None:
    row |= messages.plain(message)


_ROWS: dict[str, Callable[[Row, Any], None]] = {
    "history": _history,
    "summary": _items,
    "output": _console,
    "config": _items,
    "files": _files,
    "stats": _system,
    "artifact": _artifact,
    "tbrecord": _plain,
    "alert": _plain,
    "telemetry": _telemetry,
    "metric": _metric,
    "output_raw": _console,
    "run": _run,
    "exit": _exit,
    "final": _plain,
    "header": _header,
    "footer": _plain,
    "preempting": _plain,
    "use_artifact": _plain,
    "environment": _environment,
    "output_logger": _logger_line,
}
