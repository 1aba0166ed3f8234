"""What the labels and annotations of a pod that is not ours ask for, and what is wrong with them; it changes nothing.

The injector reads them at admission, the operator again when it adopts the pod: the same answer, to the word.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chiplog_operator import gates, names, subscriptions
from chiplog_operator.environment import Subject
from chiplog_operator.specs import Recorder

Tree = Mapping[str, Any]

ALL = "*"
"""As a container's name: every one trains."""

_PROJECT = re.compile(r"[^/\x00-\x20]([^/\x00-\x1f]*[^/\x00-\x20])?")
_QUANTITY = re.compile(r"(?!0+(\.0+)?[A-Za-z]*$)\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi)?")
_METRIC = re.compile(r"(?P<name>[^,:]{1,256}):(?P<goal>minimize|maximize)")
_CHANNEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_MAX_ITEMS = 16
_MAX_LENGTH = 1024


@dataclass(frozen=True)
class Wishes:
    """One pod's wishes, those that cannot be left out."""

    trainers: tuple[str, ...] = ()
    """The containers that train; empty where that cannot be told, and then nothing is recorded."""
    project: str = ""
    recorder: Recorder = field(default_factory=Recorder)
    metadata: Mapping[str, str] = field(default_factory=dict)
    """`name`, `group`, `tags`, `notes`, where the pod says them."""
    metrics: tuple[Tree, ...] = ()
    gates: tuple[Tree, ...] = ()
    """What the result must hold against, as `spec.gates`."""
    promote: str = ""
    notify: Tree | None = None
    """What people are told of it, as `spec.notify`; None where it does not ask."""
    problems: tuple[str, ...] = ()
    """What was asked for and cannot be, each with its annotation, its value, and what holds instead."""

    def subject(self, namespace: str) -> Subject:
        """What the pod is told; of its run nobody knows anything when the pod is made."""
        return Subject(namespace, "", self.project, self.recorder, dict(self.metadata), self.trainers)


def of(pod: Tree) -> Wishes:
    """Read a pod, or a pod template."""
    notes = _Notes(pod)
    trainers = _trainers(pod, notes)
    recorder = Recorder(
        container=trainers[0] if trainers else "",
        paths=notes.items("paths", _path_problem),
        include=notes.items("include", _glob_problem),
        exclude=notes.items("exclude", _glob_problem),
        console=notes.text("console", _flag_problem) != "false",
        cpu=notes.text("cpu", _quantity_problem),
        memory=notes.text("memory", _quantity_problem),
    )
    metrics = tuple(_METRIC.fullmatch(item).groupdict() for item in notes.items("metrics", _metric_problem))  # type: ignore[union-attr]
    project = notes.text("project", _project_problem) or _labels(pod).get(names.PROJECT_LABEL, "")
    asked = tuple(json.loads(notes.text("gates", _gates_problem) or "[]"))
    is_judged = bool(asked) or f"{names.GROUP}/gates" not in _annotations(pod)
    promote = notes.text("promote", _promote_problem) if is_judged else ""  # What nothing judges is not served.
    metadata, notify = _metadata(pod, notes), _notify(notes)
    return Wishes(trainers, project, recorder, metadata, metrics, asked, promote, notify, tuple(notes.problems))


def is_asked(pod: Tree, namespace_labels: Tree | None = None) -> bool:
    """The pod asks for the recorder, or its namespace does and the pod does not decline."""
    own = _labels(pod).get(names.INJECT_LABEL) or _annotations(pod).get(names.INJECT_LABEL)
    return (own or (namespace_labels or {}).get(names.INJECT_LABEL)) == "true"


class _Notes:
    """A pod's annotations of ours; what cannot be is left out and noted."""

    def __init__(self, pod: Tree) -> None:
        self._found = _annotations(pod)
        self.problems: list[str] = []

    def text(self, name: str, problem: Callable[[str], str]) -> str:
        """One value; empty where there is none or a wrong one."""
        value = str(self._found.get(f"{names.GROUP}/{name}", "")).strip()
        return value if not value or self._holds(name, value, problem(value)) else ""

    def items(self, name: str, problem: Callable[[str], str]) -> tuple[str, ...]:
        """A list, comma-separated, without its wrong items."""
        text = str(self._found.get(f"{names.GROUP}/{name}", ""))
        parts = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
        if len(parts) > _MAX_ITEMS:
            self._holds(name, f"{len(parts)} items", f"only the first {_MAX_ITEMS} hold")
        return tuple(part for part in parts[:_MAX_ITEMS] if self._holds(name, part, problem(part)))

    def _holds(self, name: str, value: str, problem: str) -> bool:
        if problem:
            self.problems.append(f"annotation {names.GROUP}/{name}: {value[:64]!r} {problem}")
        return not problem


