"""One look at a run for `watch`: its facts and the curves of some metrics, as values; it draws nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chiplog.reading.history import OWN
from chiplog.reading.views import RunView
from chiplog_cli import tables
from chiplog_cli.rendering import text

MAX_CURVES = 6
"""Curves that are shown unless metrics are named."""


@dataclass
class Curve:
    """The points of one metric."""

    name: str
    points: list[tuple[float, float]] = field(default_factory=list)

    @property
    def newest(self) -> float:
        """The last value."""
        return self.points[-1][1]


def facts(view: RunView, now: float) -> list[tuple[str, str]]:
    """What stands above the curves."""
    return [
        ("run", view.run),
        ("state", tables.state(view)),
        ("step", text.value(view.step)),
        ("took", tables.took(view, now)),
        ("lag", text.duration(view.lag_seconds) if view.finished_at is None else ""),
    ]


def curves(view: RunView, rows: Iterable[dict[str, Any]], keys: tuple[str, ...]) -> list[Curve]:
    """The curves of the named metrics, else the headline metric's and those that moved, by name."""
    found: dict[str, Curve] = {}
    for place, row in enumerate(rows):
        step = row["_step"] if row["_step"] is not None else place
        for key, value in row.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if is_number and (key in keys if keys else key not in OWN and not key.startswith("_")):
                found.setdefault(key, Curve(key)).points.append((float(step), float(value)))
    if keys:
        return [found[key] for key in keys if key in found]
    document: dict[str, Any] = dict(view.document or {})
    named = [metric["name"] for metric in document.get("metrics", [])]
    ranked = sorted(found.values(), key=lambda curve: (curve.name not in named, curve.name != "loss", curve.name))
    return ranked[:MAX_CURVES]


def line(view: RunView, shown: list[Curve]) -> str:
    """The look as one line, for a pipe."""
    values = " ".join(f"{text.printable(curve.name)}={text.value(curve.newest)}" for curve in shown)
    return f"{view.run} {tables.state(view)} step={text.value(view.step)} {values}".rstrip()
