"""What one recorder's live head says of the run, and what the recorder itself says when asked; pure values."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chiplog import codec, folding
from chiplog.codec import Row
from chiplog.reading import members
from chiplog.records import LiveHead

Tree = Mapping[str, Any]

MAX_RECENT = 100
"""Alerts of a live object that are remembered, the newest."""

MAX_TEXT = 1024
"""Characters of each text of an alert."""

_PROGRESS = ("modified", "lag_seconds", "pending_bytes", "rows", "step", "summary")
"""Fields that tell only how far a run has come, unless a metric breaks."""


@dataclass(frozen=True, slots=True)
class Head:
    """A live object's first frame, reduced."""

    modified: float
    """The store's clock at the write, Unix seconds."""
    state: str
    """`recording`, `draining` or `drained`."""
    lag_seconds: float = 0.0
    pending_bytes: int = 0
    problems: tuple[str, ...] = ()
    has_streams: bool = False
    """It found something to record."""
    rows: int = 0
    """Rows of history in the bucket."""
    step: int | None = None
    summary: Tree = field(default_factory=dict)
    exit_code: int | None = None
    """The program's own word on its end, once every writer in the pod gave one."""
    alerts: int = 0
    """Alerts of the script in the bucket."""
    recent: tuple[tuple[str, Row], ...] = ()
    """Those of them that stand in the live object itself, each with its stream."""

    @property
    def is_drained(self) -> bool:
        """Everything found is in segments and blobs."""
        return self.state == "drained" and self.pending_bytes == 0


def is_mere_progress(before: Head, after: Head) -> bool:
    """Nothing of a head turned but how far its run has come."""
    if before.is_drained != after.is_drained or dict(broken(before)) != dict(broken(after)):
        return False
    moving = {field: getattr(after, field) for field in _PROGRESS}
    return replace(before, **moving) == after


@dataclass(frozen=True)
class Probe:
    """What a recorder says of itself."""

    bucket: str
    """`ok`, `denied`, `missing`, `unreachable`, or `silent`: it gave no answer."""
    message: str = ""
    pending_bytes: int = 0
    has_streams: bool = True


def head(live: LiveHead, modified: float, tail: Iterable[tuple[str, Row]] = ()) -> Head:
    """Reduce the head of a live object that the store last saw change at `modified`, and the rows in its `tail`."""
    writers = [stream for stream in live["streams"] if stream["kind"] != "files"]
    told = [stream["run"] for stream in members.speaking(writers)]
    step = max(map(_step, told), default=-1)
    return Head(
        modified=modified,
        state=live["state"],
        lag_seconds=float(live["lag_seconds"]),
        pending_bytes=live["pending_bytes"],
        problems=tuple(live["problems"]),
        has_streams=bool(live["streams"]),
        rows=sum(stream["kinds"].get("history", 0) for stream in writers),
        step=step if step >= 0 else None,
        summary={key: value for item in told for key, value in (item.get("summary") or {}).items()},
        exit_code=_exit_code(writers),
        alerts=sum(stream["kinds"].get("alert", 0) for stream in writers),
        recent=tuple((stream, _cut(row)) for stream, row in tail if row["kind"] == "alert")[-MAX_RECENT:],
    )


def _cut(row: Row) -> Row:
    """An alert without the length that a script may give it, for a head is remembered."""
    return {key: value[:MAX_TEXT] if isinstance(value, str) else value for key, value in row.items()}


def broken(head: Head) -> Iterator[tuple[str, str]]:
    """Metrics that are no finite numbers, each with what it is."""
    for name, value in folding.flatten(dict(head.summary)).items():
        if isinstance(value, float) and not math.isfinite(value):
            yield name[:256], "NaN" if math.isnan(value) else f"{value:+g}".replace("inf", "Infinity")


def metric(summary: Tree, name: str) -> float | None:
    """A metric's newest value; None where the summary does not hold it as a number."""
    value = codec.number(_find(summary, name))
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def metric_text(summary: Tree, name: str) -> str | None:
    """A metric's newest value as text, `0.123457` or `NaN`; None where the summary does not hold it as a number."""
    value = codec.number(_find(summary, name))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    return format(value, ".6g") if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def _find(summary: Tree, name: str) -> Any:
    """A key as it stands, else its parts one below the other: W&B shows `{"val": {"loss": 1}}` as `val.loss`."""
    if name in summary:
        return summary[name]
    found: Any = summary
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _step(run: Tree) -> int:
    step = run.get("step")
    return step if isinstance(step, int) else -1


def _exit_code(writers: Iterable[Any]) -> int | None:
    codes = [stream.get("exit_code", 0) if stream["ended"] else None for stream in writers]
    ended = [code for code in codes if code is not None]
    return max(ended) if ended and len(ended) == len(codes) else None
