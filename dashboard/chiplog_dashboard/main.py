"""Starts the dashboard: `chiplog ui`, or `chiplog-dashboard`; it puts the parts together and decides nothing."""

import os
import sys
import time

import uvicorn
from starlette.applications import Starlette

from chiplog.bucket.opening import open_bucket
from chiplog.errors import SettingsError
from chiplog.watching import Watcher
from chiplog_dashboard import app
from chiplog_dashboard.api import Api
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.memo import Memo
from chiplog_dashboard.settings import LOCAL_HOSTS, PAGE, Settings
from chiplog_dashboard.shelf import Shelf


def build(settings: Settings) -> Starlette:
    """The application of these settings. Raises SettingsError for an address that is no bucket."""
    bucket = Memo(open_bucket(settings.bucket))
    shelf = Shelf(bucket, time.time, time.monotonic, settings.fresh_seconds, settings.cluster, settings.namespace)
    api = Api(bucket, shelf, Histories(bucket, time.monotonic), Watcher(bucket))
    return app.create(api, PAGE, list(LOCAL_HOSTS))


def main() -> None:
    """Serve until told to stop; a wrong setting ends it with exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
        application = build(settings)
    except SettingsError as error:
        print(f"chiplog-dashboard: {error}", file=sys.stderr)
        sys.exit(2)
    uvicorn.run(application, host=settings.host, port=settings.port, log_level=settings.log_level, access_log=False)


if __name__ == "__main__":
    main()
