"""A wrong environment is refused with the variable and the value."""

import pytest

from chiplog.errors import SettingsError
from chiplog_compactor.settings import Settings

BUCKET = {"CHIPLOG_BUCKET": "s3://b/p"}


def test_the_bucket_is_enough() -> None:
    assert Settings.from_env(BUCKET) == Settings(bucket="s3://b/p")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "CHIPLOG_BUCKET is not set"),
        ({**BUCKET, "CHIPLOG_GRACE_DAYS": "soon"}, "CHIPLOG_GRACE_DAYS='soon' is not a number"),
        ({**BUCKET, "CHIPLOG_GRACE_DAYS": "-1"}, "CHIPLOG_GRACE_DAYS='-1' is not between 0 and"),
        ({**BUCKET, "CHIPLOG_LOOK_SECONDS": "0"}, "CHIPLOG_LOOK_SECONDS='0' is not between 0.1 and"),
        ({**BUCKET, "CHIPLOG_KEEP_CONSOLE_DAYS": "nan"}, "CHIPLOG_KEEP_CONSOLE_DAYS='nan' is not between"),
        ({**BUCKET, "CHIPLOG_KEEP_SEGMENTS": "yes"}, "CHIPLOG_KEEP_SEGMENTS='yes' is neither true nor false"),
        ({**BUCKET, "CHIPLOG_HEALTH_PORT": "70000"}, "CHIPLOG_HEALTH_PORT='70000' is not between 0 and 65535"),
    ],
)
def test_a_wrong_value_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings.from_env(environ)
