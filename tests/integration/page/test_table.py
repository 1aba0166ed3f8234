"""Columns of the table of runs as the reader has them: which there are, which stay in sight, how wide they are."""

import re

import pages
import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.integration


def head(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader").filter(has=page.get_by_role("button", name=name, exact=True))


def column(page: Page, name: str) -> Locator:
    """What the reader clicks to have a column, or not."""
    return page.get_by_role("group", name="Columns").get_by_role("checkbox", name=re.compile(rf"^{name}\b"))


def order(page: Page) -> list[str]:
    """The names over the columns, from left to right."""
    return [text.strip() for text in page.get_by_role("columnheader").all_inner_texts() if text.strip()]


def test_columns_are_chosen_and_a_link_has_them(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?view=table")
    row = page.locator(".row:not(.head)").first
    expect(row).to_contain_text("vision")
    assert "namespace" not in order(page)
    page.get_by_role("button", name="Columns").click()
    column(page, "namespace").check()
    column(page, "project").uncheck()
    column(page, "summary.loss").uncheck()
    page.reload()
    expect(row).to_contain_text("team")
    expect(row).not_to_contain_text("vision")
    assert order(page) == ["name", "state", "namespace", "step", "started", "took", "attempts", "lr"]


def test_a_column_is_as_wide_as_it_is_dragged_but_never_too_narrow_to_be_had_again(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?view=table")
    edge, state = page.get_by_role("separator", name="Width of name"), head(page, "state")
    before = pages.box(state)
    drag(page, edge, 90)
    expect(page).to_have_url(re.compile("widths=name%3A310"))
    assert pages.box(state)["x"] == before["x"] + 90
    cell = page.locator(".row:not(.head)").first.get_by_role("cell").nth(1)
    assert pages.box(cell)["width"] == 310
    drag(page, edge, -600)
    expect(page).to_have_url(re.compile("widths=name%3A48"))
    page.reload()
    expect(edge).to_have_attribute("aria-valuenow", "48")
    assert pages.box(head(page, "name"))["width"] == 48


def drag(page: Page, edge: Locator, by: int) -> None:
    """Take the edge of a column and let it go elsewhere."""
    box = pages.box(edge)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by / 2, y + 3)
    page.mouse.move(x + by, y)
    page.mouse.up()


def test_what_stays_in_sight_stands_first_until_it_is_let_go(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?view=table")
    expect(head(page, "step")).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Keep step in sight").click()
    expect(page).to_have_url(re.compile("kept=name%2Cstep"))
    assert order(page)[:3] == ["name", "step", "state"]
    page.get_by_role("button", name="Keep name in sight").click()
    expect(page.get_by_role("button", name="Keep name in sight")).to_have_attribute("aria-pressed", "false")
    assert order(page)[:3] == ["step", "name", "state"]
    page.set_viewport_size({"width": 800, "height": 700})
    kept, free = pages.box(head(page, "step")), pages.box(head(page, "name"))
    page.locator(".table:not(.grouped)").evaluate("node => { node.scrollLeft = 100; }")
    assert pages.box(head(page, "step"))["x"] == kept["x"]
    assert pages.box(head(page, "name"))["x"] == free["x"] - 100
