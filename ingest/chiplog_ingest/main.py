"""Starts the door: `chiplog-ingest`; it puts the parts together and decides nothing."""

import os
import sys
import time

import uvicorn

from chiplog import logs
from chiplog.access import Unanswered
from chiplog.access.pace import Pace
from chiplog.bucket.opening import open_bucket
from chiplog.errors import SettingsError
from chiplog_ingest.app import Door
from chiplog_ingest.guard import Guard
from chiplog_ingest.kube import Kube
from chiplog_ingest.objects import Judged
from chiplog_ingest.owners import Owners
from chiplog_ingest.settings import Settings
from chiplog_ingest.uses import Uses

MAX_CONNECTIONS = 1000
"""At once; whoever comes then is told to come later."""

log = logs.Logger()


def build(settings: Settings) -> Door:
    """The door of these settings. Raises SettingsError for an address that is no bucket, Unanswered."""
    bucket, kube = open_bucket(settings.bucket), Kube.connect(settings.audience)
    return Door(
        guard=Guard(kube, settings.cluster, time.time, time.monotonic),
        objects=Judged(bucket, Owners(bucket, time.time)),
        pace=Pace(settings.requests_per_second, time.monotonic),
        used=Uses(kube, time.time).used,
        spool=settings.spool,
        max_file_bytes=settings.max_file_bytes,
    )


def main() -> None:
    """Serve until told to stop; a wrong setting ends it with exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
        application = build(settings).application()
    except (SettingsError, Unanswered) as error:
        print(f"chiplog-ingest: {error}", file=sys.stderr)
        sys.exit(2)
    logs.configure(settings.log_level)
    log.info("door opens", cluster=settings.cluster, bucket=settings.bucket, tls=bool(settings.certificate))
    uvicorn.run(
        application,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.certificate or None,
        ssl_keyfile=settings.private_key or None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=75,
        # A file that is on its way may arrive.
        timeout_graceful_shutdown=20,
    )


if __name__ == "__main__":
    main()
