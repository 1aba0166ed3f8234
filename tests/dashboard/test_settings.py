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
    ],
)
def test_a_wrong_setting_is_named_with_its_value(environ: dict[str, str], said: str) -> None:
    bucket = {"CHIPLOG_BUCKET": "/tmp/runs"} if environ else {}
    with pytest.raises(SettingsError, match=said.replace("'", ".")):
        Settings.from_env({**bucket, **environ})


@pytest.mark.parametrize("way", [{"CHIPLOG_UI_TOKENS": "true"}, {"CHIPLOG_UI_TRUSTED_PROXIES": "10.0.0.7"}])
def test_with_a_sign_on_it_may_listen_on_the_network(way: dict[str, str]) -> None:
    told = {"CHIPLOG_BUCKET": "/tmp/runs", "CHIPLOG_CLUSTER": "prod", "CHIPLOG_UI_HOST": "0.0.0.0"}
    settings = Settings.from_env({**told, **way})
    assert (settings.host, settings.sign_on.is_on) == ("0.0.0.0", True)
