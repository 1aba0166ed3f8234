"""What decides about injection besides the pod: its namespace, our webhook, who answers it. It judges nothing.

Who asks may see less than all of it: what they may not see is None, and everything else is still told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from chiplog.errors import ClusterDenied

if TYPE_CHECKING:
    from chiplog_cli.cluster import Cluster

Object = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Surroundings:
    """Of one namespace."""

    name: str
    namespace: Object | None = None
    webhooks: tuple[Object, ...] | None = None
    """Our webhook configurations."""
    injectors: tuple[Object, ...] | None = None
    """The Deployments that answer."""
    notes: Mapping[str, list[str]] = field(default_factory=dict)
    """What the operator said of pods in Events, by pod."""

    @property
    def is_asking(self) -> bool:
        """The namespace asks for all of its pods."""
        metadata = (self.namespace or {}).get("metadata") or {}
        return bool((metadata.get("labels") or {}).get("chiplog.dev/inject") == "true")


def of(cluster: "Cluster", namespace: str, pods: tuple[Object, ...]) -> Surroundings:
    """Look around. Raises ClusterUnreachable."""
    webhooks, injectors = _allowed(cluster.webhooks), _allowed(cluster.injectors)
    names = [pod["metadata"]["name"] for pod in pods]
    notes = {name: _allowed(partial(cluster.notes, namespace, name)) or [] for name in names}
    return Surroundings(
        name=namespace,
        namespace=_allowed(partial(cluster.namespace_object, namespace)),
        webhooks=tuple(webhooks) if webhooks is not None else None,
        injectors=tuple(injectors) if injectors is not None else None,
        notes=notes,
    )


def _allowed(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except ClusterDenied:
        return None
