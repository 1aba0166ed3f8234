"""Puts the verified writer into what a key writes, and refuses what claims a place that is not the key's; pure.

Whatever the writer itself said of who wrote is taken out.
"""

import json
from typing import Any, NamedTuple

from chiplog import codec, layout, records
from chiplog.errors import AccessDenied, FormatError
from chiplog_ingest import targets
from chiplog_ingest.grants import Grant

MAX_HEAD_BYTES = 16 * 1024 * 1024
"""A live object's head, unpacked: one of thousands of streams comes near it."""

MAX_RECORDERS = 64
"""That an outcome may name: a local run has one."""


class Live(NamedTuple):
    """A live object that may be written, and the run that its recorder says it belongs to."""

    data: bytes
    run: str


def live(data: bytes, recorder: layout.Recorder, grant: Grant) -> Live:
    """A live object, marked. Raises AccessDenied, and FormatError for what is none."""
    frame, tail = codec.cut(data, "the live object", MAX_HEAD_BYTES)
    head: Any = next(iter(codec.lines(frame)), None)
    records.check(head, records.LIVE_FORMAT, "the live object")
    told = _dict(head, "recorder")
    _require("cluster", told.get("cluster"), recorder.cluster)
    _require("namespace", told.get("namespace"), recorder.namespace)
    _require("id", told.get("id"), recorder.id)
    _require_project(told.get("project"), grant)
    head["recorder"] = {**told, "written_by": grant.writer}
    run = told.get("run") or ""
    if not isinstance(run, str) or (run and not targets.is_id(run)):
        raise FormatError(f"the live object's run is {run!r}")
    return Live(codec.compress([codec.dump(head)]) + tail, run)


class Run(NamedTuple):
    """A `run.json` that may be written, and the recorder that it is of."""

    data: bytes
    recorder: str


def run(data: bytes, place: layout.Run, grant: Grant) -> Run:
    """A `run.json`, marked. Raises AccessDenied, FormatError."""
    document = records.unpack_document(data, records.RUN_FORMAT, "run.json")
    for field, wanted in (("cluster", place.cluster), ("namespace", place.namespace), ("run", place.id)):
        _require(field, document.get(field), wanted)
    _require_project(document.get("project"), grant)
    recorder = document.get("uid")
    if not isinstance(recorder, str):
        raise FormatError(f"the uid of run.json is {recorder!r}, no recorder's id")
    account = f"system:serviceaccount:{grant.namespace}:{grant.service_account}"
    verified = {"written_by": grant.writer, "service_account": grant.service_account, "created_by": account,
                "claimed_by": str(document.get("claimed_by") or document.get("created_by", ""))}  # fmt: skip
    return Run(records.pack_document({**document, **verified}), recorder)


def outcome(data: bytes, place: layout.Run) -> list[str]:
    """The recorders that an `outcome.json` names. Raises AccessDenied, FormatError."""
    document = records.unpack_document(data, records.OUTCOME_FORMAT, "outcome.json")
    _require("run", document.get("run"), place.id)
    try:
        named = [binding["id"] for attempt in document["attempts"] for binding in attempt["recorders"]]
    except (KeyError, TypeError) as error:
        raise FormatError(f"outcome.json has no attempts with recorders: {error}") from error
    if len(named) > MAX_RECORDERS or not all(isinstance(item, str) for item in named):
        raise FormatError(f"outcome.json names {len(named)} recorders, more than {MAX_RECORDERS}, or no ids")
    return named


def _dict(head: Any, field: str) -> dict[str, Any]:
    found = head.get(field)
    if not isinstance(found, dict):
        raise FormatError(f"the live object has no {field}")
    return found


def _require(field: str, told: Any, wanted: str) -> None:
    if told != wanted:
        raise AccessDenied(f"{field} is {json.dumps(told)[:100]}, and the object's place says {wanted}")


def _require_project(told: Any, grant: Grant) -> None:
    if grant.project and told != grant.project:
        raise AccessDenied(f"the project is {json.dumps(told)[:100]}, and the key {grant.key} is for {grant.project}")
