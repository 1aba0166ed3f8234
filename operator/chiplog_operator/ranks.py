"""The rank of each pod of a gang that is not ours, by what its controllers wrote on it; a pure rule.

An index that a controller gave holds. Pods without one stand behind, in the order in which they were made, and a pod
that came after another's end takes that one's place: it is the next attempt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chiplog.documents import Attempt
from chiplog_operator import names
from chiplog_operator.pods import Pod

Tree = Mapping[str, str]

_LEADERS = ("head", "leader", "launcher", "master", "chief")
"""Values of a role that come before all others."""

_GROUPS = (
    "jobset.sigs.k8s.io/job-global-index",
    "jobset.sigs.k8s.io/job-index",
    "leaderworkerset.sigs.k8s.io/group-index",
)
_INDEXES = (names.COMPLETION_INDEX, "training.kubeflow.org/replica-index", "leaderworkerset.sigs.k8s.io/worker-index",
            "apps.kubernetes.io/pod-index")  # fmt: skip
_ROLES = ("training.kubeflow.org/replica-type", "ray.io/node-type", "jobset.sigs.k8s.io/replicatedjob-name")

Place = tuple[int, str, int, int]


def ranked(pods: Iterable[Pod], known: Iterable[Attempt] = ()) -> list[Pod]:
    """The pods with their ranks; those that stand in `known` attempts and have no index keep the rank they had."""
    found = sorted(pods, key=lambda pod: (pod.created_at, pod.name))
    places = {pod.name: place(pod.marks) for pod in found}
    indexed = _by_index([pod for pod in found if places[pod.name] is not None], places)
    others = [pod for pod in found if places[pod.name] is None]
    behind = max((pod.rank for pod in indexed), default=-1) + 1
    ranks = {item["pod"]: item["rank"] - behind for attempt in known for item in attempt["recorders"]}
    remembered = {name: rank for name, rank in ranks.items() if rank >= 0}
    followers = [replace(pod, rank=pod.rank + behind) for pod in _by_order(others, remembered)]
    made = {pod.name: pod for pod in (*indexed, *followers)}
    return [made[pod.name] for pod in found]


def place(marks: Tree) -> Place | None:
    """Where a pod stands in its gang; None where nothing says."""
    role = next((marks[name] for name in _ROLES if name in marks), "")
    group = next((int(marks[name]) for name in _GROUPS if marks.get(name, "").isdecimal()), 0)
    index = next((int(marks[name]) for name in _INDEXES if marks.get(name, "").isdecimal()), None)
    is_leader = role.lower() in _LEADERS
    if index is None and not is_leader and not any(name in marks for name in _GROUPS):
        return None
    return (0 if is_leader else 1, role, group, index or 0)


def _by_index(pods: list[Pod], places: Mapping[str, Place | None]) -> list[Pod]:
    """A gang of one group is ranked by its index alone, so that a pod that is not there yet shifts no other."""
    found = {item for item in places.values() if item is not None}
    if len({item[:3] for item in found}) == 1:
        return [replace(pod, rank=(places[pod.name] or (0, "", 0, 0))[3]) for pod in pods]
    order: dict[Place | None, int] = {item: rank for rank, item in enumerate(sorted(found))}
    return [replace(pod, rank=order[places[pod.name]]) for pod in pods]


def _by_order(pods: list[Pod], remembered: Mapping[str, int]) -> list[Pod]:
    holders: dict[int, Pod] = {}
    ranked_pods = []
    for pod in pods:
        free = [rank for rank, holder in holders.items() if _was_over(holder, pod.created_at)]
        rank = remembered.get(pod.name, min(free, default=len(holders)))
        holders[rank] = pod
        ranked_pods.append(replace(pod, rank=rank))
    return ranked_pods


def _was_over(pod: Pod, moment: float) -> bool:
    """The pod had ended by then; times of the API server are whole seconds."""
    if not pod.is_over:
        return False
    ends = [item.ended.finished_at for item in pod.containers if item.ended is not None and item.ended.finished_at]
    return max(ends, default=moment) <= moment
