"""What a chart draws of more rows than it has room for: bands of extremes, and more detail where it is asked for."""

import re
from urllib.parse import parse_qs, urlsplit

import pages
import pytest
from bucket_world import Source, World, history, numbered
from playwright.sync_api import Page, Response, expect

pytestmark = pytest.mark.integration

ROWS = 8000
"""Eight times as many as a chart asks for points."""

FILLED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(Math.round(canvas.width / 2), 0, 1, canvas.height);
  return data.filter((value, at) => at % 4 === 3 && value > 0).length / canvas.height;
}"""
"""How much of the column of pixels in the middle of a chart is not empty."""


def record(world: World, number: int, values: list[float]) -> None:
    """Rows of one metric, under the run of that number."""
    rows = [history(step, loss=value) for step, value in enumerate(values)]
    world.record(f"r{number}", Source(numbered(rows)), run=f"run{number}-0123abc{number}", sequence=9)


def filled(page: Page) -> float:
    expect(page.get_by_role("img", name=re.compile("^loss, from step "))).to_be_visible()
    return float(page.locator('section[aria-label="loss"] canvas').evaluate(FILLED))


def told(page: Page) -> list[str]:
    """What the tooltip says in the middle of the chart."""
    rows = page.locator('section[aria-label="loss"] .tip .tip-row')
    pages.pointed(page.locator('section[aria-label="loss"] .u-over'), lambda: rows.count() > 0)
    return [text.replace("\n", " ") for text in rows.all_inner_texts()]


def points(answer: Response, low: float, high: float) -> int:
    """Points of a stretch of the one curve that was answered."""
    return sum(low <= x <= high for x in answer.json()["runs"][0]["curves"][0]["x"])


def test_a_stretch_that_is_dragged_is_asked_for_anew_with_more_points_and_a_double_click_goes_back(
    page: Page, address: str, world: World
) -> None:
    record(world, 0, [1 / (step + 1) for step in range(ROWS)])
    with page.expect_response(re.compile("/api/v1/curves")) as whole:
        page.goto(f"{address}/runs?q=run0")
    every = page.get_by_role("img", name="loss, from step 7 to step 7,999", exact=True)
    expect(every).to_be_visible()
    over = page.locator(".u-over")
    box = pages.box(over)
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 90)
    with page.expect_response(re.compile("/api/v1/curves.*from=")) as closer:
        page.mouse.move(box["x"] + box["width"] * 0.375, box["y"] + 60)
        page.mouse.up()
    query = parse_qs(urlsplit(closer.value.url).query)
    low, high = float(query["from"][0]), float(query["to"][0])
    assert (low, high) == pytest.approx((ROWS * 0.25, ROWS * 0.375), rel=0.03)
    assert points(closer.value, low, high) > 7 * points(whole.value, low, high) > 0
    expect(
        page.get_by_role("img", name=re.compile(r"^loss, from step (1,9|2,0)\d\d to step (2,9|3,0)\d\d$"))
    ).to_be_visible()
    expect(page).to_have_url(re.compile("zoom=loss%40step"))
    over.dblclick()
    expect(every).to_be_visible()
    expect(page.get_by_role("button", name="Reset zoom")).to_have_count(0)


def test_a_point_of_many_rows_has_a_band_from_its_least_to_its_most_behind_its_line(
    page: Page, address: str, world: World
) -> None:
    record(world, 0, [(0.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)[step % 8] for step in range(ROWS)])
    page.goto(f"{address}/runs?q=run0")
    assert filled(page) > 0.6
    assert told(page) == ["run0 0.5"]


def test_a_group_is_its_mean_with_a_band_as_wide_as_its_runs_lie_apart(page: Page, address: str, world: World) -> None:
    world.run("run3", uid="0123abc3", config={"lr": 0.1}, created_at=world.now - 3)
    for number, value in ((0, 1.0), (3, 3.0)):
        record(world, number, [value] * 20)
    page.goto(f"{address}/runs?q=config.lr+%3D+0.1")
    expect(page.get_by_role("img", name="loss, from step 0 to step 19", exact=True)).to_be_visible()
    assert filled(page) < 0.2
    page.get_by_label("Mean of").select_option("project")
    assert told(page) == ["project vision (2) 2"]
    assert filled(page) > 0.6
