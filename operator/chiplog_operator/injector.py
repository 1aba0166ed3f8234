"""Starts the injector: `python3 -m chiplog_operator.injector`; it puts the parts together and decides nothing."""

import asyncio
import os
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from chiplog.errors import SettingsError
from chiplog_operator import health, logs, webhook
from chiplog_operator.certificate import Certificate
from chiplog_operator.health import Health
from chiplog_operator.metrics import Metrics
from chiplog_operator.settings import Settings, port_of

log = structlog.get_logger()


@dataclass(frozen=True)
class InjectorSettings:
    """The injector's configuration: what it puts into pods is said as to the operator, and where it answers."""

    sidecars: Settings
    """Everything that a recorder is told."""

    certificates: Path
    """Folder of `tls.crt` and `tls.key`. CHIPLOG_CERTIFICATES."""

    webhook_port: int = 9443
    """TCP port of the webhook; 0 takes a free one. CHIPLOG_WEBHOOK_PORT."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "InjectorSettings":
        """Read the environment. Raises SettingsError, which names the variable and the value."""
        folder = environ.get("CHIPLOG_CERTIFICATES", "")
        if not folder:
            raise SettingsError("CHIPLOG_CERTIFICATES is not set")
        return cls(
            sidecars=Settings.from_env(environ),
            certificates=Path(folder),
            webhook_port=port_of(environ, "CHIPLOG_WEBHOOK_PORT", cls.webhook_port),
        )


async def run(settings: InjectorSettings) -> None:
    """Answer until we are told to stop."""
    metrics, door = Metrics(), webhook.Door(Certificate(settings.certificates), settings.webhook_port)
    told = Health(lambda: "", lambda: "" if door.port else "the webhook does not listen yet", metrics)
    async with health.serving(told, settings.sidecars.http_port) as port:
        log.info("injector started", port=port, cluster=settings.sidecars.cluster)
        await webhook.serve(door, settings.sidecars, metrics)
    log.info("injector stopped")


def main() -> None:
    """Run the injector; a wrong setting, or no certificate, ends it with exit code 2."""
    os.environ.setdefault("USER", "chiplog")  # kopf asks getpass who we are, and our UID may have no name.
    try:
        settings = InjectorSettings.from_env(os.environ)
        logs.configure(settings.sidecars.log_level)
        asyncio.run(run(settings))
    except (SettingsError, OSError, ssl.SSLError) as error:
        print(f"chiplog-injector: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
