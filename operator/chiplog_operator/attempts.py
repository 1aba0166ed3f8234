"""The attempts of a run, put together from what is remembered of earlier pods and what is seen of present ones.

An attempt is one start of the whole gang: the k-th pod of every rank. Pods vanish (deleted, evicted, collected), so
what was once seen is kept: memory and result are both the list of outcome.json. It does no I/O.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chiplog.documents import Attempt, ContainerEnd, RecorderBinding
from chiplog_operator import names, times
from chiplog_operator.pods import Container, End, Pod

Tree = Mapping[str, Any]

DELETED = "Deleted"
SUSPENDED = "Suspended"
DEADLINE = "DeadlineExceeded"
INIT_FAILED = "InitContainerFailed"

CLUSTER_CAUSES = frozenset({
    "OOMKilled", "Evicted", "Preempted", DEADLINE, "NodeLost", "NodeShutdown", DELETED, SUSPENDED, "Unknown",
    "ContainerStatusUnknown", "JobDeleted", "RunDeleted", "UnexpectedAdmissionError", "OutOfcpu", "OutOfmemory",
    "OutOfpods", "NodeAffinity", "Stopped", "Pruned",
})  # fmt: skip
"""Ends that came from outside the program."""

DISRUPTIONS = CLUSTER_CAUSES - {"OOMKilled"}
"""Ends that say nothing of the program: another attempt may well go through."""

SHOWN = 5
"""Attempts that a status shows."""

_MESSAGE_LENGTH = 1024
"""A container's last words are cut to this many characters; the kubelet allows 4 KiB."""


@dataclass(frozen=True)
class Circumstances:
    """What a pod alone does not tell of its end."""

    training: str
    """Name of the container that trains."""
    deletion: str = DELETED
    """Why pods of this run are deleted now."""
    restarts_in_place: bool = False
    """The kubelet starts a failed container again (restartPolicy OnFailure)."""
    exits: Mapping[str, int] = field(default_factory=dict)
    """Exit codes that the program itself recorded, by recorder."""


def merge(known: Iterable[Attempt], seen: Iterable[Pod], circumstances: Circumstances) -> list[Attempt]:
    """All attempts, remembered and seen, in the order of their numbers."""
    present = {pod.name: pod for pod in seen}
    bindings = [(attempt["number"], binding) for attempt in known for binding in attempt["recorders"]]
    numbered = [(number, _refreshed(binding, present, circumstances)) for number, binding in bindings]
    remembered = {binding["pod"] for _, binding in bindings}
    for pod in sorted(present.values(), key=lambda pod: (pod.rank, pod.created_at, pod.name)):
        if pod.name not in remembered:
            numbered.append((_next_number(numbered, pod.rank), _binding(pod, circumstances)))
    gangs = {number: [item for at, item in numbered if at == number] for number, _ in numbered}
    return [_attempt(number, gangs[number], circumstances.training) for number in sorted(gangs)]


def trainer(binding: RecorderBinding, training: str) -> ContainerEnd:
    """The word on the container that trains."""
    for word in binding["containers"]:
        if word["name"] == training:
            return word
    return {"name": training, "restarts": 0, "image": "", "image_id": ""}


def current(attempts: Iterable[Attempt]) -> dict[int, RecorderBinding]:
    """The newest pod of every rank, by rank."""
    return {binding["rank"]: binding for attempt in attempts for binding in attempt["recorders"]}


def decisive(attempt: Attempt, training: str) -> RecorderBinding:
    """The pod that decided how the attempt went: the first to end badly, else the one of the lowest rank."""
    bad = [item for item in attempt["recorders"] if _is_bad(trainer(item, training))]
    if bad:
        return min(bad, key=lambda item: trainer(item, training).get("finished_at", float("inf")))
    return min(attempt["recorders"], key=lambda item: item["rank"])


