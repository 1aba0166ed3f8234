"""Charts, media and the table as the reader arranges them, in a real browser; what was arranged stands in the link."""

import json
import re

import pages
import pytest
from bucket_world import Source, World, attempt, history, numbered, script
from pages import drawn
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.integration


def answers(page: Page, title: str, *names: str) -> None:
    """The tooltip in the middle of a chart names these, each once."""
    rows = page.locator(f'section[aria-label="{title}"] .tip .tip-row')

    def is_told() -> bool:
        return sorted(text.split("\n")[0] for text in rows.all_inner_texts()) == sorted(names)

    pages.pointed(page.locator(f'section[aria-label="{title}"] .u-over'), is_told)


def test_runs_are_drawn_as_the_mean_of_their_group(page: Page, address: str, world: World) -> None:
    world.run("run3", uid="0123abc3", config={"lr": 0.1}, created_at=world.now - 3)
    world.record("r3", Source(script([3 / (step + 1) for step in range(20)])), run="run3-0123abc3")
    page.goto(f"{address}/runs")
    page.get_by_label("Mean of").select_option("config.lr")
    expect(page).to_have_url(re.compile("group=config.lr"))
    expect(page.locator("section.chart canvas")).to_have_count(1)
    answers(page, "loss", "lr 0.1 (2)", "lr 0.01 (1)", "lr 0.001 (1)")
    assert drawn(page, "loss") > 500
    expect(page.get_by_role("img", name="loss, from step 0 to step 21", exact=True)).to_be_visible()


def test_x_is_any_metric_and_a_logarithm_and_panels_are_kept_and_sized(page: Page, address: str, world: World) -> None:
    rows = [history(step, **{"epoch": step / 10, "val/acc": step / 20}) for step in range(20)]
    world.record("r1", Source(numbered([*rows])), run="run1-0123abc1", sequence=9)
    page.goto(f"{address}/runs")
    page.get_by_label("x", exact=True).select_option("metric:epoch")
    page.get_by_label("Log x").check()
    page.get_by_label("Size of panels").select_option("large")
    panel = page.locator('section[aria-label="val/acc"]')
    panel.hover()
    panel.get_by_role("button", name="Keep val/acc at the top").click()
    expect(page.locator(".kept section.chart")).to_have_attribute("aria-label", "val/acc")
    page.reload()
    expect(page.locator(".kept .of-large section.chart")).to_have_attribute("aria-label", "val/acc")
    answers(page, "val/acc", "run1")
    expect(panel.locator(".tip-x").first).to_contain_text("epoch ")


def test_attempts_before_a_restart_are_branches_of_their_own(page: Page, address: str, world: World) -> None:
    place = world.run("again", uid="0123abc9", created_at=world.now + 5)
    for number, values in enumerate(([1.0, 0.9, 0.8, 0.7], [0.8, 0.5, 0.4]), 1):
        world.record(f"again{number}", Source(script(values)), run=place.id)
    ends = [attempt(number, f"again{number}", reason="OOMKilled") for number in (1, 2)]
    world.outcome(place, "finished", ends)
    page.goto(f"{address}/runs/{place.path}?tab=charts")
    answers(page, "loss", "again (attempt 1)", "again (attempt 2)")


def test_columns_are_kept_in_sight_and_made_wider_and_rows_are_grouped_and_taken_along(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/runs?view=table")
    head = page.get_by_role("columnheader", name="name")
    before = pages.box(head)
    page.get_by_role("separator", name="Width of name").press("ArrowRight")
    expect(page).to_have_url(re.compile("widths=name%3A240"))
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Keep config.lr in sight").click()
    page.locator(".table:not(.grouped)").evaluate("node => { node.scrollLeft = 400; }")
    after, other = pages.box(head), pages.box(page.get_by_role("columnheader", name="lr"))
    assert (after["x"], after["width"]) == (before["x"], before["width"] + 20)
    assert other["x"] == after["x"] + after["width"]
    page.get_by_label("Group by").select_option("project")
    row = page.locator(".grouped tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator("td").first).to_have_text("vision")
    expect(row.locator("td").nth(1)).to_have_text("3")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    told = json.loads(download.value.path().read_text())
    assert [item["config.lr"] for item in told] == [0.1, 0.01, 0.001]


def test_a_run_keeps_its_colour_when_another_is_hidden_in_every_chart_and_in_the_link(page: Page, address: str) -> None:
    colour = "node => getComputedStyle(node).backgroundColor"
    dots = page.get_by_role("list", name="Runs").locator(".dot")
    page.goto(f"{address}/runs")
    expect(dots).to_have_count(3)
    before = [dot.evaluate(colour) for dot in dots.all()]
    page.get_by_role("button", name="Hide run1").click()
    expect(page.get_by_role("button", name="Draw run1")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Draw run1")).to_be_visible()
    after = [dot.evaluate(colour) for dot in dots.all()]
    assert (after[0], after[2]) == (before[0], before[2])
    assert len(set(before)) == 3
    answers(page, "loss", "run0", "run2")
    page.get_by_role("button", name="Plots").click()
    lines = page.locator(".trial")
    expect(lines).to_have_count(3)
    drawn_in = {line.evaluate("node => getComputedStyle(node).stroke") for line in lines.all()}
    assert {before[0], before[2]} < drawn_in
    assert before[1] not in drawn_in


def test_the_load_of_a_run_has_a_section_for_each_part_of_the_machine(page: Page, address: str, world: World) -> None:
    place = world.run("loaded", uid="0123abcc", created_at=world.now + 10)
    values = {"gpu.0.gpu": 93.0, "gpu.0.temp": 71.0, "cpu": 40.0, "disk./.usagePercent": 12.0}
    load = [{"kind": "system", "time": world.now + 15 * at, "values": values} for at in range(4)]
    world.record("loaded", Source(numbered(load)), run=place.id)
    page.goto(f"{address}/runs/{place.path}?tab=system")
    expect(page.locator(".section > summary h2")).to_have_text(["gpu", "cpu", "disk"])
    expect(page.locator('[data-panel="gpu.0.temp"] canvas')).to_have_count(1)
    expect(page.get_by_label("x", exact=True)).to_have_value("elapsed")
