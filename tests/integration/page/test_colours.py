"""A run keeps one colour in all views, and whoever opens the same link sees it in the same."""

import re

import pytest
from bucket_world import Source, World, script
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.integration

COLOUR = "node => getComputedStyle(node).backgroundColor"


def colours(page: Page, count: int) -> dict[str, str]:
    """Of each run that is drawn, by its name."""
    drawn = page.get_by_role("list", name="Runs").get_by_role("button", name=re.compile("^Hide "))
    expect(drawn).to_have_count(count)
    return {str(dot.get_attribute("aria-label"))[5:]: str(dot.evaluate(COLOUR)) for dot in drawn.all()}


def arrive(world: World, number: int) -> None:
    """A run that is newer than those before it."""
    place = world.run(f"run{number}", uid=f"0123abc{number}", config={"lr": 0.5}, created_at=world.now + number)
    world.record(f"r{number}", Source(script((1.0, 0.5))), run=place.id)


def test_a_run_that_comes_changes_the_colour_of_no_other_one(page: Page, address: str, world: World) -> None:
    page.goto(f"{address}/runs")
    before = colours(page, 3)
    for number in (3, 4):
        arrive(world, number)
        after = colours(page, number + 1)
        assert before.items() <= after.items()
        assert len(set(after.values())) == number + 1
    expect(page).to_have_url(re.compile("/runs$"))


def test_a_list_that_is_narrowed_keeps_its_colours_and_a_second_browser_has_the_same(
    browser: Browser, page: Page, address: str
) -> None:
    page.goto(f"{address}/runs")
    before = colours(page, 3)
    page.get_by_label("Find runs").fill("config.lr > 0.05")
    assert colours(page, 1) == {"run0": before["run0"]}
    expect(page).to_have_url(re.compile("hues=run0-0123abc0%7E2"))
    other = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    other.goto(page.url)
    assert colours(other, 1) == {"run0": before["run0"]}
    other.context.close()
    page.get_by_label("Find runs").fill("")
    assert colours(page, 3) == before
    expect(page).to_have_url(re.compile("/runs$"))


def test_compared_runs_have_the_colours_of_the_list(browser: Browser, page: Page, address: str) -> None:
    page.goto(f"{address}/runs")
    before = colours(page, 3)
    page.get_by_role("button", name="Hide run2").click()
    colours(page, 2)
    page.get_by_role("link", name="Compare").click()
    swatches = page.locator(".compare thead .swatch")
    expect(swatches).to_have_count(2)
    named = dict(zip(page.locator(".compare thead a").all_inner_texts(), swatches.all(), strict=True))
    assert {name: swatch.evaluate(COLOUR) for name, swatch in named.items()} == {k: before[k] for k in ("run0", "run1")}
    other = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    other.goto(page.url)
    expect(other.locator(".compare thead .swatch")).to_have_count(2)
    assert [item.evaluate(COLOUR) for item in other.locator(".compare thead .swatch").all()] == [
        swatch.evaluate(COLOUR) for swatch in named.values()
    ]
    other.context.close()


def test_one_run_alone_and_one_that_is_drawn_again_keep_their_colour(page: Page, address: str) -> None:
    page.goto(f"{address}/runs")
    before = colours(page, 3)
    page.get_by_role("button", name="Hide run0").dblclick()
    assert colours(page, 1) == {"run0": before["run0"]}
    page.get_by_role("button", name="Draw run1").click()
    assert colours(page, 2) == {name: before[name] for name in ("run0", "run1")}
