"""Panels as the reader arranges them, and grids of other runs, in a real browser; all of it stands in the link."""

import re

import pages
import pytest
from bucket_world import Source, World, history, numbered
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.integration


@pytest.fixture
def many(world: World) -> World:
    """A run whose metrics make a section of four panels."""
    rows = [history(step, **{f"val/{name}": step / 20 for name in "abcd"}) for step in range(20)]
    world.record("r1", Source(numbered(rows)), run="run1-0123abc1", sequence=9)
    return world


def panels(page: Page) -> Locator:
    return page.locator("details.section", has_text="val").locator("[data-panel]")


def names(page: Page) -> list[str]:
    return [str(cell.get_attribute("data-panel")) for cell in panels(page).all()]


def drag_to_the_front(page: Page, name: str) -> None:
    """Take a panel by its grip and hold it over the first one."""
    grip(page, name).hover()
    page.mouse.down()
    box = pages.box(panels(page).first)
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    expect(panels(page).first).to_have_class(re.compile("before"))


def grip(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"Move {name}")


def arrange(page: Page, name: str, *buttons: str) -> None:
    page.locator(f'section[aria-label="{name}"]').hover()
    page.locator(f'section[aria-label="{name}"] .menu > summary').click()
    for button in buttons:
        page.get_by_role("group", name=f"Arrange {name}").get_by_role("button", name=button, exact=True).click()


def test_panels_are_moved_by_keys_and_by_hand_and_a_link_shows_them_so(
    browser: Browser, page: Page, address: str, many: World
) -> None:
    page.goto(f"{address}/runs")
    expect(panels(page)).to_have_count(4)
    grip(page, "val/b").press("ArrowLeft")
    expect(panels(page).first).to_have_attribute("data-panel", "val/b")
    expect(grip(page, "val/b")).to_be_focused()
    expect(page.get_by_text("val/b is 1 of 4")).to_be_attached()
    drag_to_the_front(page, "val/d")
    page.mouse.up()
    expect(panels(page).first).to_have_attribute("data-panel", "val/d")
    assert names(page) == ["val/d", "val/b", "val/a", "val/c"]
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(panels(other)).to_have_count(4)
    assert names(other) == ["val/d", "val/b", "val/a", "val/c"]
    other.context.close()


def test_a_drag_that_is_given_up_moves_nothing(page: Page, address: str, many: World) -> None:
    page.goto(f"{address}/runs")
    drag_to_the_front(page, "val/d")
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".lifted")).to_have_count(0)
    assert names(page) == ["val/a", "val/b", "val/c", "val/d"]
    expect(page).to_have_url(re.compile("/runs$"))


def test_panels_are_sized_and_hidden_and_had_back(page: Page, address: str, many: World) -> None:
    page.goto(f"{address}/runs")
    expect(panels(page)).to_have_count(4)
    usual = pages.box(panels(page).nth(1))
    arrange(page, "val/a", "2", "tall")
    arrange(page, "val/c", "Hide")
    expect(panels(page)).to_have_count(3)
    page.reload()
    expect(panels(page)).to_have_count(3)
    expect(panels(page).first).to_have_class(re.compile("wide-2 high-tall"))
    large = pages.box(panels(page).first)
    assert large["width"] > 1.9 * usual["width"]
    assert large["height"] > 1.9 * usual["height"]
    page.get_by_role("button", name="Show val/c").click()
    expect(panels(page)).to_have_count(4)
    page.locator('[data-panel="val/a"] .corner').hover(force=True)
    box = pages.box(panels(page).first)  # After the hover, which may have scrolled.
    page.mouse.down()
    page.mouse.move(box["x"] + usual["width"], box["y"] + usual["height"])
    page.mouse.up()
    expect(page.locator('[data-panel="val/a"]')).to_have_class(re.compile("wide-1 high-usual"))
    expect(page).to_have_url(re.compile("/runs$"))


def test_a_grid_has_runs_of_its_own(page: Page, address: str, many: World) -> None:
    page.goto(f"{address}/runs?runs=run0-0123abc0")
    page.get_by_role("button", name="Add a grid").click()
    form = page.get_by_role("form", name="A grid of its own runs")
    form.get_by_label("Runs").fill("config.lr < 0.05 order by config.lr")
    form.get_by_label("Title").fill("Small rates")
    form.get_by_role("button", name="Draw it").click()
    grid = page.get_by_role("region", name="Small rates")
    expect(grid.locator(".legend li")).to_have_text(["run2", "run1"])
    expect(grid.locator("[data-panel]")).to_have_count(5)
    arrange(page, "val/a", "Hide")
    expect(grid.locator("[data-panel]")).to_have_count(4)
    expect(page.locator(".section:not(.own) [data-panel]")).to_have_count(1)
    page.reload()
    expect(grid.locator("[data-panel]")).to_have_count(4)
    grid.get_by_role("button", name="Edit").click()
    form.get_by_label("Drawn as").select_option("bar")
    form.get_by_label("Metrics").fill("config.lr")
    form.get_by_role("button", name="Draw it").click()
    expect(grid.locator(".runs-bars li")).to_have_count(2)
    grid.get_by_role("button", name="Take Small rates away").click()
    expect(grid).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/runs\?runs=run0-0123abc0$"))


def section(page: Page, name: str) -> Locator:
    heading = page.get_by_role("heading", name=name, exact=True)
    return page.locator("details.section").filter(has=heading).locator("[data-panel]")


def test_a_panel_is_moved_to_another_section_by_keys_and_a_link_shows_it_there(
    browser: Browser, page: Page, address: str, many: World
) -> None:
    page.goto(f"{address}/runs?closed=metrics")
    expect(panels(page)).to_have_count(4)
    arrange(page, "val/b")
    page.get_by_role("group", name="Arrange val/b").get_by_label("Move to section").press_sequentially("metrics")
    page.keyboard.press("Enter")
    expect(section(page, "metrics")).to_have_count(2)
    expect(section(page, "val")).to_have_count(3)
    expect(grip(page, "val/b")).to_be_focused()
    arrange(page, "val/c")
    page.get_by_role("group", name="Arrange val/c").get_by_label("Move to section").fill("mine")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(section(page, "mine")).to_have_count(1)
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(section(other, "mine")).to_have_count(1)
    expect(section(other, "metrics")).to_have_count(2)
    other.context.close()
    arrange(page, "val/c", "Back to val")
    expect(section(page, "val")).to_have_count(3)
    page.get_by_role("button", name="Automatic layout").click()
    expect(section(page, "val")).to_have_count(4)
    expect(page).to_have_url(re.compile("/runs$"))
