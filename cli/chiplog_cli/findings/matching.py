"""Whether a pod asks for the recorder and by what rule, which container trains, and what holds for a namespace.

The rules are the injector's (docs/injection.md), told from what it left behind; it looks at nothing itself.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from chiplog_cli.findings import Finding, absence, asking, bad, good, open_
from chiplog_cli.surroundings import Surroundings

Object = dict[str, Any]

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


def of_pod(pod: Object, job: Object | None, around: Surroundings | None, *, has_run: bool) -> Iterator[Finding]:
    """By which rule a pod is matched, and whether it is injected."""
    yield from _rule(pod, around)
    if asking.recorder(pod) is not None:
        yield good(f"pod {pod['metadata']['name']} has the recorder")
    elif asking.is_asked(pod, around) or has_run:
        yield from absence.of_asking(pod, around)
    elif not asking.own_word(pod):
        yield from absence.of_silent(pod, job, around)


def of_namespace(pods: Sequence[Object], around: Surroundings) -> Iterator[Finding]:
    """What holds for the pods of a namespace, and how many have a recorder."""
    if around.is_asking:
        yield good(f'namespace {around.name} asks for all of its pods by the label {asking.INJECT}: "true"')
    else:
        yield open_(
            f"namespace {around.name} does not ask: pods there ask one by one",
            f"kubectl label namespace {around.name} {asking.INJECT}=true asks for all",
        )
        yield from absence.of_namespace_labels(around)
    yield from absence.of_doors(around)
    wanted = [pod for pod in pods if asking.is_asked(pod, around)]
    missing = [pod["metadata"]["name"] for pod in wanted if asking.recorder(pod) is None and not _is_over(pod)]
    with_recorder = sum(asking.recorder(pod) is not None for pod in pods)
    yield open_(f"{len(wanted)} of {len(pods)} pods ask for the recorder, {with_recorder} have it")
    for name in missing[:10]:
        yield bad(f"pod {name} asks for the recorder and has none", f"chiplog explain pod/{name} says why")


def _rule(pod: Object, around: Surroundings | None) -> Iterator[Finding]:
    metadata = pod["metadata"]
    name, annotations, own = metadata["name"], metadata.get("annotations") or {}, asking.own_word(pod)
    if asking.RUN_ID in annotations:
        run = annotations[asking.RUN_ID]
        yield good(f"pod {name} is of run {run}: a TrainingRun's Job, which has the recorder by itself")
        return
    if own == "true":
        yield good(f'pod {name} asks by its label {asking.INJECT}: "true"')
    elif own == "false":
        yield open_(f"pod {name} declines by {asking.INJECT}: {own!r}", "remove that to have it recorded")
    elif own:
        yield bad(f'pod {name} declines by {asking.INJECT}: "{own}": only "true" asks', "correct it on the template")
    elif around is not None and around.is_asking:
        yield good(f'pod {name} is asked for by the label {asking.INJECT}: "true" of namespace {around.name}')
    if asking.is_asked(pod, around):
        yield from _trainer(pod)


def _trainer(pod: Object) -> Iterator[Finding]:
    annotations = pod["metadata"].get("annotations") or {}
    containers = [item["name"] for item in (pod.get("spec") or {}).get("containers") or []]
    annotation = next((item for item in (asking.CONTAINER, _DEFAULT_CONTAINER) if item in annotations), "")
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
                  f"name it in the annotation {asking.CONTAINER}, several by commas, all by *")  # fmt: skip


def _is_over(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
