"""Looks at a run again and again while it lives, and says in the bucket that somebody looks."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator

from chiplog.bucket import Bucket
from chiplog.errors import AccessDenied, Unreachable
from chiplog.reading import runs, states
from chiplog.reading.console import Line
from chiplog.reading.views import RunView
from chiplog.watching import Watcher

LOOK_SECONDS = 1.5
"""Between two looks; a recorder that knows of us writes every second."""

TRIES = 20
"""Looks in a row that may go without an answer of the store."""


def looks(
    bucket: Bucket, view: RunView, clock: Callable[[], float], sleep: Callable[[float], None] = time.sleep
) -> Iterator[RunView]:
    """The run now, and again until it is over and its recorders are drained. Raises BucketError."""
    watcher, failures = Watcher(bucket), 0
    yield view
    while not is_over(view):
        with contextlib.suppress(AccessDenied, Unreachable):  # A reader's role: then rows come every 14 s.
            watcher.look(view.key)
        sleep(LOOK_SECONDS)
        try:
            view = runs.one(bucket, view.key, clock) if view.is_bound else _unbound(bucket, view, clock)
            failures = 0
        except Unreachable:
            failures += 1
            if failures > TRIES:
                raise
        yield view


def is_over(view: RunView) -> bool:
    """Whether nothing more will come."""
    beats = [member.beat for member in view.members if member.beat]
    return view.state in (*states.OVER, "silent") and (states.is_drained(beats) or not beats)


def fresh(lines: Iterable[Line], printed: dict[tuple[int, int, str], int], *, is_last: bool) -> Iterator[Line]:
    """The lines that were not given yet; `printed` counts them by attempt, rank and source, and is moved on.

    The newest line of each source may still be written over, and waits unless this is the last look.
    """
    groups: dict[tuple[int, int, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.attempt, line.rank, line.source), []).append(line)
    for group, found in groups.items():
        end = len(found) if is_last else len(found) - 1
        yield from found[printed.get(group, 0) : end]
        printed[group] = max(end, printed.get(group, 0))


def _unbound(bucket: Bucket, view: RunView, clock: Callable[[], float]) -> RunView:
    from chiplog.reading import naming

    return naming.find(bucket, view.run, view.namespace, view.cluster, clock)
