"""A real browser, and a server over a directory bucket that grows while it is looked at."""

import time
from collections.abc import Iterator
from pathlib import Path

import pages
import pytest
from bucket_world import Source, World, script
from pages import served
from playwright.sync_api import Browser, Page, expect

from chiplog.bucket.directory import DirectoryBucket
from chiplog_dashboard import main
from chiplog_dashboard.settings import PAGE, Settings

expect.set_options(timeout=pages.PATIENT)  # On a busy machine a page takes its time; nothing waits longer than it must.


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with pages.chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that has no error of its own, whatever the test does; it is closed before its server is."""
    with pages.faultless(browser.new_context(viewport={"width": 1280, "height": 800})) as opened:
        yield opened


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(now=time.time())
    world.bucket = DirectoryBucket(tmp_path)
    for number, rate in enumerate((0.1, 0.01, 0.001)):
        place = world.run(f"run{number}", uid=f"0123abc{number}", config={"lr": rate}, created_at=world.now - number)
        world.record(f"r{number}", Source(script([1 / (step + 1) for step in range(20 + number)])), run=place.id)
    return world


@pytest.fixture
def address(world: World, tmp_path: Path) -> Iterator[str]:
    """A server over the world's directory, as `chiplog ui` starts it."""
    assert (PAGE / "index.html").is_file(), "the page is not built: make page"
    with served(main.build(Settings(bucket=str(tmp_path), fresh_seconds=0.1))) as found:
        yield found
