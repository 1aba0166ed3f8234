"""Trials as the search sees them, read from their TrainingRuns; it looks at nothing itself."""

import json
from collections.abc import Mapping
from typing import Any

from chiplog_operator import conditions, names, specs, times
from chiplog_operator.documents import TERMINAL
from chiplog_operator.sweeps.trials import Curve, State, Trial

Tree = Mapping[str, Any]

_TRAINING = frozenset({"running", "silent", "untracked"})


def index(body: Tree) -> int | None:
    """A trial's index; None for a TrainingRun that says none."""
    text = (body["metadata"].get("labels") or {}).get(names.TRIAL_LABEL, "")
    return int(text) if text.isdecimal() else None


def is_settled(status: Tree) -> bool:
    """The run is over, and nothing more will be recorded of it."""
    durable = conditions.find(status, "Durable")
    return status.get("state") in TERMINAL and (durable.get("status") == "True" or durable.get("reason") == "Lost")


def trial(run: specs.Run, place: int, curves: Mapping[str, Curve]) -> Trial:
    """One trial. One that has ended and is not settled still counts as running: its last values are on their way."""
    status = run.status
    return Trial(
        index=place,
        name=run.name,
        state=_state(status),
        config=_parameters(run),
        curves=curves,
        run_id=run.id,
        started_at=times.seconds(status.get("startTime")),
        finished_at=times.seconds(status.get("completionTime")),
        is_stopping=run.stop is not None or status.get("state") in TERMINAL,
        said=run.stop.message if run.stop is not None else "",
    )


def _state(status: Tree) -> State:
    if not is_settled(status):
        return "running" if status.get("state") in _TRAINING | TERMINAL else "pending"
    if status["state"] == "finished":
        return "succeeded"
    return "pruned" if status.get("reason") == "Pruned" else "failed"


def _parameters(run: specs.Run) -> dict[str, Any]:
    """As they were given to the trial: its config, where Kubernetes writes 1.0 as 1, is for people."""
    return dict(json.loads(run.annotations.get(names.SWEEP_ARGS_ANNOTATION) or "{}"))
