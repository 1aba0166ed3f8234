"""The dashboard's Deployment: its values become its environment, and it is on the network only where one signs on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chiplog_dashboard.access import Grant, SignOn
from chiplog_dashboard.oidc import Oidc
from chiplog_dashboard.settings import Settings

CHART = Path(__file__).parents[2] / "charts" / "chiplog"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())

OPEN = {
    "clusterName": "prod-eu",
    "bucket": {"url": "s3://other/place", "credentials": {"dashboardRoleArn": "arn:aws:iam::1:role/d"}},
    "dashboard": {
        "logLevel": "debug",
        "reports": {"volume": {"emptyDir": {}}, "directory": "papers"},
        "signOn": {
            "tokens": True,
            "audience": "people",
            "trustedProxies": ["198.19.0.7", "10.0.0.0/8"],
            "userHeader": "X-User",
            "groupsHeader": "X-Groups",
            "url": "https://chiplog.example.org",
            "oidc": {
                "issuer": "https://id.example.org/realms/ml",
                "clientId": "chiplog",
                "secretName": "sign-on",
                "scopes": ["openid", "roles"],
                "usernameClaim": "preferred_username",
                "usernamePrefix": "u:",
                "groupsClaim": "roles",
                "groupsPrefix": "g:",
                "keepGroups": "ml-",
                "sessionHours": 2.5,
                "linkDays": 14,
                "grants": [{"group": "g:ml-a", "namespaces": ["team-a", "team-b"], "edit": True}],
                "caConfigMap": "corporate-ca",
            },
        },
    },
}

OIDC = {
    "url": "https://chiplog.example.org",
    "oidc": {"issuer": "https://id.example.org", "clientId": "chiplog", "secretName": "sign-on"},
}


def pod(manifests: list[Any]) -> Any:
    (deployment,) = [item for item in manifests if item["kind"] == "Deployment"]
    return deployment["spec"]["template"]["spec"]


def environment(manifests: list[Any]) -> dict[str, str]:
    (container,) = pod(manifests)["containers"]
    return {item["name"]: item["value"] if "value" in item else secret(item) for item in container["env"]}


def secret(item: Any) -> str:
    """What a Secret's key stands for here: its own name, long enough for a key."""
    source = item["valueFrom"]["secretKeyRef"]
    return f"{source['name']}/{source['key']}".ljust(32, "x")


def test_the_dashboard_takes_what_the_chart_gives(render: Any) -> None:
    told = environment(render(OPEN, only="dashboard.yaml"))
    settings = Settings.from_env(told)
    assert (settings.bucket, settings.cluster, settings.host) == ("s3://other/place", "prod-eu", "0.0.0.0")
    assert (settings.audience, settings.user_header, settings.groups_header) == ("people", "X-User", "X-Groups")
    assert settings.sign_on.tokens
    assert [str(network) for network in settings.sign_on.trusted_proxies] == ["198.19.0.7/32", "10.0.0.0/8"]
    assert settings.reports == Path("/reports/papers")
    assert (told["AWS_ROLE_ARN"], told["CHIPLOG_LOG_LEVEL"]) == ("arn:aws:iam::1:role/d", "debug")


def test_reports_of_a_volume_are_mounted_for_reading_beside_what_fills_it(render: Any) -> None:
    filling = {
        "name": "git-sync",
        "image": "example/git-sync:1",
        "volumeMounts": [{"name": "reports", "mountPath": "/x"}],
    }
    values = {"dashboard": {"reports": {"volume": {"emptyDir": {}}, "containers": [filling]}}}
    found = pod(render(values, only="dashboard.yaml"))
    dashboard, other = found["containers"]
    assert other == filling
    assert {"name": "reports", "mountPath": "/reports", "readOnly": True} in dashboard["volumeMounts"]
    assert {"name": "reports", "emptyDir": {}} in found["volumes"]
    assert Settings.from_env(environment(render({}, only="dashboard.yaml"))).reports is None


def test_what_the_chart_says_of_the_provider_is_what_the_dashboard_believes(render: Any) -> None:
    manifests = render(OPEN, only="dashboard.yaml")
    assert Settings.from_env(environment(manifests)).oidc == Oidc(
        issuer="https://id.example.org/realms/ml",
        client_id="chiplog",
        url="https://chiplog.example.org",
        cookie_keys=("sign-on/cookie-keys".ljust(32, "x"),),
        client_secret="sign-on/client-secret".ljust(32, "x"),
        scopes=("openid", "roles"),
        username_claim="preferred_username",
        username_prefix="u:",
        groups_claim="roles",
        groups_prefix="g:",
        keep_groups="ml-",
        session_hours=2.5,
        link_days=14.0,
        grants=(("g:ml-a", Grant("team-a", edit=True)), ("g:ml-a", Grant("team-b", edit=True))),
        ca_file="/etc/chiplog/oidc/ca.crt",
    )
    (volume,) = [item for item in pod(manifests)["volumes"] if item["name"] == "oidc-ca"]
    (mount,) = [item for item in pod(manifests)["containers"][0]["volumeMounts"] if item["name"] == "oidc-ca"]
    assert (volume["configMap"]["name"], mount["mountPath"]) == ("corporate-ca", "/etc/chiplog/oidc")