def _trainers(pod: Tree, notes: _Notes) -> tuple[str, ...]:
    containers = [item["name"] for item in (pod.get("spec") or {}).get("containers") or []]
    annotations = _annotations(pod)
    for annotation in (names.CONTAINER_ANNOTATION, names.DEFAULT_CONTAINER_ANNOTATION):
        if annotation in annotations:
            return _named(annotation, str(annotations[annotation]), containers, notes)
    if len(containers) == 1:
        return (containers[0],)
    notes.problems.append(
        f"which of the containers {', '.join(containers)} trains? Nothing is recorded until the annotation "
        f"{names.CONTAINER_ANNOTATION} names it"
    )
    return ()


def _named(annotation: str, text: str, containers: list[str], notes: _Notes) -> tuple[str, ...]:
    asked = [part.strip() for part in text.split(",") if part.strip()]
    if ALL in asked:
        return tuple(containers)
    unknown = [name for name in asked if name not in containers]
    if unknown or not asked:
        wrong = ", ".join(map(repr, unknown)) or repr(text)
        notes.problems.append(f"annotation {annotation}: {wrong} is none of the containers {', '.join(containers)}")
    return tuple(name for name in containers if name in asked)


def _metadata(pod: Tree, notes: _Notes) -> dict[str, str]:
    """A gang of an Indexed Job or a JobSet is one group to the script's tracker as well."""
    labels = _labels(pod)
    job = labels.get(names.JOB_NAME_LABEL, "") if names.COMPLETION_INDEX in _annotations(pod) else ""
    found = {
        "name": notes.text("name", _length_problem),
        "group": labels.get(names.JOBSET_NAME_LABEL) or job,
        "tags": ",".join(notes.items("tags", _length_problem)),
        "notes": notes.text("notes", _length_problem),
    }
    return {key: value for key, value in found.items() if value}


def _notify(notes: _Notes) -> Tree | None:
    """`none` asks for nothing, not even what a night is told of without asking."""
    events = notes.items("notify", _word_problem)
    channel = notes.text("notify-channel", _channel_problem)
    if not events and not channel:
        return None
    named = {"channel": channel} if channel else {}
    return {"events": [word for word in events if word != subscriptions.NONE], **named} if events else named


def _path_problem(path: str) -> str:
    if not path.startswith("/"):
        return "is not an absolute path, so it is not recorded"
    if not path.strip("/.") or ".." in path.split("/") or ":" in path or len(path) > _MAX_LENGTH:
        return "is no directory that a volume can be mounted at, so it is not recorded"
    if path.strip("/").split("/")[0] == "chiplog":
        return "is in the run directory /chiplog, which is recorded anyway"
    return ""


def _glob_problem(glob: str) -> str:
    return "" if len(glob) <= 256 else "has more than 256 characters, so it is left out"


def _quantity_problem(text: str) -> str:
    return "" if _QUANTITY.fullmatch(text) else "is not a quantity above zero such as 100m or 128Mi; the default holds"


def _flag_problem(text: str) -> str:
    return "" if text in ("true", "false") else "is neither true nor false; true holds"


def _metric_problem(text: str) -> str:
    return "" if _METRIC.fullmatch(text) else "is not NAME:minimize or NAME:maximize, so it is left out"


def _gates_problem(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return "is not JSON; nothing is judged and no pointer moves"
    if not isinstance(found, list) or len(found) > _MAX_ITEMS:
        return f"is no list of at most {_MAX_ITEMS} gates; nothing is judged and no pointer moves"
    wrong = next((said for said in map(gates.problem, found) if said), "")
    return f"has a gate that {wrong}; nothing is judged and no pointer moves" if wrong else ""


def _word_problem(text: str) -> str:
    known = (*subscriptions.RUN_WORDS, subscriptions.NONE)
    return "" if text in known else f"is none of {', '.join(known)}, so it is left out"


def _channel_problem(text: str) -> str:
    return "" if _CHANNEL.fullmatch(text) else "is no channel's name, so it is left out"


def _promote_problem(text: str) -> str:
    return "" if text == "latest" else "is not latest; no pointer moves"


def _project_problem(text: str) -> str:
    ok = len(text) <= 128 and _PROJECT.fullmatch(text)
    return "" if ok else "cannot be a project: at most 128 characters, without '/'; it is left out"


def _length_problem(text: str) -> str:
    return "" if len(text) <= _MAX_LENGTH else f"has more than {_MAX_LENGTH} characters, so it is left out"


def _labels(pod: Tree) -> Tree:
    return (pod.get("metadata") or {}).get("labels") or {}


def _annotations(pod: Tree) -> Tree:
    return (pod.get("metadata") or {}).get("annotations") or {}
