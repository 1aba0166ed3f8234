"""A run as JSON, as the command and the dashboard give it, with documented names; scripts rely on every key here."""

from typing import Any

from chiplog.reading import cost
from chiplog.reading.console import Line
from chiplog.reading.details import Details
from chiplog.reading.files import File
from chiplog.reading.members import Member
from chiplog.reading.views import RunView
from chiplog.times import iso

Document = dict[str, Any]

LISTED = ("namespace", "project", "run", "name", "state", "attempts", "step", "started_at", "finished_at", "config",
          "summary", "tags", "lag_seconds", "reason", "cluster", "bound")  # fmt: skip
"""Names of a run in `ls`."""

LINE = ("time", "source", "attempt", "rank", "text")
FILE = (
    "path", "container", "attempt", "rank", "recorder", "version", "versions", "size", "sha256", "key", "modified",
    "policy", "missing",
)  # fmt: skip


def listed(view: RunView) -> Document:
    """A run in a list."""
    return {
        "namespace": view.namespace,
        "project": view.project,
        "run": view.run,
        "name": view.name,
        "state": view.state,
        "attempts": view.attempts,
        "step": view.step,
        "started_at": iso(view.started_at),
        "finished_at": iso(view.finished_at),
        "config": view.config,
        "summary": view.summary,
        "tags": view.tags,
        "lag_seconds": view.lag_seconds,
        "reason": view.reason,
        "cluster": view.cluster,
        "bound": view.is_bound,
    }


def row(view: RunView) -> Document:
    """A run in the dashboard's list."""
    document: Document = dict(view.document or {})
    return {
        **listed(view),
        "id": view.key.path,
        "display_name": document.get("display_name") or view.name,
        "created_at": view.created_at or None,
        "metrics": metrics(view),
        "durable": view.outcome["durable"] if view.outcome else None,
        "archived": view.is_archived,
        "deleted": view.is_given_up,
    }


def metrics(view: RunView) -> list[dict[str, str]]:
    """The metrics that its TrainingRun names, the headline first."""
    return [dict(metric) for metric in view.document["metrics"]] if view.document else []


def shown(details: Details) -> Document:
    """A run in full."""
    view = details.view
    document: Document = dict(view.document or {})
    requests = cost.requests(view.members)
    return {
        **listed(view),
        "display_name": document.get("display_name") or view.name,
        "notes": document.get("notes", ""),
        "created_at": iso(view.created_at or None),
        "created_by": document.get("created_by", ""),
        "service_account": document.get("service_account", ""),
        "claimed_by": document.get("claimed_by", ""),
        "exit_code": exit_code(details),
        "durable": view.outcome["durable"] if view.outcome else None,
        "metrics": document.get("metrics", []),
        "datasets": document.get("datasets", []),
        "images": document.get("images", {}),
        "command": document.get("command", {}),
        "variables": document.get("variables", {}),
        "attempt_list": [_attempt(item) for item in (view.outcome["attempts"] if view.outcome else [])],
        "recorders": [_recorder(member) for member in view.members],
        "streams": [_stream(member, item) for member in view.members for item in _streams(member)],
        "environment": details.fold.environment,
        "wandb": details.fold.run,
        "requests": requests,
        "cost_usd": cost.dollars(requests),
        "unread": list(view.unread),
    }


def exit_code(details: Details) -> int | None:
    """The pod's own word, else the script's."""
    attempts = details.view.outcome["attempts"] if details.view.outcome else []
    return attempts[-1].get("exit_code", details.fold.exit_code) if attempts else details.fold.exit_code


def line(item: Line) -> Document:
    """A line of the console."""
    return {
        "time": iso(item.time),
        "source": item.source,
        "attempt": item.attempt,
        "rank": item.rank,
        "text": item.text,
    }


def file(item: File) -> Document:
    """A file."""
    return {name: iso(item.modified) if name == "modified" else getattr(item, name) for name in FILE}


def _attempt(attempt: Any) -> Document:
    return {
        **attempt,
        "started_at": iso(attempt.get("started_at")),
        "finished_at": iso(attempt.get("finished_at")),
        "exit_code": attempt.get("exit_code"),
    }


def _recorder(member: Member) -> Document:
    head: Any = member.beat.head if member.beat else {}
    return {
        "id": member.recorder.id,
        "attempt": member.attempt,
        "rank": member.rank,
        "pod": member.pod,
        "node": member.node,
        "state": head.get("state"),
        "version": head["recorder"].get("version") if head else None,
        "last_upload": iso(member.beat.modified if member.beat else None),
        "lag_seconds": head.get("lag_seconds"),
        "pending_bytes": head.get("pending_bytes"),
        "problems": head.get("problems", []),
        "skipped": head.get("skipped", {}),
    }


def _streams(member: Member) -> list[Any]:
    return list(member.beat.head["streams"]) if member.beat else []


def _stream(member: Member, stream: Any) -> Document:
    names = ("id", "kind", "container", "path", "generation", "position", "segmented", "size", "kinds", "gaps",
             "skipped", "loss_bound", "ended", "exit_code")  # fmt: skip
    return {"recorder": member.recorder.id, **{name: stream.get(name) for name in names}}
