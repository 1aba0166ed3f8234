"""What a run that does an earlier one again (`spec.from`) takes from it, as a patch; it reads and writes nothing.

What is run is wholly the earlier run's, so whoever may make no Jobs can be let make such runs: he brings data, no code.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any

from chiplog_operator import environment, names, specs
from chiplog_operator.specs import Run

Tree = Mapping[str, Any]
Json = dict[str, Any]

EXECUTED = ("template", "parallelism", "backoffLimit", "activeDeadlineSeconds", "podFailurePolicy")
"""The fields that say what is run, and how, besides `recorder`."""

RECORDER = ("container", "paths", "include", "exclude", "console")


def patch(run: Run, source: Tree) -> Json:
    """What fills `run` in from the TrainingRun `source`, over the very version that was read."""
    told = copy.deepcopy(dict(source["spec"]))
    config = _laid_over(told.get("config") or {}, run.config)
    datasets = {item["name"]: dict(item) for item in (*(told.get("datasets") or []), *run.datasets)}
    project = run.project if run.project != specs.DEFAULT_PROJECT else told.get("project", run.project)
    spec = {**{name: told.get(name) for name in EXECUTED}, "recorder": _recorder(told.get("recorder") or {})}
    _tell(spec, {"CHIPLOG_CONFIG": config, "CHIPLOG_DATASETS": list(datasets.values())})
    described = {"config": config, "datasets": list(datasets.values()), "project": project,
                 "metrics": list(run.metrics) or told.get("metrics")}  # fmt: skip
    spec |= {name: value for name, value in described.items() if value}
    metadata = source["metadata"]
    annotations = {names.SOURCE_ANNOTATION: names.run_id(metadata["name"], metadata["uid"])}
    return {"metadata": {"uid": run.uid, "resourceVersion": run.resource_version, "annotations": annotations},
            "spec": spec}  # fmt: skip


def _recorder(told: Tree) -> Json:
    """A merge patch lays objects over each other, so what the earlier run does not say is taken out by its name."""
    resources = told.get("resources") or {}
    return {**{name: told.get(name) for name in RECORDER},
            "resources": {name: resources.get(name) for name in ("cpu", "memory")}}  # fmt: skip


def _laid_over(below: Tree, above: Tree) -> Json:
    """Leaf by leaf, `above` wins."""
    found = dict(below)
    for key, value in above.items():
        old = found.get(key)
        found[key] = _laid_over(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return found


def _tell(spec: Json, data: Tree) -> None:
    """The training container finds the data in variables; those of an earlier round are replaced."""
    given = {name: environment.escape(json.dumps(value)) for name, value in data.items() if value}
    if not given:
        return
    recorder = specs.Recorder(container=spec["recorder"]["container"] or "")
    trainer = specs.training_container(spec["template"], recorder)
    for container in spec["template"]["spec"]["containers"]:
        if container["name"] == trainer:
            others = [item for item in container.get("env") or [] if item["name"] not in given]
            container["env"] = [*others, *({"name": name, "value": value} for name, value in given.items())]
