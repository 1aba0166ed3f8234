"""The dashboard's page in a real browser, over a real directory bucket that grows while it is looked at."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from bucket_world import Source, World, script
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from chiplog.bucket.directory import DirectoryBucket
from chiplog_dashboard import main
from chiplog_dashboard.settings import PAGE, Settings

pytestmark = pytest.mark.integration

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
"""It must not look for anything outside of this machine, and root has no sandbox."""


@pytest.fixture(scope="module")
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
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert errors == []


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
    application = main.build(Settings(bucket=str(tmp_path), fresh_seconds=0.1))
    settings = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
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
    return page.get_by_role("listbox", name="Runs").get_by_role("option")


COUNT = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, at) => at % 4 === 3 && value > 0).length;
}"""


def drawn(page: Page, metric: str) -> int:
    """How many pixels of a chart are not empty."""
    return int(page.locator(f'section[aria-label="{metric}"] canvas').evaluate(COUNT))


def test_the_curves_of_the_newest_runs_are_drawn(page: Page, address: str) -> None:
    page.goto(address)
    expect(listed(page)).to_have_count(3)
    expect(page.locator("section.chart")).to_have_count(1)
    page.wait_for_function("document.querySelector('section.chart canvas')")
    page.wait_for_timeout(300)
    assert drawn(page, "loss") > 500


def test_a_run_that_lives_moves_by_itself(page: Page, address: str, world: World) -> None:
    page.goto(f"{address}/?q=run0")
    expect(listed(page)).to_contain_text("step 19")
    world.record("r0", Source(script([1 / (step + 1) for step in range(400)])), run="run0-0123abc0", sequence=4)
    expect(listed(page)).to_contain_text("step 399", timeout=10_000)


def test_an_expression_narrows_the_list_and_stands_in_the_link(browser: Browser, page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Find runs").fill("config.lr < 0.05 order by config.lr")
    expect(listed(page)).to_have_count(2)
    expect(listed(page).first).to_contain_text("run2")
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(listed(other)).to_have_count(2)
    expect(listed(other).first).to_contain_text("run2")
    other.context.close()


def test_an_expression_that_is_none_is_explained_and_hides_nothing(browser: Browser, address: str) -> None:
    opened = browser.new_context().new_page()
    opened.goto(address)
    opened.get_by_label("Find runs").fill("confg.lr < 1")
    expect(opened.get_by_role("alert")).to_contain_text("confg")
    expect(listed(opened)).to_have_count(3)
    opened.context.close()


def test_a_run_shows_config_summary_and_console(page: Page, address: str) -> None:
    page.goto(f"{address}/runs/prod/team/run1-0123abc1")
    expect(page.get_by_role("heading", name="run1")).to_be_visible()
    expect(page.locator(".card", has_text="Config")).to_contain_text("0.01")
    page.get_by_role("tab", name="console").click()
    expect(page.get_by_text("Nothing was captured of the console.")).to_be_visible()
    expect(page).to_have_url(re.compile("tab=console"))


def test_the_table_sorts_by_any_column(page: Page, address: str) -> None:
    page.goto(f"{address}/?view=table")
    page.get_by_role("columnheader", name="lr").click()
    cells = page.locator(".row:not(.head)").filter(has_text="run")
    expect(cells.first).to_contain_text("run2")
    page.get_by_role("columnheader", name="lr").click()
    expect(cells.first).to_contain_text("run0")


def test_a_name_that_is_a_script_is_a_text(page: Page, address: str, world: World) -> None:
    evil = '<img src=x onerror="document.title=1">'
    world.run("evil", uid="0123abcf", display_name=evil, created_at=world.now + 10)
    page.goto(address)
    expect(listed(page).first).to_contain_text(evil)
    assert page.title() == "Chiplog"


def test_dark_follows_the_system_and_can_be_switched(browser: Browser, address: str) -> None:
    context = browser.new_context(color_scheme="dark")
    opened = context.new_page()
    opened.goto(address)
    expect(opened.locator("html")).to_have_attribute("data-theme", "dark")
    opened.get_by_label("Theme: system").click()
    expect(opened.locator("html")).to_have_attribute("data-theme", "light")
    context.close()
