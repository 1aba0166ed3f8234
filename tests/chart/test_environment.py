"""Values and the operator's environment are one to one; `x-env` in values.schema.json says which is which."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chiplog_operator.settings import Settings

CHART = Path(__file__).parents[2] / "charts" / "chiplog"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())

SECRET_MODE = {"bucket": {"credentials": {"mode": "secret", "secretName": "bucket-keys"}}}

DISTINCT = {
    "clusterName": "prod-eu",
    "bucket": {
        "url": "s3://other/place",
        "region": "eu-west-1",
        "endpoint": "http://minio.minio.svc:9000",
        "stsEndpoint": "http://sts.minio.svc:9000",
        "credentials": {
            "audience": "sts.amazonaws.com",
            "sidecarRoleArn": "arn:aws:iam::1:role/x-{namespace}",
            "operatorRoleArn": "arn:aws:iam::1:role/y",
        },
    },
    "sidecar": {"resources": {"cpu": "250m", "memory": "256Mi"}},
    "operator": {
        "logLevel": "debug",
        "api": {"qps": 7.5, "burst": 9},
        "progressWrites": 3,
        "notifications": {
            "existingSecret": "webhooks",
            "channels": {"ops": ["*"], "nlp": ["team-a", "team-b"]},
            "default": "ops",
        },
    },
    "watchNamespaces": ["vision", "speech"],
    "keys": {"enabled": False},
    "injector": {"excludedNamespaces": ["infra", "kube-system"]},
}


def variables(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every variable that the schema names, with the path of its value."""
    if "x-env" in schema:
        yield schema["x-env"], path
    for name, child in schema.get("properties", {}).items():
        yield from variables(child, (*path, name))


BY_VARIABLE = dict(variables(SCHEMA))
LISTS = {"CHIPLOG_NAMESPACES", "CHIPLOG_CLOSED_NAMESPACES", "CHIPLOG_NOTIFY_CHANNELS"}


def environment(manifests: list[dict[str, Any]]) -> dict[str, str]:
    deployments = [manifest for manifest in manifests if manifest["kind"] == "Deployment"]
    (deployment,) = [item for item in deployments if item["metadata"]["name"].endswith("-operator")]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item["value"] for item in container["env"]}


def at(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        values = values[name]
    return values


@pytest.fixture(scope="module")
def distinct(render: Any) -> dict[str, str]:
    return environment(render(DISTINCT, only="operator.yaml"))


@pytest.mark.parametrize(
    "variable", sorted(set(BY_VARIABLE) - {"CHIPLOG_CREDENTIALS", "CHIPLOG_CREDENTIALS_SECRET", *LISTS})
)
def test_a_value_becomes_its_variable(distinct: dict[str, str], variable: str) -> None:
    told = at(DISTINCT, BY_VARIABLE[variable])
    assert distinct[variable] == (str(told).lower() if isinstance(told, bool) else str(told))


def test_namespaces_are_a_comma_list(distinct: dict[str, str]) -> None:
    assert distinct["CHIPLOG_NAMESPACES"] == "vision,speech"
    assert distinct["CHIPLOG_CLOSED_NAMESPACES"] == "kube-system,chiplog-system,infra"


def test_channels_are_told_and_their_secret_stands_where_the_variable_says(
    distinct: dict[str, str], render: Any
) -> None:
    assert distinct["CHIPLOG_NOTIFY_CHANNELS"] == "nlp=team-a,team-b;ops=*"
    (deployment,) = render(DISTINCT, only="operator.yaml")
    pod = deployment["spec"]["template"]["spec"]
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == "notify"]
    (mount,) = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == "notify"]
    assert volume["secret"] == {"secretName": "webhooks", "optional": True, "defaultMode": 0o440}
    assert mount == {"name": "notify", "mountPath": distinct["CHIPLOG_NOTIFY_DIRECTORY"], "readOnly": True}


def test_channels_without_a_secret_are_refused(helm: Any) -> None:
    done = helm("template", "chiplog", CHART, values={"operator": {"notifications": {"channels": {"ops": ["*"]}}}})
    assert done.returncode != 0
    assert "existingSecret" in done.stderr


