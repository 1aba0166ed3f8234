"""A credential's reference made into variables of the environment, when it is needed; it stores and prints nothing.

A server's key becomes CHIPLOG_API_KEY, or CHIPLOG_API_KEY_FILE where it is in a file. For S3 it becomes boto3's own
variables, and those that would outrank it go.
"""

import importlib
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from chiplog.errors import SettingsError
from chiplog_cli.accounts.contexts import Context, Credential

API_KEY, API_KEY_FILE = "CHIPLOG_API_KEY", "CHIPLOG_API_KEY_FILE"

EXEC_SECONDS = 60.0
"""A plugin may ask a person."""

OTHERS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN",
          "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SHARED_CREDENTIALS_FILE")  # fmt: skip
"""By which boto3 finds credentials; a context that says its own takes them away."""

Variables = dict[str, str | None]
"""None takes a variable away."""


class Keyring(Protocol):
    """What we ask of the package `keyring`."""

    def get_password(self, service: str, username: str) -> str | None:
        """A secret; None where there is none."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret."""
        ...


def keyring() -> Keyring | None:
    """The package `keyring` with a keyring behind it; None where there is none."""
    try:
        found: Any = importlib.import_module("keyring")
        has_backend = found.get_keyring().priority > 0
    except Exception:  # noqa: BLE001  (a backend that is half there raises what it likes)
        return None
    return found if has_backend else None


def variables(
    context: Context, environ: Mapping[str, str], find_keyring: Callable[[], Keyring | None] = keyring
) -> Variables:
    """The variables of a context. Raises SettingsError, which names the reference and never the secret."""
    place: Variables = {"AWS_ENDPOINT_URL_S3": context.endpoint, "AWS_REGION": context.region}
    found = {name: value for name, value in place.items() if value}
    if context.credential is None:
        return dict(found)
    if is_server(context) and context.credential.kind == "file":
        _private(context.credential)
        # Its path, so that a key which is renewed there is taken up while we run.
        return {**found, API_KEY: None, API_KEY_FILE: str(path(context.credential.words))}
    if is_server(context):
        return {**found, API_KEY: _key(context.credential, environ, find_keyring)}
    return {**found, **dict.fromkeys(OTHERS), **_of_s3(context.credential, environ, find_keyring)}


def is_server(context: Context) -> bool:
    """Its address is a server's, which takes a key."""
    return context.bucket.startswith(("https://", "http://"))


def path(words: tuple[str, ...]) -> Path:
    """The file of a credential of kind `file`."""
    return Path(words[0]).expanduser()


def _key(credential: Credential, environ: Mapping[str, str], find: Callable[[], Keyring | None]) -> str:
    if credential.kind == "profile":
        raise SettingsError(f"the credential {credential} is a profile of AWS, and a server takes a key")
    if credential.kind == "exec":
        answer = _executed(credential, environ)
        key = str((answer.get("status") or {}).get("token") or "")
    else:
        key = _secret(credential, environ, find)
    if not key.strip() or any(character.isspace() for character in key.strip()):
        raise SettingsError(f"the credential {credential} holds no key")
    return key.strip()


def _of_s3(credential: Credential, environ: Mapping[str, str], find: Callable[[], Keyring | None]) -> Variables:
    if credential.kind == "profile":
        return {"AWS_PROFILE": credential.words[0]}
    if credential.kind == "file":
        _private(credential)
        return {"AWS_SHARED_CREDENTIALS_FILE": str(path(credential.words))}
    if credential.kind == "exec":
        answer = _executed(credential, environ)
        return _keys(answer.get("AccessKeyId"), answer.get("SecretAccessKey"), answer.get("SessionToken"), credential)
    access, _, secret = _secret(credential, environ, find).strip().partition(":")
    return _keys(access, secret, None, credential)


def _keys(access: Any, secret: Any, token: Any, credential: Credential) -> Variables:
    if not access or not secret:
        raise SettingsError(f"the credential {credential} holds no pair of keys")
    told: Variables = {"AWS_ACCESS_KEY_ID": str(access), "AWS_SECRET_ACCESS_KEY": str(secret)}
    return {**told, "AWS_SESSION_TOKEN": str(token)} if token else told


def _secret(credential: Credential, environ: Mapping[str, str], find: Callable[[], Keyring | None]) -> str:
    """What a variable, a file or the keyring holds."""
    if credential.kind == "env":
        if not (value := environ.get(credential.words[0], "")):
            raise SettingsError(f"the variable {credential.words[0]} of the context's credential is not set")
        return value
    if credential.kind == "file":
        return _private(credential)
    held = find()
    if held is None:
        raise SettingsError(f"the credential {credential} needs a keyring: pip install keyring")
    try:
        secret = held.get_password(*credential.words)
    except Exception as error:
        raise SettingsError(f"the keyring does not give {credential}: {type(error).__name__}") from error
    if secret is None:
        raise SettingsError(f"the keyring holds no {' '.join(credential.words)}")
    return secret


def _private(credential: Credential) -> str:
    """A file that nobody else can read."""
    found = path(credential.words)
    try:
        if found.stat().st_mode & 0o077:
            raise SettingsError(f"others may read the key file {found}: chmod 600 {found}")
        return found.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the key file {found} cannot be read: {error}") from error


def _executed(credential: Credential, environ: Mapping[str, str]) -> dict[str, Any]:
    """What a plugin prints: `ExecCredential` as kubectl's plugins do, or the JSON of AWS's `credential_process`."""
    told = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "spec": {"interactive": True}}
    surroundings = {**environ, "KUBERNETES_EXEC_INFO": json.dumps(told)}
    try:
        done = subprocess.run(list(credential.words), stdout=subprocess.PIPE, env=surroundings, timeout=EXEC_SECONDS,
                              check=True)  # fmt: skip
        answer = json.loads(done.stdout)
    except FileNotFoundError as error:
        raise SettingsError(f"the credential's command {credential.words[0]} is not there") from error
    except subprocess.CalledProcessError as error:
        raise SettingsError(f"the credential's command {credential.words[0]} ended with {error.returncode}") from error
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        said = f"the credential's command {credential.words[0]} gave no JSON in time: {type(error).__name__}"
        raise SettingsError(said) from error
    return answer if isinstance(answer, dict) else {}


def take_in(found: Variables) -> None:
    """Put the variables into this process's environment, where boto3 looks."""
    for name, value in found.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
