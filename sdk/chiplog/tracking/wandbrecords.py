"""Rows as records of wandb's log, kind by kind, by wandb's own field numbers. It writes no file."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chiplog.tracking import protobuf as pb
from chiplog.tracking.summary import flat

Row = Mapping[str, Any]

MIN_CONSUMER = "0.70.0"
_LEVELS = {"INFO": "INFO", "WARN": "WARN", "WARNING": "WARN", "ERROR": "ERROR"}
_POLICIES = {"now": 0, "end": 1, "live": 2}
_SUMMARIES = {"min": 1, "max": 2, "mean": 3, "last": 5, "none": 6, "copy": 7, "first": 8}
_RUN_TEXTS = {"run_id": 1, "entity": 2, "project": 3, "group": 6, "job_type": 7, "name": 8, "notes": 9, "sweep_id": 12,
              "host": 13}  # fmt: skip
_ENVIRONMENT_TEXTS = {"os": 1, "python": 2, "program": 6, "code_path": 7, "email": 10, "root": 11, "host": 12,
                      "username": 13, "executable": 14}  # fmt: skip


def record(number: int, row: Row) -> bytes | None:
    """One record; None for a row that wandb has no record for."""
    build = _KINDS.get(str(row["kind"]))
    return pb.number(1, number) + build(row) if build else None


def item(path: Sequence[str], value: Any) -> bytes:
    """A key and a value as history, summary and config hold them."""
    keys = b"".join(pb.message(2, key.encode(errors="replace")) for key in path)
    return keys + pb.message(16, _json(value))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=str).encode(errors="replace")


def _items(update: Iterable[Sequence[Any]], remove: Iterable[Sequence[str]] = ()) -> bytes:
    updates = b"".join(pb.message(1, item(path, value)) for path, value in update)
    return updates + b"".join(pb.message(2, b"".join(pb.message(2, key.encode()) for key in path)) for path in remove)


def _header(row: Row) -> bytes:
    return pb.message(21, pb.message(1, pb.text(1, row["producer"]) + pb.text(2, MIN_CONSUMER)))


def _run(row: Row) -> bytes:
    body = b"".join(pb.text(field, str(row.get(name) or "")) for name, field in _RUN_TEXTS.items())
    body += pb.message(4, _items(row.get("config", [])))
    body += b"".join(pb.text(10, tag) for tag in row.get("tags", []))
    body += pb.number(14, row.get("starting_step", 0)) + pb.instant(17, row.get("started_at", 0.0))
    return pb.message(17, body + pb.number(24, bool(row.get("resume"))))


def _history(row: Row) -> bytes:
    leaves = [*flat(row["values"]), (("_step",), row["step"]), (("_timestamp",), row["time"])]
    if "runtime" in row:
        leaves.append((("_runtime",), row["runtime"]))
    body = b"".join(pb.message(1, item(path, value)) for path, value in leaves)
    return pb.message(2, body + pb.message(2, pb.number(1, row["step"])))


def _metric(row: Row) -> bytes:
    options = pb.number(1, row.get("step_sync", False)) + pb.number(2, row.get("hidden", False)) + pb.number(3, True)
    words = b"".join(pb.number(_SUMMARIES[word], True) for word in row.get("summary", []) if word in _SUMMARIES)
    body = pb.text(1, row.get("name", "")) + pb.text(2, row.get("glob", "")) + pb.text(4, row.get("step_metric", ""))
    body += pb.message(6, options) + (pb.message(7, words) if words else b"")
    body += pb.number(8, {"minimize": 1, "maximize": 2}.get(row.get("goal", ""), 0))
    return pb.message(12, body + (pb.message(9, pb.number(1, True)) if row.get("overwrite") else b""))


def _system(row: Row) -> bytes:
    body = pb.instant(2, row["time"])
    return pb.message(
        7, body + b"".join(pb.message(3, pb.text(1, k) + pb.message(16, _json(v))) for k, v in row["values"].items())
    )


def _console(row: Row) -> bytes:
    body = pb.number(1, row["source"] == "stdout") + pb.instant(2, row["time"])
    return pb.message(13, body + pb.text(3, row["text"]))


def _files(row: Row) -> bytes:
    found = [pb.text(1, file["path"]) + pb.number(2, _POLICIES.get(file["policy"], 0)) for file in row["files"]]
    return pb.message(6, b"".join(pb.message(1, one) for one in found))


def _alert(row: Row) -> bytes:
    body = (
        pb.text(1, row["title"])
        + pb.text(2, row.get("text", ""))
        + pb.text(3, _LEVELS.get(row.get("level", ""), "INFO"))
    )
    return pb.message(10, body + pb.number(4, row.get("wait_milliseconds", 0)))


def _environment(row: Row) -> bytes:
    told = row["environment"]
    body = b"".join(pb.text(field, str(told[name])) for name, field in _ENVIRONMENT_TEXTS.items() if name in told)
    body += b"".join(pb.text(5, arg) for arg in told.get("args", []))
    git = told.get("git", {})
    if git:
        body += pb.message(9, pb.text(1, git.get("remote", "")) + pb.text(2, git.get("commit", "")))
    return pb.message(
        26, body + pb.number(16, told.get("cpu_count", 0)) + pb.number(17, told.get("cpu_count_logical", 0))
    )


_KINDS: dict[str, Callable[[Row], bytes]] = {
    "header": _header,
    "run": _run,
    "history": _history,
    "summary": lambda row: pb.message(3, _items(row["update"], row["remove"])),
    "config": lambda row: pb.message(5, _items(row["update"], row["remove"])),
    "metric": _metric,
    "system": _system,
    "console": _console,
    "files": _files,
    "alert": _alert,
    "environment": _environment,
    "preempting": lambda _: pb.message(23, b""),
    "exit": lambda row: pb.message(18, pb.number(1, row["exit_code"]) + pb.number(2, int(row.get("runtime", 0)))),
}
