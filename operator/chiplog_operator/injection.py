"""Puts the recorder into a pod template: a pure function of its arguments, idempotent to the byte.

It only adds: a variable, mount or volume that the template has stays as it is, and no command is ever touched.

The recorder is a native sidecar (an init container with restartPolicy Always) and stands last among the init
containers. The user's own init containers then run exactly as they would without us, before it, and it starts right
before the first main container. The kubelet ends native sidecars in the opposite order, after the mains, so it sees
everything that they wrote.
"""

import copy
from collections.abc import Mapping
from typing import Any

from chiplog import rundir
from chiplog_operator import environment, names, specs
from chiplog_operator.environment import Subject
from chiplog_operator.settings import Settings

Json = dict[str, Any]

GRACE_SECONDS = 120
"""Time to end for a pod whose owner asked for none: after the mains, the recorder ships what is left."""

TOKEN_SECONDS = 3600
"""Life of the projected token; the kubelet renews it at four fifths, and ten minutes is the least it may be."""

DEFAULT_USER = 65532
"""The recorder's user where the trainer's is unknown or root; files of others are read by their mode."""


def inject(template: Mapping[str, Any], subject: Subject, settings: Settings) -> Json:
    """A copy of the pod template with the recorder in it; one that has it already comes back equal.

    A template that does not say which container trains is returned without a recorder: training is never harmed.
    """
    pod: Json = copy.deepcopy(dict(template))
    trainers = subject.containers or (specs.training_container(pod, subject.recorder),)
    containers = [item for item in pod["spec"]["containers"] if item["name"] in trainers]
    if not containers:
        return pod
    unwanted = skipped(pod)
    for container in containers:
        _equip(container, subject, unwanted)
    spec = pod["spec"]
    spec.setdefault("terminationGracePeriodSeconds", GRACE_SECONDS)
    _put(_list(spec, "volumes"), _volumes(settings), replace=False)
    recorder = _recorder(spec, containers, subject, settings)
    _put(_list(spec, "initContainers"), [recorder], replace=True)
    return pod


def _equip(container: Json, subject: Subject, skipped: list[str]) -> None:
    """Give one training container its part of the volume and its variables."""
    variables = _list(container, "env")
    present = [variable["name"] for variable in variables]
    variables.extend(environment.training(subject, container["name"], present, skipped))
    mounts = _list(container, "volumeMounts")
    taken = {mount["mountPath"].rstrip("/") for mount in mounts}
    mounts.extend(mount for mount in _mounts(container["name"], subject) if mount["mountPath"] not in taken)


def _mounts(container: str, subject: Subject) -> list[Json]:
    """The container's run directory, and each further directory that is to be recorded, all of the one volume."""
    parts = {rundir.MOUNT: container}
    parts |= {path.rstrip("/"): f"{container}/paths/{n}" for n, path in enumerate(subject.recorder.paths)}
    return [{"name": rundir.VOLUME, "mountPath": path, "subPath": part} for path, part in parts.items()]


def skipped(pod: Json) -> list[str]:
    """Variables that the pod's owner does not want to be set."""
    annotations = (pod.get("metadata") or {}).get("annotations") or {}
    return [name.strip() for name in annotations.get(names.SKIP_ENV_ANNOTATION, "").split(",") if name.strip()]


def _volumes(settings: Settings) -> list[Json]:
    """The run directory, without a size limit (the kubelet would evict the trainer for it), and the token."""
    volumes: list[Json] = [{"name": rundir.VOLUME, "emptyDir": {}}]
    if settings.credentials == "web-identity":
        token = {"audience": settings.token_audience, "expirationSeconds": TOKEN_SECONDS, "path": names.TOKEN_FILE}
        volumes.append({"name": names.TOKEN_VOLUME, "projected": {"sources": [{"serviceAccountToken": token}]}})
    return volumes


def _recorder(spec: Json, containers: list[Json], subject: Subject, settings: Settings) -> Json:
    return {
        "name": names.SIDECAR,
        "image": settings.sidecar_image,
        "imagePullPolicy": settings.sidecar_pull_policy,
        "restartPolicy": "Always",
        "env": _alone(spec, environment.sidecar(subject, [container["name"] for container in containers], settings)),
        **_secret(settings),
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", f"touch {_flush_request()}"]}}},
        **_resources(spec, subject, settings),
        "securityContext": _security(_user(spec, containers[0])),
        "volumeMounts": _recorder_mounts(settings),
    }


def _resources(spec: Json, subject: Subject, settings: Settings) -> Json:
    """Requests equal to limits, so that a Guaranteed pod stays one and quotas hold.

    A pod with resources of its own (`spec.resources`) is refused where its containers ask for more than those, so there
    the recorder takes its share of them.
    """
    if spec.get("resources"):
        return {}
    size = {
        "cpu": subject.recorder.cpu or settings.sidecar_cpu,
        "memory": subject.recorder.memory or settings.sidecar_memory,
    }
    return {"resources": {"requests": size, "limits": dict(size)}}


def _alone(spec: Json, variables: list[Json]) -> list[Json]:
    """On the node's own network a port belongs to one pod alone, so there the recorder opens none."""
    if not spec.get("hostNetwork"):
        return variables
    return [{**item, "value": "0"} if item["name"] == "CHIPLOG_STATUS_PORT" else item for item in variables]


def _recorder_mounts(settings: Settings) -> list[Json]:
    mounts: list[Json] = [{"name": rundir.VOLUME, "mountPath": rundir.MOUNT}]
    if settings.credentials == "web-identity":
        mounts.append({"name": names.TOKEN_VOLUME, "mountPath": names.TOKEN_DIRECTORY, "readOnly": True})
    return mounts


def _secret(settings: Settings) -> Json:
    if settings.credentials != "secret":
        return {}
    return {"envFrom": [{"secretRef": {"name": settings.credentials_secret}}]}


def _flush_request() -> str:
    return f"{rundir.MOUNT}/{rundir.FLUSH_REQUEST}"


def _security(user: int) -> Json:
    """What the Pod Security level `restricted` asks for."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _user(spec: Json, container: Json) -> int:
    """The trainer's user, so that even its private files can be read, unless that is root or unknown."""
    of_container = (container.get("securityContext") or {}).get("runAsUser")
    of_pod = (spec.get("securityContext") or {}).get("runAsUser")
    return (of_container if of_container is not None else of_pod) or DEFAULT_USER


def _list(holder: Json, name: str) -> list[Json]:
    """The list of that name, made where there is none (or null)."""
    holder[name] = holder.get(name) or []
    found: list[Json] = holder[name]
    return found


def _put(items: list[Json], wanted: list[Json], *, replace: bool) -> None:
    """Add items by name; one that is there is kept, or replaced where it stands."""
    places = {item["name"]: place for place, item in enumerate(items)}
    for item in wanted:
        if item["name"] not in places:
            items.append(item)
        elif replace:
            items[places[item["name"]]] = item
