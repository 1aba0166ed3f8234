"""A real API server makes pods with our webhook in its way: what it adds, that it harms nobody, and how it fails."""

import base64
import copy
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from tls import Authority

pytestmark = pytest.mark.integration

CHART = Path(__file__).parents[2] / "charts" / "chiplog"
LABEL = {"chiplog.dev/inject": "true"}

TIMEOUT_SECONDS = 2
"""For how long the API server may wait for us."""

Json = dict[str, Any]


def pod(
    name: str = "p", *, labels: dict[str, str] = LABEL, annotations: dict[str, str] | None = None, **spec: Any
) -> Json:
    container = {"name": "main", "image": "x", **spec.pop("container", {})}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": labels, "annotations": annotations or {}},
            "spec": {"containers": [container], **spec}}  # fmt: skip


@pytest.fixture(scope="module")
def make(api_server: Any, namespace: str) -> Callable[..., tuple[Json, str]]:
    """`make(pod)`: the pod as the API server would make it, and what it said; nothing is made."""

    def run(told: Json, place: str = namespace) -> tuple[Json, str]:
        done = api_server("create", "--dry-run=server", "-o", "json", "-n", place, "-f", "-", stdin=told)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), done.stderr

    end = time.monotonic() + 90
    api_server("create", "serviceaccount", "default", "-n", namespace)
    while not recorder(run(pod())[0]):
        if time.monotonic() > end:
            pytest.fail("after 90 s the injector of the release chiplog still adds nothing to a labelled pod")
        time.sleep(1)
    return run


def recorder(made: Json) -> Json:
    found = [item for item in made["spec"].get("initContainers", []) if item["name"] == "chiplog"]
    return dict(found[0]) if found else {}


def test_a_labelled_pod_gets_the_recorder_and_no_other_does(make: Any) -> None:
    assert recorder(make(pod())[0])["restartPolicy"] == "Always"
    for labels in ({}, {"chiplog.dev/inject": "false"}):
        assert not recorder(make(pod(labels=labels))[0])


def test_a_namespace_asks_for_its_pods_and_each_may_decline(api_server: Any, make: Any) -> None:
    place = f"it-{uuid.uuid4().hex[:8]}"
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place, "labels": LABEL}}
    assert api_server("create", "-f", "-", stdin=made).returncode == 0
    try:
        api_server("create", "serviceaccount", "default", "-n", place)
        asked = make(pod(labels={"app": "x"}), place)[0]
        assert recorder(asked)
        assert asked["metadata"]["labels"] == {"app": "x", **LABEL}
        assert not recorder(make(pod(labels={"chiplog.dev/inject": "false"}), place)[0])
        assert not recorder(make(pod(labels={}, annotations={"chiplog.dev/inject": "false"}), place)[0])
    finally:
        api_server("delete", "namespace", place, "--wait=false")


@pytest.mark.parametrize("place", ["kube-system", "chiplog-system"])
def test_the_system_s_namespaces_are_never_touched(make: Any, place: str) -> None:
    assert not recorder(make(pod(), place)[0])


def test_a_pod_of_a_training_run_s_job_is_left_alone(make: Any) -> None:
    assert not recorder(make(pod(annotations={"chiplog.dev/run-id": "mnist-3f2a9c10"}))[0])


def test_what_was_made_once_is_not_changed_again(make: Any) -> None:
    once = make(pod())[0]
    for field in ("uid", "creationTimestamp", "managedFields", "resourceVersion"):
        once["metadata"].pop(field, None)
    twice = make(copy.deepcopy(once))[0]
    assert twice["spec"]["initContainers"] == once["spec"]["initContainers"]
    assert twice["spec"]["containers"] == once["spec"]["containers"]
    assert twice["spec"]["volumes"] == once["spec"]["volumes"]


def test_a_wrong_annotation_is_warned_of_and_the_pod_is_made(make: Any) -> None:
    made, said = make(pod(annotations={"chiplog.dev/cpu": "lots"}))
    assert recorder(made)["resources"]["limits"]["cpu"] == "100m"
    assert "chiplog.dev/cpu: 'lots' is not a quantity" in said
    two = pod()
    two["spec"]["containers"].append({"name": "proxy", "image": "y"})
    made, said = make(two)
    assert not recorder(made)
    assert "which of the containers main, proxy trains?" in said


