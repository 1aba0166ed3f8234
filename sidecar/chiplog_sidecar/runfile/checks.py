"""What a row that a run file holds as JSON must look like: a training container wrote it, so nothing is taken on trust.

A field that is not known here is left out; one that is wrong makes the row undecodable, with the field's name.
"""

from collections.abc import Callable
from typing import Any

from chiplog_sidecar.wandb import values

Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_int(value: Any) -> bool:
    return type(value) is int


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_tree(value: Any) -> bool:
    return isinstance(value, dict)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_path(value: Any) -> bool:
    return _is_texts(value) and 0 < len(value) <= values.MAX_DEPTH


def is_paths(value: Any) -> bool:
    """Whether a value is a list of paths of keys."""
    return isinstance(value, list) and all(map(_is_path, value))


def _is_updates(value: Any) -> bool:
    pairs = isinstance(value, list) and all(isinstance(item, list) and len(item) == 2 for item in value)
    return pairs and all(_is_path(path) for path, _ in value)


def _is_files(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return all(isinstance(item, dict) and _is_text(item.get("path")) and _is_text(item.get("policy")) for item in value)


def _is_manifest(value: Any) -> bool:
    entries = value.get("entries") if isinstance(value, dict) else None
    if not isinstance(entries, list) or set(value) - {"version", "entries"}:
        return False
    return all(isinstance(entry, dict) and _is_text(entry.get("path")) for entry in entries)


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _is_source(value: Any) -> bool:
    return value in ("stdout", "stderr", "logger")


_ITEMS: dict[str, Check] = {"update": _is_updates, "remove": is_paths}

REQUIRED: dict[str, dict[str, Check]] = {
    "header": {"producer": _is_text},
    "run": {},
    "history": {"values": _is_tree},
    "config": _ITEMS,
    "summary": _ITEMS,
    "console": {"source": _is_source, "text": _is_text},
    "system": {"values": _is_tree},
    "files": {"files": _is_files},
    "metric": {},
    "alert": {"title": _is_text},
    "environment": {"environment": _is_tree},
    "artifact": {"type": _is_text, "name": _is_text},
    "preempting": {},
    "exit": {"exit_code": _is_int},
}
"""By kind: the fields that must be there."""

OPTIONAL: dict[str, dict[str, Check]] = {
    "header": {"format": _is_int},
    "run": {
        **dict.fromkeys(
            (
                "run_id",
                "entity",
                "project",
                "name",
                "notes",
                "group",
                "job_type",
                "host",
                "sweep_id",
                "storage_id",
                "parent",
            ),
            _is_text,
        ),
        "tags": _is_texts,
        "started_at": _is_number,
        "rank": _is_int,
        "resume": _is_flag,
        "git": _is_tree,
        "config": _is_updates,
        "summary": _is_updates,
        "starting_step": _is_int,
    },
    "history": {"step": _or_null(_is_int), "time": _or_null(_is_number), "summary": _is_flag, "open": _is_flag},
    "console": {"time": _or_null(_is_number)},
    "system": {"time": _or_null(_is_number)},
    "metric": {
        **dict.fromkeys(("name", "glob", "step_metric", "goal"), _is_text),
        "step_sync": _is_flag,
        "hidden": _is_flag,
        "overwrite": _is_flag,
        "summary": _is_texts,
    },
    "alert": {"text": _is_text, "level": _is_text, "wait_milliseconds": _is_int},
    "artifact": {
        "digest": _is_text,
        "description": _is_text,
        "metadata": _is_tree,
        "aliases": _is_texts,
        "manifest": _is_manifest,
    },
    "exit": {"runtime": _is_number},
}
"""By kind: the fields that may be there."""

_DEFAULTS: dict[str, dict[str, Any]] = {
    "run": {"config": [], "summary": [], "resume": False, "starting_step": 0},
    "history": {"step": None, "time": None},
    "console": {"time": None},
    "system": {"time": None},
}


def checked(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the fields that are known of its kind. Raises ValueError with what is wrong."""
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in REQUIRED:
        raise ValueError(f"no row has the kind {str(kind)[:40]!r}")
    required, optional = REQUIRED[kind], OPTIONAL.get(kind, {})
    missing = [name for name in required if name not in row]
    wrong = [name for name, check in {**required, **optional}.items() if name in row and not check(row[name])]
    if missing or wrong:
        raise ValueError(f"a row of kind {kind} has no usable {', '.join([*missing, *wrong])}")
    known = {name: row[name] for name in (*required, *optional) if name in row}
    return {"kind": kind, **_DEFAULTS.get(kind, {}), **known}
