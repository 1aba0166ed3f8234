"""Why a pod that asks for the recorder has none, and what to do; a pure rule."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator import admission, names, times, wishes

Tree = Mapping[str, Any]

LATE_SECONDS = 2.0
"""A label that came so long after the pod was not there when it was made; the API server's times are whole seconds."""


@dataclass(frozen=True)
class Missed:
    """What is to be told of a pod without a recorder."""

    reason: str
    """`LabelledLate`, `NotInjectable` or `Missed`."""
    message: str


def of(pod: Tree, closed: Collection[str] = (), advice: str = "make it again") -> Missed | None:
    """Judge a pod that asks; None where it has its recorder. `closed` are the namespaces that are never touched."""
    if admission.is_recorded(pod):
        return None
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    if namespace in closed:
        return Missed("NotInjectable", f"pod {name} is not recorded: namespace {namespace} is closed to Chiplog")
    if is_labelled_late(pod):
        return Missed(
            "LabelledLate",
            f"pod {name} was labelled after it was made, and a recorder can only be put into a pod that is being made: "
            f"put the label {names.INJECT_LABEL} on its template, and {advice}",
        )
    obstacle = admission.obstacle_of(pod, wishes.of(pod))
    if obstacle:
        return Missed("NotInjectable", f"pod {name} is not recorded: {obstacle}. Correct that, and {advice}")
    return Missed(
        "Missed",
        f"pod {name} asks for the recorder and was made without: the injector did not answer the API server in time "
        f"(down, slow, or a certificate that is not trusted). See kubectl get pods -A -l "
        f"app.kubernetes.io/component=injector; then {advice}",
    )


def is_labelled_late(pod: Tree) -> bool:
    """Whoever set the label did it after the pod was made, by what the API server notes of fields' managers."""
    metadata = pod["metadata"]
    made = times.seconds(metadata.get("creationTimestamp"))
    labelled = labelled_at(metadata)
    return made is not None and labelled is not None and labelled - made > LATE_SECONDS


def is_older(pod: Tree, namespace: Tree) -> bool:
    """The pod was made before its namespace asked, or nobody knows when that was."""
    made = times.seconds(pod["metadata"].get("creationTimestamp"))
    asked = labelled_at(namespace["metadata"])
    return made is None or asked is None or made < asked


def labelled_at(metadata: Tree) -> float | None:
    """When the inject label was set on an object; None where nobody noted it."""
    moments = [times.seconds(item.get("time")) for item in metadata.get("managedFields") or [] if _is_labelling(item)]
    return min((moment for moment in moments if moment is not None), default=None)


def _is_labelling(entry: Tree) -> bool:
    """The entry holds the label. A controller's entry for what it made moves on whenever it writes again (a finalizer
    that goes), so one that holds a spec tells of a late label only where a person wrote it.
    """
    fields = entry.get("fieldsV1") or {}
    labels = (fields.get("f:metadata") or {}).get("f:labels") or {}
    is_creation = "f:spec" in fields and not str(entry.get("manager", "")).startswith("kubectl")
    return f"f:{names.INJECT_LABEL}" in labels and not is_creation
