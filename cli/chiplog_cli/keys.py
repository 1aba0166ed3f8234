"""The objects of an API key, as values; it makes none."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from chiplog import access, times
from chiplog.access import keys
from chiplog.access.keys import Key
from chiplog.errors import SettingsError

Json = dict[str, Any]

MIN_SECONDS = 600
"""Kubernetes makes no token for less."""

COLUMNS = (
    "name", "generation", "namespace", "project", "scope", "service_account", "state", "created_at", "expires_at",
    "last_used_at", "fingerprint",
)  # fmt: skip

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"([0-9]{1,9})([smhd])")
_GROUP = "rbac.authorization.k8s.io"


def seconds(span: str, option: str) -> int:
    """`90d`, `24h`, `30m`, `0s` as seconds. Raises SettingsError."""
    found = _SPAN.fullmatch(span)
    if found is None:
        raise SettingsError(f"{option} {span!r} is no span of time, such as 90d, 24h or 30m")
    return int(found[1]) * _UNITS[found[2]]


def expiry(span: str) -> int:
    """The seconds that a key shall be good for. Raises SettingsError."""
    asked = seconds(span, "--expires")
    if asked < MIN_SECONDS:
        raise SettingsError(f"--expires {span!r} is less than 10m, the least that Kubernetes makes a token for")
    return asked


def handle(key: Key) -> Json:
    """The Secret that the token is bound to; it holds no data."""
    metadata = {"name": key.handle, "labels": {keys.LABEL: key.name}}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata}


def service_account(key: Key, handle_uid: str) -> Json:
    """Whose token it is, with what is known of the key; it goes with its handle."""
    owner = {"apiVersion": "v1", "kind": "Secret", "name": key.handle, "uid": handle_uid}
    metadata = {"name": key.handle, "labels": {keys.LABEL: key.name}, "annotations": key.annotations(),
                "ownerReferences": [owner]}  # fmt: skip
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "automountServiceAccountToken": False}


def role(key: Key) -> Json:
    """What every generation of the key may."""
    rule: Json = {"apiGroups": ["chiplog.dev"], "resources": [keys.RESOURCE], "verbs": list(keys.VERBS[key.scope])}
    rules = [{**rule, "resourceNames": [key.project]} if key.project else rule]
    return {"apiVersion": f"{_GROUP}/v1", "kind": "Role", "metadata": _in_namespace(key), "rules": rules}


def binding(key: Key) -> Json:
    """Who may it: the first generation."""
    reference = {"apiGroup": _GROUP, "kind": "Role", "name": key.role}
    return {
        "apiVersion": f"{_GROUP}/v1", "kind": "RoleBinding", "metadata": _in_namespace(key), "roleRef": reference,
        "subjects": subjects([key]),
    }  # fmt: skip


def subjects(generations: Iterable[Key]) -> list[Json]:
    """The generations as a RoleBinding names them."""
    return [{"kind": "ServiceAccount", "namespace": keys.NAMESPACE, "name": key.handle} for key in generations]


def token_request(key: Key, handle_uid: str) -> Json:
    """What makes the token: bound to the handle, for our servers alone."""
    bound = {"apiVersion": "v1", "kind": "Secret", "name": key.handle, "uid": handle_uid}
    spec = {"audiences": [access.AUDIENCE], "expirationSeconds": key.asked_seconds, "boundObjectRef": bound}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


def annotated(annotations: Mapping[str, str | None]) -> Json:
    """The merge patch that says something more of a key."""
    return {"metadata": {"annotations": dict(annotations)}}


def fingerprint(token: str) -> str:
    """What a key is known again by: `printf %s "$KEY" | sha256sum`, the first 12 digits."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def paths(key: Key) -> tuple[str, str]:
    """Where the Role and the RoleBinding are made."""
    base = f"/apis/{_GROUP}/v1/namespaces/{key.namespace}"
    return f"{base}/roles", f"{base}/rolebindings"


def row(key: Key, now: float) -> Json:
    """What is shown of a key."""
    return {
        "name": key.name,
        "generation": key.generation,
        "namespace": key.namespace,
        "project": key.project or "*",
        "scope": key.scope,
        "service_account": key.service_account,
        "state": _state(key, now),
        "created_at": times.iso(key.created_at),
        "expires_at": times.iso(key.expires_at),
        "last_used_at": times.iso(key.last_used_at),
        "fingerprint": key.fingerprint,
    }


def _state(key: Key, now: float) -> str:
    if key.expires_at is None:
        return "incomplete"
    if key.is_over(now):
        return "over"
    return "active" if key.ends_at is None else f"until {keys.text(key.ends_at)}"


def _in_namespace(key: Key) -> Json:
    return {"name": key.role, "namespace": key.namespace, "labels": {keys.LABEL: key.name}}
