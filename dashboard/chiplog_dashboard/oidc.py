"""How people sign on at an OIDC provider, and who they are by what it says; it speaks to nobody."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from chiplog.errors import ChiplogError, SettingsError
from chiplog_dashboard import access, signing
from chiplog_dashboard.access import Grant, Mapped, Person

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MAX_SESSION_HOURS = 24 * 30
MAX_LINK_DAYS = 366


class SignOnRefused(ChiplogError):
    """Somebody came from the provider, and is not let in."""


class ProviderAway(ChiplogError):
    """The provider gives no answer, or none that makes sense."""


@dataclass(frozen=True)
class Attempt:
    """What one attempt to sign on must show when it comes back; only its browser and we know it."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Oidc:
    """A provider, us as its client, and what its claims mean here."""

    issuer: str
    """The provider's address, as it stands in its tokens. CHIPLOG_UI_OIDC_ISSUER."""

    client_id: str
    """Our name at the provider. CHIPLOG_UI_OIDC_CLIENT_ID."""

    url: str
    """The address by which browsers reach this dashboard; the provider sends them back to `<url>/auth/callback`.
    CHIPLOG_UI_URL."""

    cookie_keys: tuple[str, ...] = field(repr=False)
    """What sessions are signed with, the newest first, of 32 characters or more each; every replica has the same.
    CHIPLOG_UI_COOKIE_KEYS, divided by white space."""

    client_secret: str = field(default="", repr=False)
    """Our secret at the provider; empty for a public client. CHIPLOG_UI_OIDC_CLIENT_SECRET."""

    scopes: tuple[str, ...] = ("openid", "profile", "email", "groups")
    """What is asked for, divided by white space. CHIPLOG_UI_OIDC_SCOPES."""

    username_claim: str = "email"
    """The claim that names somebody; `email` counts only if the provider does not call it unverified.
    CHIPLOG_UI_OIDC_USERNAME_CLAIM."""

    username_prefix: str = ""
    """Put before the name, as the API server's --oidc-username-prefix. CHIPLOG_UI_OIDC_USERNAME_PREFIX."""

    groups_claim: str = "groups"
    """The claim with somebody's groups, a text or a list. CHIPLOG_UI_OIDC_GROUPS_CLAIM."""

    groups_prefix: str = ""
    """Put before each group, as the API server's --oidc-groups-prefix. CHIPLOG_UI_OIDC_GROUPS_PREFIX."""

    keep_groups: str = ""
    """Groups that begin so, before the prefix, are kept; empty keeps all. A cookie has room for some hundred.
    CHIPLOG_UI_OIDC_KEEP_GROUPS."""

    session_hours: float = 8.0
    """A session lasts so long; what changes at the provider counts when it is over. CHIPLOG_UI_OIDC_SESSION_HOURS."""

    grants: tuple[tuple[str, Grant], ...] = ()
    """Which group (prefix and all) sees which namespace, in place of RBAC; empty asks RBAC. CHIPLOG_UI_OIDC_GRANTS, a
    JSON list of `{"group": …, "namespaces": […], "edit": false}`, where the namespace "*" is every one."""

    link_days: float = 0.0
    """Links by which others see one thing without signing on are good for so many days at most; 0 allows none.
    CHIPLOG_UI_LINK_DAYS."""

    ca_file: str = ""
    """A file of certificates that the provider's must lead to; empty takes the system's. CHIPLOG_UI_OIDC_CA_FILE."""

    @property
    def callback(self) -> str:
        """Where the provider sends people back to."""
        return f"{self.url}/auth/callback"

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us by TLS, so that cookies can ask for it."""
        return self.url.startswith("https:")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Oidc | None":
        """Read the environment; None without an issuer. Raises SettingsError, which names the variable."""
        issuer = environ.get("CHIPLOG_UI_OIDC_ISSUER", "")
        if not issuer:
            return None

        def told(name: str, default: str) -> str:
            return environ.get(f"CHIPLOG_UI_OIDC_{name}", "") or default

        return cls(
            issuer=_address("CHIPLOG_UI_OIDC_ISSUER", issuer),
            client_id=_required(environ, "CHIPLOG_UI_OIDC_CLIENT_ID"),
            client_secret=told("CLIENT_SECRET", ""),
            url=_address("CHIPLOG_UI_URL", _required(environ, "CHIPLOG_UI_URL")).rstrip("/"),
            cookie_keys=_keys(_required(environ, "CHIPLOG_UI_COOKIE_KEYS")),
            scopes=_scopes(told("SCOPES", " ".join(cls.scopes))),
            username_claim=told("USERNAME_CLAIM", cls.username_claim),
            username_prefix=told("USERNAME_PREFIX", cls.username_prefix),
            groups_claim=told("GROUPS_CLAIM", cls.groups_claim),
            groups_prefix=told("GROUPS_PREFIX", cls.groups_prefix),
            keep_groups=told("KEEP_GROUPS", cls.keep_groups),
            session_hours=_number(
                "CHIPLOG_UI_OIDC_SESSION_HOURS", told("SESSION_HOURS", str(cls.session_hours)), MAX_SESSION_HOURS
            ),
            link_days=_number(
                "CHIPLOG_UI_LINK_DAYS", environ.get("CHIPLOG_UI_LINK_DAYS", "") or "0", MAX_LINK_DAYS, 0.0
            ),
            grants=_grants(told("GRANTS", "[]")),
            ca_file=told("CA_FILE", cls.ca_file),
        )


def person(oidc: Oidc, claims: Mapping[str, Any]) -> Person:
    """Who somebody is by their claims, which are proven. Raises SignOnRefused."""
    name = claims.get(oidc.username_claim)
    if not isinstance(name, str) or not name.strip():
        raise SignOnRefused(f"the provider's token has no {oidc.username_claim!r}, which names people here")
    if oidc.username_claim == "email" and claims.get("email_verified", True) is not True:
        raise SignOnRefused(f"the provider has not verified that {name} is yours")
    found = access.told(f"{oidc.username_prefix}{name.strip()}", _groups(oidc, claims))
    if found is None:
        raise SignOnRefused(f"{name!r} begins as only Kubernetes' own names do")
    return granted(oidc, found)


def granted(oidc: Oidc, found: Person) -> Person:
    """Somebody with what the map gives their groups; as they are where there is no map."""
    if not oidc.grants:
        return found
    grants = {grant for group, grant in oidc.grants if group in found.groups}
    ordered = sorted(grants, key=lambda grant: (grant.namespace, grant.edit))
    return Mapped(found.name, found.groups, grants=tuple(ordered))


def _groups(oidc: Oidc, claims: Mapping[str, Any]) -> list[str]:
    """The groups that count here; with a map those alone that stand in it."""
    told = claims.get(oidc.groups_claim) or []
    named = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    kept = [name for name in named if isinstance(name, str) and name.startswith(oidc.keep_groups)]
    groups = [f"{oidc.groups_prefix}{name.strip()}" for name in kept if name.strip()]
    mapped = {group for group, _ in oidc.grants}
    return [group for group in groups if not mapped or group in mapped]


def _required(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise SettingsError(f"{name} is not set, and CHIPLOG_UI_OIDC_ISSUER is")
    return environ[name]


def _address(name: str, text: str) -> str:
    """Codes and tokens go there: in the clear on this machine alone."""
    parts = urlsplit(text)
    is_near = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not (parts.scheme == "https" or is_near) or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(f"{name}={text!r} is no https:// address (http:// is for localhost alone)")
    return text


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(text.split())
    if not keys or any(len(key) < signing.MIN_KEY for key in keys):
        raise SettingsError(f"CHIPLOG_UI_COOKIE_KEYS: each key needs {signing.MIN_KEY} characters or more")
    return keys


def _scopes(text: str) -> tuple[str, ...]:
    scopes = tuple(text.split())
    if "openid" not in scopes or not all(re.fullmatch(r"[!#-\[\]-~]+", scope) for scope in scopes):
        raise SettingsError(f"CHIPLOG_UI_OIDC_SCOPES={text!r}: openid is not among them, or one is no scope")
    return scopes


def _number(name: str, text: str, most: float, least: float = 0.001) -> float:
    try:
        found = float(text)
    except ValueError:
        raise SettingsError(f"{name}={text!r} is no number") from None
    if not least <= found <= most:
        raise SettingsError(f"{name}={text!r} is not between {least:g} and {most:g}")
    return found


def _grants(text: str) -> tuple[tuple[str, Grant], ...]:
    wrong = f"CHIPLOG_UI_OIDC_GRANTS={text!r} is no list of {{group, namespaces, edit}}"
    try:
        told = json.loads(text)
        found = [(item["group"], item["namespaces"], item.get("edit", False)) for item in told]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise SettingsError(wrong) from None
    if not isinstance(told, list):
        raise SettingsError(wrong)
    for group, namespaces, edit in found:
        named = [group, *namespaces] if isinstance(namespaces, list) else [None]
        if not all(isinstance(name, str) and name for name in named) or not isinstance(edit, bool):
            raise SettingsError(wrong)
    return tuple((group, Grant(name, edit)) for group, namespaces, edit in found for name in namespaces)
