"""An API key as it stands in Kubernetes: names, labels and annotations; no key itself, and no I/O.

A key is a ServiceAccount token bound to a Secret, its handle: where the handle is deleted, the token is nobody's. Each
generation of a key has a ServiceAccount and a handle of its own, both called `<key>-<generation>`, in a namespace that
no role of the bucket trusts. The handle holds no data, and no server of ours reads Secrets: what is known of a key
stands in the annotations of its ServiceAccount.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chiplog.errors import SettingsError

NAMESPACE = "chiplog-keys"
"""Where the handles are."""

LABEL = "chiplog.dev/key"
"""On both: the key's name."""

RESOURCE = "projects"
"""What RBAC is asked for, in the API group chiplog.dev: no resource of the API server, as `use` of a policy is none."""

READ, WRITE = "read", "write"
VERBS = {READ: ("get",), WRITE: ("get", "update")}
"""What a scope may do to `projects.chiplog.dev`."""

SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
ACCOUNTS = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"

_NAMESPACE = "chiplog.dev/namespace"
_SERVICE_ACCOUNT = "chiplog.dev/service-account"
_PROJECT = "chiplog.dev/project"
_SCOPE = "chiplog.dev/scope"
_ASKED = "chiplog.dev/asked-seconds"
_EXPIRES = "chiplog.dev/expires-at"
_FINGERPRINT = "chiplog.dev/fingerprint"
_FIRST = "chiplog.dev/first-handle"
ENDS = "chiplog.dev/ends-at"
LAST_USED = "chiplog.dev/last-used-at"

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_USER = f"system:serviceaccount:{NAMESPACE}:"


@dataclass(frozen=True)
class Key:
    """One generation of a key, as its ServiceAccount tells."""

    name: str
    generation: int
    namespace: str
    """Whose records it is for."""
    service_account: str
    """Of that namespace: for whom it stands."""
    project: str
    """The only one that it is for; empty: every one of the namespace."""
    scope: str
    asked_seconds: int
    """How long it should be good."""
    handle_uid: str = ""
    """The handle's, by which one of the same name that is made later is told from it."""
    first_uid: str = ""
    """Of the handle of its first generation: who a key is in all of them, and nobody after it is revoked. Empty for a
    key of before there was this, in all its generations."""
    created_at: float | None = None
    expires_at: float | None = None
    """When it really ends, as the API server says."""
    fingerprint: str = ""
    """The first digits of the token's SHA-256, by which a key that was found somewhere is known again."""
    ends_at: float | None = None
    """The end of its overlap with the next generation; None where it is the newest."""
    last_used_at: float | None = None

    @property
    def handle(self) -> str:
        """Name of its ServiceAccount and of its handle."""
        return f"{self.name}-{self.generation}"

    @property
    def role(self) -> str:
        """Name of the Role and the RoleBinding in its namespace, for all generations."""
        return f"chiplog-key-{self.name}"

    def annotations(self) -> dict[str, str]:
        """What is said of it when it is made."""
        first = {_FIRST: self.first_uid} if self.first_uid else {}
        return {
            **first,
            _NAMESPACE: self.namespace,
            _SERVICE_ACCOUNT: self.service_account,
            _PROJECT: self.project,
            _SCOPE: self.scope,
            _ASKED: str(self.asked_seconds),
        }

    def is_over(self, now: float) -> bool:
        """Whether its time, or that of its overlap, has come."""
        return any(end is not None and end <= now for end in (self.expires_at, self.ends_at))


def made(expires_at: str, fingerprint: str) -> dict[str, str]:
    """What is said beside, once its token is made."""
    return {_EXPIRES: expires_at, _FINGERPRINT: fingerprint}


def key(account: Mapping[str, Any]) -> Key | None:
    """The key of a ServiceAccount; None where it is of none."""
    metadata = account["metadata"]
    owners = [item for item in metadata.get("ownerReferences") or [] if item.get("kind") == "Secret"]
    name, told = (metadata.get("labels") or {}).get(LABEL, ""), metadata.get("annotations") or {}
    stem, _, generation = metadata["name"].rpartition("-")
    if not name or stem != name or not generation.isdecimal() or told.get(_SCOPE) not in VERBS:
        return None
    return Key(
        name=name,
        generation=int(generation),
        namespace=told.get(_NAMESPACE, ""),
        service_account=told.get(_SERVICE_ACCOUNT, ""),
        project=told.get(_PROJECT, ""),
        scope=told[_SCOPE],
        asked_seconds=int(told[_ASKED]) if told.get(_ASKED, "").isdecimal() else 0,
        handle_uid=owners[0]["uid"] if owners else "",
        first_uid=told.get(_FIRST, ""),
        created_at=_moment(metadata.get("creationTimestamp")),
        expires_at=_moment(told.get(_EXPIRES)),
        fingerprint=told.get(_FINGERPRINT, ""),
        ends_at=_moment(told.get(ENDS)),
        last_used_at=_moment(told.get(LAST_USED)),
    )


def handle_of_user(user: str) -> str:
    """Name of the handle of a key whose token says that it is this user; empty for anybody else."""
    return user.removeprefix(_USER) if user.startswith(_USER) else ""


def checked_name(name: str) -> str:
    """A key's name. Raises SettingsError."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"the key name {name!r} is not 1 to 40 of a-z, 0-9 and '-', with no '-' at an end")
    return name


def text(moment: float) -> str:
    """Unix seconds as Kubernetes writes a time."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(told: str | None) -> float | None:
    """Unix seconds; None for what is no time, for people may write annotations too."""
    try:
        return datetime.fromisoformat(told).timestamp() if told else None
    except ValueError:
        return None
