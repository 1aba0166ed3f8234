"""Reports in a real browser: written beside their preview, read with live panels, and taken along as one file."""

import json
import re
from pathlib import Path

import pages
import pytest
from bucket_world import World
from pages import served
from playwright.sync_api import Browser, Page, expect

from chiplog_dashboard import main
from chiplog_dashboard.settings import Settings

pytestmark = pytest.mark.integration

TEXT = r"""What falls: $\sum_i x_i^2$ costs $5.

$$
\hat{\theta} = \arg\min_\theta \mathcal{L}(\theta)
$$

<script>document.title = "evil"</script>

```python
loss.backward()
```

```chiplog
title: Falling
runs: config.lr < 0.05 order by config.lr
keys: loss
```

```chiplog
panel: table
keys: config.lr, summary.loss
```

```chiplog
panel: scatter
keys: config.lr, summary.loss
```

```chiplog
panel: pie
```
"""


def write(page: Page, address: str) -> None:
    """A new report, saved."""
    pages.write_report(page, address, "What the rate does", TEXT, 4)


def test_a_report_is_written_with_its_panels_alive_and_lies_in_the_bucket(
    page: Page, address: str, world: World
) -> None:
    write(page, address)
    expect(page).to_have_url(re.compile("/reports/prod/team/what-the-rate-does$"))
    text = world.bucket.get("v1/reports/prod/team/what-the-rate-does/00000001.md").data.decode()
    assert "title: What the rate does\n" in text
    assert text.endswith(TEXT)
    panels = page.locator(".report .panel")
    expect(panels.nth(0).locator("canvas")).to_have_count(1)
    expect(panels.nth(1).locator("tbody tr")).to_have_count(3)
    expect(panels.nth(2).locator("circle")).to_have_count(3)
    expect(panels.nth(3)).to_contain_text("“pie” is none of curves, table")
    expect(page.locator(".report math")).to_have_count(2)
    expect(page.locator(".report article")).to_contain_text("costs $5.")
    expect(page.locator(".report article")).to_contain_text('<script>document.title = "evil"</script>')
    assert page.title() == "Chiplog"


def test_who_saves_over_another_is_told_so_and_both_stay(browser: Browser, page: Page, address: str) -> None:
    write(page, address)
    page.get_by_role("button", name="Edit").click()
    context = browser.new_context()
    other = context.new_page()
    other.goto(page.url)
    other.get_by_label("Markdown").fill("theirs")
    other.get_by_role("button", name="Save", exact=True).click()
    expect(other.locator(".report article")).to_have_text("theirs")
    context.close()
    page.get_by_label("Markdown").fill("mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("version 2 by now")
    page.get_by_role("button", name="Save over version 2").click()
    expect(page.locator(".report article")).to_have_text("mine")
    page.get_by_label("Version").select_option("2")
    expect(page.locator(".report article")).to_have_text("theirs")


def test_a_comment_stands_below_the_report(page: Page, address: str) -> None:
    write(page, address)
    page.get_by_label("Your comment").fill("Is *this* so?")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".comment em")).to_have_text("this")
    page.reload()
    expect(page.locator(".comment em")).to_have_text("this")


def test_a_report_of_a_checkout_is_read_and_never_edited(browser: Browser, world: World, tmp_path: Path) -> None:
    (tmp_path / "papers" / "team").mkdir(parents=True)
    (tmp_path / "papers" / "team" / "weekly.md").write_text(f"---\ntitle: This week\nproject: vision\n---\n{TEXT}")
    with served(main.build(Settings(bucket=str(tmp_path), fresh_seconds=0.1, reports=tmp_path / "papers"))) as address:
        page = browser.new_context().new_page()
        page.goto(f"{address}/reports")
        expect(page.get_by_role("row", name="This week")).to_contain_text("Git")
        page.get_by_role("link", name="This week").click()
        expect(page.locator(".report .panel").nth(0).locator("canvas")).to_have_count(1)
        expect(page.get_by_text("read only, from Git")).to_be_visible()
        expect(page.get_by_role("button", name="Export HTML")).to_be_visible()
        expect(page.get_by_role("button", name="Edit")).to_have_count(0)
        expect(page.get_by_label("Your comment")).to_have_count(0)
        page.context.close()


def test_an_exported_report_draws_without_server_script_or_network(
    browser: Browser, page: Page, address: str, tmp_path: Path
) -> None:
    write(page, address)
    expect(page.locator(".report .panel canvas")).to_have_count(1)
    target = tmp_path / "report.html"
    pages.exported(page, target)
    with pages.opened_alone(browser, target) as opened:
        expect(opened.get_by_role("heading", name="What the rate does")).to_be_visible()
        lines = opened.locator("figure.drawn path.line")
        expect(lines).to_have_count(2)
        box = lines.first.bounding_box()
        assert box
        assert box["width"] > 300
        assert box["height"] > 100
        expect(opened.locator("circle[cx]")).to_have_count(3 + 2)
        expect(opened.locator("math")).to_have_count(2)
        expect(opened.locator("body")).to_have_css("max-width", "880px")
    told = re.search(r'<script type="application/json" id="data">(.*?)</script>', target.read_text(), re.DOTALL)
    assert told
    (panel,) = json.loads(told[1])["panels"]
    assert [len(run["curves"][0]["x"]) for run in panel["curves"][0]["runs"]] == [22, 21]