def is_killed(end: Tree) -> bool:
    """The program was ended by a signal or by the cluster; it did not end by itself."""
    return "signal" in end or end.get("reason", "") in CLUSTER_CAUSES


def shown(attempts: list[Attempt], training: str) -> list[dict[str, Any]]:
    """`status.lastAttempts`: the newest few, each by the pod that decided it."""
    return [_shown(attempt, training) for attempt in attempts[-SHOWN:]]


def recalled(last: Iterable[Tree], training: str) -> list[Attempt]:
    """What a status still knows of its attempts, for when the bucket cannot be read."""
    return [_attempt(item["number"], [_recalled(item, training)], training) for item in last]


def _refreshed(binding: RecorderBinding, present: Mapping[str, Pod], circumstances: Circumstances) -> RecorderBinding:
    if binding["pod"] in present:
        return _since_first_start(_binding(present[binding["pod"]], circumstances), binding, circumstances.training)
    end = trainer(binding, circumstances.training)
    if "reason" in end:
        return binding
    others = [item for item in binding["containers"] if item["name"] != end["name"]]
    return {**binding, "containers": [_vanished(end, circumstances.exits.get(binding["id"])), *others]}


def _since_first_start(binding: RecorderBinding, before: RecorderBinding, training: str) -> RecorderBinding:
    """A container that was restarted in place has been training since it first started."""
    first = trainer(before, training).get("started_at")
    for word in binding["containers"]:
        if word["name"] == training and first is not None:
            word["started_at"] = min(first, word.get("started_at", first))
    return binding


def _vanished(end: ContainerEnd, exit_code: int | None) -> ContainerEnd:
    """A pod went unseen: the program's own exit record is the best witness left; else we only know that it is gone."""
    if exit_code is None:
        return {**end, "reason": DELETED}
    return {**end, "reason": "Completed" if exit_code == 0 else "Error", "exit_code": exit_code}


def _next_number(numbered: list[tuple[int, RecorderBinding]], rank: int) -> int:
    return max((number for number, binding in numbered if binding["rank"] == rank), default=0) + 1


def _binding(pod: Pod, circumstances: Circumstances) -> RecorderBinding:
    training = pod.container(circumstances.training)
    others = [item for item in pod.containers if item.name != training.name]
    words = [_end_of_training(pod, training, circumstances), *(_word(item, item.ended) for item in others)]
    if pod.recorder is not None:
        words.append(_word(pod.recorder, pod.recorder.ended))
    return {"id": pod.uid, "pod": pod.name, "node": pod.node, "rank": pod.rank, "containers": words}


def _end_of_training(pod: Pod, container: Container, circumstances: Circumstances) -> ContainerEnd:
    """The word on the training container, with the true cause of its end.

    Out of memory is said of the container itself and outranks all. Then come the pod's own causes, then a deletion
    that was asked for before the program ended badly, then what the container said.
    """
    final = container.ended if _is_final(pod, container, circumstances) else None
    word = _word(container, final)
    if final is None and not pod.is_over:
        return word
    cause = _cause(pod, final, circumstances)
    if cause:
        word["reason"] = cause
    message = pod.message or pod.init_failure
    if message and "message" not in word:
        word["message"] = message[:_MESSAGE_LENGTH]
    return word


def _is_final(pod: Pod, container: Container, circumstances: Circumstances) -> bool:
    if container.ended is None:
        return False
    return pod.is_over or not circumstances.restarts_in_place or container.ended.exit_code == 0


def _cause(pod: Pod, end: End | None, circumstances: Circumstances) -> str:
    if end is not None and (end.reason == "OOMKilled" or end.exit_code == 0):
        return end.reason
    if pod.cause:
        return pod.cause
    asked = pod.deletion_asked_at
    if end is None and pod.init_failure:
        return INIT_FAILED
    if end is None:
        return circumstances.deletion if pod.is_gone or asked is not None else "Unknown"
    is_deleted = asked is not None and (end.finished_at is None or end.finished_at >= asked)
    # With its last word the kubelet sets the time of a deletion anew, to after the end; that the Job took its pods away
    # still stands in the Job.
    is_taken = asked is not None and end.signal is not None and circumstances.deletion != DELETED
    return circumstances.deletion if is_deleted or is_taken else end.reason


