"""What listings show beside what the watches brought; it asks for it, and acts on nothing."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from chiplog_operator import strangers
from chiplog_operator.cluster import KINDS, Cluster, ClusterError, Kind
from chiplog_operator.motion import Motion
from chiplog_operator.sightings import Key
from chiplog_operator.strangers import Strangers

Json = dict[str, Any]

log = structlog.get_logger()


@dataclass
class Difference:
    """What is to be worked on."""

    missed: list[tuple[Kind, Json]] = field(default_factory=list)
    """Objects in versions that no watch has brought: their metadata, of a stranger's pod the whole."""
    vanished: list[Key] = field(default_factory=list)
    """Runs of which something went before a watch had begun."""
    orphans: list[Json] = field(default_factory=list)
    """Pods whose mirror is not there any more."""


@dataclass(frozen=True)
class Comparison:
    """Where to look. Listings are of metadata alone and taken page by page: all there is need not be in memory."""

    cluster: Cluster
    motion: Motion
    strangers: Strangers
    namespaces: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic

    def look(self) -> Difference:
        """List everything. A kind that cannot be listed now is left to the next time."""
        found = Difference()
        runs: set[Key] | None = None
        for kind in KINDS:
            seen, lost = set[Key](), list[Json]()
            try:
                listed = self._noted(kind, self.cluster.listed(kind, self.namespaces), runs, seen, lost)
                missed = self.motion.compare(kind, listed, self.clock())
                found.missed += [(kind, whole) for body in missed if (whole := self._whole(kind, body)) is not None]
                found.orphans += [body for body in map(self._read, lost) if body is not None]
            except ClusterError as error:
                log.warning("not listed, tried again later", kind=kind, error=str(error))
                continue
            runs = seen if kind == "trainingruns" else runs
        found.vanished = [owner for owner in self.motion.vanished() if isinstance(owner, Key)]
        return found

    def _noted(
        self, kind: Kind, listed: Iterable[Json], runs: set[Key] | None, seen: set[Key], lost: list[Json]
    ) -> Iterator[Json]:
        """The same, with its keys noted as `seen`, and the pods of mirrors that are not among the `runs` as `lost`."""
        for body in listed:
            if kind == "trainingruns":
                seen.add(Key(body["metadata"]["namespace"], body["metadata"]["name"]))
            run = self.strangers.run_of(body) if kind == "pods" else None
            if run is not None and runs is not None and run not in runs:
                lost.append(body)
            yield body

    def _whole(self, kind: Kind, body: Mapping[str, Any]) -> Json | None:
        """A pod that may be adopted as it is read now; anything else as it is listed."""
        is_adoptable = kind == "pods" and strangers.is_labelled(body) and strangers.is_stranger(body)
        return self._read(body) if is_adoptable else dict(body)

    def _read(self, pod: Mapping[str, Any]) -> Json | None:
        return self.cluster.pod(pod["metadata"]["namespace"], pod["metadata"]["name"])
