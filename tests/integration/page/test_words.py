"""Many runs at once, saved views and keys alone, in a real browser."""

import re

import pytest
from bucket_world import World
from pages import listed
from playwright.sync_api import Page, expect

from chiplog import audits

pytestmark = pytest.mark.integration


def test_runs_are_tagged_archived_and_deleted_and_all_of_it_is_taken_back(
    page: Page, address: str, world: World
) -> None:
    page.goto(f"{address}/runs?view=table")
    table = page.get_by_role("table", name="Runs")
    body = table.locator(".row:not(.head)")
    page.get_by_label("Choose run0").check()
    page.get_by_label("Choose run1").check()
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("A new tag").fill("paper")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".toast")).to_contain_text("2 runs tagged paper.")
    page.get_by_label("Find runs").fill('"paper" in tags')
    expect(body).to_have_count(2)
    page.get_by_role("button", name="Archive").click()
    expect(body).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(body).to_have_count(2)
    page.get_by_role("button", name="Delete").click()
    expect(body).to_have_count(0)
    page.get_by_label("Which runs are shown").select_option("deleted")
    expect(body).to_have_count(2)
    page.get_by_role("button", name="Restore").click()
    expect(body).to_have_count(0)
    keys = [item.key for item in world.bucket.list("v1/words/")]
    audited = [key for key in keys if f"/{audits.FOLDER}/" in key]
    assert {key.rpartition("/")[2] for key in keys if key not in audited} == {"words.json", "tombstone.json"}
    assert len(audited) == 2


def test_a_view_is_saved_by_the_palette_and_found_there(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?q=run1&smooth=0.5")
    expect(listed(page)).to_have_count(1)
    page.keyboard.press("Control+k")
    page.get_by_label("Find anything").fill("Only the second")
    page.get_by_role("option", name="Save this view as “Only the second”").click()
    expect(page.locator(".toast")).to_contain_text("Only the second is saved")
    page.goto(address)
    page.get_by_role("button", name="Commands").click()
    page.get_by_label("Find anything").fill("second")
    expect(page.get_by_role("option").first).to_contain_text("Only the second")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs\?q=run1&smooth=0.5$"))
    expect(listed(page)).to_have_count(1)


def test_everything_is_reached_by_keys_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/runs")
    expect(listed(page)).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("run")
    expect(page).to_have_url(re.compile("q=run"))
    page.keyboard.press("j")
    expect(page.get_by_label("Find runs")).to_have_value("runj")
    page.keyboard.press("Backspace")
    page.get_by_label("Find runs").blur()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".item.at")).to_contain_text("run1")
    page.keyboard.press("x")
    expect(page.locator(".item.at .dot")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="run0")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Find anything")).to_be_focused()
    page.keyboard.type("go to sweeps")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/sweeps$"))


def test_a_zoomed_chart_and_a_closed_section_stand_in_the_link(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?zoom=loss%40step~5~9")
    expect(page.get_by_role("button", name="Reset zoom")).to_be_visible()
    page.locator("details.section > summary").click()
    expect(page).to_have_url(re.compile("closed=metrics"))
    page.reload()
    expect(page.locator("details[open]")).to_have_count(0)


def test_listed_runs_are_drawn_as_points_bars_and_lines_and_weighed(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?view=plots")
    expect(page.locator(".plotted circle")).to_have_count(3)
    expect(page.locator(".runs-bars li")).to_have_count(3)
    expect(page.locator(".trial")).to_have_count(3)
    expect(page.get_by_role("meter", name="Importance of lr")).to_be_visible()
    page.get_by_label("Metric").select_option("step")
    expect(page.locator(".runs-bars")).to_have_attribute("aria-label", "step")
    expect(page).to_have_url(re.compile("y=step"))
