"""The console of a run in a real browser: searched, and followed at its end until the reader goes back in it."""

import pages
import pytest
from bucket_world import Source, World, console, numbered
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.integration

RUN = "run0-0123abc0"


def write(world: World, count: int) -> None:
    """A console of so many lines, each of its own, every tenth a warning."""
    rows = [console(f"line {at}\n", "stderr" if at % 10 == 0 else "stdout", world.now + at) for at in range(count)]
    world.record("r0", Source(numbered(rows)), run=RUN, sequence=count)


def shown(page: Page) -> Locator:
    return page.locator(".console .line")


def opened(page: Page, address: str, world: World, count: int) -> None:
    write(world, count)
    page.goto(f"{address}/runs/prod/team/{RUN}?tab=console")
    expect(page.get_by_text(f"{count} lines", exact=True)).to_be_visible()


def test_a_console_is_searched_and_a_link_shows_what_was_found(page: Page, address: str, world: World) -> None:
    opened(page, address, world, 300)
    page.get_by_label("Search the console").fill("line 12")
    expect(page.get_by_text("11 lines", exact=True)).to_be_visible()
    found = ["line 12", *(f"line {number}" for number in range(120, 130))]
    expect(shown(page).locator("span")).to_have_text(found)
    expect(page.locator(".line.stderr span")).to_have_text("line 120")
    page.reload()
    expect(shown(page).locator("span")).to_have_text(found)
    page.get_by_label("Search the console").fill("nowhere")
    expect(page.get_by_text("No line holds “nowhere”.")).to_be_visible()


def test_a_console_is_followed_until_the_reader_looks_back_and_again_when_asked(
    page: Page, address: str, world: World
) -> None:
    opened(page, address, world, 300)
    last = shown(page).get_by_text("line 299", exact=True)
    expect(last).to_be_in_viewport()
    write(world, 400)
    expect(shown(page).get_by_text("line 399", exact=True)).to_be_in_viewport()
    follow = page.get_by_label("Follow")
    pages.box(page.locator(".console"))
    page.locator(".console").hover()
    page.mouse.wheel(0, -700)
    expect(follow).not_to_be_checked()
    before = page.locator(".console").evaluate("node => node.scrollTop")
    write(world, 500)
    expect(page.get_by_text("500 lines", exact=True)).to_be_visible()
    expect(shown(page).get_by_text("line 499", exact=True)).to_have_count(0)
    assert page.locator(".console").evaluate("node => node.scrollTop") == before
    follow.check()
    expect(shown(page).get_by_text("line 499", exact=True)).to_be_in_viewport()
