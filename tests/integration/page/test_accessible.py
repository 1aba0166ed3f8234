"""Every view, light and dark, under axe: nothing serious."""

import re
from pathlib import Path
from typing import Any

import pytest
import showroom
from pages import served
from playwright.sync_api import Browser, expect
from screenshots import views

from chiplog_dashboard import main
from chiplog_dashboard.settings import Settings

pytestmark = pytest.mark.integration

AXE = Path(__file__).parents[3] / "dashboard" / "web" / "node_modules" / "axe-core" / "axe.min.js"
ASK = """async rules => (await axe.run(document, {resultTypes: ["violations"], ...rules})).violations
  .filter(item => item.impact === "serious" || item.impact === "critical")
  .map(item => [item.id, ...item.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + node.failureSummary)])"""


COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""Dark has other colours, and all else is the same."""


def test_nothing_serious_stands_in_the_way_of_anybody(browser: Browser, tmp_path: Path) -> None:
    showroom.furnish(tmp_path)
    context = browser.new_context(color_scheme="light", reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    found: dict[str, Any] = {}
    with served(main.build(Settings(bucket=str(tmp_path)))) as address:
        for name, path in views(tmp_path).items():
            page.emulate_media(color_scheme="light")
            page.goto(address + path)
            expect(page.locator("header .live")).to_have_text("live")
            expect(page.get_by_text(re.compile("^Reading"))).to_have_count(0)
            if name == "palette":
                page.keyboard.press("Control+k")
                expect(page.get_by_role("option").first).to_be_visible()
            page.add_script_tag(path=AXE)
            found[f"{name}, light"] = page.evaluate(ASK, {})
            page.emulate_media(color_scheme="dark")
            expect(page.locator("html")).to_have_attribute("data-theme", "dark")
            found[f"{name}, dark"] = page.evaluate(ASK, COLOURS)
        page.goto("about:blank")
    context.close()
    assert {name: told for name, told in found.items() if told} == {}
