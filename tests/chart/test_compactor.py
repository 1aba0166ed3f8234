"""The compactor's Deployment: its values become its environment, and without a way into the bucket there is none."""

from typing import Any

import pytest

from chiplog_compactor.settings import Settings

VALUES = {
    "bucket": {"url": "s3://other/place", "credentials": {"compactorRoleArn": "arn:aws:iam::1:role/z"}},
    "compactor": {
        "logLevel": "debug",
        "keepSegments": True,
        "graceDays": 1.5,
        "keepSourcesDays": 2,
        "keepConsoleDays": 3,
        "keepSystemDays": 4,
    },
}


def environment(manifests: list[Any]) -> dict[str, str]:
    (deployment,) = [item for item in manifests if item["metadata"]["name"] == "chiplog-compactor" and "spec" in item]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item["value"] for item in container["env"]}


def parts(manifests: list[Any]) -> list[str]:
    """Components of the rendered Deployments."""
    deployments = [item for item in manifests if item["kind"] == "Deployment"]
    return [item["metadata"]["labels"]["app.kubernetes.io/component"] for item in deployments]


def test_the_compactor_takes_what_the_chart_gives(render: Any) -> None:
    told = environment(render(VALUES))
    assert Settings.from_env(told) == Settings(
        bucket="s3://other/place",
        keep_segments=True,
        grace_days=1.5,
        keep_sources_days=2,
        keep_console_days=3,
        keep_system_days=4,
        health_port=8080,
    )
    assert (told["AWS_ROLE_ARN"], told["CHIPLOG_LOG_LEVEL"]) == ("arn:aws:iam::1:role/z", "debug")


def test_the_defaults_of_the_chart_are_those_of_the_program(render: Any) -> None:
    told = environment(render({}))
    assert Settings.from_env(told) == Settings(bucket="s3://chiplog/runs", health_port=8080)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["compactor", "dashboard", "injector", "operator"]),
        ({"compactor": {"enabled": False}}, ["dashboard", "injector", "operator"]),
        ({"bucket": {"credentials": {"compactorRoleArn": ""}}}, ["dashboard", "injector", "operator"]),
        ({"dashboard": {"enabled": False}}, ["compactor", "injector", "operator"]),
        ({"bucket": {"credentials": {"dashboardRoleArn": ""}}}, ["compactor", "injector", "operator"]),
        (
            {"bucket": {"credentials": {"mode": "ambient", "compactorRoleArn": "", "dashboardRoleArn": ""}}},
            ["compactor", "dashboard", "injector", "operator"],
        ),
        (
            {"bucket": {"credentials": {"mode": "secret", "secretName": "keys"}}},
            ["compactor", "dashboard", "injector", "operator"],
        ),
    ],
)
def test_a_part_is_there_where_it_is_wanted_and_has_a_way_in(
    render: Any, values: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(parts(render(values))) == expected


def test_it_talks_to_no_api_server(render: Any) -> None:
    account, deployment = render({}, only="compactor.yaml")
    assert account["automountServiceAccountToken"] is False
    assert deployment["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
