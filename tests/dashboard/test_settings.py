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
        ({"CHIPLOG_UI_FRESH_SECONDS": "0"}, "CHIPLOG_UI_FRESH_SECONDS='0'"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(environ: dict[str, str], said: str) -> None:
    bucket = {"CHIPLOG_BUCKET": "/tmp/runs"} if environ else {}
    with pytest.raises(SettingsError, match=said.replace("'", ".")):
        Settings.from_env({**bucket, **environ})
