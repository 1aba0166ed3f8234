"""What the server is told."""

import pytest

from chiplog.errors import SettingsError
from chiplog_dashboard.settings import Settings


def test_a_bucket_is_enough() -> None:
    settings = Settings.from_env({"CHIPLOG_BUCKET": "/tmp/runs"})
    assert (settings.bucket, settings.host, settings.port) == ("/tmp/runs", "127.0.0.1", 8090)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "CHIPLOG_BUCKET"),
        ({"CHIPLOG_UI_PORT": "70000"}, "CHIPLOG_UI_PORT='70000'"),
        ({"CHIPLOG_UI_PORT": "http"}, "CHIPLOG_UI_PORT='http'"),
        ({"CHIPLOG_UI_HOST": "0.0.0.0"}, "CHIPLOG_UI_HOST='0.0.0.0'"),
        ({"CHIPLOG_UI_TOKENS": "yes"}, "CHIPLOG_UI_TOKENS='yes'"),
        ({"CHIPLOG_UI_TRUSTED_PROXIES": "proxy"}, "CHIPLOG_UI_TRUSTED_PROXIES='proxy'"),
        ({"CHIPLOG_UI_TRUSTED_PROXIES": "10.0.0.7/8"}, "CHIPLOG_UI_TRUSTED_PROXIES='10.0.0.7/8'"),
        ({"CHIPLOG_UI_USER_HEADER": "a b"}, "CHIPLOG_UI_USER_HEADER='a b'"),
        ({"CHIPLOG_UI_TOKENS": "true"}, "CHIPLOG_CLUSTER is not set"),
        ({"CHIPLOG_UI_FRESH_SECONDS": "0"}, "CHIPLOG_UI_FRESH_SECONDS='0'"),
        ({"CHIPLOG_UI_QUERY_SECONDS": "0"}, "CHIPLOG_UI_QUERY_SECONDS='0'"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(environ: dict[str, str], said: str) -> None:
    bucket = {"CHIPLOG_BUCKET": "/tmp/runs"} if environ else {}
    with pytest.raises(SettingsError, match=said.replace("'", ".")):
        Settings.from_env({**bucket, **environ})


OIDC = {
    "CHIPLOG_UI_OIDC_ISSUER": "https://id.example.org", "CHIPLOG_UI_OIDC_CLIENT_ID": "chiplog",
    "CHIPLOG_UI_URL": "https://chiplog.example.org/", "CHIPLOG_UI_COOKIE_KEYS": f"{'n' * 32}\n{'o' * 40}",
}  # fmt: skip


def test_a_provider_needs_its_address_our_name_there_ours_and_a_key() -> None:
    oidc = Settings.from_env({"CHIPLOG_BUCKET": "/tmp/runs", "CHIPLOG_CLUSTER": "prod", **OIDC}).oidc
    assert oidc
    assert (oidc.callback, oidc.cookie_keys) == ("https://chiplog.example.org/auth/callback", ("n" * 32, "o" * 40))
    assert "nnnn" not in repr(oidc)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"CHIPLOG_UI_OIDC_CLIENT_ID": ""}, "CHIPLOG_UI_OIDC_CLIENT_ID is not set"),
        ({"CHIPLOG_UI_URL": ""}, "CHIPLOG_UI_URL is not set"),
        ({"CHIPLOG_UI_URL": "http://chiplog.example.org"}, "CHIPLOG_UI_URL='http://chiplog"),
        ({"CHIPLOG_UI_COOKIE_KEYS": ""}, "CHIPLOG_UI_COOKIE_KEYS is not set"),
        ({"CHIPLOG_UI_COOKIE_KEYS": "short"}, "CHIPLOG_UI_COOKIE_KEYS: each key"),
        ({"CHIPLOG_UI_COOKIE_KEYS": f"{'n' * 32} short"}, "CHIPLOG_UI_COOKIE_KEYS: each key"),
        ({"CHIPLOG_UI_OIDC_ISSUER": "http://id.example.org"}, "CHIPLOG_UI_OIDC_ISSUER='http://id"),
        ({"CHIPLOG_UI_OIDC_ISSUER": "id.example.org"}, "CHIPLOG_UI_OIDC_ISSUER='id"),
        ({"CHIPLOG_UI_OIDC_SCOPES": "profile"}, "CHIPLOG_UI_OIDC_SCOPES='profile'"),
        ({"CHIPLOG_UI_OIDC_SESSION_HOURS": "0"}, "CHIPLOG_UI_OIDC_SESSION_HOURS='0'"),
        ({"CHIPLOG_UI_OIDC_SESSION_HOURS": "nan"}, "CHIPLOG_UI_OIDC_SESSION_HOURS='nan'"),
        ({"CHIPLOG_UI_OIDC_SESSION_HOURS": "day"}, "CHIPLOG_UI_OIDC_SESSION_HOURS='day'"),
        ({"CHIPLOG_UI_OIDC_GRANTS": "{}"}, "CHIPLOG_UI_OIDC_GRANTS="),
        ({"CHIPLOG_UI_OIDC_GRANTS": '[{"group": "a", "namespaces": "b"}]'}, "CHIPLOG_UI_OIDC_GRANTS="),
        ({"CHIPLOG_UI_OIDC_GRANTS": '[{"group": "", "namespaces": ["b"]}]'}, "CHIPLOG_UI_OIDC_GRANTS="),
        ({"CHIPLOG_UI_OIDC_GRANTS": '[{"group": "a", "namespaces": ["b"], "edit": 1}]'}, "CHIPLOG_UI_OIDC_GRANTS="),
    ],
)
def test_a_provider_that_is_told_wrong_is_refused(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"CHIPLOG_BUCKET": "/tmp/runs", "CHIPLOG_CLUSTER": "prod", **OIDC, **environ})
    assert str(refused.value).startswith(said)
    assert "nnnn" not in str(refused.value)


@pytest.mark.parametrize("way", [{"CHIPLOG_UI_TOKENS": "true"}, {"CHIPLOG_UI_TRUSTED_PROXIES": "10.0.0.7"}, OIDC])
def test_with_a_sign_on_it_may_listen_on_the_network(way: dict[str, str]) -> None:
    told = {"CHIPLOG_BUCKET": "/tmp/runs", "CHIPLOG_CLUSTER": "prod", "CHIPLOG_UI_HOST": "0.0.0.0"}
    settings = Settings.from_env({**told, **way})
    assert (settings.host, settings.sign_on.is_on) == ("0.0.0.0", True)
