"""The slider of the smoothing as a hand moves it: lines follow each movement, the link has it when it rests."""

import math
import re

import pages
import pytest
from bucket_world import Source, World, history, numbered
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.integration

STRONG = """canvas => {
  const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = [];
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, alpha] = data.slice(at, at + 4);
    const isColour = Math.max(red, green, blue) - Math.min(red, green, blue) > 60;
    if (alpha > 200 && isColour) found.push(Math.floor(at / 4 / width));
  }
  return [found.length, found.length ? Math.max(...found) - Math.min(...found) : 0];
}"""
"""How many pixels have a line's full colour, and from how high to how low they lie."""


def strong(page: Page) -> tuple[int, int]:
    count, height = page.locator('section[aria-label="loss"] canvas').evaluate(STRONG)
    return count, height


@pytest.fixture
def waves(world: World) -> World:
    """A run that goes up and down all the time."""
    rows = [history(step, loss=math.sin(step / 2)) for step in range(300)]
    world.record("r0", Source(numbered(rows)), run="run0-0123abc0", sequence=9)
    return world


def test_lines_follow_each_movement_and_the_link_has_the_smoothing_when_the_hand_rests(
    page: Page, address: str, waves: World
) -> None:
    page.goto(f"{address}/runs?q=run0&smooth=0.1")
    expect(page.get_by_role("img", name="loss, from step 0 to step 299", exact=True)).to_be_visible()
    _, before = strong(page)
    links: list[str] = []
    page.on("framenavigated", lambda frame: links.append(frame.url))
    box = pages.box(page.get_by_role("slider"))
    page.mouse.move(box["x"] + box["width"] * 0.15, box["y"] + box["height"] / 2)
    page.mouse.down()
    for number in range(60):
        page.mouse.move(box["x"] + box["width"] * (0.15 + 0.8 * number / 60), box["y"] + box["height"] / 2)
        page.evaluate("new Promise(requestAnimationFrame)")
    page.evaluate("new Promise(requestAnimationFrame)")
    count, moved = strong(page)
    assert before > 100
    assert moved < before * 0.6
    expect(page).to_have_url(re.compile(r"smooth=0\.9\d"))
    page.mouse.up()
    assert len(links) < 20
    page.evaluate("new Promise(requestAnimationFrame)")
    assert strong(page) == pytest.approx((count, moved), rel=0.02, abs=1)
    page.reload()
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^0\.9"))).to_be_visible()


def test_a_movement_that_ends_where_it_began_leaves_the_chart_as_it_was(page: Page, address: str, waves: World) -> None:
    page.goto(f"{address}/runs?q=run0&smooth=0.5")
    expect(page.get_by_role("img", name="loss, from step 0 to step 299", exact=True)).to_be_visible()
    canvas = page.locator('section[aria-label="loss"] canvas')
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    slider = page.get_by_role("slider")
    slider.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.u-wrap canvas').toDataURL() !== before", arg=before)
    slider.press("ArrowLeft")
    page.wait_for_function("before => document.querySelector('.u-wrap canvas').toDataURL() === before", arg=before)
    expect(slider).to_have_value("0.5")


def test_smoothing_from_none_puts_the_values_faintly_behind_the_line(page: Page, address: str, waves: World) -> None:
    page.goto(f"{address}/runs?q=run0")
    expect(page.get_by_role("img", name="loss, from step 0 to step 299", exact=True)).to_be_visible()
    every, full = strong(page)[0], pages.drawn(page, "loss")
    page.get_by_role("slider").fill("0.9")
    expect(page).to_have_url(re.compile("smooth=0.9"))
    page.wait_for_function(f"most => ({STRONG})(document.querySelector('.u-wrap canvas'))[0] < most", arg=every * 0.6)
    assert pages.drawn(page, "loss") > full * 0.7
