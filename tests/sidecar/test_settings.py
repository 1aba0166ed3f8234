"""The recorder's environment."""

import pytest

from chiplog import layout
from chiplog.errors import SettingsError
from chiplog_sidecar.settings import Settings

PLACE = {"CHIPLOG_BUCKET": "s3://b", "CHIPLOG_CLUSTER": "c", "CHIPLOG_NAMESPACE": "n", "CHIPLOG_RECORDER": "r"}


def test_the_place_and_the_bucket_are_enough() -> None:
    settings = Settings.from_env(PLACE)
    assert settings.recorder == layout.Recorder("c", "n", "r")
    assert settings.containers == ()


def test_lists_are_split_at_commas() -> None:
    settings = Settings.from_env({**PLACE, "CHIPLOG_CONTAINERS": "a, b,", "CHIPLOG_EXCLUDE": "*.bin"})
    assert (settings.containers, settings.exclude) == (("a", "b"), ("*.bin",))


@pytest.mark.parametrize("name", PLACE)
def test_what_is_missing_is_named(name: str) -> None:
    environ = {key: value for key, value in PLACE.items() if key != name}
    with pytest.raises(SettingsError, match=f"{name} is not set"):
        Settings.from_env(environ)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CHIPLOG_FLUSH_SECONDS", "soon", "CHIPLOG_FLUSH_SECONDS='soon' is not a number"),
        ("CHIPLOG_FLUSH_SECONDS", "-1", "CHIPLOG_FLUSH_SECONDS='-1' is not between 0 and 86400"),
        ("CHIPLOG_STATUS_PORT", "70000", "CHIPLOG_STATUS_PORT='70000' is not between 0 and 65535"),
        ("CHIPLOG_FLUSH_SECONDS", "nan", "CHIPLOG_FLUSH_SECONDS='nan' is not between 0 and 86400"),
        ("CHIPLOG_NAMESPACE", "a/b", "CHIPLOG_NAMESPACE='a/b' holds a slash"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**PLACE, name: value})
    assert str(refused.value) == says
