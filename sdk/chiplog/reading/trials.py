"""Trials of sweeps that are not written down yet, by the runs that they are; it reads nothing and judges no trial.

A trial that is over has a `trial.json`; until then its `run.json` says of which sweep it is, and heads what it logs.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from chiplog import records
from chiplog.documents import TrialDocument, TrialMetric
from chiplog.reading import soundness
from chiplog.reading.sweeps import Sweep, newest_first
from chiplog.reading.views import RunView

Place = tuple[str, str, str]


def joined(found: Iterable[Sweep], views: Iterable[RunView]) -> list[Sweep]:
    """The sweeps with those trials among the runs that none of them has yet, and sweeps that have no others."""
    known = {(sweep.cluster, sweep.namespace, sweep.id): sweep for sweep in found}
    ended = {(*place[:2], trial["run"]) for place, sweep in known.items() for trial in sweep.trials}
    running: dict[Place, list[TrialDocument]] = defaultdict(list)
    for view in views:
        trial = of(view)
        if trial is not None and (view.cluster, view.namespace, view.run) not in ended:
            running[view.cluster, view.namespace, trial["sweep_id"]].append(trial)
    for place, trials in running.items():
        sweep = known.get(place, Sweep(place[0], place[1], ()))
        known[place] = replace(sweep, running=tuple(sorted(trials, key=lambda trial: trial["index"])))
    return newest_first(known.values())


def of(view: RunView) -> TrialDocument | None:
    """A run as the trial that it is; None where it is none. One that is sealed was written down, or never will be."""
    document = view.document
    if document is None or view.seal is not None or not soundness.is_trial(document.get("trial")):
        return None
    place = document["trial"]
    trial: TrialDocument = {
        "format": records.TRIAL_FORMAT, "min_reader": records.READER, "run": view.run, "name": view.name,
        "project": view.project, "sweep": place["sweep"], "sweep_id": place["sweep_id"], "method": place["method"],
        "index": place["index"], "state": view.state, "message": "", "parameters": view.config,
        "searched": place["searched"], "metrics": [_metric(view, item) for item in document["metrics"]],
    }  # fmt: skip
    if view.started_at is not None:
        trial["started_at"] = view.started_at
    if view.finished_at is not None:
        trial["finished_at"] = view.finished_at
    return trial


def _metric(view: RunView, metric: dict[str, str]) -> TrialMetric:
    """The newest value is all that heads tell."""
    found = view.summary.get(metric["name"])
    value = float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
    return {
        "name": metric["name"], "goal": metric.get("goal", "minimize"), "count": int(value is not None),
        "least": value, "most": value, "last": value, "at": {},
    }  # fmt: skip
