"""Which Events a change of a Sweep's status makes; nothing here is sent."""

from collections.abc import Mapping
from typing import Any

from chiplog_operator import conditions
from chiplog_operator.events import Event

Tree = Mapping[str, Any]


def between(before: Tree, after: Tree) -> list[Event]:
    """The Events of a transition: trials that were stopped, a new best, and how it ended."""
    known = {item["trial"] for item in before.get("lastStopped") or []}
    found = [
        Event("Normal", "TrialStopped", f"{item['trial']} {item['message']}")
        for item in after.get("lastStopped") or []
        if item["trial"] not in known
    ]
    best = after.get("best") or {}
    if best and best.get("value") != (before.get("best") or {}).get("value"):
        found.append(Event("Normal", "NewBest", f"{best['trial']}: {best['metric']} {best['value']}"))
    for kind, sort in (("Suspended", "Normal"), ("Complete", "Normal"), ("Failed", "Warning")):
        if conditions.is_true(after, kind) and not conditions.is_true(before, kind):
            found.append(Event(sort, kind, f"{after['reason']}: {after['message']}"))
    return found
