"""What the dashboard's server is told by its environment; nothing else of it reads os.environ."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chiplog.errors import SettingsError

PAGE = Path(__file__).with_name("page")
"""Where the built page lies: `npm run build` in dashboard/web puts it there."""

LOCAL_HOSTS = ("localhost", "127.0.0.1")


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
    """The address to listen on. Whoever reaches it sees everything, for there is no sign-on yet, so that it must be a
    loopback address. CHIPLOG_UI_HOST."""

    port: int = 8090
    """The TCP port to listen on; 0 lets the system choose. CHIPLOG_UI_PORT."""

    fresh_seconds: float = 1.0
    """What was read of the bucket is this old at most when it is shown. CHIPLOG_UI_FRESH_SECONDS."""

    log_level: str = "info"
    """debug, info, warning or error. CHIPLOG_LOG_LEVEL."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError, which names the variable and the value."""
        bucket = environ.get("CHIPLOG_BUCKET", "")
        if not bucket:
            raise SettingsError("CHIPLOG_BUCKET is not set")
        host = environ.get("CHIPLOG_UI_HOST", cls.host)
        if host not in LOCAL_HOSTS:
            raise SettingsError(
                f"CHIPLOG_UI_HOST={host!r}: without sign-on the dashboard listens on a loopback address"
            )
        return cls(
            bucket=bucket,
            cluster=environ.get("CHIPLOG_CLUSTER", ""),
            namespace=environ.get("CHIPLOG_NAMESPACE", ""),
            host=host,
            port=int(_number(environ, "CHIPLOG_UI_PORT", cls.port, 0, 65_535)),
            fresh_seconds=_number(environ, "CHIPLOG_UI_FRESH_SECONDS", cls.fresh_seconds, 0.1, 3600),
            log_level=environ.get("CHIPLOG_LOG_LEVEL", cls.log_level),
        )


def _number(environ: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = environ.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        raise SettingsError(f"{name}={text!r} is no number") from None
    if not low <= value <= high:
        raise SettingsError(f"{name}={text!r} is not between {low:g} and {high:g}")
    return value
