"""metav1.Condition as values: how one is made and how a list of them moves on; it decides nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator import times

Tree = Mapping[str, Any]

_MESSAGE_LENGTH = 2048
"""A message is cut to this many characters, so that a status stays small."""


@dataclass(frozen=True)
class Condition:
    """What is to be said now."""

    type: str
    status: str
    """`True`, `False` or `Unknown`."""
    reason: str
    """One CamelCase word."""
    message: str


def true(kind: str, reason: str, message: str) -> Condition:
    """The condition holds."""
    return Condition(kind, "True", reason, message)


def false(kind: str, reason: str, message: str) -> Condition:
    """The condition does not hold."""
    return Condition(kind, "False", reason, message)


def unknown(kind: str, reason: str, message: str) -> Condition:
    """Nobody can tell."""
    return Condition(kind, "Unknown", reason, message)


def find(status: Tree, kind: str) -> Tree:
    """A condition of a status; empty where it has none of that type."""
    return next((item for item in status.get("conditions") or [] if item["type"] == kind), {})


def is_true(status: Tree, kind: str) -> bool:
    """The status says that the condition holds."""
    return bool(find(status, kind).get("status") == "True")


def moved_on(before: Tree, wanted: Iterable[Condition], generation: int, now: float) -> list[dict[str, Any]]:
    """The list for a new status: `lastTransitionTime` moves only where `status` does, as the API conventions ask."""
    return [_moved_on(find(before, item.type), item, generation, now) for item in wanted]


def _moved_on(before: Tree, wanted: Condition, generation: int, now: float) -> dict[str, Any]:
    is_same = before.get("status") == wanted.status
    return {
        "type": wanted.type,
        "status": wanted.status,
        "reason": wanted.reason,
        "message": wanted.message[:_MESSAGE_LENGTH],
        "observedGeneration": generation,
        "lastTransitionTime": before["lastTransitionTime"] if is_same else times.text(now),
    }