@pytest.mark.parametrize(
    "sign_on",
    [
        {"oidc": {"issuer": "https://id.example.org", "clientId": "chiplog", "secretName": "sign-on"}},
        {"url": "https://a.example", "oidc": {"issuer": "https://id.example.org", "clientId": "chiplog"}},
        {"url": "https://a.example", "oidc": {"issuer": "https://id.example.org", "secretName": "sign-on"}},
        {"url": "http://a.example", "oidc": {"issuer": "https://id.example.org", "clientId": "c", "secretName": "s"}},
        {"url": "https://a.example", "oidc": {"issuer": "http://id.example.org", "clientId": "c", "secretName": "s"}},
    ],
)
def test_a_provider_that_lacks_what_it_needs_is_refused(helm: Any, sign_on: Any) -> None:
    done = helm("template", "chiplog", CHART, "--show-only", "templates/dashboard.yaml",
                values={**OPEN, "dashboard": {"signOn": sign_on}})  # fmt: skip
    assert done.returncode != 0
    assert "dashboard" in done.stderr


def test_without_a_sign_on_it_listens_on_loopback_and_has_no_identity_in_the_cluster(render: Any) -> None:
    manifests = render({}, only="dashboard.yaml")
    settings = Settings.from_env(environment(manifests))
    assert (settings.host, settings.sign_on) == ("127.0.0.1", SignOn())
    assert pod(manifests)["automountServiceAccountToken"] is False
    assert sorted(item["kind"] for item in manifests) == ["Deployment", "Service", "ServiceAccount"]


@pytest.mark.parametrize("sign_on", [{"tokens": True}, {"trustedProxies": ["10.1.2.3"]}, OIDC])
def test_with_a_sign_on_it_may_ask_who_somebody_is_and_what_they_may(render: Any, sign_on: Any) -> None:
    manifests = render({"dashboard": {"signOn": sign_on}}, only="dashboard.yaml")
    (binding,) = [item for item in manifests if item["kind"] == "ClusterRoleBinding"]
    assert binding["roleRef"]["name"] == "system:auth-delegator"
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "chiplog-dashboard", "namespace": "chiplog-system"}
    ]
    assert pod(manifests)["automountServiceAccountToken"] is True
    assert environment(manifests)["CHIPLOG_UI_HOST"] == "0.0.0.0"


@pytest.mark.parametrize(("values", "count"), [({}, 1), ({"keys": {"enabled": False}}, 0)])
def test_where_it_takes_keys_it_reads_whether_their_time_has_come_and_nothing_else(
    render: Any, values: Any, count: int
) -> None:
    manifests = render({"dashboard": {"signOn": {"tokens": True}}, **values}, only="dashboard.yaml")
    roles = [item for item in manifests if item["kind"] == "Role"]
    rules = [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]}]
    assert [(role["metadata"]["namespace"], role["rules"]) for role in roles] == [("chiplog-keys", rules)] * count
    bindings = [item for item in manifests if item["kind"] == "RoleBinding"]
    subject = {"kind": "ServiceAccount", "name": "chiplog-dashboard", "namespace": "chiplog-system"}
    assert [binding["subjects"] for binding in bindings] == [[subject]] * count


def test_its_network_policy_asks_for_no_injector(render: Any) -> None:
    values = {**OPEN, "injector": {"enabled": False}, "networkPolicy": {"enabled": True}}
    names = {manifest["metadata"]["name"] for manifest in render(values, only="networkpolicy.yaml")}
    assert names == {"chiplog-operator", "chiplog-dashboard"}


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
    of_a_secret = {"CHIPLOG_UI_OIDC_CLIENT_SECRET", "CHIPLOG_UI_COOKIE_KEYS"}
    other = {"CHIPLOG_BUCKET", "CHIPLOG_CLUSTER", "CHIPLOG_UI_HOST", "CHIPLOG_HEALTH_PORT"}
    assert told - other - of_a_secret == named


def variables(schema: dict[str, Any]) -> Iterator[str]:
    if schema.get("x-dashboard-env", "AWS").startswith("CHIPLOG"):
        yield schema["x-dashboard-env"]
    for child in schema.get("properties", {}).values():
        yield from variables(child)
