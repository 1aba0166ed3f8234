"""Protobuf messages as JSON-ready dicts, field by field under our schema's names. It knows nothing of kinds of rows."""

import base64
from collections.abc import Mapping, MutableSequence
from typing import Any, Protocol

from google.protobuf.message import Message

from chiplog_sidecar.wandb import values
from chiplog_sidecar.wandb import wandb_pb2 as pb


class _Names(Protocol):
    def Name(self, number: int) -> str: ...  # noqa: N802 - protobuf's own name


def name_of(enum: Any, number: int) -> str:
    """An enum's value by name, and by number where a newer wandb knows one more."""
    names: _Names = enum
    try:
        return names.Name(number)
    except ValueError:
        return str(number)


def seconds(instant: pb.Instant) -> float:
    """Unix time in seconds, to the nearest float."""
    return (instant.seconds * 10**9 + instant.nanos) / 10**9


def plain(message: Message) -> dict[str, values.Json]:
    """The fields that are set, as protobuf counts them: a number 0, a false or an empty text is not."""
    return {field.name: _plain(value) for field, value in message.ListFields()}


def _plain(value: Any) -> values.Json:
    if isinstance(value, pb.Instant):
        return seconds(value)
    if isinstance(value, Message):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(below) for key, below in value.items()}
    if isinstance(value, MutableSequence):
        return [_plain(below) for below in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return values.number(value) if isinstance(value, float) else value


def manifest(message: pb.Manifest) -> dict[str, values.Json]:
    """An artifact's manifest, its files under `entries`."""
    row = plain(message)
    row.pop("contents", None)
    if message.policy_config:
        row["policy_config"] = _settings(message.policy_config)
    return row | {"entries": [_entry(entry) for entry in message.contents]}


def _entry(entry: pb.Manifest.Entry) -> dict[str, values.Json]:
    row = plain(entry)
    return row | {"extra": _settings(entry.extra)} if entry.extra else row


def _settings(settings: Any) -> dict[str, values.Json]:
    return {setting.key: values.parse(setting.value_json) for setting in settings}
