"""A dashboard over a bucket on a loopback port, for tests that ask it as a program does."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from chiplog.bucket import Bucket
from chiplog.watching import Watcher
from chiplog_dashboard import app
from chiplog_dashboard.access import Everybody, Guard
from chiplog_dashboard.api import Api
from chiplog_dashboard.groups import Groups
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.memo import Memo
from chiplog_dashboard.settings import PAGE
from chiplog_dashboard.shelf import Shelf
from chiplog_dashboard.sight import Sight


@contextmanager
def dashboard(bucket: Bucket, clock: Callable[[], float], guard: Guard | None = None) -> Iterator[str]:
    """Its address while it runs."""
    seen = Memo(bucket)
    sight = Sight(Shelf(seen, clock, lambda: 0.0, 0.0), guard or Everybody())
    api = Api(seen, sight, Histories(seen, time.monotonic), Watcher(seen))
    application = app.create(api, Groups(seen, sight), PAGE, ["127.0.0.1"])
    settings = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)
