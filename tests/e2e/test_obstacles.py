"""Why a pod does not start, in plain words in a condition, soon: real refusals of a real cluster."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import embedded
import moments
import pytest

pytestmark = pytest.mark.e2e

PROMISED_SECONDS = 10.0
"""From the first sign that a pod is not made or does not start to our word, by the API server's times."""

PATIENCE_SECONDS = 60.0
"""Until there is a sign at all: that is the cluster's own time, and the machine's."""


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace of the test's own, in which nothing can be recorded; here nothing starts anyway."""
    name = f"e2e-{uuid.uuid4().hex[:6]}"
    embedded.kubectl("create", "namespace", name)
    account = ("get", "serviceaccount", "default", "-n", name, "--ignore-not-found", "-o", "name")
    embedded.until("its ServiceAccount", lambda: embedded.kubectl(*account))
    yield name
    embedded.kubectl("delete", "namespace", name, "--wait=false")


def said(namespace: str, manifest: dict[str, Any], reason: str) -> dict[str, Any]:
    """The status once it says the reason, which must be soon."""
    embedded.apply(manifest, namespace)
    name = manifest["metadata"]["name"]
    embedded.until(f"{reason}, and not {embedded.status(name, namespace)}",
                   lambda: embedded.status(name, namespace).get("reason") == reason, PATIENCE_SECONDS)  # fmt: skip
    made = embedded.get("trainingrun", name, namespace)
    assert moments.told(made) - first_sign(namespace) <= PROMISED_SECONDS
    status = made["status"]
    started = embedded.condition(name, namespace, "Started")
    assert (status["state"], started["status"], started["reason"]) == ("pending", "False", reason)
    return status


def first_sign(namespace: str) -> float:
    flag = "--show-managed-fields"
    events, pods = (
        json.loads(embedded.kubectl("get", kind, "-n", namespace, "-o", "json", flag))["items"]
        for kind in ("events", "pods")
    )
    return moments.first_sign(events, pods)


def admitted(namespace: str, name: str = "run") -> tuple[str, str]:
    found = embedded.condition(name, namespace, "Admitted")
    return found["status"], found["reason"]


def run(**pod: Any) -> dict[str, Any]:
    manifest = embedded.training_run("run", "train(1, 0)")
    manifest["spec"]["template"]["spec"] |= pod
    return manifest


def make(namespace: str, manifest: dict[str, Any]) -> None:
    embedded.apply(manifest, namespace)


def test_a_quota(namespace: str) -> None:
    make(namespace, {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"},
                     "spec": {"hard": {"pods": "0"}}})  # fmt: skip
    time.sleep(1)  # The quota controller has to see it.
    status = said(namespace, run(), "QuotaExceeded")
    assert "exceeded quota: none" in status["message"]
    assert admitted(namespace) == ("False", "QuotaExceeded")
    embedded.kubectl("delete", "resourcequota", "none", "-n", namespace)


def test_a_limit_range(namespace: str) -> None:
    limits = [{"type": "Container", "max": {"memory": "64Mi"}}]
    make(
        namespace, {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"}, "spec": {"limits": limits}}
    )
    status = said(namespace, run(), "LimitRangeViolation")
    assert "maximum memory usage per Container is 64Mi" in status["message"]


def test_pod_security(namespace: str) -> None:
    embedded.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    status = said(namespace, run(), "PodSecurityViolation")
    assert 'violates PodSecurity "restricted' in status["message"]


def test_a_service_account_that_is_not_there(namespace: str) -> None:
    assert (
        'serviceaccount "trainer" not found'
        in said(namespace, run(serviceAccountName="trainer"), "ServiceAccountMissing")["message"]
    )


def test_an_admission_policy(namespace: str) -> None:
    name = f"no-{namespace}"
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]},
            "validations": [{"expression": "false", "message": "not on a Friday"}],
        },
    }  # fmt: skip
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": selector}},
    }  # fmt: skip
    try:
        for manifest in (policy, binding):
            embedded.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
        probe = ("run", "probe", "--image=x", "-n", namespace, "--dry-run=server")
        embedded.until("the policy is in force", lambda: "Friday" in _refusal(*probe))
        assert "not on a Friday" in said(namespace, run(), "AdmissionDenied")["message"]
    finally:
        embedded.kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", name)


def test_no_node(namespace: str) -> None:
    status = said(namespace, run(nodeSelector={"gpu": "h100"}), "Unschedulable")
    assert "node affinity/selector" in status["message"]
    assert admitted(namespace) == ("True", "JobMade")


def test_a_claim_that_is_not_there(namespace: str) -> None:
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    assert 'persistentvolumeclaim "data" not found' in said(namespace, run(volumes=volumes), "Unschedulable")["message"]


def test_a_secret_that_is_not_there(namespace: str) -> None:
    volumes = [{"name": "keys", "secret": {"secretName": "keys"}}]
    manifest = run(volumes=volumes)
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container["volumeMounts"] = [{"name": "keys", "mountPath": "/keys"}]  # What nobody mounts the kubelet leaves out.
    status = said(namespace, manifest, "VolumeNotMounted")
    assert 'secret "keys" not found' in status["message"]


def test_an_image_that_is_not_there(namespace: str) -> None:
    manifest = run()
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container |= {"image": "localhost/no-such:1", "imagePullPolicy": "Never"}
    assert "no-such" in said(namespace, manifest, "ErrImageNeverPull")["message"]


def test_a_config_map_that_a_variable_asks_for(namespace: str) -> None:
    manifest = run()
    reference = {"configMapKeyRef": {"name": "settings", "key": "lr"}}
    manifest["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "LR", "valueFrom": reference})
    assert 'configmap "settings" not found' in said(namespace, manifest, "CreateContainerConfigError")["message"]


def test_a_queue_that_holds_it(namespace: str) -> None:
    """Kueue suspends a Job as it is made; here the test does so right afterwards."""
    manifest = run(nodeSelector={"gpu": "h100"})
    manifest["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "gpu"}
    make(namespace, manifest)
    job = embedded.until("a Job", lambda: embedded.status("run", namespace).get("jobName"))
    assert embedded.get("job", job, namespace)["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "gpu"
    embedded.kubectl("patch", "job", job, "-n", namespace, "-p", '{"spec":{"suspend":true}}')
    embedded.until("it waits", lambda: embedded.status("run", namespace).get("reason") == "Queued", PATIENCE_SECONDS)
    assert "Kueue's queue gpu" in embedded.status("run", namespace)["message"]
    assert admitted(namespace) == ("False", "Queued")
    embedded.kubectl("patch", "trainingrun", "run", "-n", namespace, "--type=merge", "-p", '{"spec":{"suspend":true}}')
    embedded.until("by wish", lambda: embedded.status("run", namespace).get("reason") == "Suspended", PATIENCE_SECONDS)
    embedded.kubectl("patch", "trainingrun", "run", "-n", namespace, "--type=merge", "-p", '{"spec":{"suspend":false}}')
    embedded.until(
        "queued again", lambda: embedded.status("run", namespace).get("reason") == "Queued", PATIENCE_SECONDS
    )
    assert embedded.get("job", job, namespace)["spec"]["suspend"] is True


def _refusal(*arguments: str) -> str:
    try:
        embedded.kubectl(*arguments)
    except AssertionError as error:
        return str(error)
    return ""
