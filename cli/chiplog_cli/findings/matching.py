"""Whether a pod asks for the recorder and by what rule, and if it has none, why; it looks at nothing itself.

The rules are the injector's (docs/injection.md), told from what it left behind.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from chiplog_cli.findings import Finding, bad, good, open_
from chiplog_cli.surroundings import Surroundings

Object = dict[str, Any]

SIDECAR = "chiplog"
"""The recorder's container."""

INJECT = "chiplog.dev/inject"
CONTAINER = "chiplog.dev/container"
RUN_ID = "chiplog.dev/run-id"

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_LOOK = "kubectl get pods -A -l app.kubernetes.io/component=injector"


def recorder(pod: Object) -> Object | None:
    """The recorder that stands in a pod."""
    containers = (pod.get("spec") or {}).get("initContainers") or []
    return next((item for item in containers if item["name"] == SIDECAR), None)


def of_pod(pod: Object, around: Surroundings | None, *, has_run: bool) -> Iterator[Finding]:
    """By which rule a pod is matched, and whether it is injected."""
    name = pod["metadata"]["name"]
    yield from _rule(pod, around)
    if recorder(pod) is not None:
        yield good(f"pod {name} has the recorder")
        return
    told = (around.notes.get(name) if around else None) or []
    if told:
        yield Finding(False, f"the operator says: {told[-1]}")
    yield from _absent(pod, around, has_run=has_run, is_told=bool(told))


def of_namespace(pods: Sequence[Object], around: Surroundings) -> Iterator[Finding]:
    """What holds for the pods of a namespace, and how many have a recorder."""
    if around.is_asking:
        yield good(f'namespace {around.name} asks for all of its pods by the label {INJECT}: "true"')
    else:
        yield open_(
            f"namespace {around.name} does not ask: pods there ask one by one",
            f"kubectl label namespace {around.name} {INJECT}=true asks for all",
        )
    yield from _doors(around)
    asking = [pod for pod in pods if _is_asking(pod, around)]
    missing = [pod["metadata"]["name"] for pod in asking if recorder(pod) is None and not _is_over(pod)]
    with_recorder = sum(recorder(pod) is not None for pod in pods)
    yield open_(f"{len(asking)} of {len(pods)} pods ask for the recorder, {with_recorder} have it")
    for name in missing[:10]:
        yield bad(f"pod {name} asks for the recorder and has none", f"chiplog explain pod/{name} says why")


def _rule(pod: Object, around: Surroundings | None) -> Iterator[Finding]:
    metadata = pod["metadata"]
    name, labels, annotations = metadata["name"], metadata.get("labels") or {}, metadata.get("annotations") or {}
    if RUN_ID in annotations:
        yield good(f"pod {name} is of run {annotations[RUN_ID]}: a TrainingRun's Job, which has the recorder by itself")
        return
    own = labels.get(INJECT) or annotations.get(INJECT)
    if own == "true":
        yield good(f'pod {name} asks by its label {INJECT}: "true"')
    elif own:
        yield open_(f"pod {name} declines by {INJECT}: {own!r}", "remove that to have it recorded")
    elif around is not None and around.is_asking:
        yield good(f'pod {name} is asked for by the label {INJECT}: "true" of namespace {around.name}')
    if own == "true" or (not own and around is not None and around.is_asking):
        yield from _trainer(pod)


def _trainer(pod: Object) -> Iterator[Finding]:
    annotations = pod["metadata"].get("annotations") or {}
    containers = [item["name"] for item in (pod.get("spec") or {}).get("containers") or []]
    annotation = next((item for item in (CONTAINER, _DEFAULT_CONTAINER) if item in annotations), "")
    if annotation:
        asked = [part.strip() for part in annotations[annotation].split(",")]
        unknown = [part for part in asked if part not in (*containers, "*")]
        if unknown:
            yield bad(f"{annotation} names {', '.join(unknown)}; the containers are {', '.join(containers)}",
                      "correct it on the template")  # fmt: skip
        else:
            yield good(f"container {annotations[annotation]} trains, by the annotation {annotation}")
    elif len(containers) > 1:
        yield bad(f"nothing says which of the containers {', '.join(containers)} trains",
                  f"name it in the annotation {CONTAINER}, several by commas, all by *")  # fmt: skip


def _absent(pod: Object, around: Surroundings | None, *, has_run: bool, is_told: bool) -> Iterator[Finding]:
    name = pod["metadata"]["name"]
    if not (_is_asking(pod, around) or has_run):
        yield bad(
            f"pod {name} does not ask for the recorder",
            f'put the label {INJECT}: "true" on the pod (on the template, for a Job), or make a TrainingRun',
        )
        return
    if around is not None:
        yield from _doors(around)
    if not is_told:
        yield bad(
            f"pod {name} asked for the recorder and has none: the injector was not reached when the pod was made, "
            "the label came later, or it found no container that trains",
            f"is it running? {_LOOK}; then make the pod again",
        )


def _doors(around: Surroundings) -> Iterator[Finding]:
    """The webhook, whether it is told of this namespace, and who answers it."""
    if around.webhooks is None:
        yield open_("you may not see webhook configurations, so it cannot be told whether the injector's is there")
    elif not around.webhooks:
        yield bad("there is no webhook of Chiplog's in this cluster", "install the chart with injector.enabled=true")
    elif around.name in _closed(around.webhooks):
        yield bad(f"namespace {around.name} is closed to the injector", "see injector.excludedNamespaces of the chart")
    else:
        yield good(f"the webhook is told of pods in namespace {around.name}")
    for deployment in around.injectors or ():
        available = (deployment.get("status") or {}).get("availableReplicas") or 0
        where = f"{deployment['metadata'].get('namespace', '')}/{deployment['metadata']['name']}"
        if available:
            yield good(f"the injector {where} answers with {available} replicas")
        else:
            yield bad(f"no replica of the injector {where} is ready", f"see {_LOOK}")


def _closed(webhooks: Sequence[Object]) -> set[str]:
    return {
        name
        for configuration in webhooks
        for webhook in configuration.get("webhooks") or []
        for rule in (webhook.get("namespaceSelector") or {}).get("matchExpressions") or []
        if (rule["key"], rule["operator"]) == ("kubernetes.io/metadata.name", "NotIn")
        for name in rule["values"]
    }


def _is_asking(pod: Object, around: Surroundings | None) -> bool:
    metadata = pod["metadata"]
    own = (metadata.get("labels") or {}).get(INJECT) or (metadata.get("annotations") or {}).get(INJECT)
    return bool((own or ("true" if around is not None and around.is_asking else "")) == "true")


def _is_over(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
