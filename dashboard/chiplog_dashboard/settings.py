"""What the dashboard's server is told by its environment; nothing else of it reads os.environ."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from chiplog import variables
from chiplog.errors import SettingsError
from chiplog_dashboard.access import Network, SignOn
from chiplog_dashboard.oidc import Oidc

PAGE = Path(__file__).with_name("page")
"""Where the built page lies: `npm run build` in dashboard/web puts it there."""

LOCAL_HOSTS = ("localhost", "127.0.0.1")
NO_SIGN_ON = SignOn()


@dataclass(frozen=True)
class Settings:
    """The server's configuration, validated once."""

    bucket: str
    """`s3://bucket/prefix`, or a directory. CHIPLOG_BUCKET."""

    cluster: str = ""
    """Show this cluster's runs only; empty shows all. CHIPLOG_CLUSTER."""

    namespace: str = ""
    """Show this namespace's runs only; empty shows all. CHIPLOG_NAMESPACE."""

    host: str = "127.0.0.1"
    """The address to listen on. Without a sign-on whoever reaches it sees everything, so that it must be a loopback
    address then. CHIPLOG_UI_HOST."""

    port: int = 8090
    """The TCP port to listen on; 0 lets the system choose. CHIPLOG_UI_PORT."""

    health_port: int = 0
    """The TCP port, on every address, where /healthz alone is answered; 0 is none. CHIPLOG_HEALTH_PORT."""

    sign_on: SignOn = NO_SIGN_ON
    """How people sign on: CHIPLOG_UI_TOKENS (true or false) takes tokens that the API server confirms;
    CHIPLOG_UI_TRUSTED_PROXIES, addresses or networks divided by commas, believes the headers of whoever connects from
    there."""

    audience: str = "chiplog-api"
    """Whom a token must be made out to. CHIPLOG_UI_TOKEN_AUDIENCE."""

    user_header: str = "X-Forwarded-User"
    """The header by which a trusted proxy names the user. CHIPLOG_UI_USER_HEADER."""

    groups_header: str = "X-Forwarded-Groups"
    """The header by which a trusted proxy names the user's groups, divided by commas. CHIPLOG_UI_GROUPS_HEADER."""

    oidc: Oidc | None = None
    """The provider at which people sign on; None without CHIPLOG_UI_OIDC_ISSUER."""

    reports: Path | None = None
    """A directory of reports, `<namespace>/<name>.md`, which are shown beside those of the bucket and never written: a
    checkout of Git, say. It may be filled later, and filled anew. None for none. CHIPLOG_UI_REPORTS."""

    fresh_seconds: float = 1.0
    """What was read of the bucket is this old at most when it is shown. CHIPLOG_UI_FRESH_SECONDS."""

    query_seconds: float = 20.0
    """DuckDB may take so long for one part of an answer: ten million points of one run need some 5 s of two cores. What
    takes longer is refused (`too_costly`). CHIPLOG_UI_QUERY_SECONDS."""

    log_level: str = "info"
    """debug, info, warning or error. CHIPLOG_LOG_LEVEL."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError, which names the variable and the value."""
        bucket = environ.get("CHIPLOG_BUCKET", "")
        if not bucket:
            raise SettingsError("CHIPLOG_BUCKET is not set")
        host, cluster = environ.get("CHIPLOG_UI_HOST", cls.host), environ.get("CHIPLOG_CLUSTER", "")
        oidc = Oidc.from_env(environ)
        sign_on = replace(_sign_on(environ), oidc=oidc is not None, link_days=oidc.link_days if oidc else 0)
        if host not in LOCAL_HOSTS and not sign_on.is_on:
            raise SettingsError(
                f"CHIPLOG_UI_HOST={host!r}: without sign-on the dashboard listens on a loopback address; "
                "set CHIPLOG_UI_TOKENS, CHIPLOG_UI_OIDC_ISSUER or CHIPLOG_UI_TRUSTED_PROXIES"
            )
        if sign_on.is_on and not cluster:
            raise SettingsError(
                "CHIPLOG_CLUSTER is not set: with a sign-on the runs of one cluster are shown, whose RBAC is asked"
            )
        return cls(
            bucket=bucket,
            cluster=cluster,
            namespace=environ.get("CHIPLOG_NAMESPACE", ""),
            host=host,
            port=int(variables.number(environ, "CHIPLOG_UI_PORT", cls.port, 0, 65_535)),
            health_port=int(variables.number(environ, "CHIPLOG_HEALTH_PORT", cls.health_port, 0, 65_535)),
            sign_on=sign_on,
            audience=environ.get("CHIPLOG_UI_TOKEN_AUDIENCE", "") or cls.audience,
            user_header=_header(environ, "CHIPLOG_UI_USER_HEADER", cls.user_header),
            groups_header=_header(environ, "CHIPLOG_UI_GROUPS_HEADER", cls.groups_header),
            oidc=oidc,
            reports=Path(environ["CHIPLOG_UI_REPORTS"]) if environ.get("CHIPLOG_UI_REPORTS") else None,
            fresh_seconds=variables.number(environ, "CHIPLOG_UI_FRESH_SECONDS", cls.fresh_seconds, 0.1, 3600),
            query_seconds=variables.number(environ, "CHIPLOG_UI_QUERY_SECONDS", cls.query_seconds, 0.001, 3600),
            log_level=environ.get("CHIPLOG_LOG_LEVEL", cls.log_level),
        )


def _sign_on(environ: Mapping[str, str]) -> SignOn:
    tokens = environ.get("CHIPLOG_UI_TOKENS", "") or "false"
    if tokens not in ("true", "false"):
        raise SettingsError(f"CHIPLOG_UI_TOKENS={tokens!r} is neither true nor false")
    named = environ.get("CHIPLOG_UI_TRUSTED_PROXIES", "").split(",")
    return SignOn(tokens == "true", tuple(_network(name.strip()) for name in named if name.strip()))


def _network(name: str) -> Network:
    try:
        return ipaddress.ip_network(name)
    except ValueError as error:
        raise SettingsError(f"CHIPLOG_UI_TRUSTED_PROXIES={name!r}: {error}") from None


def _header(environ: Mapping[str, str], variable: str, default: str) -> str:
    name = environ.get(variable, "") or default
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise SettingsError(f"{variable}={name!r} is no name of a header")
    return name
