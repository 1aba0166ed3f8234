"""The TrainingRun of a trial, made once, and the patch that stops one; it talks to no one.

Parameters reach the script in every way that W&B's agent has: sweep variables and a parameter file, the command line by
macros, and as JSON in CHIPLOG_CONFIG. The file is an annotation of the pod that the downward API projects: no object
more, no step before training, no right that a pod would need.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any

import yaml

from chiplog_operator import names, specs
from chiplog_operator.sweeps import commands
from chiplog_operator.sweeps.configs import SweepConfig
from chiplog_operator.sweeps.resources import Sweep, Task
from chiplog_operator.sweeps.stopping import Decision

Json = dict[str, Any]

VOLUME = "chiplog-sweep"
DIRECTORY = "/chiplog-sweep"
"""Where the parameter files lie in the training container."""

_FILES = {"config.yaml": names.SWEEP_CONFIG_ANNOTATION, "args.json": names.SWEEP_ARGS_ANNOTATION}


def trial(sweep: Sweep, task: Task, index: int, parameters: Mapping[str, Any]) -> Json:
    """The TrainingRun of the trial of that index."""
    metadata = sweep.template.get("metadata") or {}
    spec: Json = copy.deepcopy(dict(sweep.template["spec"]))
    config = task.search.config
    spec["template"] = _pod(spec["template"], spec.get("recorder") or {}, sweep, config, parameters)
    spec["config"] = {**(spec.get("config") or {}), **parameters}
    spec.setdefault("metrics", [{"name": metric.name, "goal": metric.goal} for metric in task.metrics])
    if config.project:
        spec.setdefault("project", config.project)
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {
            "name": names.trial(sweep.name, index),
            "namespace": sweep.namespace,
            "labels": {**(metadata.get("labels") or {}), **labels(sweep, index)},
            "annotations": {
                **(metadata.get("annotations") or {}),
                **({names.CREATED_BY_ANNOTATION: sweep.created_by} if sweep.created_by else {}),
                names.SWEEP_ID_ANNOTATION: sweep.id,
                names.SWEEP_ARGS_ANNOTATION: json.dumps(parameters),
                names.SWEEP_TRIAL_ANNOTATION: json.dumps(
                    {"method": config.method, "searched": config.searched_of(parameters)}
                ),
            },
            "ownerReferences": [_owner(sweep)],
        },
        "spec": spec,
    }


def labels(sweep: Sweep, index: int) -> dict[str, str]:
    """By which a trial is found."""
    return {names.SWEEP_LABEL: sweep.name, names.TRIAL_LABEL: str(index)}


def is_of(body: Mapping[str, Any], sweep: Sweep) -> bool:
    """A TrainingRun is this Sweep's and no earlier one's of the same name."""
    owners = body["metadata"].get("ownerReferences") or []
    return any(owner.get("uid") == sweep.uid for owner in owners)


def stop(body: Mapping[str, Any], decision: Decision) -> Json:
    """The patch that ends a trial gracefully, if it is still the one that was judged."""
    said = {"reason": "Pruned", "message": decision.said}
    return {"metadata": {"uid": body["metadata"]["uid"]}, "spec": {"stop": said}}


def _owner(sweep: Sweep) -> Json:
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.SWEEP_KIND,
        "name": sweep.name,
        "uid": sweep.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _pod(template: Json, recorder: Json, sweep: Sweep, config: SweepConfig, parameters: Mapping[str, Any]) -> Json:
    """The pod template with the parameters in it, for the container that trains."""
    metadata = template.setdefault("metadata", None) or {}
    metadata["labels"] = {**(metadata.get("labels") or {}), names.SWEEP_LABEL: sweep.name}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **_annotations(parameters)}
    template["metadata"] = metadata
    spec = template["spec"]
    spec["volumes"] = [*(spec.get("volumes") or []), _volume()]
    trainer = specs.training_container(template, specs.Recorder(container=recorder.get("container", "")))
    for container in spec["containers"]:
        if container["name"] == trainer:
            _equip(container, sweep, config, parameters)
    return template


def _annotations(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The files' content. W&B reads its own with PyYAML, to which `1e-05` is a text, so YAML writes it."""
    wrapped = {key: {"value": value} for key, value in parameters.items()}
    return {
        names.SWEEP_CONFIG_ANNOTATION: yaml.safe_dump({"wandb_version": 1, **wrapped}, sort_keys=False),
        names.SWEEP_ARGS_ANNOTATION: json.dumps(parameters),
    }


def _volume() -> Json:
    items = [
        {"path": path, "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"}}
        for path, annotation in _FILES.items()
    ]
    return {"name": VOLUME, "downwardAPI": {"items": items}}


def _equip(container: Json, sweep: Sweep, config: SweepConfig, parameters: Mapping[str, Any]) -> None:
    given = {
        "WANDB_SWEEP_ID": sweep.id,
        "WANDB_SWEEP_PARAM_PATH": f"{DIRECTORY}/config.yaml",
        "CHIPLOG_SWEEP": sweep.name,
        "CHIPLOG_CONFIG": json.dumps(parameters),
    }
    present = {variable["name"] for variable in container.get("env") or []}
    added = [{"name": key, "value": value.replace("$", "$$")} for key, value in given.items() if key not in present]
    container["env"] = [*(container.get("env") or []), *added]
    mount = {"name": VOLUME, "mountPath": DIRECTORY, "readOnly": True}
    container["volumeMounts"] = [*(container.get("volumeMounts") or []), mount]
    _command(container, config, parameters)


def _command(container: Json, config: SweepConfig, parameters: Mapping[str, Any]) -> None:
    """Macros that the container's own words hold are filled in; where there are none, the config's command is run."""
    words = {key: list(container.get(key) or []) for key in ("command", "args")}
    if not commands.has_macros([*words["command"], *words["args"]]) and (config.command or config.program):
        words = {"command": list(config.command or commands.DEFAULT), "args": []}
    for key, found in words.items():
        container.pop(key, None)
        if found:
            container[key] = commands.expand(found, config.program, parameters, f"{DIRECTORY}/args.json")
