"""The `Cluster` protocol over a real API server; the only module that imports the kubernetes client.

It speaks plain dictionaries, so what a newer API server knows is never lost on the way. The client's own models and
their validation are left out.
"""

import json
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import kubernetes.client
import kubernetes.config
import urllib3
import urllib3.exceptions

from chiplog.access import keys
from chiplog_operator import names, pages, workloads
from chiplog_operator.cluster import (
    ClusterError,
    Conflict,
    Forbidden,
    Invalid,
    Json,
    Kind,
    Missing,
    Unavailable,
)
from chiplog_operator.specs import Workload
from chiplog_operator.throttle import Throttle

TIMEOUT_SECONDS = (3.0, 20.0)
"""To connect, and to be answered."""

MAX_CONNECTIONS = 8
"""As many passes as run at once, and a few."""

DEFAULT_QPS = 50.0
DEFAULT_BURST = 100

RETRIES = urllib3.Retry(2, connect=2, read=False, redirect=False, status=False, respect_retry_after_header=False)
"""Only to connect: urllib3 would else wait out a 429 by itself, past our throttle."""

BUSY_TRIES = 3
"""A request that the server put off (429) or broke off (5xx) is made this often. One that was carried out all the same
changes nothing the second time: what we make has a name of its own, and what we change names its version."""

MAX_PAUSE_SECONDS = 30.0
"""No answer of a server makes us wait for longer."""

PAGE = 200
"""Objects of a page of a listing: of ten thousand pods one page is in memory. Of 500 each 20 MiB more stayed behind."""

_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_TOO_LARGE = "request is too large"
"""What etcd says, as an error of the server, to an object that no later try will make smaller."""

_JSON = "application/json"
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
"""A listing of metadata alone: of ten thousand runs a tenth of the bytes."""

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_RUNS = f"/apis/{names.API_VERSION}"
_PREFIXES: dict[str, str] = {
    "trainingruns": _RUNS,
    "sweeps": _RUNS,
    "jobs": "/apis/batch/v1",
    "cronjobs": "/apis/batch/v1",
    "pods": "/api/v1",
    "services": "/api/v1",
    "events": "/api/v1",
    "leases": "/apis/coordination.k8s.io/v1",
}
_OURS: dict[str, str] = {"trainingruns": "", "sweeps": "", "jobs": names.RUN_LABEL, "pods": names.RECORDED}
_ERRORS: dict[int, type[ClusterError]] = {
    400: Invalid, 401: Forbidden, 403: Forbidden, 404: Missing, 409: Conflict, 410: Missing, 413: Invalid, 422: Invalid,
}  # fmt: skip


