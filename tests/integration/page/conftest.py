"""A real browser, and a server over a directory bucket that grows while it is looked at."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bucket_world import Source, World, script
from pages import CHROMIUM, served
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from chiplog.bucket.directory import DirectoryBucket
from chiplog_dashboard import main
from chiplog_dashboard.settings import PAGE, Settings

expect.set_options(timeout=20_000)  # On a busy machine a page takes its time; nothing waits longer than it must.


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that has no error of its own, whatever the test does; it is closed before its server is."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if is_error(message) else None)
    yield opened
    context.close()
    assert errors == []


def is_error(message: ConsoleMessage) -> bool:
    """A browser also notes an answer of 412, which tells the page that somebody else has written."""
    return message.type == "error" and "status of 412" not in message.text


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
