"""What decides about a pod besides itself: its namespace, our webhook and operator, and what was said of it.

It judges nothing. Who asks may see less than all of it: what they may not see is None, the rest is still told.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from chiplog.errors import ClusterDenied

if TYPE_CHECKING:
    from chiplog_cli.cluster import Cluster

Object = dict[str, Any]
T = TypeVar("T")

_US = "chiplog.dev/operator"
"""How our operator signs its Events."""

MAX_SUBJECTS = 10
"""Pods of which Events are read."""


@dataclass(frozen=True)
class Surroundings:
    """Of one namespace."""

    name: str
    namespace: Object | None = None
    webhooks: tuple[Object, ...] | None = None
    """Our webhook configurations."""
    injectors: tuple[Object, ...] | None = None
    """The Deployments that answer."""
    operators: tuple[Object, ...] | None = None
    """The Deployments that make runs and tell of them."""
    events: Mapping[str, list[Object]] = field(default_factory=dict)
    """Events on pods and Jobs, by the object's name, the newest last."""

    @property
    def is_asking(self) -> bool:
        """The namespace asks for all of its pods."""
        metadata = (self.namespace or {}).get("metadata") or {}
        return bool((metadata.get("labels") or {}).get("chiplog.dev/inject") == "true")

    def note(self, name: str) -> str:
        """What our operator said last of an object; empty where it said nothing."""
        found = [event for event in self.events.get(name, []) if event.get("reportingComponent") == _US]
        return _said(found[-1]) if found else ""

    def warnings(self, name: str) -> list[tuple[str, str]]:
        """What others warn of, each reason once with its newest words, the newest last."""
        found = [event for event in self.events.get(name, []) if event.get("reportingComponent") != _US]
        return list({str(event.get("reason")): (str(event.get("reason")), _said(event)) for event in found
                     if event.get("type") == "Warning"}.values())  # fmt: skip


def of(cluster: "Cluster", namespace: str, subjects: Iterable[Object]) -> Surroundings:
    """Look around a few objects. Raises ClusterUnreachable."""
    names = [item["metadata"]["name"] for item in subjects][:MAX_SUBJECTS]
    return Surroundings(
        name=namespace,
        namespace=_allowed(partial(cluster.namespace_object, namespace)),
        webhooks=_each(_allowed(cluster.webhooks)),
        injectors=_each(_allowed(partial(cluster.deployments, "injector"))),
        operators=_each(_allowed(partial(cluster.deployments, "operator"))),
        events={name: _allowed(partial(cluster.events, namespace, name)) or [] for name in names},
    )


def _each(found: list[Object] | None) -> tuple[Object, ...] | None:
    return tuple(found) if found is not None else None


def _said(event: Object) -> str:
    return str(event.get("message") or event.get("note") or "")


def _allowed(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except ClusterDenied:
        return None
