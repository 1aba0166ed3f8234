"""Whether a script logs what is asked for: rows at all, and the metrics that a run names; it looks at nothing."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from chiplog import folding
from chiplog.reading import states
from chiplog.reading.views import RunView
from chiplog.records import StreamHead
from chiplog_cli.evidence import Evidence
from chiplog_cli.findings import Finding, bad, open_

MAX_NAMES = 8
"""Logged metrics that are listed."""

_MAX_KNOWN = 256
"""Of more metrics than this a head tells only the first (chiplog_sidecar.stream)."""

_PRINTED = (
    "metrics are taken from what wandb, TensorBoard or chiplog log, not from what is printed: log them with wandb.log"
)


def of(seen: Evidence) -> Iterator[Finding]:
    """What the run's recorders brought of its metrics."""
    view = seen.view
    streams = [] if view is None else [
        stream for member in view.members if member.beat for stream in member.beat.head["streams"]
        if stream["kind"] != "files"
    ]  # fmt: skip
    if view is None or not streams:
        return
    if not any(stream["kinds"].get("history") for stream in streams):
        yield _nothing_logged(streams, is_over=view.state in states.OVER)
        return
    yield from _of_names(seen, view)


def _nothing_logged(streams: Sequence[StreamHead], *, is_over: bool) -> Finding:
    """The script began a run, and logged no value."""
    lines = sum(stream["kinds"].get("console", 0) for stream in streams)
    printed = f"; {lines} lines of console were recorded" if lines else ""
    if is_over:
        return bad(f"the script logged no metric{printed}", _PRINTED)
    return open_(f"the script has logged no metric yet{printed}", _PRINTED)


def _of_names(seen: Evidence, view: RunView) -> Iterator[Finding]:
    logged = {key for key in folding.flatten(view.summary) if not key.startswith("_")}
    if not logged or len(logged) >= _MAX_KNOWN:
        return
    for name in _asked(seen, view):
        if name in logged:
            continue
        near = difflib.get_close_matches(name, logged, 1) or [key for key in logged if key.lower() == name.lower()]
        listed = ", ".join(sorted(logged)[:MAX_NAMES]) + (", …" if len(logged) > MAX_NAMES else "")
        text = f"the metric {name} that the run names was never logged; the script logs {listed}"
        guess = f"did you mean {near[0]}? " if near else ""
        advice = (
            f"{guess}Correct the name in the script or, in a new run, in spec.metrics (chiplog.dev/metrics of a pod)"
        )
        yield bad(text, advice) if near or view.state in states.OVER else open_(text, "it may come later")


def _asked(seen: Evidence, view: RunView) -> list[str]:
    told: Any = ((seen.training_run or {}).get("spec") or {}).get("metrics") or []
    document: Any = view.document["metrics"] if view.document else []
    return [str(item["name"]) for item in told or document]
