"""The fields that a query may name, and their values in a run view; it reads nothing."""

import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chiplog.reading.views import RunView

Read = Callable[[tuple[str, ...]], Any]
"""The value of a field by its path; None where there is none."""

TEXTS = ("namespace", "project", "run", "name", "state", "reason", "cluster", "display_name", "notes", "created_by",
         "service_account", "claimed_by")  # fmt: skip
TOOK = "took"
"""The only one that moves by itself, while a run goes on."""
NUMBERS = ("attempts", "step", TOOK, "lag_seconds")
TIMES = ("started_at", "finished_at", "created_at")
OTHERS = ("tags", "bound")
TREES = ("config", "summary")
"""Whose keys follow after a dot."""

ALL = (*TEXTS, *NUMBERS, *TIMES, *OTHERS, *TREES)

_DOCUMENT = frozenset({"display_name", "notes", "created_by", "service_account", "claimed_by"})


def problem(path: tuple[str, ...]) -> str:
    """Why a path names no field, and what may be meant; empty for one that does."""
    first = path[0]
    if first in TREES:
        return "" if len(path) > 1 else f"{first} is all of it: name a key, as in {first}.lr"
    if first in ALL:
        return "" if len(path) == 1 else f"{first} has no keys; only config and summary have"
    near = difflib.get_close_matches(first, ALL, 1)
    guess = f"did you mean {near[0]}" if near else f"a metric is summary.{first}, a hyperparameter config.{first}"
    return f"there is no field {first}: {guess}, a text stands in quotes"


def of(view: "RunView", now: float) -> Read:
    """The fields of a run at the Unix time `now`."""
    trees = {"config": view.config, "summary": view.summary}

    def read(path: tuple[str, ...]) -> Any:
        first = path[0]
        if first in trees:
            return inside(trees[first], path[1:])
        if first == TOOK:
            return took(view.started_at, view.finished_at, now)
        if first == "bound":
            return view.is_bound
        if first in _DOCUMENT:
            document: Mapping[str, Any] = view.document or {}
            return document.get(first) or None
        return getattr(view, first, None)

    return read


def took(started_at: float | None, finished_at: float | None, now: float) -> float | None:
    """Seconds that a run took, or takes already."""
    return None if started_at is None else (finished_at or now) - started_at


def inside(tree: Any, path: tuple[str, ...]) -> Any:
    """The value below a path; a key of the tree may hold dots itself, as flattened ones do."""
    if not path:
        return tree
    if not isinstance(tree, Mapping):
        return None
    for end in range(1, len(path) + 1):
        key = ".".join(path[:end])
        if key in tree:
            found = inside(tree[key], path[end:])
            if found is not None:
                return found
    return None
