"""Why pods are not made, do not start, or ended, by what the cluster says of them; it looks at nothing itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from chiplog_cli.findings import Finding, asking, bad, open_
from chiplog_cli.surroundings import Surroundings

Object = dict[str, Any]

_IMAGE = "check the image's name, and that the node may pull it (imagePullSecrets)"
_OUR_IMAGE = (
    "the node cannot pull the recorder's image: see images of the chart, and imagePullSecrets of the pod's "
    "ServiceAccount in this namespace"
)
_WAITING = {
    "ErrImagePull": _IMAGE,
    "ImagePullBackOff": _IMAGE,
    "ErrImageNeverPull": _IMAGE,
    "InvalidImageName": "correct the image's name",
    "CreateContainerConfigError": "a Secret or ConfigMap that the pod names is missing",
    "CreateContainerError": "the node cannot make the container: kubectl describe pod {pod}",
    "RunContainerError": "its command cannot be run: kubectl describe pod {pod}",
    "CrashLoopBackOff": "see why it ended: kubectl logs {pod} -c {container} --previous",
}
_WARNED = {
    "FailedMount": "does the Secret, ConfigMap or claim that the pod names exist?",
    "FailedAttachVolume": "the volume may still be at another node: kubectl describe pod {pod}",
    "FailedCreatePodSandBox": "the node cannot set up the pod's network: see the node's kubelet",
}
_MEMORY = {
    True: "give the recorder more: chiplog.dev/memory on the pod, spec.recorder.resources.memory of a TrainingRun",
    False: "raise the memory limit of the container, or ask for less",
}


def of_job(job: Object, around: Surroundings | None) -> Iterator[Finding]:
    """A Job that has no pods."""
    name, status = job["metadata"]["name"], job.get("status") or {}
    ended = [item["type"] for item in status.get("conditions") or []
             if item["type"] in ("Complete", "Failed") and item["status"] == "True"]  # fmt: skip
    if ended:
        yield open_(f"Job {name} is over ({ended[0]}), and its pods are gone", "the bucket keeps what they wrote")
        return
    if (job.get("spec") or {}).get("suspend"):
        yield open_(f"Job {name} is suspended", "a queue (Kueue) or a person let it wait: kubectl get workloads")
        return
    warned = around.warnings(name) if around is not None else []
    said = f": {warned[-1][1]}" if warned else ""
    yield bad(f"Job {name} has made no pod{said}", f"correct what the API server refuses; kubectl describe job {name}")


def of_pod(pod: Object, around: Surroundings | None) -> Iterator[Finding]:
    """A pod that waits, restarts, or ended badly."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    found = [
        bad(f"pod {name} has no node: {item.get('message', '')}", "ask for less, or add a node")
        for item in status.get("conditions") or []
        if item["type"] == "PodScheduled" and item["status"] == "False"
    ]
    for item in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        found += _of_container(name, item)
    yield from found
    is_explained = any(item.is_good is False for item in found)
    if status.get("phase") == "Pending" and not is_explained and around is not None:
        for reason, said in around.warnings(name)[-1:]:
            advice = _WARNED.get(reason, "kubectl describe pod {pod}").format(pod=name)
            yield bad(f"pod {name} does not start: {reason}: {said}", advice)


def _of_container(pod: str, item: Mapping[str, Any]) -> Iterator[Finding]:
    state, is_ours = item.get("state") or {}, item["name"] == asking.SIDECAR
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    last = (item.get("lastState") or {}).get("terminated") or {}
    what = f"{'the recorder' if is_ours else 'container ' + item['name']} of pod {pod}"
    if waiting.get("reason") in _WAITING:
        reason = waiting["reason"]
        advice = _OUR_IMAGE if is_ours and "Image" in reason else _WAITING[reason]
        yield bad(f"{what} waits: {reason} {waiting.get('message', '')}".rstrip(),
                  advice.format(pod=pod, container=item["name"]))  # fmt: skip
    elif ended and (ended.get("exitCode") or 0) != 0:
        logs = f"see its last words: kubectl logs {pod} -c {item['name']}"
        yield bad(f"{what} ended with exit code {ended['exitCode']} ({ended.get('reason', '')})",
                  _MEMORY[is_ours] if ended.get("reason") == "OOMKilled" else logs)  # fmt: skip
    elif item.get("restartCount") and not _is_oom(last):
        how = f", last after exit code {last['exitCode']} ({last.get('reason', '')})" if "exitCode" in last else ""
        yield open_(f"{what} was restarted {item['restartCount']} times{how}",
                    f"see why: kubectl logs {pod} -c {item['name']} --previous" if how else "")  # fmt: skip
    if _is_oom(last):
        yield bad(f"{what} ran out of memory (OOMKilled) and was started again, {item.get('restartCount', 1)} times",
                  _MEMORY[is_ours])  # fmt: skip


def _is_oom(last: Mapping[str, Any]) -> bool:
    return last.get("reason") == "OOMKilled"
