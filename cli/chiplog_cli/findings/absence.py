"""Why a pod has no recorder: it never asked, asked where nobody reads, or was not answered; it looks at nothing.

The rules are the injector's (docs/injection.md), told from what it left behind.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chiplog import rundir
from chiplog_cli.findings import Finding, asking, bad, good, open_
from chiplog_cli.surroundings import Surroundings

Object = dict[str, Any]

_LOOK = "kubectl get pods -A -l app.kubernetes.io/component=injector"
_PLACE = "metadata.labels of its pod template"


def of_silent(pod: Object, job: Object | None, around: Surroundings | None) -> Iterator[Finding]:
    """A pod that does not ask: the label may be missing, misspelt, or where it does not count."""
    name, owner = pod["metadata"]["name"], _owner(pod)
    put = f'put the label {asking.INJECT}: "true" on {_template(owner)}, and make it again'
    wrong = list(_near(pod, put))
    yield from wrong
    if job is not None and asking.label(job) == "true":
        kind, called = "Job", job["metadata"]["name"]
        yield bad(
            f"the label {asking.INJECT} stands on {kind} {called} itself, and pods get those of its template", put
        )
        return
    if not wrong:
        yield bad(
            f"pod {name} does not ask for the recorder", f"{put}; or make a TrainingRun of it, which needs no label"
        )
    if around is not None and not around.is_asking:
        yield from of_namespace_labels(around)


def of_namespace_labels(around: Surroundings) -> Iterator[Finding]:
    """What a namespace says that was meant for us, and is not the word."""
    labels = ((around.namespace or {}).get("metadata") or {}).get("labels") or {}
    advice = f"kubectl label namespace {around.name} {asking.INJECT}=true --overwrite, and make the pods again"
    for key, value in _misspelt(labels):
        yield bad(f'namespace {around.name} has {key}: "{value}", which means nothing to the injector', advice)


def of_asking(pod: Object, around: Surroundings | None) -> Iterator[Finding]:
    """A pod that asks, or is asked for, and has none."""
    name = pod["metadata"]["name"]
    note = around.note(name) if around is not None else ""
    if note:
        yield Finding(False, f"the operator says: {note}")
    obstacle = _obstacle(pod)
    if obstacle:
        yield bad(f"no recorder can be put into pod {name}: {obstacle}", f"rename that on {_template(_owner(pod))}")
    if around is not None and _is_older(pod, around):
        yield bad(f"pod {name} is older than the label of namespace {around.name}, and a pod that runs stays as it is",
                  "make the pod again")  # fmt: skip
    if around is not None:
        yield from of_doors(around)
    if not note and not obstacle:
        yield bad(
            f"pod {name} asked for the recorder and has none: the injector was not reached when the pod was made, "
            "the label came later, or it found no container that trains",
            f"is it running? {_LOOK}; then make the pod again",
        )


def of_doors(around: Surroundings) -> Iterator[Finding]:
    """The webhook, whether it is told of this namespace, and who answers it."""
    if around.webhooks is None:
        yield open_("you may not see webhook configurations, so it cannot be told whether the injector's is there")
    elif not around.webhooks:
        yield bad("there is no webhook of Chiplog's in this cluster",
                  "install the chart with injector.enabled=true")  # fmt: skip
    elif closed := _closed(around.webhooks, around.name):
        yield bad(f"namespace {around.name} is closed to the injector", f"see {closed} of the chart")
    else:
        yield good(f"the webhook is told of pods in namespace {around.name}")
    for deployment in around.injectors or ():
        yield from of_deployment(deployment, "injector", f"see {_LOOK}")


def of_deployment(deployment: Object, what: str, advice: str) -> Iterator[Finding]:
    """How many of a part of ours are up."""
    available = (deployment.get("status") or {}).get("availableReplicas") or 0
    where = f"{deployment['metadata'].get('namespace', '')}/{deployment['metadata']['name']}"
    if available:
        replicas = "1 replica" if available == 1 else f"{available} replicas"
        yield good(f"the {what} {where} answers with {replicas}")
    else:
        yield bad(f"no replica of the {what} {where} is ready", advice)


def _near(pod: Object, put: str) -> Iterator[Finding]:
    """Labels and annotations that were meant for us: another word, another value, another place."""
    name, metadata = pod["metadata"]["name"], pod["metadata"]
    if (metadata.get("annotations") or {}).get(asking.INJECT) == "true" and asking.INJECT not in (
        metadata.get("labels") or {}
    ):
        yield bad(f"pod {name} asks by an annotation, which is not seen: {asking.INJECT} must be a label", put)
    for key, value in _misspelt(metadata.get("labels") or {}):
        yield bad(f'pod {name} has the label {key}: "{value}", which means nothing to the injector', put)


def _misspelt(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (key, value)
        for key, value in labels.items()
        if "chiplog" in key and "inject" in key and (key != asking.INJECT or value not in ("true", "false"))
    ]


def _owner(pod: Object) -> tuple[str, str]:
    owners = pod["metadata"].get("ownerReferences") or []
    found = next((item for item in owners if item.get("controller")), owners[0] if owners else None)
    return (found["kind"], found["name"]) if found else ("", "")


def _template(owner: tuple[str, str]) -> str:
    kind, name = owner
    return f"the pod template of {kind} {name}" if kind else "the pod"


def _obstacle(pod: Object) -> str:
    spec = pod.get("spec") or {}
    every = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    if any(item["name"] == asking.SIDECAR for item in every):
        return f"a container is called {asking.SIDECAR}, which is the recorder's name"
    if any(item["name"] == rundir.VOLUME for item in spec.get("volumes") or []):
        return f"a volume is called {rundir.VOLUME}, which is the recorder's"
    mounts = [mount for item in every for mount in item.get("volumeMounts") or []]
    if any(mount.get("mountPath", "").rstrip("/") == rundir.MOUNT for mount in mounts):
        return f"something is mounted at {rundir.MOUNT}, the run directory"
    return ""


def _is_older(pod: Object, around: Surroundings) -> bool:
    """The namespace asked when the pod was there; the API server's times are whole seconds."""
    if asking.label(pod) or not around.is_asking:
        return False
    entries = ((around.namespace or {}).get("metadata") or {}).get("managedFields") or []
    asked = [entry.get("time", "") for entry in entries if f"f:{asking.INJECT}" in str(entry.get("fieldsV1"))]
    return bool(asked) and str(pod["metadata"].get("creationTimestamp", "~")) < min(asked)


def _closed(webhooks: Sequence[Object], namespace: str) -> str:
    """The chart's value that keeps the webhook from a namespace."""
    for configuration in webhooks:
        for webhook in configuration.get("webhooks") or []:
            for rule in (webhook.get("namespaceSelector") or {}).get("matchExpressions") or []:
                if rule["key"] == "kubernetes.io/metadata.name":
                    is_named = namespace in rule["values"]
                    if rule["operator"] == "NotIn" and is_named:
                        return "injector.excludedNamespaces"
                    if rule["operator"] == "In" and not is_named:
                        return "watchNamespaces"
    return ""
