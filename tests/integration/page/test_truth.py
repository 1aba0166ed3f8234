"""What the page says of how much of a run is safe, and of what needs a look, in plain words and in a real browser."""

import os
from pathlib import Path

import group_world
import pytest
from bucket_world import Source, World, script
from playwright.sync_api import Locator, Page, expect

from chiplog import layout

pytestmark = pytest.mark.integration


def recorded(page: Page, address: str, run: str) -> Locator:
    """What the page of a run says behind “Recorded”."""
    page.goto(f"{address}/runs/prod/team/{run}")
    return page.locator("dl > div", has=page.locator("dt", has_text="Recorded")).locator("dd")


def test_a_run_says_how_far_behind_its_recording_is_and_what_is_still_to_be_shipped(
    page: Page, address: str, world: World
) -> None:
    expect(recorded(page, address, "run0-0123abc0")).to_have_text("1.5 s behind")
    late = {"lag_seconds": 61.26, "pending_bytes": 3 << 20}
    world.record("r0", Source(script([1.0])), run="run0-0123abc0", sequence=9, **late)
    expect(recorded(page, address, "run0-0123abc0")).to_have_text("61.3 s behind, 3.0 MiB still to be shipped")


def test_a_run_says_when_all_of_it_is_in_the_bucket_and_when_nothing_was_heard_of_it(
    page: Page, address: str, world: World
) -> None:
    safe = world.run("safe", uid="0123abc8", created_at=world.now - 5)
    world.outcome(safe, "finished", durable=True, finished_at=world.now - 1)
    world.run("mute", uid="0123abc9", created_at=world.now - 6)
    expect(recorded(page, address, "safe-0123abc8")).to_have_text("everything, in the bucket")
    expect(recorded(page, address, "mute-0123abc9")).to_have_text("nothing heard of yet")


def test_what_needs_a_look_comes_by_itself_and_says_why_and_nothing_else_does(
    page: Page, address: str, world: World, tmp_path: Path
) -> None:
    page.goto(address)
    expect(page.locator(".card", has_text="Running now").get_by_role("listitem")).to_have_count(3)
    expect(page.locator(".card", has_text="Needs a look")).to_have_count(0)
    world.record("r1", Source(script([1.0])), run="run1-0123abc1", sequence=9, lag_seconds=400.0)
    hours_ago = world.now - 7200
    os.utime(tmp_path / layout.live_key(layout.Recorder("prod", "team", "r2")), (hours_ago, hours_ago))
    group_world.night(world, -1, 0.9, holds=False, said="loss 0.9 is above 0.6")
    card = page.locator(".card", has_text="Needs a look")
    items = card.get_by_role("listitem")
    expect(items).to_have_count(3)
    expect(items.filter(has_text="nightly")).to_contain_text("loss 0.9 is above 0.6")
    expect(items.filter(has_text="run1")).to_contain_text("recording is 6m 40s behind")
    expect(items.filter(has_text="run2")).to_contain_text("nothing is heard of it")
    expect(page.locator(".tile", has_text="need a look")).to_have_text("3need a look")
    items.filter(has_text="run1").get_by_role("link").click()
    expect(page.get_by_role("heading", name="run1")).to_be_visible()
