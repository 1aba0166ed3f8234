"""What a row means for the summary: pure functions over its leaves."""

from collections.abc import Sequence
from typing import Any

from chiplog.tracking.metrics import Aggregate, Rules
from chiplog.tracking.summary import Summary, flat

Leaf = tuple[tuple[str, ...], Any]

leaves = flat


def is_plain(row: Sequence[Leaf], rules: Rules, summary: Summary) -> bool:
    """Whether the values as they are become the newest of the summary: none is null, pinned or under a rule."""
    if any(value is None for _, value in row):
        return False
    if summary.pinned and any(summary.is_pinned(path) for path, _ in row):
        return False
    return not (rules.named or rules.globs) or rules.is_plain({".".join(path) for path, _ in row})


def updates(row: Sequence[Leaf], rules: Rules, aggregates: dict[str, Aggregate], summary: Summary) -> list[list[Any]]:
    """What the summary says after a row, as `[path, value]`."""
    found: list[list[Any]] = []
    for path, value in row:
        name = ".".join(path)
        rule = rules.of(name)
        words = rule.aggregates if rule else ()
        if words and value is not None:
            aggregates.setdefault(name, Aggregate()).add(value)
        if summary.is_pinned(path) or value is None or (rule and rule.is_unsummarized):
            continue
        found.append([list(path), aggregates[name].shown(words) if words else value])
    return found


def exit_code(error: BaseException | None) -> int:
    """The exit code of a process that an exception ends."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    return 255 if isinstance(error, KeyboardInterrupt) else int(error is not None)
