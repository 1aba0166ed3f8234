"""What values.schema.json lets through and what it refuses, with the field's name in the message."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[2] / "charts" / "chiplog"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def refuse(field: str, values: dict[str, Any], said: str) -> Any:
    return pytest.param(field, values, said, id=f"{field}={said}")


@pytest.mark.parametrize(
    ("field", "values", "said"),
    [
        refuse("/bucket/url", {"bucket": {"url": "https://example.com/runs"}}, "https://example.com/runs"),
        refuse("/bucket/url", {"bucket": {"url": ""}}, "''"),
        refuse("/bucket/endpoint", {"bucket": {"endpoint": "minio:9000"}}, "minio:9000"),
        refuse("/bucket/credentials/mode", {"bucket": {"credentials": {"mode": "keys"}}}, "web-identity"),
        refuse(
            "/bucket/credentials/sidecarRoleArn",
            {"bucket": {"credentials": {"sidecarRoleArn": "role/chiplog-sidecar"}}},
            "role/chiplog-sidecar",
        ),
        refuse("/bucket/credentials/operatorRoleArn", {"bucket": {"credentials": {"operatorRoleArn": ""}}}, "''"),
        refuse("/bucket/credentials/secretName", {"bucket": {"credentials": {"mode": "secret"}}}, "got 0"),
        refuse("/clusterName", {"clusterName": "Prod/EU"}, "Prod/EU"),
        refuse("/sidecar/resources/memory", {"sidecar": {"resources": {"memory": "lots"}}}, "lots"),
        refuse("/images/sidecar/digest", {"images": {"sidecar": {"digest": "sha256:short"}}}, "sha256:short"),
        refuse("/images/sidecar/pullPolicy", {"images": {"sidecar": {"pullPolicy": "Sometimes"}}}, "IfNotPresent"),
        refuse("/operator/logLevel", {"operator": {"logLevel": "loud"}}, "warning"),
        refuse("/watchNamespaces/0", {"watchNamespaces": ["*"]}, "'*'"),
        refuse("/bucket", {"bucket": {"ulr": "s3://x"}}, "ulr"),
        refuse("''", {"clustername": "x"}, "clustername"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(helm: Any, field: str, values: dict[str, Any], said: str) -> None:
    done = helm("template", "chiplog", CHART, values=values)
    assert done.returncode != 0
    (line, *_) = [line for line in done.stderr.splitlines() if f"at '{field}'" in line or f"at {field}" in line]
    assert said in line


@pytest.mark.parametrize(
    "values",
    [
        {"bucket": {"url": "s3://bucket"}},
        {"bucket": {"endpoint": "http://198.18.0.1:7070", "stsEndpoint": "https://sts.example.com"}},
        {"bucket": {"credentials": {"mode": "secret", "secretName": "bucket-keys", "sidecarRoleArn": ""}}},
        {"bucket": {"credentials": {"mode": "ambient", "operatorRoleArn": ""}}},
        {"bucket": {"credentials": {"sidecarRoleArn": "arn:minio:iam:::role/one-for-all"}}},
        {"sidecar": {"resources": {"cpu": 1, "memory": "0.5Gi"}}},
        {"global": {"anything": "of a parent chart"}},
    ],
)
def test_a_right_value_is_taken(helm: Any, values: dict[str, Any]) -> None:
    assert helm("template", "chiplog", CHART, values=values).returncode == 0


def described(schema: dict[str, Any], values: Any, path: str = "") -> list[str]:
    """Paths of values without a schema of their own, and of schemas without a value."""
    schema = SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    if "properties" not in schema:
        return []
    odd = [f"{path}.{name}" for name in set(schema["properties"]) ^ set(values) if name != "global"]
    shared = sorted(set(schema["properties"]) & set(values))
    return odd + [more for n in shared for more in described(schema["properties"][n], values[n], f"{path}.{n}")]


def test_values_and_schema_have_the_same_fields() -> None:
    assert described(SCHEMA, VALUES) == []


def test_no_object_of_ours_takes_unknown_fields() -> None:
    text = (CHART / "values.schema.json").read_text()
    assert text.count('"properties": {') - text.count('"if": {') - text.count('"then": {') == text.count(
        '"additionalProperties": false'
    )


def test_every_value_is_commented_where_it_stands() -> None:
    lines = (CHART / "values.yaml").read_text().splitlines()
    plain = {
        "repository",
        "tag",
        "digest",
        "pullPolicy",
        "bucket",
        "credentials",
        "requests",
        "limits",
        "cpu",
        "memory",
    }
    bare = [
        line.strip()
        for before, line in zip(["", *lines], lines, strict=False)
        if (found := re.match(r"\s*([A-Za-z]+):", line)) and found[1] not in plain and "#" not in before
    ]
    parts = {
        "ingest:",
        "tls:",
        "sidecar:",
        "operator:",
        "api:",
        "compactor:",
        "dashboard:",
        "serviceAccount:",
        "crds:",
        "resources:",
        "networkPolicy:",
        "monitoring:",
    }
    scheduling = {"nodeSelector: {}", "tolerations: []", "affinity: {}"}
    assert set(bare) <= parts | scheduling