def test_restricted_pod_security_a_quota_and_a_limit_range_take_the_pod(api_server: Any, make: Any) -> None:
    place = f"it-{uuid.uuid4().hex[:8]}"
    size = {"cpu": "1", "memory": "1Gi"}
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": place, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": place}, "spec": {
            "hard": {f"{kind}.{name}": value for kind in ("requests", "limits")
                     for name, value in (("cpu", "1100m"), ("memory", "1152Mi"))}}},
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l", "namespace": place}, "spec": {"limits": [
            {"type": "Container", "max": size, "min": {"cpu": "50m", "memory": "32Mi"},
             "maxLimitRequestRatio": {"cpu": "1", "memory": "1"}}]}},
    ]  # fmt: skip
    done = api_server("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": objects})
    assert done.returncode == 0, done.stderr
    try:
        api_server("create", "serviceaccount", "default", "-n", place)
        safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
        told = pod(
            container={"resources": {"requests": size, "limits": size}, "securityContext": safe},
            securityContext={"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        )
        made = quota_is_seen(lambda: make(told, place)[0])
        assert recorder(made)["securityContext"]["runAsUser"] == 1000
        every = [*made["spec"]["containers"], *made["spec"]["initContainers"]]
        assert all(item["resources"]["requests"] == item["resources"]["limits"] for item in every)
        assert made["status"]["qosClass"] == "Guaranteed"
    finally:
        api_server("delete", "namespace", place, "--wait=false")


def quota_is_seen(make: Callable[[], Json]) -> Json:
    """A new quota refuses everything until its controller has counted once."""
    end = time.monotonic() + 30
    while True:
        try:
            return make()
        except AssertionError as error:
            if "quota" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.5)


class Webhook(threading.Thread):
    """A TLS server that answers after a while, or never."""

    def __init__(self, pair: tuple[bytes, bytes], folder: Path, wait_seconds: float) -> None:
        super().__init__(daemon=True)
        (folder / "served.crt").write_bytes(pair[0])
        (folder / "served.key").write_bytes(pair[1])
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(folder / "served.crt", folder / "served.key")
        self._socket = socket.create_server(("", 0))
        self._wait_seconds = wait_seconds
        self._is_over = threading.Event()
        self.port = self._socket.getsockname()[1]
        self.calls = 0

    def run(self) -> None:
        self._socket.settimeout(0.2)
        while not self._is_over.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self.calls += 1
        try:
            with self._context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1)
                self._is_over.wait(self._wait_seconds)
        except OSError:
            return

    def stop(self) -> None:
        self._is_over.set()
        self.join()
        self._socket.close()


@pytest.fixture(scope="module")
def our_address(api_server: Any) -> str:
    """Where the API server finds this machine: the address from which we reach it."""
    found = api_server("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}").stdout
    place = urlsplit(found)
    with socket.create_connection((place.hostname or "", place.port or 443), timeout=5) as connection:
        return str(connection.getsockname()[0])