def _word(container: Container, end: End | None) -> ContainerEnd:
    word: ContainerEnd = {
        "name": container.name,
        "restarts": container.restarts,
        "image": container.image,
        "image_id": container.image_id,
    }
    if container.started_at is not None:
        word["started_at"] = container.started_at
    if container.requests:
        word["requests"] = dict(container.requests)
    if container.limits:
        word["limits"] = dict(container.limits)
    if end is None:
        return word
    word["exit_code"] = end.exit_code
    word["reason"] = end.reason
    if end.finished_at is not None:
        word["finished_at"] = end.finished_at
    if end.signal is not None:
        word["signal"] = end.signal
    if end.message:
        word["message"] = end.message[-_MESSAGE_LENGTH:]
    return word


def _is_bad(end: ContainerEnd) -> bool:
    return "reason" in end and end.get("exit_code") != 0


def _attempt(number: int, bindings: list[RecorderBinding], training: str) -> Attempt:
    attempt: Attempt = {"number": number, "reason": "", "recorders": sorted(bindings, key=lambda item: item["rank"])}
    ends = [trainer(binding, training) for binding in bindings]
    starts = [end["started_at"] for end in ends if "started_at" in end]
    if starts:
        attempt["started_at"] = min(starts)
    deciding = trainer(decisive(attempt, training), training)
    if not _is_bad(deciding) and not all("reason" in end for end in ends):
        return attempt
    attempt["reason"] = deciding.get("reason", "")
    if "exit_code" in deciding:
        attempt["exit_code"] = deciding["exit_code"]
    stops = [end["finished_at"] for end in ends if "finished_at" in end]
    if stops:
        attempt["finished_at"] = max(stops)
    return attempt


def _shown(attempt: Attempt, training: str) -> dict[str, Any]:
    binding = decisive(attempt, training)
    end = trainer(binding, training)
    item: dict[str, Any] = {"number": attempt["number"], "pod": binding["pod"], "restarts": end["restarts"]}
    texts = {"node": binding["node"], "imageID": end["image_id"], "reason": attempt["reason"]}
    item |= {key: text for key, text in texts.items() if text}
    moments = {"startTime": attempt.get("started_at"), "completionTime": attempt.get("finished_at")}
    item |= {key: times.text(moment) for key, moment in moments.items() if moment is not None}
    facts = {"exitCode": end.get("exit_code"), "signal": end.get("signal"), "message": end.get("message"),
             "requests": end.get("requests"), "limits": end.get("limits")}  # fmt: skip
    return item | {key: fact for key, fact in facts.items() if fact is not None}


def _recalled(item: Tree, training: str) -> RecorderBinding:
    end: ContainerEnd = {
        "name": training,
        "restarts": item.get("restarts", 0),
        "image": "",
        "image_id": item.get("imageID", ""),
    }
    moments = {
        "started_at": times.seconds(item.get("startTime")),
        "finished_at": times.seconds(item.get("completionTime")),
    }
    facts = {"exit_code": item.get("exitCode"), "signal": item.get("signal"), "reason": item.get("reason"),
             "message": item.get("message"), "requests": item.get("requests"), "limits": item.get("limits"),
             **moments}  # fmt: skip
    end |= {key: fact for key, fact in facts.items() if fact is not None}  # type: ignore[typeddict-item]
    recorder: ContainerEnd = {"name": names.SIDECAR, "restarts": 0, "image": "", "image_id": ""}
    return {
        "id": "",
        "pod": item.get("pod", ""),
        "node": item.get("node", ""),
        "rank": 0,
        "containers": [end, recorder],
    }
