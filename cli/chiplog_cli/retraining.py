"""The TrainingRun that does an earlier one again with stated changes, as a value; it makes none.

Inside a CronJob its name comes from the CronJob and the scheduled time, so a Job that is started again makes no second
run of the same night.
"""

import copy
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import yaml

from chiplog.errors import SettingsError

Json = dict[str, Any]

_GROUP = "chiplog.dev"
SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
_LEFT_OUT = ("suspend", "stop", "managedBy", "from")
_DATA = ("config.", "project=", "displayName=", "notes=", "ttlSecondsAfterFinished=")
"""What a run that does another again may say itself; other changes make it a run of its own, which is to make a Job."""
_TEXTS = {"project", "displayName", "notes"}
_NUMBERS = {"backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "parallelism"}
_NAME_LENGTH = 48


class Night(NamedTuple):
    """A night of a CronJob: whose, and for when it was scheduled."""

    line: str
    line_uid: str
    scheduled_at: str
    """As Kubernetes stamps it on the Job."""

    @property
    def moment(self) -> datetime:
        """The scheduled time in UTC."""
        return datetime.fromisoformat(self.scheduled_at.replace("Z", "+00:00")).astimezone(UTC)


def night(job: Mapping[str, Any]) -> Night | None:
    """The night that a Job is; None for one that no CronJob scheduled."""
    metadata = job["metadata"]
    scheduled = (metadata.get("annotations") or {}).get(SCHEDULED)
    owners = [item for item in metadata.get("ownerReferences") or [] if item.get("kind") == "CronJob"]
    return Night(owners[0]["name"], owners[0]["uid"], scheduled) if owners and scheduled else None


def night_of(cronjob: Mapping[str, Any], date: str) -> Night:
    """The night of a CronJob for a stated time, as `chiplog line show` prints it. Raises SettingsError."""
    try:
        moment = datetime.fromisoformat(date.replace("Z", "+00:00"))
    except ValueError as error:
        raise SettingsError(f"--date {date!r} is no time, such as 2026-11-26T02:00Z") from error
    if moment.tzinfo is None:
        raise SettingsError(f"--date {date!r} has no time zone: say which night, as 2026-11-26T02:00Z")
    metadata = cronjob["metadata"]
    return Night(metadata["name"], metadata["uid"], moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def template(text: str, namespace: str) -> Json:
    """A manifest of a TrainingRun, as a run to make again. Raises SettingsError for one that is none."""
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"--template is not YAML: {error}") from error
    is_run = isinstance(body, dict) and body.get("kind") == "TrainingRun" and "template" in (body.get("spec") or {})
    metadata = body.get("metadata") or {} if is_run else {}
    if not metadata.get("name"):
        raise SettingsError("--template is no TrainingRun with metadata.name and spec.template")
    return {"metadata": {**metadata, "namespace": namespace}, "spec": body["spec"]}


def run(
    source: Mapping[str, Any],
    name: str,
    changes: Iterable[str],
    datasets: Iterable[str],
    of_night: Night | None,
    gates: Iterable[str] = (),
    promote: str | None = None,
    *,
    is_manifest: bool = False,
) -> Json:
    """A TrainingRun as the source is, under a new name, with changes; a manifest is in no cluster to be named.

    Raises SettingsError for a change that is none.
    """
    changes = list(changes)
    is_named = not is_manifest and all(change.startswith(_DATA) for change in changes)
    spec: Json = (
        {"from": {"run": source["metadata"]["name"]}, **_headline(source["spec"])} if is_named else _own(source)
    )
    for change in changes:
        _set(spec, change)
    for dataset in datasets:
        _put_dataset(spec, dataset)
    if chosen := [_json(gate, "--gate") for gate in gates]:
        spec["gates"] = chosen
    if promote:
        spec["promote"] = promote
    metadata = _metadata(source, name, of_night, is_named=is_named)
    return {"apiVersion": f"{_GROUP}/v1alpha1", "kind": "TrainingRun", "metadata": metadata, "spec": spec}


def _own(source: Mapping[str, Any]) -> Json:
    """The source's spec as one of the new run's own."""
    return {key: value for key, value in copy.deepcopy(dict(source["spec"])).items() if key not in _LEFT_OUT}


def _metadata(source: Mapping[str, Any], name: str, of_night: Night | None, *, is_named: bool) -> Json:
    """The source's labels that are not ours, and what tells whose night it is and which run it was made of."""
    metadata = source["metadata"]
    run_id = (source.get("status") or {}).get("runId", "")
    annotations = {f"{_GROUP}/retrained-from": run_id} if run_id and not is_named else {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if not key.startswith(f"{_GROUP}/")}
    if of_night is not None:
        labels[f"{_GROUP}/line"] = of_night.line
        moment = of_night.moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        annotations |= {f"{_GROUP}/line-uid": of_night.line_uid, f"{_GROUP}/scheduled-at": moment}
    return {"name": name, "namespace": metadata["namespace"], "labels": labels, "annotations": annotations}


def _headline(spec: Mapping[str, Any]) -> Json:
    """What the operator does not fill in, and a run again is judged and tidied away by."""
    kept = ("gates", "promote", "notify", "tags", "ttlSecondsAfterFinished")
    return {name: copy.deepcopy(spec[name]) for name in kept if name in spec}


def name_of_night(found: Night) -> str:
    """`nightly-202611260200`: the same for every try of the night."""
    stamp = found.moment.strftime("%Y%m%d%H%M")
    return f"{found.line[: _NAME_LENGTH - len(stamp) - 1].rstrip('-')}-{stamp}"


def name_by_hand(source: str, now: float) -> str:
    """`mnist-20261126t0201`, for a run that somebody makes now."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dt%H%M%S")
    return f"{source[: _NAME_LENGTH - len(stamp) - 1].rstrip('-')}-{stamp}"


def newest(runs: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The newest run that finished and whose gates, if it had any, held."""
    good = [item for item in runs if (item.get("status") or {}).get("state") == "finished" and _holds(item)]
    return max(good, key=lambda item: str(item["metadata"]["creationTimestamp"]), default=None)


def verdict(body: Mapping[str, Any]) -> tuple[bool, str] | None:
    """Whether a run ended well, and why; None while it goes on or its gates have not been judged."""
    status = body.get("status") or {}
    conditions = {item["type"]: item for item in status.get("conditions") or []}
    state = status.get("state")
    if state not in ("finished", "failed", "killed"):
        return None
    if state != "finished":
        return False, f"{state}, {status.get('reason', '')}: {status.get('message', '')}"
    judged, durable = conditions.get("GatesHold"), conditions.get("Durable", {})
    if judged is not None:
        return judged["status"] == "True", judged["message"]
    if durable.get("reason") == "Lost":
        return False, durable["message"]
    return (True, "finished") if durable.get("status") == "True" else None


def _holds(body: Mapping[str, Any]) -> bool:
    conditions = (body.get("status") or {}).get("conditions") or []
    return all(item["status"] == "True" for item in conditions if item["type"] == "GatesHold")


def _set(spec: Json, change: str) -> None:
    """`config.lr=0.1`, `image=…`, `env.NAME=…` or a field of the spec."""
    path, sign, text = change.partition("=")
    if not sign or not path:
        raise SettingsError(f"--set {change!r} is not FIELD=VALUE, such as config.lr=0.1")
    head, _, rest = path.partition(".")
    if head == "config" and rest:
        place = spec.setdefault("config", {})
        *above, last = rest.split(".")
        for key in above:
            place = place.setdefault(key, {})
        place[last] = _value(text)
    elif head in ("image", "env"):
        _set_container(spec, head, rest, text)
    elif path in _TEXTS:
        spec[path] = text
    elif path in _NUMBERS:
        spec[path] = _json(text, f"--set {path}")
    else:
        fields = ", ".join(["config.NAME", "env.NAME", "image", *sorted(_TEXTS | _NUMBERS)])
        raise SettingsError(f"--set {path!r} is none of {fields}")


def _set_container(spec: Json, what: str, name: str, text: str) -> None:
    containers = spec["template"]["spec"]["containers"]
    chosen = (spec.get("recorder") or {}).get("container") or containers[0]["name"]
    container = next(item for item in containers if item["name"] == chosen)
    if what == "image":
        container["image"] = text
        return
    others = [item for item in container.get("env") or [] if item["name"] != name]
    container["env"] = [*others, {"name": name, "value": text}]


def _put_dataset(spec: Json, dataset: str) -> None:
    name, sign, place = dataset.partition("=")
    uri, _, digest = place.partition("@")
    if not sign or not name or not uri:
        raise SettingsError(f"--dataset {dataset!r} is not NAME=URI or NAME=URI@DIGEST")
    item = {"name": name, "uri": uri, **({"digest": digest} if digest else {})}
    spec["datasets"] = [*(other for other in spec.get("datasets") or [] if other["name"] != name), item]


def _value(text: str) -> Any:
    """JSON where it is, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{what} {text!r} is not JSON: {error}") from error
