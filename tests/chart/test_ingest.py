"""The door's Deployment: its values become its environment, and its rights are those of docs/credentials.md."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chiplog_ingest.settings import Settings

SCHEMA = json.loads((Path(__file__).parents[2] / "charts" / "chiplog" / "values.schema.json").read_text())

DOOR = {
    "clusterName": "prod-eu",
    "bucket": {"url": "s3://other/place", "credentials": {"ingestRoleArn": "arn:aws:iam::1:role/i"}},
    "ingest": {
        "enabled": True,
        "logLevel": "debug",
        "audience": "machines",
        "requestsPerSecond": 7.5,
        "maxFileBytes": 5368709120,
        "tls": {"secretName": "door-tls"},
    },
}


def pod(manifests: list[Any]) -> Any:
    (deployment,) = [item for item in manifests if item["kind"] == "Deployment"]
    return deployment["spec"]["template"]["spec"]


def environment(manifests: list[Any]) -> dict[str, str]:
    (container,) = pod(manifests)["containers"]
    return {item["name"]: item["value"] for item in container["env"]}


def test_the_door_takes_what_the_chart_gives(render: Any) -> None:
    told = environment(render(DOOR, only="ingest.yaml"))
    settings = Settings.from_env(told)
    assert (settings.bucket, settings.cluster, settings.host) == ("s3://other/place", "prod-eu", "0.0.0.0")
    assert (settings.audience, settings.requests_per_second, settings.max_file_bytes) == ("machines", 7.5, 5 << 30)
    assert (told["AWS_ROLE_ARN"], told["CHIPLOG_LOG_LEVEL"]) == ("arn:aws:iam::1:role/i", "debug")


def test_the_certificate_and_the_spool_are_where_the_door_looks(render: Any) -> None:
    manifests = render(DOOR, only="ingest.yaml")
    settings, found = Settings.from_env(environment(manifests)), pod(manifests)
    (container,) = found["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert {mounts["certificate"]} == {str(Path(path).parent) for path in (settings.certificate, settings.private_key)}
    assert mounts["spool"] == settings.spool
    assert {container[probe]["httpGet"]["scheme"] for probe in ("livenessProbe", "readinessProbe")} == {"HTTPS"}
    assert [port["containerPort"] for port in container["ports"]] == [settings.port]


def test_without_a_certificate_it_speaks_http(render: Any) -> None:
    manifests = render({**DOOR, "ingest": {"enabled": True}}, only="ingest.yaml")
    assert Settings.from_env(environment(manifests)).certificate == ""
    (container,) = pod(manifests)["containers"]
    assert container["readinessProbe"]["httpGet"]["scheme"] == "HTTP"


def test_it_asks_whose_a_key_is_and_notes_its_use_and_may_nothing_else(render: Any) -> None:
    manifests = render(DOOR, only="ingest.yaml")
    (binding,) = [item for item in manifests if item["kind"] == "ClusterRoleBinding"]
    assert binding["roleRef"]["name"] == "system:auth-delegator"
    (role,) = [item for item in manifests if item["kind"] == "Role"]
    assert role["metadata"]["namespace"] == "chiplog-keys"
    assert role["rules"] == [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get", "patch"]}]


@pytest.mark.parametrize(
    "values",
    [
        {"ingest": {"enabled": False}, "bucket": DOOR["bucket"]},
        {"ingest": {"enabled": True}},
        {"ingest": {"enabled": True}, "bucket": DOOR["bucket"], "keys": {"enabled": False}},
    ],
)
def test_there_is_no_door_where_it_is_not_wanted_or_has_no_way_or_no_keys(render: Any, values: Any) -> None:
    assert not [item for item in render(values) if item["metadata"]["name"] == "chiplog-ingest"]


def test_chart_and_door_know_the_same_variables(render: Any) -> None:
    """But for those that every part is told, and what the chart alone decides."""
    told = {name for name in environment(render(DOOR, only="ingest.yaml")) if not name.startswith("AWS_")}
    own = {"HOST", "PORT", "SPOOL", "CERTIFICATE", "PRIVATE_KEY"}
    fixed = {"CHIPLOG_BUCKET", "CHIPLOG_CLUSTER", *(f"CHIPLOG_INGEST_{name}" for name in own)}
    assert told - fixed == set(variables(SCHEMA))


def variables(schema: dict[str, Any]) -> Iterator[str]:
    if schema.get("x-ingest-env", "AWS").startswith("CHIPLOG"):
        yield schema["x-ingest-env"]
    for child in schema.get("properties", {}).values():
        yield from variables(child)
