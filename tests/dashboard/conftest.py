"""The dashboard's server on a loopback port, over a bucket that is filled by hand."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from bucket_world import World
from dashboard_site import Site, Start

from chiplog.bucket import Bucket
from chiplog.watching import Watcher
from chiplog_dashboard import app, changing
from chiplog_dashboard.access import Everybody, Guard
from chiplog_dashboard.api import Api
from chiplog_dashboard.audit import SILENT, Audit
from chiplog_dashboard.checkout import Checkout
from chiplog_dashboard.groups import Groups
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.links import Links
from chiplog_dashboard.memo import Memo
from chiplog_dashboard.reports import NO_CHECKOUT
from chiplog_dashboard.shelf import Shelf
from chiplog_dashboard.sight import Sight
from chiplog_dashboard.signon import Cookies, SignOns


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page of one line, as if it were built."""
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Chiplog</title>")
    (folder / "assets" / "page.js").write_text("export {};")
    (tmp_path / "secret.txt").write_text("not for anybody")
    return folder


@pytest.fixture
def start(world: World, page: Path) -> Iterator[Start]:
    """Start a server over the world's bucket, or over another one; all are stopped at the end."""
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def begin(
        bucket: Bucket | None = None,
        folder: Path | None = None,
        guard: Guard | None = None,
        signons: SignOns | None = None,
        port: int = 0,
        cluster: str = "",
        audit: Audit = SILENT,
        links: Links | None = None,
        cookies: Cookies | None = None,
        checkout: Checkout = NO_CHECKOUT,
        fresh_seconds: float = 0.0,
    ) -> Site:
        seen = Memo(bucket or world.bucket)
        # No reading takes time, so each question reads anew unless what was read is good for a while.
        shelf = Shelf(seen, world.clock, lambda: 0.0, fresh_seconds, cluster)
        sight = Sight(shelf, guard or Everybody())
        api = Api(seen, sight, Histories(seen, time.monotonic), Watcher(seen))
        groups = Groups(seen, sight)
        more = changing.routes(seen, sight, world.clock, links, cookies, checkout)
        application = app.create(api, groups, folder or page, ["127.0.0.1"], signons, more, audit)
        settings = uvicorn.Config(
            application, host="127.0.0.1", port=port, log_level="error", ws="none", lifespan="off", proxy_headers=False
        )
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append((server, thread))
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        return Site(server.servers[0].sockets[0].getsockname()[1])

    yield begin
    for server, thread in servers:
        server.should_exit = server.force_exit = True
        thread.join(20)


@pytest.fixture
def site(start: Start) -> Site:
    return start()
