"""The dashboard's page in a real browser: how it is started and looked at; it tests nothing."""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import identity_provider
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FloatRect,
    Locator,
    Page,
    expect,
    sync_playwright,
)
from starlette.types import ASGIApp

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
"""It must not look for anything outside of this machine, and root has no sandbox."""


PATIENT = 20_000
"""Milliseconds: a browser goes to another server and back, and two cores do it all."""


@contextlib.contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """Debian's Chromium without a screen; `more` are words of its command line."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*CHROMIUM, *more])
        yield found
        found.close()


@contextlib.contextmanager
def faultless(context: BrowserContext, *expected: str) -> Iterator[Page]:
    """A page that has no error of its own, whatever is done with it; those that hold an `expected` text are none."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if is_error(message, *expected) else None)
    yield opened
    context.close()
    assert errors == []


def is_error(message: ConsoleMessage, *expected: str) -> bool:
    """A browser also notes an answer of 412, which tells the page that somebody else has written."""
    return message.type == "error" and not any(text in message.text for text in ("status of 412", *expected))


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


def sign_on(page: Page, name: str) -> None:
    """Fill in Canaille's forms."""
    page.get_by_role("link", name="Sign on").click()
    page.locator("input[name=login]").fill(name)
    page.locator("button[name=answer]").click()
    page.locator("input[name=password]").fill(identity_provider.PASSWORD)
    page.locator("form button[type=submit]").last.click()


def pointed(target: Locator, is_told: Callable[[], bool], **more: Any) -> None:
    """Point at something until that is told. What is drawn anew under a pointer that stands still hears nothing of it;
    `more` are words of Playwright's `hover`."""
    deadline = time.monotonic() + PATIENT / 1000
    while not is_told():
        assert time.monotonic() < deadline, "it was pointed at, and told something else"
        target.page.mouse.move(0, 0)
        target.hover(**more)
        target.page.wait_for_timeout(100)


AT_REST = """node => new Promise(done => {
  const look = before => requestAnimationFrame(() => {
    const { x, y, width, height } = node.getBoundingClientRect(), now = [x, y, width, height].join();
    if (now === before) done(); else look(now);
  });
  look("");
})"""


def box(target: Locator) -> FloatRect:
    """Where something lies, once it lies still."""
    target.evaluate(AT_REST)
    found = target.bounding_box()
    assert found
    return found


COUNT = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, at) => at % 4 === 3 && value > 0).length;
}"""


def drawn(page: Page, metric: str) -> int:
    """How many pixels of a chart are not empty."""
    return int(page.locator(f'section[aria-label="{metric}"] canvas').evaluate(COUNT))


def newest(page: Page, metric: str) -> int:
    """The last step that a chart draws, as it tells those who cannot see it."""
    canvas = page.locator(f'section[aria-label="{metric}"] .canvas')
    expect(canvas).to_have_attribute("aria-label", re.compile("to step [0-9]"))  # Empty until there is an answer.
    told = canvas.get_attribute("aria-label") or ""
    return int(told.rpartition("to step ")[2].replace(",", ""))


def write_report(page: Page, address: str, title: str, text: str, panels: int) -> None:
    """A new report with so many panels, saved."""
    page.goto(f"{address}/reports")
    page.get_by_role("link", name="New report").click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Write it").click()
    page.get_by_label("Markdown").fill(text)
    expect(page.get_by_role("region", name="Preview").locator(".panel")).to_have_count(panels)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()


def exported(page: Page, target: Path) -> None:
    """The report that is open, as one file."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Export HTML").click()
    download.value.save_as(target)


@contextlib.contextmanager
def opened_alone(browser: Browser, target: Path) -> Iterator[Page]:
    """A file, without network and without scripts; it asks for nothing but itself, and complains of nothing."""
    context = browser.new_context(offline=True, java_script_enabled=False)
    opened = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: complaints.append(message.text))
    opened.goto(target.as_uri())
    yield opened
    assert asked == [target.as_uri()]
    assert complaints == []
    context.close()
