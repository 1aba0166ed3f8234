"""`trial.json`: what the search knows of a trial that is over, as a value; it writes none."""

from collections.abc import Mapping
from typing import Any

from chiplog import records
from chiplog.documents import TrialDocument
from chiplog_operator import specs
from chiplog_operator.sweeps.resources import Sweep, Task
from chiplog_operator.sweeps.trials import Curve, Trial


def trial(sweep: Sweep, task: Task, run: specs.Run, found: Trial, curves: Mapping[str, Curve]) -> TrialDocument:
    """The document of a trial that ended as `found` says and logged `curves`."""
    document: TrialDocument = {
        "format": records.TRIAL_FORMAT,
        "min_reader": records.READER,
        "run": run.id,
        "name": run.name,
        "project": run.project,
        "sweep": sweep.name,
        "sweep_id": sweep.id,
        "method": task.search.config.method,
        "index": found.index,
        "state": found.state,
        "message": found.said,
        "parameters": dict(found.config),
        "searched": task.search.config.searched_of(found.config),
        "metrics": [_metric(metric.name, metric.goal, curves.get(metric.name, Curve())) for metric in task.metrics],
    }
    if found.started_at is not None:
        document["started_at"] = found.started_at
    if found.finished_at is not None:
        document["finished_at"] = found.finished_at
    return document


def _metric(name: str, goal: str, curve: Curve) -> Any:
    return {
        "name": name,
        "goal": goal,
        "count": curve.count,
        "least": curve.least,
        "most": curve.most,
        "last": curve.last,
        "at": {str(iteration): value for iteration, value in curve.at.items()},
    }
