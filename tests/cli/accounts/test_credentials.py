"""A reference becomes variables when it is needed, and no message ever has the secret."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from chiplog.errors import SettingsError
from chiplog_cli.accounts import credentials, tracked
from chiplog_cli.accounts.contexts import Context, Credential

SECRET = "sesame-4711"
ENVIRON = {"PATH": "/usr/bin:/bin", "LAB_KEY": SECRET, "PAIR": f"AK:{SECRET}", "AWS_ACCESS_KEY_ID": "other"}
GONE = dict.fromkeys(credentials.OTHERS)


class Keyring:
    """A keyring in memory."""

    held: ClassVar = {("chiplog", "lab"): SECRET, ("chiplog", "pair"): f"AK:{SECRET}"}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))


def variables(bucket: str, *words: str, **more: Any) -> credentials.Variables:
    context = Context("c", bucket, credential=Credential(words[0], words[1:]) if words else None, **more)
    return credentials.variables(context, ENVIRON, Keyring)  # type: ignore[arg-type]


def script(tmp_path: Path, answer: Any) -> list[str]:
    path = tmp_path / "plugin.py"
    path.write_text(f"import os, json; json.loads(os.environ['KUBERNETES_EXEC_INFO']); print({json.dumps(answer)!r})")
    return [sys.executable, str(path)]


def key_file(tmp_path: Path, text: str = SECRET, mode: int = 0o600) -> Path:
    path = tmp_path / "key"
    path.write_text(text + "\n")
    path.chmod(mode)
    return path


def test_a_server_s_key_is_found_in_each_way(tmp_path: Path) -> None:
    plugin = script(tmp_path, {"kind": "ExecCredential", "status": {"token": SECRET}})
    for way in [("env", "LAB_KEY"), ("keyring", "chiplog", "lab"), ("exec", *plugin)]:
        assert variables("https://h", *way) == {"CHIPLOG_API_KEY": SECRET}


def test_a_server_s_key_in_a_file_is_told_by_its_place_so_that_a_renewed_one_is_taken_up(tmp_path: Path) -> None:
    place = key_file(tmp_path)
    assert variables("https://h", "file", str(place)) == {"CHIPLOG_API_KEY": None, "CHIPLOG_API_KEY_FILE": str(place)}
    place.chmod(0o640)
    with pytest.raises(SettingsError):
        variables("https://h", "file", str(place))


def test_keys_of_s3_take_the_place_of_all_others(tmp_path: Path) -> None:
    pair = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": SECRET}
    plugin = script(tmp_path, {"Version": 1, "AccessKeyId": "AK", "SecretAccessKey": SECRET, "SessionToken": "t"})
    path = key_file(tmp_path)
    assert variables("s3://b", "env", "PAIR") == {**GONE, **pair}
    assert variables("s3://b", "keyring", "chiplog", "pair") == {**GONE, **pair}
    assert variables("s3://b", "exec", *plugin) == {**GONE, **pair, "AWS_SESSION_TOKEN": "t"}
    assert variables("s3://b", "profile", "team") == {**GONE, "AWS_PROFILE": "team"}
    assert variables("s3://b", "file", str(path)) == {**GONE, "AWS_SHARED_CREDENTIALS_FILE": str(path)}


def test_without_a_credential_the_surroundings_own_holds() -> None:
    assert variables("s3://b") == {}
    told = variables("s3://b", endpoint="http://minio:9000", region="eu-west-1")
    assert told == {"AWS_ENDPOINT_URL_S3": "http://minio:9000", "AWS_REGION": "eu-west-1"}


@pytest.mark.parametrize(
    ("bucket", "words", "said"),
    [
        ("https://h", ("env", "NOWHERE"), "NOWHERE"),
        ("https://h", ("keyring", "chiplog", "nobody"), "the keyring holds no chiplog nobody"),
        ("https://h", ("profile", "team"), "a server takes a key"),
        ("https://h", ("exec", "/no/such"), "/no/such is not there"),
        ("https://h", ("exec", "/bin/false"), "/bin/false ended with 1"),
        ("https://h", ("exec", "/bin/echo", SECRET), "gave no JSON"),
        ("https://h", ("exec", "/bin/echo", "[]"), "holds no key"),
        ("https://h", ("file", "/no/such"), "/no/such"),
        ("s3://b", ("env", "LAB_KEY"), "holds no pair of keys"),
    ],
)
def test_what_cannot_be_found_is_named_by_its_reference(bucket: str, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        variables(bucket, *words)
    assert SECRET not in str(caught.value)


def test_without_the_package_a_keyring_says_what_to_install() -> None:
    context = Context("c", "https://h", credential=Credential("keyring", ("a", "b")))
    with pytest.raises(SettingsError, match="pip install keyring"):
        credentials.variables(context, ENVIRON, lambda: None)


@pytest.mark.parametrize("bucket", ["https://h", "s3://b"])
def test_a_key_file_that_others_may_read_is_refused(bucket: str, tmp_path: Path) -> None:
    path = key_file(tmp_path, mode=0o640)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        variables(bucket, "file", str(path))


def test_a_key_file_that_git_tracks_is_warned_of(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    assert tracked.warning(path) == ""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert tracked.warning(path) == ""
    subprocess.run(["git", "-C", str(tmp_path), "add", "key"], check=True)
    assert "is tracked by git" in tracked.warning(path)
    assert SECRET not in tracked.warning(path)
