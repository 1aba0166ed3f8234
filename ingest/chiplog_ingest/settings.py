"""What the door is told by its environment; nothing else of it reads os.environ."""

from collections.abc import Mapping
from dataclasses import dataclass

from chiplog import access, variables
from chiplog.errors import SettingsError


@dataclass(frozen=True)
class Settings:
    """The door's configuration, validated once."""

    bucket: str
    """`s3://bucket/prefix`, or a directory. CHIPLOG_BUCKET."""

    cluster: str
    """Our cluster's name in the bucket: what comes in stands below it. CHIPLOG_CLUSTER."""

    host: str = "127.0.0.1"
    """The address to listen on. CHIPLOG_INGEST_HOST."""

    port: int = 8443
    """The TCP port to listen on; 0 lets the system choose. CHIPLOG_INGEST_PORT."""

    certificate: str = ""
    """Path of the certificate in PEM, with its chain; empty: plain HTTP, for something that speaks TLS before it.
    CHIPLOG_INGEST_CERTIFICATE."""

    private_key: str = ""
    """Path of its key. CHIPLOG_INGEST_PRIVATE_KEY."""

    audience: str = access.AUDIENCE
    """Whom a key must be made out to. CHIPLOG_INGEST_AUDIENCE."""

    requests_per_second: float = 50.0
    """Of one key in the long run; four seconds' worth may come at once. CHIPLOG_INGEST_REQUESTS_PER_SECOND."""

    max_file_bytes: int = 1 << 30
    """Of one file. CHIPLOG_INGEST_MAX_FILE_BYTES."""

    spool: str = ""
    """Folder for files on their way; empty: the system's. CHIPLOG_INGEST_SPOOL."""

    log_level: str = "info"
    """debug, info, warning or error. CHIPLOG_LOG_LEVEL."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError, which names the variable and the value."""
        certificate = environ.get("CHIPLOG_INGEST_CERTIFICATE", "")
        private_key = environ.get("CHIPLOG_INGEST_PRIVATE_KEY", "")
        if bool(certificate) != bool(private_key):
            raise SettingsError("CHIPLOG_INGEST_CERTIFICATE and CHIPLOG_INGEST_PRIVATE_KEY go together")
        rate, most = "CHIPLOG_INGEST_REQUESTS_PER_SECOND", "CHIPLOG_INGEST_MAX_FILE_BYTES"
        return cls(
            bucket=variables.required(environ, "CHIPLOG_BUCKET"),
            cluster=variables.required(environ, "CHIPLOG_CLUSTER"),
            host=environ.get("CHIPLOG_INGEST_HOST", "") or cls.host,
            port=int(variables.number(environ, "CHIPLOG_INGEST_PORT", cls.port, 0, 65_535)),
            certificate=certificate,
            private_key=private_key,
            audience=environ.get("CHIPLOG_INGEST_AUDIENCE", "") or cls.audience,
            requests_per_second=variables.number(environ, rate, cls.requests_per_second, 0.1, 1e6),
            max_file_bytes=int(variables.number(environ, most, cls.max_file_bytes, 1 << 20, 5 << 30)),
            spool=environ.get("CHIPLOG_INGEST_SPOOL", ""),
            log_level=environ.get("CHIPLOG_LOG_LEVEL", cls.log_level),
        )
