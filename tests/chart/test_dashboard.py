"""The dashboard's Deployment: its values become its environment, and it is on the network only where one signs on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chiplog_dashboard.access import SignOn
from chiplog_dashboard.settings import Settings

SCHEMA = json.loads((Path(__file__).parents[2] / "charts" / "chiplog" / "values.schema.json").read_text())

OPEN = {
    "clusterName": "prod-eu",
    "bucket": {"url": "s3://other/place", "credentials": {"dashboardRoleArn": "arn:aws:iam::1:role/d"}},
    "dashboard": {
        "logLevel": "debug",
        "signOn": {
            "tokens": True,
            "audience": "people",
            "trustedProxies": ["198.19.0.7", "10.0.0.0/8"],
            "userHeader": "X-User",
            "groupsHeader": "X-Groups",
        },
    },
}


def pod(manifests: list[Any]) -> Any:
    (deployment,) = [item for item in manifests if item["kind"] == "Deployment"]
    return deployment["spec"]["template"]["spec"]


def environment(manifests: list[Any]) -> dict[str, str]:
    (container,) = pod(manifests)["containers"]
    return {item["name"]: item["value"] for item in container["env"]}


def test_the_dashboard_takes_what_the_chart_gives(render: Any) -> None:
    told = environment(render(OPEN, only="dashboard.yaml"))
    settings = Settings.from_env(told)
    assert (settings.bucket, settings.cluster, settings.host) == ("s3://other/place", "prod-eu", "0.0.0.0")
    assert (settings.audience, settings.user_header, settings.groups_header) == ("people", "X-User", "X-Groups")
    assert settings.sign_on.tokens
    assert [str(network) for network in settings.sign_on.trusted_proxies] == ["198.19.0.7/32", "10.0.0.0/8"]
    assert (told["AWS_ROLE_ARN"], told["CHIPLOG_LOG_LEVEL"]) == ("arn:aws:iam::1:role/d", "debug")


def test_without_a_sign_on_it_listens_on_loopback_and_has_no_identity_in_the_cluster(render: Any) -> None:
    manifests = render({}, only="dashboard.yaml")
    settings = Settings.from_env(environment(manifests))
    assert (settings.host, settings.sign_on) == ("127.0.0.1", SignOn())
    assert pod(manifests)["automountServiceAccountToken"] is False
    assert sorted(item["kind"] for item in manifests) == ["Deployment", "Service", "ServiceAccount"]


@pytest.mark.parametrize("sign_on", [{"tokens": True}, {"trustedProxies": ["10.1.2.3"]}])
def test_with_a_sign_on_it_may_ask_who_somebody_is_and_what_they_may(render: Any, sign_on: Any) -> None:
    manifests = render({"dashboard": {"signOn": sign_on}}, only="dashboard.yaml")
    (binding,) = [item for item in manifests if item["kind"] == "ClusterRoleBinding"]
    assert binding["roleRef"]["name"] == "system:auth-delegator"
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "chiplog-dashboard", "namespace": "chiplog-system"}
    ]
    assert pod(manifests)["automountServiceAccountToken"] is True
    assert environment(manifests)["CHIPLOG_UI_HOST"] == "0.0.0.0"


def test_the_probes_reach_it_wherever_it_listens(render: Any) -> None:
    manifests = render({}, only="dashboard.yaml")
    (container,) = pod(manifests)["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports["health"] == Settings.from_env(environment(manifests)).health_port
    assert {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")} == {"health"}


def test_chart_and_dashboard_know_the_same_variables(render: Any) -> None:
    """But for those that every part is told, the ports, and what a person at home would say."""
    told = {name for name in environment(render(OPEN, only="dashboard.yaml")) if not name.startswith("AWS_")}
    named = set(variables(SCHEMA))
    assert told - {"CHIPLOG_BUCKET", "CHIPLOG_CLUSTER", "CHIPLOG_UI_HOST", "CHIPLOG_HEALTH_PORT"} == named


def variables(schema: dict[str, Any]) -> Iterator[str]:
    if schema.get("x-dashboard-env", "AWS").startswith("CHIPLOG"):
        yield schema["x-dashboard-env"]
    for child in schema.get("properties", {}).values():
        yield from variables(child)
