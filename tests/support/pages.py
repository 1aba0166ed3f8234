"""The dashboard's page in a real browser: how it is started and looked at; it tests nothing."""

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn
from playwright.sync_api import Locator, Page
from starlette.types import ASGIApp

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
"""It must not look for anything outside of this machine, and root has no sandbox."""


@contextlib.contextmanager
def served(application: ASGIApp, port: int = 0) -> Iterator[str]:
    """An application on a loopback port, any or a certain one."""
    settings = uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = server.force_exit = True
    thread.join(20)


def listed(page: Page) -> Locator:
    """The runs beside the charts."""
    return page.get_by_role("list", name="Runs").get_by_role("listitem")


COUNT = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, at) => at % 4 === 3 && value > 0).length;
}"""


def drawn(page: Page, metric: str) -> int:
    """How many pixels of a chart are not empty."""
    return int(page.locator(f'section[aria-label="{metric}"] canvas').evaluate(COUNT))
