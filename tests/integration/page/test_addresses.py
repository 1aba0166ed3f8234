"""What a person set in a view stands in its address: a second browser that opens it shows the same."""

import re
from collections.abc import Callable, Iterator

import group_world
import pages
import pytest
from bucket_world import Source, World, numbered, script
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.integration

Second = Callable[[Page], Page]

SWEEPS_SECONDS = 2
"""For so long the server may answer with the trials that it has read."""


@pytest.fixture
def second(browser: Browser) -> Iterator[Second]:
    """Open where a page is in another browser."""
    opened = []

    def begin(page: Page) -> Page:
        other = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        opened.append(other)
        other.goto(page.url)
        return other

    yield begin
    for other in opened:
        other.context.close()


def test_a_stretch_of_an_axis_stands_in_the_address(page: Page, address: str, world: World, second: Second) -> None:
    for index, loss in enumerate((0.5, 0.2, 0.9, 0.4)):
        group_world.trial(world, index, loss)
    page.goto(f"{address}/sweeps/prod/team/lr-5eeb0000")
    expect(page.locator("tbody tr")).to_have_count(4)
    box = pages.box(page.locator(".axis .grip").first)
    page.mouse.move(box["x"] + 14, box["y"] + box["height"] - 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 14, box["y"] + box["height"] * 0.5)
    page.mouse.up()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"axes=lr%7E%7E0\.1\d*"))
    other = second(page)
    expect(other.locator("tbody td:first-child a")).to_have_text(["lr-1", "lr-0"])
    group_world.trial(world, 5, 0.1, searched={"lr": 0.05})
    other.wait_for_timeout(SWEEPS_SECONDS * 1000)
    other.reload()
    expect(other.locator("tbody tr")).to_have_count(3)


def test_the_line_of_a_console_that_is_looked_at_stands_in_the_address(
    page: Page, address: str, world: World, second: Second
) -> None:
    lines = [{"kind": "console", "source": "stdout", "time": world.now, "text": f"line {at}\n"} for at in range(900)]
    world.record("r1", Source(numbered(lines)), run="run1-0123abc1", sequence=9)
    page.goto(f"{address}/runs/prod/team/run1-0123abc1?tab=console")
    expect(page.get_by_text("line 899", exact=True)).to_be_visible()
    page.locator(".console").hover()
    page.mouse.wheel(0, -8000)
    expect(page.get_by_label("Follow")).not_to_be_checked()
    expect(page).to_have_url(re.compile(r"follow=0&line=\d+"))
    shown = page.locator(".console .line span").all_inner_texts()
    other = second(page)
    expect(other.get_by_text(shown[len(shown) // 2], exact=True)).to_be_visible()
    expect(other.get_by_text("line 899", exact=True)).to_have_count(0)
    expect(other.get_by_label("Follow")).not_to_be_checked()
    other.get_by_label("Follow").check()
    expect(other.get_by_text("line 899", exact=True)).to_be_visible()
    expect(other).to_have_url(re.compile(r"\?tab=console$"))


def test_chosen_rows_stand_in_the_address(page: Page, address: str, second: Second) -> None:
    page.goto(f"{address}/runs?view=table")
    page.get_by_label("Choose run1").check()
    page.get_by_label("Choose run2").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    other = second(page)
    expect(other.get_by_text("2 chosen")).to_be_visible()
    expect(other.get_by_label("Choose run0")).not_to_be_checked()
    page.get_by_label("Choose all").click()  # It is checked when the server has said which these are.
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_label("Choose run1").uncheck()
    expect(page).to_have_url(re.compile(r"picked=\*%2C-run1-0123abc1"))
    other.goto(page.url)
    expect(other.get_by_text("2 chosen")).to_be_visible()
    expect(other.get_by_label("Choose run1")).not_to_be_checked()
    for name in ("run0", "run2"):
        expect(other.get_by_label(f"Choose {name}")).to_be_checked()


def test_what_is_looked_for_in_a_run_stands_in_the_address(page: Page, address: str, second: Second) -> None:
    page.goto(f"{address}/runs/prod/team/run1-0123abc1")
    page.get_by_label("Filter Config").fill("nothing of it")
    expect(page.locator(".card", has_text="Config")).to_contain_text("Nothing.")
    other = second(page)
    expect(other.get_by_label("Filter Config")).to_have_value("nothing of it")
    expect(other.get_by_label("Filter Summary")).to_have_value("")


def test_back_leads_past_what_was_set_and_not_through_it(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?view=table")
    page.get_by_label("Choose run1").check()
    page.get_by_label("Choose run2").check()
    page.get_by_role("link", name="run0").click()
    expect(page.get_by_role("heading", name="run0")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.go_back()
    expect(page).to_have_url("about:blank")


@pytest.mark.parametrize("path", ["/nowhere", "/runs/a", "/runsx", "/sweeps/a/b"])
def test_an_address_that_is_none_says_so_and_shows_the_way_home(page: Page, address: str, path: str) -> None:
    answer = page.goto(f"{address}{path}")
    assert answer
    assert answer.status == 200
    expect(page.get_by_role("alert")).to_have_text(f"There is no view at {path}.")
    page.get_by_role("button", name="Overview").click()
    expect(page).to_have_url(f"{address}/")
    expect(page.get_by_text("Running now")).to_be_visible()


def test_a_link_of_before_shows_what_it_showed(page: Page, address: str, world: World) -> None:
    world.record("r2", Source(script((1.0, 0.5))), run="run2-0123abc2", sequence=9)
    page.goto(f"{address}/compare?ids=prod/team/run2-0123abc2,prod/team/run0-0123abc0")
    expect(page.locator(".compare thead a")).to_have_text(["run2", "run0"])
    page.goto(f"{address}/runs?runs=run2-0123abc2,run0-0123abc0&view=charts")
    expect(page.get_by_role("button", name="Hide run2")).to_be_visible()
    expect(page.get_by_role("button", name="Draw run1")).to_be_visible()
