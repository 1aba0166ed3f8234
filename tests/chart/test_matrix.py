"""What holds of the chart whatever values are set together: every combination of the switches that change its shape."""

import itertools
from typing import Any

import pytest

DIGEST = f"sha256:{'c' * 64}"
IMAGES = ("operator", "sidecar", "compactor", "dashboard", "ingest")
CREDENTIALS: dict[str, dict[str, str]] = {
    "web-identity": {"mode": "web-identity", "ingestRoleArn": "arn:aws:iam::1:role/i"},
    "secret": {"mode": "secret", "secretName": "bucket-keys"},
    "ambient": {"mode": "ambient"},
}
MATRIX = list(itertools.product(CREDENTIALS, (False, True), ([], ["vision", "speech"])))

Manifest = dict[str, Any]


@pytest.fixture(params=MATRIX, ids=lambda item: f"{item[0]}-{'cert-manager' if item[1] else 'helm'}-{len(item[2])}")
def manifests(render: Any, request: pytest.FixtureRequest) -> list[Manifest]:
    mode, by_cert_manager, namespaces = request.param
    found: list[Manifest] = render(
        {
            "crds": {"enabled": False},
            "bucket": {"credentials": CREDENTIALS[mode]},
            "certManager": {"enabled": by_cert_manager},
            "watchNamespaces": namespaces,
            "imagePullSecrets": [{"name": "registry"}],
            "images": {name: {"digest": DIGEST} for name in IMAGES},
            "networkPolicy": {"enabled": True},
            "operator": {"replicas": 2},
            "ingest": {"enabled": True, "replicas": 2},
        }
    )
    return found


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def is_selected(selector: dict[str, str], deployment: Manifest) -> bool:
    return selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()


def test_whatever_is_set_together_the_parts_fit(manifests: list[Manifest]) -> None:
    places = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in manifests]
    assert len(places) == len(set(places))
    deployments = of_kind(manifests, "Deployment")
    assert len(deployments) >= 2
    accounts = {item["metadata"]["name"] for item in of_kind(manifests, "ServiceAccount")}
    for deployment in deployments:
        pod = deployment["spec"]["template"]["spec"]
        assert pod["imagePullSecrets"] == [{"name": "registry"}]
        assert all(container["image"].endswith(f"@{DIGEST}") for container in pod["containers"])
        assert pod["serviceAccountName"] in accounts
    told = {item["value"] for deployment in deployments for container in deployment["spec"]["template"]["spec"][
        "containers"] for item in container["env"] if item["name"] == "CHIPLOG_SIDECAR_IMAGE"}  # fmt: skip
    assert {value.endswith(f"@{DIGEST}") for value in told} == {True}


def test_whatever_is_set_together_several_of_a_kind_are_kept_and_spread(manifests: list[Manifest]) -> None:
    several = [item for item in of_kind(manifests, "Deployment") if item["spec"]["replicas"] > 1]
    assert len(several) == 3
    budgets = [item["spec"]["selector"]["matchLabels"] for item in of_kind(manifests, "PodDisruptionBudget")]
    policies = [item["spec"]["podSelector"]["matchLabels"] for item in of_kind(manifests, "NetworkPolicy")]
    for deployment in several:
        assert sum(is_selected(selector, deployment) for selector in budgets) == 1
        assert sum(is_selected(selector, deployment) for selector in policies) == 1
        [spread] = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert is_selected(spread["labelSelector"]["matchLabels"], deployment)


def test_whatever_is_set_together_rights_name_what_is_there(manifests: list[Manifest]) -> None:
    roles = {(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in manifests}
    accounts = {item["metadata"]["name"] for item in of_kind(manifests, "ServiceAccount")}
    bindings = [*of_kind(manifests, "RoleBinding"), *of_kind(manifests, "ClusterRoleBinding")]
    assert bindings
    for binding in bindings:
        kind, name = binding["roleRef"]["kind"], binding["roleRef"]["name"]
        if name.startswith("system:"):
            continue  # Kubernetes' own.
        place = binding["metadata"].get("namespace") if kind == "Role" else None
        assert (kind, place, name) in roles
        assert {subject["name"] for subject in binding["subjects"]} <= accounts
