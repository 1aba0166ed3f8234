"""The operator's settings: defaults, and refusals that name the variable and the value."""

import pytest

from chiplog.errors import SettingsError
from chiplog_operator.settings import Settings

LEAST = {
    "CHIPLOG_BUCKET": "s3://records",
    "CHIPLOG_CLUSTER": "prod",
    "CHIPLOG_SIDECAR_IMAGE": "sidecar:1",
    "CHIPLOG_SIDECAR_ROLE_ARN": "arn:x-{namespace}",
}


def test_the_least_environment_gives_the_documented_defaults() -> None:
    settings = Settings.from_env(LEAST)
    assert settings == Settings("s3://records", "prod", "sidecar:1", sidecar_role_arn="arn:x-{namespace}")
    assert (settings.sidecar_cpu, settings.sidecar_memory, settings.http_port) == ("100m", "128Mi", 8080)


def test_namespaces_are_a_comma_list() -> None:
    assert Settings.from_env({**LEAST, "CHIPLOG_NAMESPACES": "a, b,"}).namespaces == ("a", "b")


NOTIFY = {"CHIPLOG_NOTIFY_CHANNELS": "nlp=a,b;ops=*", "CHIPLOG_NOTIFY_DIRECTORY": "/n", "CHIPLOG_NOTIFY_DEFAULT": "ops"}


def test_channels_are_told_with_the_namespaces_that_may_use_them() -> None:
    settings = Settings.from_env({**LEAST, **NOTIFY})
    assert settings.notify_channels == (("nlp", frozenset({"a", "b"})), ("ops", frozenset({"*"})))
    assert (settings.notify_default, settings.notify_directory) == ("ops", "/n")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHIPLOG_NOTIFY_CHANNELS", "https://hooks.example=*"),
        ("CHIPLOG_NOTIFY_CHANNELS", "ops="),
        ("CHIPLOG_NOTIFY_DEFAULT", "other"),
        ("CHIPLOG_NOTIFY_DIRECTORY", ""),
    ],
)
def test_a_channel_that_cannot_be_is_refused_by_the_variable_s_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({**LEAST, **NOTIFY, name: value})


@pytest.mark.parametrize("name", ["CHIPLOG_BUCKET", "CHIPLOG_CLUSTER", "CHIPLOG_SIDECAR_IMAGE"])
def test_what_must_be_set_is_named_when_it_is_not(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({**LEAST, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHIPLOG_CLUSTER", "a/b"),
        ("CHIPLOG_CREDENTIALS", "keys"),
        ("CHIPLOG_SIDECAR_PULL_POLICY", "Sometimes"),
        ("CHIPLOG_SIDECAR_CPU", "many"),
        ("CHIPLOG_SIDECAR_MEMORY", "-1"),
        ("CHIPLOG_LOG_LEVEL", "loud"),
        ("CHIPLOG_HTTP_PORT", "70000"),
        ("CHIPLOG_LEASE", "operator"),
        ("CHIPLOG_API_QPS", "0"),
        ("CHIPLOG_API_BURST", "-1"),
        ("CHIPLOG_PROGRESS_WRITES", "often"),
    ],
)
def test_a_refusal_names_the_variable_and_the_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}={value!r}"):
        Settings.from_env({**LEAST, name: value})


@pytest.mark.parametrize(
    ("mode", "needed"),
    [("web-identity", "CHIPLOG_SIDECAR_ROLE_ARN"), ("secret", "CHIPLOG_CREDENTIALS_SECRET")],
)
def test_a_mode_of_credentials_needs_its_setting(mode: str, needed: str) -> None:
    environ = {**LEAST, "CHIPLOG_CREDENTIALS": mode, "CHIPLOG_SIDECAR_ROLE_ARN": "", "CHIPLOG_CREDENTIALS_SECRET": ""}
    with pytest.raises(SettingsError, match=needed):
        Settings.from_env(environ)


def test_ambient_credentials_need_nothing() -> None:
    environ = {**LEAST, "CHIPLOG_CREDENTIALS": "ambient", "CHIPLOG_SIDECAR_ROLE_ARN": ""}
    assert Settings.from_env(environ).credentials == "ambient"
