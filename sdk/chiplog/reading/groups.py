"""Sweeps and lines as JSON, as the command and the dashboard give them, with documented names; it reads nothing."""

from typing import Any

from chiplog import times
from chiplog.documents import NightDocument, TrialDocument
from chiplog.reading.lines import Line
from chiplog.reading.sweeps import Sweep

Document = dict[str, Any]

SWEEP = ("namespace", "name", "sweep", "method", "metric", "goal", "trials", "succeeded", "failed", "pruned", "best",
         "value", "parameters")  # fmt: skip
TRIAL = ("index", "name", "run", "state", "value", "message", "parameters", "started_at", "finished_at")
NIGHT = ("scheduled_at", "name", "run", "state", "reason", "message", "late_seconds", "metrics", "holds", "gates",
         "is_latest")  # fmt: skip


def sweep(found: Sweep) -> Document:
    """A sweep."""
    metric, best = found.metric, next(iter(found.ranked()), None)
    return {
        "namespace": found.namespace,
        "name": found.name,
        "sweep": found.id,
        "method": found.newest["method"],
        "metric": metric["name"] if metric else None,
        "goal": metric["goal"] if metric else None,
        "trials": len(found.trials),
        **{state: sum(item["state"] == state for item in found.trials) for state in ("succeeded", "failed", "pruned")},
        "best": best["name"] if best else None,
        "value": found.value(best) if best else None,
        "parameters": best["searched"] if best else None,
    }


def trial(found: Sweep, item: TrialDocument) -> Document:
    """A trial."""
    return {
        "index": item["index"],
        "name": item["name"],
        "run": item["run"],
        "state": item["state"],
        "value": found.value(item),
        "message": item["message"],
        "parameters": item["searched"],
        "started_at": times.iso(item.get("started_at")),
        "finished_at": times.iso(item.get("finished_at")),
    }


def line(found: Line) -> Document:
    """A line, by its last night."""
    last = found.nights[-1]
    return {
        "namespace": found.place.namespace,
        "name": found.name,
        "nights": len(found.nights),
        "scheduled_at": times.iso(last["scheduled_at"]),
        "state": last["state"],
        "holds": last["holds"],
    }


def night(item: NightDocument, latest: str) -> Document:
    """A night; one that was missed has the state `missed` and no run.

    Args:
        item: what was written of it.
        latest: the run at which the line's pointer stands; empty where it stands nowhere.
    """
    return {
        "scheduled_at": times.iso(item["scheduled_at"]),
        "name": item["name"],
        "run": item["run"],
        "state": item["state"],
        "reason": item["reason"],
        "message": item.get("message", ""),
        "late_seconds": item.get("late_seconds"),
        "metrics": item["metrics"],
        "holds": item["holds"],
        "gates": item["gates"],
        "is_latest": bool(latest) and item["run"] == latest,
    }
