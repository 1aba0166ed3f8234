"""What the current Kubernetes context says of a run and its pods; the only module that imports `kubernetes`.

It reads, makes TrainingRuns, and the objects of API keys.

Objects are given as plain dictionaries, as the API server wrote them.
"""

import json
from contextlib import suppress
from typing import Any

import kubernetes.client
import kubernetes.config
import urllib3.exceptions

from chiplog.errors import ClusterDenied, ClusterUnreachable, NotFound, SettingsError

Object = dict[str, Any]

GROUP, VERSION, PLURAL = "chiplog.dev", "v1alpha1", "trainingruns"
RUN_LABEL = "chiplog.dev/run"
INJECTOR = "app.kubernetes.io/part-of=chiplog,app.kubernetes.io/component=injector"
RUN_ID_ANNOTATION = "chiplog.dev/run-id"

_MERGE = "application/merge-patch+json"

TIMEOUT_SECONDS = (3, 10)
"""To connect, and to answer."""


class Cluster:
    """The API server of one context, asked with the user's own rights."""

    def __init__(self, client: Any, context: str, namespace: str) -> None:
        self.context = context
        self.namespace = namespace
        """The context's own namespace."""
        self._client = client

    def training_run(self, namespace: str, name: str) -> Object | None:
        """A TrainingRun; None where there is none."""
        return self._get(f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}/{name}")

    def training_runs(self, namespace: str) -> list[Object]:
        """The TrainingRuns of a namespace."""
        found = self._get(f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}")
        return list((found or {}).get("items", []))

    def job(self, namespace: str, name: str) -> Object | None:
        """A Job; None where there is none."""
        return self._get(f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}")

    def cronjob(self, namespace: str, name: str) -> Object | None:
        """A CronJob; None where there is none."""
        return self._get(f"/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}")

    def pod(self, namespace: str, name: str) -> Object | None:
        """A pod; None where there is none."""
        return self._get(f"/api/v1/namespaces/{namespace}/pods/{name}")

    def namespace_object(self, name: str) -> Object | None:
        """A Namespace; None where there is none."""
        return self._get(f"/api/v1/namespaces/{name}")

    def every_pod(self, namespace: str, selector: str = "") -> list[Object]:
        """The pods of a namespace, oldest first."""
        query = [("labelSelector", selector)] if selector else []
        found = (self._get(f"/api/v1/namespaces/{namespace}/pods", query) or {}).get("items", [])
        return sorted(found, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))

    def mirrors(self, namespace: str) -> list[Object]:
        """The TrainingRuns of a namespace that mirror workloads of others."""
        found = self._get(f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}") or {}
        return [run for run in found.get("items", []) if (run.get("spec") or {}).get("mirrors")]

    def webhooks(self) -> list[Object]:
        """The webhook configurations of our charts."""
        path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
        return list((self._get(path, [("labelSelector", INJECTOR)]) or {}).get("items", []))

    def deployments(self, component: str) -> list[Object]:
        """The Deployments of a part of ours, in any namespace."""
        query = [("labelSelector", f"app.kubernetes.io/part-of=chiplog,app.kubernetes.io/component={component}")]
        return list((self._get("/apis/apps/v1/deployments", query) or {}).get("items", []))

    def events(self, namespace: str, name: str) -> list[Object]:
        """The Events on objects of that name, the newest last."""
        query = [("fieldSelector", f"involvedObject.name={name}")]
        found = (self._get(f"/api/v1/namespaces/{namespace}/events", query) or {}).get("items", [])
        return sorted(found, key=lambda item: str(item.get("lastTimestamp") or item.get("eventTime") or ""))

    def pods(self, namespace: str, run: str, run_id: str) -> list[Object]:
        """The pods of the run of that name, and of that id where they name one, oldest first."""
        found = self._get(f"/api/v1/namespaces/{namespace}/pods", [("labelSelector", f"{RUN_LABEL}={run}")])
        mine = [pod for pod in (found or {}).get("items", []) if _run_id(pod) in ("", run_id) or not run_id]
        return sorted(mine, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))

    def create(self, namespace: str, run: Object) -> Object:
        """Make a TrainingRun; what the API server made of it.

        Raises SettingsError for one that is there already or that the server refuses, NotFound where there is no such
        namespace, ClusterDenied and ClusterUnreachable.
        """
        path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"
        query = [("fieldManager", "chiplog-cli"), ("fieldValidation", "Strict")]
        hint = f", is there a namespace {namespace}, and is Chiplog installed in this cluster?"
        return self._send("POST", path, query, run, hint=hint)

    def get(self, path: str, query: list[tuple[str, str]] | None = None) -> Object | None:
        """The object, or the list of objects, at a path; None where there is none."""
        return self._get(path, query)

    def make(self, path: str, body: Object) -> Object:
        """Make an object at a path; raises as `create`."""
        return self._send("POST", path, [("fieldManager", "chiplog-cli")], body)

    def change(self, path: str, patch: Object) -> Object:
        """Change an object by a merge patch; raises as `create`, NotFound where there is none."""
        return self._send("PATCH", path, [("fieldManager", "chiplog-cli")], patch, _MERGE)

    def remove(self, path: str) -> None:
        """Delete an object; one that is gone is no error."""
        with suppress(NotFound):
            self._send("DELETE", path, [], None)

    def _send(
        self,
        method: str,
        path: str,
        query: list[tuple[str, str]],
        body: Object | None,
        content: str = "application/json",
        hint: str = "",
    ) -> Object:
        what = f"{method} {path} of context {self.context}"
        headers = {"Accept": "application/json", **({"Content-Type": content} if body is not None else {})}
        request = self._client.param_serialize(
            method, path, query_params=query, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        try:
            answer = self._client.call_api(*request, _request_timeout=TIMEOUT_SECONDS)
            said = answer.read()
        except (kubernetes.client.ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            raise ClusterUnreachable(f"{what}: {error}") from error
        if answer.status == 404:
            raise NotFound(f"{what}: 404{hint}")
        if answer.status in (400, 409, 422):
            raise SettingsError(_message(said))
        return _document(what, answer.status, said) or {}

    def _get(self, path: str, query: list[tuple[str, str]] | None = None) -> Object | None:
        """The object at a path, or None. Raises ClusterDenied and ClusterUnreachable."""
        what = f"GET {path} of context {self.context}"
        request = self._client.param_serialize(
            "GET",
            path,
            query_params=query or [],
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        try:
            answer = self._client.call_api(*request, _request_timeout=TIMEOUT_SECONDS)
            body = answer.read()
        except (kubernetes.client.ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            raise ClusterUnreachable(f"{what}: {error}") from error
        return _document(what, answer.status, body)


def connect(kubeconfig: str | None = None) -> Cluster:
    """The current context of the kubeconfig (`$KUBECONFIG`, else ~/.kube/config), or the cluster this process runs in.

    Raises SettingsError where there is neither.
    """
    configuration = kubernetes.client.Configuration()
    configuration.retries = False  # A person waits: once is enough.
    try:
        _, active = kubernetes.config.list_kube_config_contexts(kubeconfig)  # type: ignore[no-untyped-call]
        kubernetes.config.load_kube_config(kubeconfig, client_configuration=configuration)  # type: ignore[no-untyped-call]
        context, namespace = active["name"], active.get("context", {}).get("namespace") or "default"
    except (kubernetes.config.ConfigException, OSError, ValueError) as outside:
        context, namespace = "in-cluster", "default"
        try:
            kubernetes.config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except kubernetes.config.ConfigException as error:
            raise SettingsError(f"no Kubernetes context: {outside}") from error
    return Cluster(kubernetes.client.ApiClient(configuration), context, namespace)


def _document(what: str, status: int, body: bytes) -> Object | None:
    if status == 404:
        return None
    if status in (401, 403):
        raise ClusterDenied(f"{what}: {status}, {_message(body)}")
    if not 200 <= status < 300:
        raise ClusterUnreachable(f"{what}: {status}, {_message(body)}")
    document: Object = json.loads(body)
    return document


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return repr(body[:200])


def _run_id(pod: Object) -> str:
    return str((pod["metadata"].get("annotations") or {}).get(RUN_ID_ANNOTATION, ""))