class Kube:
    """An API server, reached as the pod's ServiceAccount or by the kubeconfig; threads may share it."""

    def __init__(
        self, client: Any, throttle: Throttle | None = None, timeout: tuple[float, float] = TIMEOUT_SECONDS
    ) -> None:
        self._client = client
        self._timeout = urllib3.Timeout(connect=timeout[0], read=timeout[1])
        self.count: Callable[[str, int], None] = lambda _, __: None
        """Called with the method and the status code of each answer; 0 where there was none."""
        self._throttle = throttle or Throttle(DEFAULT_QPS, DEFAULT_BURST)

    @classmethod
    def connect(cls, throttle: Throttle | None = None, timeout: tuple[float, float] = TIMEOUT_SECONDS) -> "Kube":
        """Find the API server. Raises Unavailable where neither a ServiceAccount nor a kubeconfig is there."""
        configuration = kubernetes.client.Configuration()
        try:
            try:
                kubernetes.config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            except kubernetes.config.ConfigException:
                kubernetes.config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except kubernetes.config.ConfigException as error:
            raise Unavailable(f"neither a ServiceAccount nor a kubeconfig leads to an API server: {error}") from error
        configuration.connection_pool_maxsize = MAX_CONNECTIONS
        configuration.retries = RETRIES
        return cls(kubernetes.client.ApiClient(configuration), throttle, timeout)

    def run(self, namespace: str, name: str) -> Json | None:
        """A TrainingRun, or None."""
        return self._get(_path("trainingruns", namespace, name))

    def job(self, namespace: str, name: str) -> Json | None:
        """A Job, or None."""
        return self._get(_path("jobs", namespace, name))

    def pod(self, namespace: str, name: str) -> Json | None:
        """A pod, or None."""
        return self._get(_path("pods", namespace, name))

    def pods(self, namespace: str, run: str) -> list[Json]:
        """The pods of a TrainingRun's name."""
        return self._list(_path("pods", namespace), {"labelSelector": f"{names.RUN_LABEL}={run}"})

    def create_job(self, manifest: Json) -> Json:
        """Make a Job, never over one that is there."""
        return self._create("jobs", manifest)

    def patch_job(self, namespace: str, name: str, patch: Json) -> Json:
        """Change a Job."""
        query = {"fieldManager": names.FIELD_MANAGER}
        return self._call("PATCH", _path("jobs", namespace, name), query, patch, _MERGE)

    def service(self, namespace: str, name: str) -> Json | None:
        """A Service, or None."""
        return self._get(_path("services", namespace, name))

    def create_service(self, manifest: Json) -> Json:
        """Make a Service, never over one that is there."""
        return self._create("services", manifest)

    def workload(self, namespace: str, workload: Workload) -> Json | None:
        """Somebody's workload, or None."""
        path = workloads.path(namespace, workload)
        if not path:
            raise Forbidden(f"{workload.kind} of {workload.api_version} is no kind that we read")
        return self._get(path)

    def workloads_like(self, workload: Workload, namespaces: Sequence[str]) -> Iterator[Json]:
        """All workloads of a workload's kind, page by page."""
        for place in namespaces or ("",):
            path = workloads.collection(place, workload)
            if not path:
                raise Forbidden(f"{workload.kind} of {workload.api_version} is no kind that we read")
            yield from self._pages(path, {"limit": str(PAGE)}, _JSON)

    def mirrored(self, namespace: str, workload: Workload) -> list[Json]:
        """Pods among which are all those of a workload: a Job's by its UID, a pod itself, else all that ask."""
        if workload.kind == "Pod":
            found = self._get(_path("pods", namespace, workload.name))
            return [found] if found is not None else []
        is_job = (workload.group, workload.kind) == ("batch", "Job")
        selector = f"{names.JOB_UID_LABEL}={workload.uid}" if is_job else names.RECORDED
        return self._list(_path("pods", namespace), {"labelSelector": selector})

    def asking_namespaces(self) -> list[Json]:
        """The namespaces that carry the inject label."""
        return self._list("/api/v1/namespaces", {"labelSelector": names.RECORDED, "resourceVersion": "0"})

    def every_pod(self, namespace: str) -> list[Json]:
        """All pods of a namespace, from the API server's cache."""
        return self._list(_path("pods", namespace), {"resourceVersion": "0"})

    def apply_status(self, manifest: Json) -> Json:
        """Replace a TrainingRun's status."""
        metadata = manifest["metadata"]
        return self._apply(f"{_path('trainingruns', metadata['namespace'], metadata['name'])}/status", manifest)

    def delete_run(self, namespace: str, name: str, uid: str, version: str) -> None:
        """Delete a TrainingRun, and by its ownership the Job."""
        preconditions = {"uid": uid, "resourceVersion": version}
        options = {"preconditions": preconditions, "propagationPolicy": "Background"}
        try:
            self._call("DELETE", _path("trainingruns", namespace, name), {}, options)
        except Missing:
            return

    def warnings(self, namespace: str, uid: str) -> list[Json]:
        """The Warning Events on an object."""
        query = {"fieldSelector": f"involvedObject.uid={uid},type=Warning", "limit": "100"}
        return self._list(_path("events", namespace), query)

    def sweep(self, namespace: str, name: str) -> Json | None:
        """A Sweep, or None."""
        return self._get(_path("sweeps", namespace, name))

    def trials(self, namespace: str, sweep: str) -> list[Json]:
        """The TrainingRuns of a Sweep's name."""
        return self._list(_path("trainingruns", namespace), {"labelSelector": f"{names.SWEEP_LABEL}={sweep}"})

    def cronjobs(self, namespaces: Sequence[str]) -> list[Json]:
        """The CronJobs, from the API server's cache."""
        query, places = {"resourceVersion": "0"}, namespaces or ("",)
        return [item for place in places for item in self._list(_path("cronjobs", place), query)]

    def nights(self, namespace: str, line: str) -> list[Json]:
        """The TrainingRuns of a line's name."""
        return self._list(_path("trainingruns", namespace), {"labelSelector": f"{names.LINE_LABEL}={line}"})

    def create_run(self, manifest: Json) -> Json:
        """Make a TrainingRun."""
        query = {"fieldManager": names.FIELD_MANAGER}
        return self._call("POST", _path("trainingruns", manifest["metadata"]["namespace"]), query, manifest)

    def patch_run(self, namespace: str, name: str, patch: Json) -> Json:
        """Change a TrainingRun."""
        query = {"fieldManager": names.FIELD_MANAGER}
        return self._call("PATCH", _path("trainingruns", namespace, name), query, patch, _MERGE)

    def apply_sweep_status(self, manifest: Json) -> Json:
        """Replace a Sweep's status."""
        metadata = manifest["metadata"]
        return self._apply(f"{_path('sweeps', metadata['namespace'], metadata['name'])}/status", manifest)

    def create_event(self, manifest: Json) -> None:
        """Make an Event."""
        path = f"/apis/events.k8s.io/v1/namespaces/{manifest['metadata']['namespace']}/events"
        try:
            self._call("POST", path, {"fieldManager": names.FIELD_MANAGER}, manifest)
        except Conflict:
            return

    def listed(self, kind: Kind, namespaces: Sequence[str], *, is_whole: bool = False) -> Iterator[Json]:
        """All that the watch shows, page by page; metadata alone, unless it is asked for whole."""
        query = {"limit": str(PAGE), **({"labelSelector": _OURS[kind]} if _OURS[kind] else {})}
        for place in namespaces or ("",):
            yield from self._pages(_path(kind, place), query, _JSON if is_whole else _METADATA)

    def lease(self, namespace: str, name: str) -> Json | None:
        """A Lease, or None."""
        return self._get(_path("leases", namespace, name))

    def create_lease(self, manifest: Json) -> Json:
        """Make a Lease."""
        return self._create("leases", manifest)

    def replace_lease(self, manifest: Json) -> Json:
        """Replace a Lease in the version that it names."""
        metadata = manifest["metadata"]
        path = _path("leases", metadata["namespace"], metadata["name"])
        return self._call("PUT", path, {"fieldManager": names.FIELD_MANAGER}, manifest)

    def key_accounts(self) -> list[Json]:
        """The ServiceAccounts of API keys."""
        return self._list(keys.ACCOUNTS, {"labelSelector": keys.LABEL})

    def delete_key(self, name: str, handle_uid: str) -> None:
        """Delete an API key's handle, and then its ServiceAccount."""
        with suppress(Missing):
            self._call("DELETE", f"{keys.SECRETS}/{name}", {}, {"preconditions": {"uid": handle_uid}})
        with suppress(Missing):
            self._call("DELETE", f"{keys.ACCOUNTS}/{name}", {})

    def uid(self) -> str:
        """The UID of kube-system, by a LIST, which the watch of namespaces is allowed already."""
        query = {"fieldSelector": f"metadata.name={names.SYSTEM_NAMESPACE}"}
        items = self._list("/api/v1/namespaces", query)
        if not items:
            raise Unavailable(f"the cluster shows no namespace {names.SYSTEM_NAMESPACE}")
        return str(items[0]["metadata"]["uid"])

    def _create(self, kind: str, manifest: Json) -> Json:
        path = _path(kind, manifest["metadata"]["namespace"])
        return self._call("POST", path, {"fieldManager": names.FIELD_MANAGER}, manifest)

    def _apply(self, path: str, manifest: Json) -> Json:
        return self._call("PATCH", path, {"fieldManager": names.FIELD_MANAGER, "force": "true"}, manifest, _APPLY)

    def _get(self, path: str) -> Json | None:
        try:
            return self._call("GET", path, {})
        except Missing:
            return None

    def _pages(self, path: str, query: dict[str, str], accept: str) -> Iterator[Json]:
        """A listing, of which one page is in memory. Raises Missing where it takes longer than the server allows."""
        after, is_last = "", False
        while not is_last:
            text = self._ask("GET", path, {**query, **({"continue": after} if after else {})}, accept=accept)
            try:
                items, after = pages.read(text)
            except ValueError as error:
                raise Unavailable(f"GET {path}: {error}, {text[:200]!r}") from error
            yield from items
            is_last = not after

    def _list(self, path: str, query: dict[str, str]) -> list[Json]:
        items: list[Json] = self._call("GET", path, query).get("items") or []
        return items

    def _call(
        self, method: str, path: str, query: dict[str, str], body: Json | None = None, content: str = _JSON
    ) -> Json:
        """One request, and the document that answers it. Raises what its status code means."""
        text = self._ask(method, path, query, body, content)
        try:
            return dict(json.loads(text))
        except ValueError as error:
            raise Unavailable(f"{method} {path}: {text[:200]!r}") from error

    def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Json | None = None,
        content: str = _JSON,
        accept: str = _JSON,
    ) -> bytes:
        url = f"{self._client.configuration.host}{path}"
        headers = {**self._headers(), "Accept": accept}
        data = None
        if body is not None:
            headers["Content-Type"], data = content, json.dumps(body, separators=(",", ":")).encode()
        url += f"?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}" if query else ""
        for _ in range(BUSY_TRIES - 1):
            answer = self._answer(method, path, url, headers, data)
            if answer.status != _TOO_MANY_REQUESTS and answer.status < _SERVER_ERROR:
                break
            self._throttle.pause(_pause(answer))
        else:
            answer = self._answer(method, path, url, headers, data)
        return _checked(method, path, answer)

    def _headers(self) -> dict[str, str]:
        """Who we are; the client reads a ServiceAccount's token anew when it is renewed."""
        told = self._client.configuration.auth_settings().get("BearerToken")
        return {**self._client.default_headers, **({told["key"]: told["value"]} if told else {})}

    def _answer(self, method: str, path: str, url: str, headers: dict[str, str], data: bytes | None) -> Any:
        """The client's connections without its serialization, which copies every body."""
        self._throttle.wait()
        status = 0
        try:
            answer = self._client.rest_client.pool_manager.request(
                method, url, body=data, headers=headers, timeout=self._timeout, redirect=False
            )
            status = answer.status
            return answer
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(f"{method} {path}: {error}") from error
        finally:
            self.count(method, status)


def _checked(method: str, path: str, answer: Any) -> bytes:
    """The answer's text. Raises what its status code means, with the API server's own words."""
    text: bytes = answer.data
    if 200 <= answer.status < 300:
        return text
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Unavailable(f"{method} {path}: {answer.status}, {text[:200]!r}") from error
    said = str(document.get("message") or answer.reason)
    if _TOO_LARGE in said:
        raise Invalid(f"{method} {path}: {said}", said)
    raise _ERRORS.get(answer.status, Unavailable)(f"{method} {path}: {said}", said)


def _pause(answer: Any) -> float:
    """What the server asks for, within reason; where it says nothing, a second if it is busy, else less."""
    text = answer.headers.get("Retry-After") or ""
    if text.isdecimal():
        return min(float(text), MAX_PAUSE_SECONDS)
    return 1.0 if answer.status == _TOO_MANY_REQUESTS else 0.2


def _path(kind: str, namespace: str, name: str = "") -> str:
    place = f"/namespaces/{namespace}" if namespace else ""
    return f"{_PREFIXES[kind]}{place}/{kind}" + (f"/{name}" if name else "")
