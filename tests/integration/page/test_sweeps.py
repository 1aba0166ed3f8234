"""A sweep in a real browser while some of its trials run: they are listed, move, and lead to their runs."""

import re

import group_world
import pytest
from bucket_world import Source, World, script
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.integration

SWEEP = "/sweeps/prod/team/lr-5eeb0000"


@pytest.fixture
def swept(world: World) -> World:
    """Two trials that are over, one that trains and one that waits."""
    for index, loss in enumerate((0.5, 0.2)):
        group_world.trial(world, index, loss, finished_at=world.now - 50)
    run = world.run("lr-2", trial=group_world.place(2), created_at=world.now - 40)
    world.record("t2", Source(script((0.9, 0.4))), run=run.id)
    world.run("lr-3", trial=group_world.place(3), created_at=world.now - 30)
    return world


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def test_a_sweep_shows_trials_that_still_run_as_they_move_and_leads_to_their_runs(
    page: Page, address: str, swept: World
) -> None:
    page.goto(f"{address}{SWEEP}")
    names = page.locator("tbody td:first-child a")
    expect(names).to_have_text(["lr-2", "lr-3", "lr-1", "lr-0"])
    expect(row(page, "lr-2")).to_contain_text("running")
    expect(row(page, "lr-2")).to_contain_text("0.4")
    expect(row(page, "lr-3")).to_contain_text("pending")
    expect(page.get_by_text("0.2 by lr-1")).to_be_visible()
    expect(page.locator("path.trial.going")).to_have_count(1)
    swept.record("t2", Source(script((0.9, 0.4, 0.0125))), run="lr-2-0123abcd", sequence=9)
    expect(row(page, "lr-2")).to_contain_text("0.0125")
    expect(page.get_by_text("0.2 by lr-1")).to_be_visible()
    row(page, "lr-2").get_by_role("link").click()
    expect(page).to_have_url(re.compile("/runs/prod/team/lr-2-0123abcd$"))
    expect(page.get_by_role("heading", name="lr-2")).to_be_visible()


def test_a_trial_that_ends_is_counted_when_it_is_written_down(page: Page, address: str, swept: World) -> None:
    page.goto(f"{address}{SWEEP}")
    expect(page.get_by_text("; 2 still run")).to_be_visible()
    group_world.trial(swept, 2, 0.1, finished_at=swept.now)
    swept.record("t2", Source(script((0.9, 0.1))), run="lr-2-0123abcd", sequence=9)
    expect(page.get_by_text("0.1 by lr-2")).to_be_visible()
    expect(page.locator("path.trial.going")).to_have_count(0)


def test_the_list_of_sweeps_has_those_of_which_no_trial_is_over(page: Page, address: str, world: World) -> None:
    page.goto(f"{address}/sweeps")
    expect(page.get_by_text("No sweep has a trial yet.")).to_be_visible()
    world.run("lr-0", trial=group_world.place(0), created_at=world.now)
    expect(page.get_by_role("row").filter(has_text="lr")).to_have_count(1)
    expect(page.locator("tbody td:nth-child(5)")).to_have_text("1")
