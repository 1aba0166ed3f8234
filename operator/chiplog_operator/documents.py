"""The operator's documents of the bucket, run.json, outcome.json and a cluster's claim, as values; it writes none."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from chiplog import masking, records
from chiplog.documents import Attempt, OutcomeDocument, RunDocument, TrialPlace
from chiplog.reading import soundness
from chiplog_operator import names, times
from chiplog_operator.specs import Run

TERMINAL = frozenset({"finished", "failed", "killed"})
"""States that a run never leaves."""


STOPS = frozenset({"Stopped", "Pruned"})
"""Reasons of a run that `spec.stop` ended."""


USERNAMES = ("CHIPLOG_USERNAME", "WANDB_USERNAME")
"""By which a run names a person; the first that is set counts."""

MAX_CLAIM = 256

MAX_VARIABLES = 256
"""Of a container; `run.json` is read by every list of runs."""

MAX_VALUE = 1024
"""Characters of a variable's value."""


class ClusterDocument(TypedDict):
    """`clusters/<cluster>.json`: whose name it is."""

    format: str
    min_reader: int
    cluster: str
    uid: str
    """UID of the cluster's namespace kube-system."""
    claimed_at: float


def cluster(name: str, uid: str, now: float) -> ClusterDocument:
    """A claim to a cluster's name."""
    return {
        "format": records.CLUSTER_FORMAT,
        "min_reader": records.READER,
        "cluster": name,
        "uid": uid,
        "claimed_at": now,
    }


def run(run: Run, cluster: str) -> RunDocument:
    """`run.json` of a TrainingRun."""
    spec = run.template.get("spec") or {}
    containers = spec.get("containers") or []
    document: RunDocument = {
        "format": records.RUN_FORMAT,
        "min_reader": records.READER,
        "cluster": cluster,
        "namespace": run.namespace,
        "run": run.id,
        "name": run.mirrors.name if run.mirrors is not None else run.name,
        "uid": run.identity,
        "display_name": run.display_name or run.name,
        "project": run.project,
        "notes": run.notes,
        "tags": list(run.tags),
        "config": dict(run.config),
        "metrics": [dict(metric) for metric in run.metrics],
        "datasets": [dict(dataset) for dataset in run.datasets],
        "created_at": run.created_at,
        "created_by": run.annotations.get(names.CREATED_BY_ANNOTATION, ""),
        "service_account": spec.get("serviceAccountName") or "default",
        "images": {container["name"]: container.get("image", "") for container in containers},
        "command": {container["name"]: _command(container) for container in containers},
    }
    if variables := {item["name"]: told for item in containers if (told := _variables(item))}:
        document["variables"] = variables
    if claim := _claim(run, containers):
        document["claimed_by"] = claim
    if line := run.labels.get(names.LINE_LABEL):
        document["line"] = line
    if source := run.annotations.get(names.SOURCE_ANNOTATION):
        document["source"] = source
    if trial := _trial(run):
        document["trial"] = trial
    return document


def outcome(run_id: str, status: Mapping[str, Any], attempts: Iterable[Attempt]) -> OutcomeDocument:
    """`outcome.json`: the part of a status that stays, with every attempt in full."""
    document: OutcomeDocument = {
        "format": records.OUTCOME_FORMAT,
        "min_reader": records.READER,
        "run": run_id,
        "state": status["state"],
        "reason": status.get("reason", ""),
        "durable": is_durable(status),
        "attempts": list(attempts),
    }
    if status.get("reason") in STOPS:
        document["message"] = status.get("message", "")
    started, finished = times.seconds(status.get("startTime")), times.seconds(status.get("completionTime"))
    if started is not None:
        document["started_at"] = started
    if finished is not None:
        document["finished_at"] = finished
    return document


def is_durable(status: Mapping[str, Any]) -> bool:
    """The status says that everything found is in the bucket."""
    conditions = status.get("conditions") or []
    return any(item["type"] == "Durable" and item["status"] == "True" for item in conditions)


def _claim(run: Run, containers: Iterable[Mapping[str, Any]]) -> str:
    """Whom the training container's variables name. What comes from a Secret or ConfigMap is not looked up."""
    for container in containers:
        told = {item["name"]: str(item.get("value") or "") for item in container.get("env") or []}
        if container["name"] == run.training_container:
            return next((told[name] for name in USERNAMES if told.get(name)), "")[:MAX_CLAIM]
    return ""


def _trial(run: Run) -> TrialPlace | None:
    """Of which sweep it is; None for what no Sweep made, or somebody changed by hand."""
    sweep, index = run.labels.get(names.SWEEP_LABEL, ""), run.labels.get(names.TRIAL_LABEL, "")
    sweep_id = run.annotations.get(names.SWEEP_ID_ANNOTATION, "")
    try:
        told = json.loads(run.annotations.get(names.SWEEP_TRIAL_ANNOTATION, ""))
        found: TrialPlace = {
            "sweep": sweep, "sweep_id": sweep_id, "index": int(index), "method": told["method"],
            "searched": told["searched"],
        }  # fmt: skip
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return found if soundness.is_trial(found) else None


def is_final(outcome: OutcomeDocument) -> bool:
    """An outcome after which none comes: it is over, and everything found is in the bucket."""
    return outcome["state"] in TERMINAL and outcome["durable"]


def _variables(container: Mapping[str, Any]) -> dict[str, str | None]:
    """The container's own `env`, without secrets: no Secret and no ConfigMap is looked up."""
    env = (container.get("env") or [])[:MAX_VARIABLES]
    said = masking.variables({item["name"]: str(item.get("value") or "") for item in env if "valueFrom" not in item})
    return {item["name"]: said[item["name"]][:MAX_VALUE] if item["name"] in said else None for item in env}


def _command(container: Mapping[str, Any]) -> list[str]:
    """The command line as the template has it, without secrets."""
    known = masking.secrets({item["name"]: str(item.get("value", "")) for item in container.get("env") or []})
    return masking.arguments([*(container.get("command") or []), *(container.get("args") or [])], known)
