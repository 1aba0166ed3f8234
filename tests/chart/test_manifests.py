"""The manifests that the chart renders: golden files, and the promises that no golden file spells out."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from chiplog_operator import metrics

TOLD = {name.removesuffix("_total") for name in metrics.HELP}

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "chiplog"
GOLDEN = Path(__file__).parent / "golden"

NO_CRDS = {"crds": {"enabled": False}}
CASES: dict[str, dict[str, Any]] = {
    "web-identity": NO_CRDS,
    "secret": {**NO_CRDS, "bucket": {"credentials": {"mode": "secret", "secretName": "bucket-keys"}}},
    "two-replicas": {
        **NO_CRDS,
        "ingest": {"enabled": True, "replicas": 2},
        "bucket": {"credentials": {"ingestRoleArn": "arn:aws:iam::1:role/i"}},
        "operator": {
            "replicas": 2,
            "priorityClassName": "system-cluster-critical",
            "notifications": {
                "existingSecret": "webhooks",
                "channels": {"ops": ["*"], "vision": ["vision", "vision-nightly"]},
                "default": "ops",
            },
        },
    },
    "monitored": {
        **NO_CRDS,
        "monitoring": {
            "labels": {"release": "prometheus"},
            "serviceMonitor": {"enabled": True},
            "rules": {"enabled": True},
            "dashboard": {"enabled": True},
        },
        "images": {"operator": {"digest": f"sha256:{'a' * 64}"}},
    },
    "two-namespaces": {
        **NO_CRDS,
        "watchNamespaces": ["vision", "speech"],
        "networkPolicy": {"enabled": True, "from": [{"namespaceSelector": {}}]},
        "imagePullSecrets": [{"name": "registry"}],
        "operator": {"annotations": {"team": "ml"}, "nodeSelector": {"kubernetes.io/arch": "amd64"}},
        "certManager": {"enabled": True},
        "injector": {"excludedNamespaces": ["infra"], "replicas": 3, "priorityClassName": "high"},
        "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/y"}},
    },
    "locked-down": {
        **NO_CRDS,
        "bucket": {"credentials": {"mode": "secret", "secretName": "bucket-keys"}},
        "certManager": {"enabled": True},
        "imagePullSecrets": [{"name": "registry"}],
        "images": {name: {"digest": f"sha256:{'b' * 64}"} for name in ("operator", "sidecar", "compactor", "ingest")},
        "networkPolicy": {"enabled": True},
        "ingest": {"enabled": True, "tls": {"secretName": "door-tls"}},
        "operator": {
            "replicas": 2,
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}
            ],
        },
        "watchNamespaces": ["vision"],
    },
}


@pytest.mark.parametrize("case", CASES)
def test_the_manifests_are_the_golden_ones(render: Any, case: str) -> None:
    """UPDATE_GOLDEN=1 writes them anew; look at the difference before you commit it."""
    rendered = yaml.safe_dump_all(render(CASES[case]), width=120)
    path = GOLDEN / f"{case}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(rendered)
    assert rendered == path.read_text()


def test_lint_finds_nothing_to_warn_of(helm: Any) -> None:
    done = helm("lint", CHART, "--strict")
    assert done.returncode == 0, done.stdout


def test_the_api_is_the_one_of_crds(render: Any) -> None:
    rendered = {crd["metadata"]["name"]: crd["spec"] for crd in render(only="crds.yaml")}
    files = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "crds").glob("*.yaml"))]
    assert rendered == {crd["metadata"]["name"]: crd["spec"] for crd in files}
    assert len(files) == 2


def test_a_packaged_chart_carries_the_api_too(helm: Any, render: Any, tmp_path: Path) -> None:
    subprocess.run(["helm", "package", str(CHART), "--destination", str(tmp_path)], check=True, capture_output=True)
    (package,) = tmp_path.glob("chiplog-*.tgz")
    assert render(chart=package) == render()


def test_uninstalling_keeps_the_api_and_with_it_every_run(render: Any) -> None:
    for kept in render(only="crds.yaml"):
        assert kept["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    for dropped in render({"crds": {"keep": False}}, only="crds.yaml"):
        assert "annotations" not in dropped["metadata"]


def test_the_api_can_be_left_to_somebody_else(render: Any) -> None:
    assert "CustomResourceDefinition" not in {manifest["kind"] for manifest in render(NO_CRDS)}


def pods(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    templates = [manifest["spec"]["template"]["spec"] for manifest in manifests if manifest["kind"] == "Deployment"]
    return templates + [manifest["spec"] for manifest in manifests if manifest["kind"] == "Pod"]


def test_every_pod_fits_restricted_pod_security_and_has_a_read_only_root(render: Any) -> None:
    found = pods(render(CASES["two-replicas"]))
    assert len(found) == 6
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_every_number_that_is_watched_is_one_that_the_operator_tells(render: Any) -> None:
    """A dashboard of names that nobody writes stays empty, and an alert on them never fires."""
    watched = {
        found
        for item in render(CASES["monitored"], only="monitoring.yaml")
        for found in re.findall(r"chiplog_operator_([a-z_]+)", yaml.safe_dump(item))
    }
    suffixes = ("_bucket", "_total", "")
    assert watched
    assert not [name for name in watched if not {name.removesuffix(end) for end in suffixes} & TOLD]


def test_a_single_operator_can_be_drained_and_two_keep_one(render: Any) -> None:
    def budgets(**operator: Any) -> list[Any]:
        found = [item for item in render({"operator": operator}) if item["kind"] == "PodDisruptionBudget"]
        return [item["spec"]["maxUnavailable"] for item in found if item["metadata"]["name"] == "chiplog-operator"]

    assert budgets() == []
    assert budgets(replicas=2) == [1]


def test_the_operator_writes_no_lease_but_its_own(render: Any) -> None:
    found = rules(render(), "Role", "chiplog-operator-leader")
    assert [(rule["verbs"], rule.get("resourceNames")) for rule in found] == [
        (["create"], None),
        (["get", "update"], ["chiplog-operator"]),
    ]


def rules(manifests: list[dict[str, Any]], kind: str, name: str) -> list[dict[str, Any]]:
    return [
        rule
        for manifest in manifests
        if manifest["kind"] == kind and manifest["metadata"]["name"] == name
        for rule in manifest["rules"]
    ]


def test_no_rule_has_a_wildcard_and_none_reads_secrets(render: Any) -> None:
    roles = [manifest for manifest in render(CASES["two-replicas"]) if "rules" in manifest]
    for rule in [rule for role in roles for rule in role["rules"]]:
        words = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        if rule == {"apiGroups": [""], "resources": ["secrets"], "verbs": ["delete"]}:
            continue  # What keys are bound to: it ends them unread.
        assert not words & {
            "*",
            "secrets",
            "configmaps",
            "serviceaccounts/token",
            "pods/exec",
            "impersonate",
            "escalate",
        }


def test_with_namespaces_named_the_operator_may_touch_nothing_elsewhere(render: Any) -> None:
    manifests = render({"watchNamespaces": ["vision", "speech"]})
    cluster = rules(manifests, "ClusterRole", "chiplog-operator")
    assert {resource for rule in cluster for resource in rule["resources"]} == {
        "customresourcedefinitions",
        "namespaces",
    }
    assert {verb for rule in cluster for verb in rule["verbs"]} == {"list", "watch"}
    local = [m for m in manifests if m["kind"] == "Role" and m["metadata"]["name"] == "chiplog-operator"]
    assert [role["metadata"]["namespace"] for role in local] == ["vision", "speech"]
    assert local[0]["rules"] == rules(render(), "ClusterRole", "chiplog-operator")[2:]


def test_a_release_of_another_name_collides_with_nothing(helm: Any) -> None:
    values = {**NO_CRDS, "keys": {"enabled": False}}
    done = helm("template", "second", CHART, "--namespace", "elsewhere", values=values)
    names = {manifest["metadata"]["name"] for manifest in yaml.safe_load_all(done.stdout) if manifest}
    assert all(name.startswith("second-chiplog") for name in names)