@pytest.mark.parametrize("mode", ["web-identity", "secret", "ambient"])
def test_the_mode_of_credentials_is_told(render: Any, mode: str) -> None:
    values = {"bucket": {"credentials": {"mode": mode, "secretName": "bucket-keys"}}}
    assert environment(render(values, only="operator.yaml"))["CHIPLOG_CREDENTIALS"] == mode


def test_mode_secret_names_the_secret_and_reads_it_for_the_operator(render: Any) -> None:
    (deployment,) = render(SECRET_MODE, only="operator.yaml")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert environment([deployment])["CHIPLOG_CREDENTIALS_SECRET"] == "bucket-keys"
    assert container["envFrom"] == [{"secretRef": {"name": "bucket-keys"}}]


@pytest.mark.parametrize("mode", ["secret", "ambient"])
def test_no_token_is_mounted_where_no_role_is_assumed(render: Any, mode: str) -> None:
    values = {"bucket": {"credentials": {"mode": mode, "secretName": "bucket-keys"}}}
    (deployment,) = render(values, only="operator.yaml")
    assert [volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]] == ["tmp"]
    assert not {"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"} & set(environment([deployment]))


def test_the_token_is_where_the_variable_says(render: Any) -> None:
    (deployment,) = render(DISTINCT, only="operator.yaml")
    pod = deployment["spec"]["template"]["spec"]
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == "bucket-token"]
    (mount,) = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == "bucket-token"]
    token = volume["projected"]["sources"][0]["serviceAccountToken"]
    assert token["audience"] == "sts.amazonaws.com"
    assert environment([deployment])["AWS_WEB_IDENTITY_TOKEN_FILE"] == f"{mount['mountPath']}/{token['path']}"


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({"tag": "1.2"}, "localhost/chiplog-sidecar:1.2"),
        ({"tag": ""}, "localhost/chiplog-sidecar:0.1.0"),
        ({"digest": f"sha256:{'a' * 64}"}, f"localhost/chiplog-sidecar@sha256:{'a' * 64}"),
    ],
)
def test_the_sidecar_s_image_is_told_as_one_reference(render: Any, image: dict[str, str], reference: str) -> None:
    told = environment(render({"images": {"sidecar": image}}, only="operator.yaml"))
    assert told["CHIPLOG_SIDECAR_IMAGE"] == reference
    assert told["CHIPLOG_SIDECAR_PULL_POLICY"] == "IfNotPresent"


@pytest.mark.parametrize("variable", [*BY_VARIABLE, "CHIPLOG_SIDECAR_IMAGE", "CHIPLOG_SIDECAR_PULL_POLICY"])
def test_the_comments_of_the_values_name_every_variable(variable: str) -> None:
    assert variable in (CHART / "values.yaml").read_text()


class Asked(dict[str, str]):
    """An environment that notes which variables it was asked for."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__(environ)
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)


def test_the_operator_takes_what_the_chart_gives(distinct: dict[str, str]) -> None:
    settings = Settings.from_env(distinct)
    assert settings.bucket == "s3://other/place"
    assert settings.namespaces == ("vision", "speech")
    assert settings.sidecar_role_arn == "arn:aws:iam::1:role/x-{namespace}"
    assert (settings.sidecar_cpu, settings.sidecar_memory) == ("250m", "256Mi")
    assert (settings.api_qps, settings.api_burst, settings.progress_writes) == (7.5, 9, 3)
    assert settings.lease == "chiplog-system/chiplog-operator"


def test_chart_and_operator_know_the_same_variables(distinct: dict[str, str]) -> None:
    """But for the port, which the probes rely on, the lease, where a volume is, and the role, which boto3 reads."""
    asked = Asked(distinct)
    Settings.from_env(asked)
    of_chart = {*BY_VARIABLE, "CHIPLOG_SIDECAR_IMAGE", "CHIPLOG_SIDECAR_PULL_POLICY"}
    assert asked.names - {"CHIPLOG_HTTP_PORT", "CHIPLOG_LEASE", "CHIPLOG_NOTIFY_DIRECTORY"} == of_chart - {
        "AWS_ROLE_ARN"
    }
