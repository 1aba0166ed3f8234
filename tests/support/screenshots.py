"""Pictures of the dashboard's views for docs/, in Chromium over a furnished bucket; it tests nothing.

make page && .chiplog/venv/bin/python tests/support/screenshots.py docs/screenshots [view …]
"""

import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import showroom
import uvicorn
from playwright.sync_api import Browser, expect, sync_playwright

from chiplog.bucket.opening import open_bucket
from chiplog.reading import runs
from chiplog_dashboard import main
from chiplog_dashboard.settings import Settings

CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZES = {1280: 820, 390: 844}
LOADED = """() => [...document.images].every(image => {
  const { x, y, width, height } = image.getBoundingClientRect();
  return image.naturalWidth > 0 || document.elementFromPoint(x + width / 2, y + height / 2) !== image;
})"""
"""Every picture in sight is there."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The dashboard of a directory on a loopback port."""
    application = main.build(Settings(bucket=str(folder)))
    settings = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = server.force_exit = True
    thread.join(20)


def views(folder: Path) -> dict[str, str]:
    """Path of each view, by the picture's name."""
    ids = [view.key.path for view in runs.every(open_bucket(str(folder)), "", "", time.time)]
    return {
        "overview": "/",
        "runs": "/runs?smooth=0.6",
        "table": "/runs?view=table",
        "run": f"/runs/{ids[7]}",
        "restart": f"/runs/{ids[7]}?tab=charts",
        "system": f"/runs/{ids[7]}?tab=system",
        "console": f"/runs/{ids[8]}?tab=console",
        "files": f"/runs/{ids[7]}?tab=files",
        "media": f"/runs/{ids[7]}?tab=media&at=240",
        "groups": "/runs?group=config.optimizer&smooth=0.6&size=large&pinned=val%2Floss",
        "compare": f"/compare?ids={quote(','.join(ids[1:6]))}",
        "plots": "/runs?view=plots",
        "reports": "/reports",
        "report": "/reports/prod/team-a/rates",
        "editor": "/reports/prod/team-a/rates?edit=1",
        "palette": "/runs",
        "sweep": "/sweeps/prod/team-a/lr-5eeb0000",
        "sweeps": "/sweeps",
        "lines": "/lines",
        "line": "/lines/prod/team-a/cron-1",
    }


def take(browser: Browser, address: str, paths: dict[str, str], target: Path, scheme: str, width: int) -> None:
    """Every view in one scheme and width. Raises RuntimeError where one is wider than the screen."""
    size = {"width": width, "height": SIZES[width]}
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    for name, path in paths.items():
        page.goto(address + path)
        expect(page.locator("header .live")).to_have_text("live", timeout=30_000)
        expect(page.get_by_text(re.compile("^Reading"))).to_have_count(0, timeout=30_000)
        if name == "palette":
            page.keyboard.press("Control+k")
        page.wait_for_function(LOADED, timeout=30_000)
        page.wait_for_timeout(1500)  # Charts are asked for when they are seen, and drawn a frame later.
        if page.evaluate("document.documentElement.scrollWidth") > width:
            raise RuntimeError(f"{name} is wider than {width} pixels")
        page.screenshot(path=target / f"{name}-{scheme}-{width}.png")
    context.close()


def run(target: Path, *names: str) -> None:
    """Pictures of the views of these names, or of all."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        showroom.furnish(folder)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        with served(folder) as address:
            paths = {name: path for name, path in views(folder).items() if name in names or not names}
            for scheme in ("light", "dark"):
                for width in SIZES:
                    take(browser, address, paths, target, scheme, width)
        browser.close()


if __name__ == "__main__":
    run(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots"), *sys.argv[2:])
