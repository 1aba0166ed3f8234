"""The workloads of others as listings have them: what a mirror's workload says, and what owns what; for one roll call.

One by one they would be a request each, and a mirror has several above it. It judges nothing, and is thrown away.
"""

import json
from collections.abc import Sequence
from typing import Any

import structlog

from chiplog_operator import workloads
from chiplog_operator.cluster import Cluster, ClusterError, Forbidden
from chiplog_operator.specs import Workload

Json = dict[str, Any]
Kind = tuple[str, str]
"""`apiVersion` and `kind`."""

log = structlog.get_logger()


class Guests:
    """Each kind is listed once, when it is asked for first; kept as text, a tenth of what documents take."""

    def __init__(self, cluster: Cluster, namespaces: Sequence[str]) -> None:
        self._cluster = cluster
        self._namespaces = namespaces
        self._kinds: dict[Kind, dict[str, str] | None] = {}

    def read(self, _namespace: str, workload: Workload) -> Json | None:
        """A workload, None where it is gone. Raises Forbidden where its kind cannot be listed."""
        kind = workload.api_version, workload.kind
        if kind not in self._kinds:
            self._kinds[kind] = self._list(workload)
        found = self._kinds[kind]
        if found is None:
            raise Forbidden(f"{workload.kind} of {workload.api_version} cannot be listed")
        text = found.get(workload.uid)
        return None if text is None else dict(json.loads(text))

    def _list(self, workload: Workload) -> dict[str, str] | None:
        try:
            listed = self._cluster.workloads_like(workload, self._namespaces)
            return {body["metadata"]["uid"]: json.dumps(_reduced(body)) for body in listed}
        except ClusterError as error:
            log.warning("not listed, its mirrors get a pass each", kind=workload.kind, error=str(error))
            return None


def _reduced(body: Json) -> Json:
    """What tells of a workload's end, and of who owns it."""
    metadata = {key: value for key, value in body["metadata"].items() if key not in ("managedFields", "annotations")}
    spec = {key: value for key, value in (body.get("spec") or {}).items() if key in workloads.TELLING}
    return {"metadata": metadata, "spec": spec, "status": body.get("status") or {}}
