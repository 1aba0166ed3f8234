"""What a real API server says to the chart: its manifests, its pods under restricted rules, its rights, its policy."""

import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration

CHART = Path(__file__).parents[2] / "charts" / "chiplog"

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def release() -> str:
    """A release name of the module's own, so that what is cluster-wide meets no other's."""
    return f"it{uuid.uuid4().hex[:6]}-chiplog"


@pytest.fixture(scope="module")
def rendered(release: str, namespace: str) -> list[Manifest]:
    if shutil.which("helm") is None:
        pytest.fail("helm is not on PATH: `make test` puts it there")
    options = ["--values", str(CHART / "ci" / "minimal-values.yaml")]
    options += ["--set", "crds.enabled=false,networkPolicy.enabled=true"]
    command = ["helm", "template", release, str(CHART), "--namespace", namespace, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


@pytest.fixture(scope="module")
def installed(api_server: Any, rendered: list[Manifest]) -> Iterator[None]:
    """The chart's rights and policy on the server, but no Deployment: nothing of it runs."""
    kinds = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
    policies = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    chosen = {"apiVersion": "v1", "kind": "List", "items": [m for m in rendered if m["kind"] in kinds + policies]}
    done = api_server("apply", "-f", "-", stdin=chosen)
    assert done.returncode == 0, done.stderr
    yield
    api_server("delete", "--wait=false", "-f", "-", stdin=chosen)


def test_every_manifest_is_valid(api_server: Any, rendered: list[Manifest]) -> None:
    everything = {"apiVersion": "v1", "kind": "List", "items": [m for m in rendered if m["kind"] != "Pod"]}
    # Server-side, for to apply over what somebody made otherwise (the namespace of keys) is a warning of kubectl's own.
    how = ("--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict")
    done = api_server("apply", *how, "-f", "-", stdin=everything)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


def test_restricted_pod_security_takes_every_pod(
    api_server: Any, rendered: list[Manifest], namespace: str, installed: None
) -> None:
    level = "pod-security.kubernetes.io/enforce=restricted"
    assert api_server("label", "namespace", namespace, level, "--overwrite").returncode == 0
    templates = [m["spec"]["template"]["spec"] for m in rendered if m["kind"] == "Deployment"]
    specs = templates + [
        m["spec"] | {"serviceAccountName": templates[0]["serviceAccountName"]} for m in rendered if m["kind"] == "Pod"
    ]
    for number, spec in enumerate(specs):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"probe-{number}"}, "spec": spec}
        done = api_server("create", "--dry-run=server", "-n", namespace, "-f", "-", stdin=pod)
        assert done.returncode == 0, done.stderr
    loose = {**specs[0], "securityContext": {"runAsNonRoot": False}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "loose"}, "spec": loose}
    assert (
        "violates PodSecurity" in api_server("create", "--dry-run=server", "-n", namespace, "-f", "-", stdin=pod).stderr
    )


MAY = [
    ("watch", "trainingruns.chiplog.dev", "default"),
    ("patch", "trainingruns.chiplog.dev/status", "default"),
    ("delete", "trainingruns.chiplog.dev", "default"),
    ("create", "trainingruns.chiplog.dev", "default"),
    ("patch", "trainingruns.chiplog.dev", "default"),
    ("watch", "sweeps.chiplog.dev", "default"),
    ("patch", "sweeps.chiplog.dev/status", "default"),
    ("create", "jobs.batch", "default"),
    ("patch", "jobs.batch", "default"),
    ("watch", "pods", "default"),
    ("create", "events.events.k8s.io", "default"),
    ("create", "services", "default"),
    ("list", "events", "default"),
]

MAY_NOT = [
    ("create", "sweeps.chiplog.dev", "default"),
    ("delete", "sweeps.chiplog.dev", "default"),
    ("delete", "jobs.batch", "default"),
    ("get", "secrets", "default"),
    ("get", "configmaps", "default"),
    ("create", "pods", "default"),
    ("delete", "pods", "default"),
    ("create", "pods/exec", "default"),
    ("get", "pods/log", "default"),
    ("create", "serviceaccounts/token", "default"),
    ("update", "jobs.batch/status", "default"),
    ("update", "customresourcedefinitions.apiextensions.k8s.io", ""),
    ("create", "namespaces", ""),
    ("create", "leases.coordination.k8s.io", "default"),
    ("delete", "services", "default"),
]


@pytest.mark.parametrize(
    ("verb", "resource", "where", "answer"), [(*ask, "yes") for ask in MAY] + [(*ask, "no") for ask in MAY_NOT]
)
def test_the_operator_has_the_rights_it_needs_and_no_other(
    api_server: Any, release: str, namespace: str, installed: None, verb: str, resource: str, where: str, answer: str
) -> None:
    account = f"system:serviceaccount:{namespace}:{release}-operator"
    plain, _, sub = resource.partition("/")
    scope = ["-n", where] if where else []
    subresource = [f"--subresource={sub}"] if sub else []
    done = api_server("auth", "can-i", verb, plain, *subresource, *scope, f"--as={account}")
    assert done.stdout.strip() == answer, done.stderr


def run(pod: dict[str, Any], config: dict[str, Any], policy: dict[str, Any]) -> Manifest:
    template = {"spec": {"containers": [{"name": "train", "image": "x"}], **pod}}
    spec = {"managedBy": "chiplog.dev/nobody", "template": template, "config": config, "podFailurePolicy": policy}
    return {"apiVersion": "chiplog.dev/v1alpha1", "kind": "TrainingRun", "metadata": {"name": "guarded"}, "spec": spec}


IGNORE = {"rules": [{"action": "Ignore", "onPodConditions": []}]}
COUNT = {"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [3]}}]}


@pytest.mark.parametrize(
    ("field", "manifest"),
    [
        ("spec.template", run({"hostPID": True}, {"lr": 0.1}, IGNORE)),
        ("spec.config", run({"hostNetwork": True}, {"rl": 0.1}, IGNORE)),
        ("spec.podFailurePolicy", run({"hostNetwork": True}, {"lr": 0.1}, COUNT)),
    ],
)
def test_a_key_in_another_s_place_is_a_change_too(
    api_server: Any, namespace: str, installed: None, field: str, manifest: Manifest
) -> None:
    """The CRD's own rules let it through: the API server compares unlisted fields only where both sides have them."""
    before = run({"hostNetwork": True}, {"lr": 0.1}, IGNORE)
    assert api_server("apply", "-n", namespace, "-f", "-", stdin=before).returncode == 0
    refusal = refused_in_time(api_server, namespace, manifest)
    assert f"{field} cannot change" in refusal


def refused_in_time(api_server: Any, namespace: str, manifest: Manifest) -> str:
    """What the server says once the policy is in force, which is a moment after it was applied."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        done = api_server("replace", "--dry-run=server", "-n", namespace, "-f", "-", stdin=manifest)
        if done.returncode != 0:
            return str(done.stderr)
        time.sleep(0.5)
    pytest.fail("after 30 s the policy still lets the change through")


def test_the_policy_lets_people_say_what_they_may(api_server: Any, namespace: str, installed: None) -> None:
    before = run({}, {"lr": 0.1}, IGNORE)
    before["metadata"]["name"] = "free"
    assert api_server("apply", "-n", namespace, "-f", "-", stdin=before).returncode == 0
    before["spec"]["tags"] = ["a"]
    done = api_server("replace", "-n", namespace, "-f", "-", stdin=before)
    assert done.returncode == 0, done.stderr
