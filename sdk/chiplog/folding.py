"""Folds the rows of one stream into what its writer said of the run; a pure value, it does no I/O.

Rows are applied in the order of their position. The rules are wandb's own: a later value replaces an earlier one,
leaf by leaf, and a `run` row after the first is an update.
"""

from dataclasses import dataclass, field
from typing import Any

from chiplog.codec import Row, is_number, number

Tree = dict[str, Any]

MAX_REASONS = 16
MAX_REASON_LENGTH = 100

_RUN_FIELDS = ("run_id", "entity", "project", "name", "notes", "tags", "group", "job_type", "started_at", "host", "git",
               "sweep_id", "resume", "rank")  # fmt: skip


@dataclass
class Fold:
    """Everything that a stream's rows say so far."""

    run: Tree = field(default_factory=dict)
    config: Tree = field(default_factory=dict)
    summary: Tree = field(default_factory=dict)
    environment: Tree = field(default_factory=dict)
    producer: str = ""
    step: int | None = None
    last_time: float | None = None
    exit_code: int | None = None
    kinds: dict[str, int] = field(default_factory=dict)
    gaps: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """Stretches and records that could not be read, by reason: at most MAX_REASONS, the others under `other`."""

    @property
    def ended(self) -> bool:
        """The writer left an exit record."""
        return self.exit_code is not None

    def apply(self, row: Row) -> None:
        """Take one row in."""
        kind = str(row["kind"])
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        rule = _RULES.get(kind)
        if rule is not None:
            rule(self, row)


def assign(tree: Tree, path: list[str], value: Any) -> None:
    """Set one leaf; a leaf that stands where a branch must grow gives way, for the later write wins."""
    *branches, leaf = path
    for branch in branches:
        below = tree.get(branch)
        if not isinstance(below, dict):
            below = tree[branch] = {}
        tree = below
    tree[leaf] = value


def remove(tree: Tree, path: list[str]) -> None:
    """Take one leaf or branch away; an absent one is no error."""
    *branches, leaf = path
    for branch in branches:
        below = tree.get(branch)
        if not isinstance(below, dict):
            return
        tree = below
    tree.pop(leaf, None)


def merge(tree: Tree, later: Tree) -> None:
    """Lay a later tree over this one, leaf by leaf; media and other objects with a `_type` are leaves."""
    for key, value in later.items():
        below = tree.get(key)
        if isinstance(below, dict) and isinstance(value, dict) and not ({"_type", "$number"} & (below.keys() | value)):
            merge(below, value)
        else:
            tree[key] = dict(value) if isinstance(value, dict) else value


def flatten(tree: Tree, prefix: str = "") -> Tree:
    """One level of keys joined by dots, as W&B's own tables show nested values; media (`_type`) stay whole."""
    flat: Tree = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value and "_type" not in value and not is_number(value):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = number(value)
    return flat


def shortened(tree: Tree, most: int, text: int) -> Tree:
    """The numbers and texts of a tree, nested as they are: the first so many, texts of at most so many characters."""
    return _shortened(tree, [most], text)


def _shortened(tree: Tree, left: list[int], text: int) -> Tree:
    kept: Tree = {}
    for key, value in tree.items():
        if not left[0]:
            break
        if isinstance(value, dict) and not is_number(value):
            below = _shortened(value, left, text)
            kept |= {key: below} if below else {}
        elif is_number(value) or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= text):
            kept[key] = value
            left[0] -= 1
    return kept


def _apply_items(tree: Tree, row: Row) -> None:
    for path, value in row.get("update", []):
        assign(tree, path, value)
    for path in row.get("remove", []):
        remove(tree, path)


def _on_run(fold: Fold, row: Row) -> None:
    fold.run.update({name: row[name] for name in _RUN_FIELDS if name in row})
    _apply_items(fold.config, {"update": row.get("config", [])})
    _apply_items(fold.summary, {"update": row.get("summary", [])})


def _on_history(fold: Fold, row: Row) -> None:
    step = row.get("step")
    fold.step = step if fold.step is None or (step is not None and step > fold.step) else fold.step
    fold.last_time = row.get("time") or fold.last_time
    if row.get("summary") is True:
        logged = row["values"]
        if dict in map(type, logged.values()):
            merge(fold.summary, logged)
        else:
            fold.summary.update(logged)


def _on_gap(fold: Fold, row: Row) -> None:
    fold.gaps += 1
    _on_skipped(fold, row)


def _on_skipped(fold: Fold, row: Row) -> None:
    reason = str(row.get("reason", ""))[:MAX_REASON_LENGTH]
    if reason not in fold.skipped and len(fold.skipped) >= MAX_REASONS:
        reason = "other"
    fold.skipped[reason] = fold.skipped.get(reason, 0) + 1


def _on_exit(fold: Fold, row: Row) -> None:
    fold.exit_code = int(row.get("exit_code", 0))


def _on_header(fold: Fold, row: Row) -> None:
    fold.producer = str(row.get("producer", ""))
    if row.get("time") is not None:
        fold.run.setdefault("started_at", row["time"])


def _on_environment(fold: Fold, row: Row) -> None:
    facts = row.get("environment")
    if isinstance(facts, dict):
        fold.environment.update(facts)


_RULES = {
    "run": _on_run,
    "config": lambda fold, row: _apply_items(fold.config, row),
    "summary": lambda fold, row: _apply_items(fold.summary, row),
    "history": _on_history,
    "gap": _on_gap,
    "undecodable": _on_skipped,
    "exit": _on_exit,
    "header": _on_header,
    "environment": _on_environment,
}
