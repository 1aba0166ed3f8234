"""A real API server with our API in it: the one that KUBECONFIG names, which `make test` starts."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_proxy import Faults, proxy
from operator_place import Place
from operator_process import until

CRDS = sorted((Path(__file__).parents[2] / "crds").glob("*.yaml"))

Kubectl = Callable[..., subprocess.CompletedProcess[str]]

HELM_OWNS = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "chiplog", "meta.helm.sh/release-namespace": "chiplog-system"},
}
"""What lets a later `helm install chiplog -n chiplog-system` on the same server take the API over."""


@pytest.fixture(scope="session")
def kubectl() -> Kubectl:
    """`kubectl("get", "pods", stdin=…)`; stdin may be a manifest or text."""
    if not os.environ.get("KUBECONFIG"):
        pytest.fail("KUBECONFIG is not set: `make test` starts a node of its own, or source .chiplog/env")
    if shutil.which("kubectl") is None:
        pytest.fail("kubectl is not on PATH: `make test` puts it there")

    def run(*arguments: str, stdin: Any = None) -> subprocess.CompletedProcess[str]:
        text = stdin if isinstance(stdin, str) or stdin is None else json.dumps(stdin)
        return subprocess.run(["kubectl", *arguments], input=text, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture(scope="session")
def api_server(kubectl: Kubectl) -> Kubectl:
    """kubectl against a server that serves TrainingRuns as crds/ says now; the API stays there afterwards."""
    for path in CRDS:
        _serve(kubectl, yaml.safe_load(path.read_text()))
    _await_discovery(kubectl)
    return kubectl


def _serve(kubectl: Kubectl, crd: Any) -> None:
    crd["metadata"] |= HELM_OWNS
    options = ["--server-side", "--force-conflicts", "--field-manager=chiplog-tests"]
    applied = kubectl("apply", *options, "-f", "-", stdin=crd)
    assert applied.returncode == 0, applied.stderr
    waited = kubectl("wait", "--for=condition=Established", f"crd/{crd['metadata']['name']}", "--timeout=30s")
    assert waited.returncode == 0, waited.stderr


@pytest.fixture(scope="module")
def namespace(api_server: Kubectl) -> Iterator[str]:
    """A namespace of the module's own."""
    name = f"it-{uuid.uuid4().hex[:8]}"
    created = api_server("create", "namespace", name)
    assert created.returncode == 0, created.stderr
    yield name
    api_server("delete", "namespace", name, "--wait=false")


def _await_discovery(kubectl: Kubectl) -> None:
    """Established says that requests are served; what kubectl explain reads follows a little later."""
    deadline = time.monotonic() + 30
    while any(kubectl("explain", f"{kind}.spec").returncode for kind in ("trainingruns", "sweeps")):
        if time.monotonic() > deadline:
            pytest.fail("TrainingRuns are applied, and after 30 s kubectl explain still does not know them")
        time.sleep(0.5)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def place(api_server: Callable[..., Any], tmp_path: Path, faults: Faults, nobody_else: None) -> Iterator[Place]:
    namespace = f"it-{uuid.uuid4().hex[:8]}"
    assert api_server("create", "namespace", namespace).returncode == 0
    with proxy(faults) as address:
        made = Place(api_server, namespace, tmp_path, address, faults)
        yield made
        for operator in made.operators:
            operator.send(signal.SIGCONT)
            operator.stop()
    api_server("delete", "namespace", namespace, "--wait=false")


@pytest.fixture(scope="module")
def nobody_else(api_server: Callable[..., Any]) -> Iterator[None]:
    """The chart's own operator, where one is installed, rests until the last module that asks for it is done: files of
    tests run in several processes."""
    where = ("deployment/chiplog-operator", "-n", "chiplog-system")
    if api_server("get", *where).returncode != 0:
        yield
        return
    name = hashlib.sha256(os.environ["KUBECONFIG"].encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"chiplog-operator-rests-{name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        api_server("scale", *where, "--replicas=0")
        selector = "app.kubernetes.io/component=operator"
        api_server("wait", "--for=delete", "pod", "-n", "chiplog-system", "-l", selector, "--timeout=60s")
        yield
        fcntl.flock(lock, fcntl.LOCK_UN)
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            api_server("scale", *where, "--replicas=1")


@pytest.fixture
def injecting(api_server: Kubectl, place: Place) -> None:
    """The injector of the release answers, and the namespace has the account that pods run under."""
    container = {"name": "trainer", "image": "localhost/none:1"}
    metadata = {"name": "asking", "labels": {"chiplog.dev/inject": "true"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    options = ("create", "--dry-run=server", "-o", "json", "-n", place.namespace, "-f", "-")

    def is_recorded() -> bool:
        done = api_server(*options, stdin=pod)
        return done.returncode == 0 and "initContainers" in json.loads(done.stdout)["spec"]

    until("the injector to answer", is_recorded, 90)
