"""Trials of a sweep and nights of a line, written into a bucket by hand."""

from typing import Any

from bucket_world import CLUSTER, NOW, World

from chiplog import layout, records
from chiplog.documents import TrialPlace

DAY = 86_400.0


def trial(world: World, index: int, value: float | None, state: str = "succeeded", **other: Any) -> None:
    """Trial `index` of the sweep `lr`; `searched` in `other` are its parameters."""
    namespace, sweep = other.pop("namespace", "team"), other.pop("sweep", "lr")
    searched, ended = other.pop("searched", {"lr": 0.1 * index}), other.pop("finished_at", NOW - 50)
    metric = {"name": "loss", "goal": "minimize", "count": 1, "least": value, "most": value, "last": value, "at": {}}
    document = {
        "format": records.TRIAL_FORMAT, "min_reader": 1, "run": f"{sweep}-{index}-0123abcd", "name": f"{sweep}-{index}",
        "project": "vision", "sweep": sweep, "sweep_id": f"{sweep}-5eeb0000", "method": "random", "index": index,
        "state": state, "message": "stopped at iteration 3: loss 9 is above 1" if state == "pruned" else "",
        "parameters": {**searched, "seed": 7}, "searched": searched, "metrics": [metric], "started_at": ended - 50,
        "finished_at": ended,
    }  # fmt: skip
    place = layout.Run(CLUSTER, namespace, str(document["run"]))
    world.bucket.put(layout.trial_key(place), records.pack_document(document))


def night(world: World, day: float, loss: float, *, said: str = "loss is within 0.6, the limit", **other: Any) -> None:
    """The night of a day before today (0) of the line `nightly`."""
    namespace, holds = other.pop("namespace", "team"), other.pop("holds", True)
    when = world.now + DAY * day
    document = {
        "format": records.NIGHT_FORMAT, "min_reader": 1, "line": "nightly", "line_uid": "cron-1",
        "scheduled_at": when, "run": f"nightly-{day:g}-0123abcd", "name": f"nightly-{day:g}", "project": "digits",
        "state": "finished", "reason": "Completed", "metrics": {"loss": loss}, "holds": holds,
        "gates": [{"holds": holds, "is_warning": False, "said": said}], **other,
    }  # fmt: skip
    line = layout.Line(CLUSTER, namespace, "cron-1")
    world.bucket.put(layout.night_key(line, when, str(document["run"])), records.pack_document(document))


def missed(world: World, day: float, said: str = "no Job was made", namespace: str = "team") -> None:
    """A night of that line without a run."""
    when, line = world.now + DAY * day, layout.Line(CLUSTER, namespace, "cron-1")
    document = {
        "format": records.NIGHT_FORMAT, "min_reader": 1, "line": "nightly", "line_uid": "cron-1",
        "scheduled_at": when, "run": "", "name": "", "project": "", "state": "missed", "reason": "NoJob",
        "message": said, "metrics": {}, "holds": False, "gates": [],
    }  # fmt: skip
    world.bucket.put(layout.night_key(line, when, ""), records.pack_document(document))


def latest(world: World, run: str, namespace: str = "team") -> None:
    """Where the line's pointer stands."""
    document = {"format": records.LATEST_FORMAT, "min_reader": 1, "line": "nightly", "line_uid": "cron-1",
                "scheduled_at": NOW, "run": run, "metrics": {}, "promoted_at": NOW}  # fmt: skip
    key = layout.latest_key(layout.Line(CLUSTER, namespace, "cron-1"), "nightly")
    world.bucket.put(key, records.pack_document(document))


def place(index: int, sweep: str = "lr", **searched: Any) -> TrialPlace:
    """What `run.json` says of the trial `index` of a sweep."""
    return {"sweep": sweep, "sweep_id": f"{sweep}-5eeb0000", "method": "random", "index": index,
            "searched": searched or {"lr": 0.1 * index}}  # fmt: skip