@pytest.fixture
def faulty(api_server: Any, our_address: str, tmp_path: Path) -> Iterator[Callable[..., Webhook | None]]:
    """Put the chart's own webhook, with a server of ours behind it, in the way of pods that say so."""
    if shutil.which("helm") is None:
        pytest.fail("helm is not on PATH: `make test` puts it there")
    name, servers = f"it-{uuid.uuid4().hex[:6]}", []
    command = ["helm", "template", name, str(CHART), "--show-only", "templates/webhook.yaml"]
    text = subprocess.run([*command, "--values", str(CHART / "ci" / "minimal-values.yaml")], capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    (configuration,) = [m for m in yaml.safe_load_all(text) if m and m["kind"] == "MutatingWebhookConfiguration"]

    def place(fault: str) -> Webhook | None:
        authority, other = Authority.make(tmp_path, "ca"), Authority.make(tmp_path, "other")
        days = 0 if fault == "expired" else 1
        server = Webhook(authority.sign("leaf", our_address, days=days), tmp_path, 30 if fault == "slow" else 0)
        server.start()
        servers.append(server)
        port = 1 if fault == "down" else server.port
        trusted = other if fault == "untrusted" else authority
        webhook = copy.deepcopy(configuration["webhooks"][0])
        assert (webhook["failurePolicy"], webhook["timeoutSeconds"]) == ("Ignore", TIMEOUT_SECONDS)
        webhook |= {"name": f"{name}.chiplog.dev", "objectSelector": {"matchLabels": {"fault": name}}, "clientConfig": {
            "url": f"https://{our_address}:{port}/pods", "caBundle": _encoded(trusted.certificate)}}  # fmt: skip
        made = {**configuration, "metadata": {"name": name}, "webhooks": [webhook]}
        assert api_server("apply", "-f", "-", stdin=made).returncode == 0
        time.sleep(1.5)  # Until the API server has heard of it.
        return server

    yield lambda fault: (place(fault), name)  # type: ignore[return-value]
    api_server("delete", "mutatingwebhookconfiguration", name, "--ignore-not-found")
    for server in servers:
        server.stop()


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("fault", ["down", "slow", "expired", "untrusted"])
def test_whatever_is_wrong_with_the_webhook_the_pod_is_made_within_its_two_seconds(
    api_server: Any, faulty: Any, make: Any, fault: str
) -> None:
    server, name = faulty(fault)
    for _ in range(3):
        made, _ = make(pod(labels={"fault": name}))
        assert not recorder(made)
    calls, seconds = waited(api_server, name)
    assert calls == 3
    # The API server's own clock on our webhook alone; the tenth is for its timer on a busy machine.
    assert seconds / calls <= TIMEOUT_SECONDS * 1.1
    assert server.calls >= (0 if fault == "down" else 1), "the webhook was not even asked"


def waited(api_server: Any, name: str) -> tuple[float, float]:
    """How many requests a webhook was in the way of, and for how long in all, as the API server counts them."""
    done = api_server("get", "--raw", "/metrics")
    assert done.returncode == 0, done.stderr
    measured = "apiserver_admission_webhook_admission_duration_seconds"
    lines = [line for line in done.stdout.splitlines() if line.startswith(measured) and f'name="{name}.' in line]
    count, total = (
        sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{measured}_{end}{{"))
        for end in ("count", "sum")
    )
    return count, total


MIRROR = {"apiVersion": "batch/v1", "kind": "Job", "name": "nightly", "uid": "0a1b2c3d-0000-4000-8000-000000000001"}


def mirror(**spec: Any) -> Json:
    return {
        "apiVersion": "chiplog.dev/v1alpha1",
        "kind": "TrainingRun",
        "metadata": {"name": "somebody-s"},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "a run is made from spec.template"),
        (
            {"mirrors": MIRROR, "template": {"spec": {"containers": [{"name": "a", "image": "x"}]}}},
            "a run is made from",
        ),
        ({"mirrors": {**MIRROR, "uid": ""}}, "spec.mirrors.uid"),
    ],
)
def test_a_run_is_made_or_mirrors_and_never_both(api_server: Any, namespace: str, spec: Json, said: str) -> None:
    done = api_server("create", "--dry-run=server", "-n", namespace, "-f", "-", stdin=mirror(**spec))
    assert done.returncode != 0
    assert said in done.stderr


def test_a_mirror_takes_no_other_workload_afterwards(api_server: Any, namespace: str) -> None:
    done = api_server("apply", "-n", namespace, "-f", "-", stdin=mirror(mirrors=MIRROR, recorder={"container": "main"}))
    assert done.returncode == 0, done.stderr
    changed = mirror(mirrors={**MIRROR, "name": "other"}, recorder={"container": "main"})
    done = api_server("apply", "-n", namespace, "-f", "-", stdin=changed)
    assert "it cannot change; make a new TrainingRun" in done.stderr
