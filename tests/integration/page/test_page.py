"""The dashboard's page in a real browser, over a real directory bucket that grows while it is looked at."""

import gzip
import hashlib
import re
import threading
import time
from pathlib import Path
from typing import Any

import group_world
import pytest
from bucket_world import Source, World, file, numbered, script
from pages import drawn, listed, served
from playwright.sync_api import Browser, Page, expect
from recorder_process import until
from starlette.types import ASGIApp, Receive, Scope, Send

from chiplog.access import Right
from chiplog.watching import Watcher
from chiplog_dashboard import app, main
from chiplog_dashboard.access import Person, SignedOn, SignOn
from chiplog_dashboard.api import Api
from chiplog_dashboard.groups import Groups
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.settings import PAGE, Settings
from chiplog_dashboard.shelf import Shelf
from chiplog_dashboard.sight import Sight

pytestmark = pytest.mark.integration


def test_the_curves_of_the_newest_runs_are_drawn(page: Page, address: str) -> None:
    page.goto(f"{address}/runs")
    expect(listed(page)).to_have_count(3)
    expect(page.locator("section.chart")).to_have_count(1)
    page.locator('section[aria-label="loss"] canvas').wait_for()
    until(lambda: drawn(page, "loss") > 500)


def test_a_run_that_lives_moves_by_itself(page: Page, address: str, world: World) -> None:
    page.goto(f"{address}/runs?q=run0")
    expect(listed(page)).to_contain_text("step 19")
    world.record("r0", Source(script([1 / (step + 1) for step in range(400)])), run="run0-0123abc0", sequence=4)
    expect(listed(page)).to_contain_text("step 399")


def test_an_expression_narrows_the_list_and_stands_in_the_link(browser: Browser, page: Page, address: str) -> None:
    page.goto(f"{address}/runs")
    page.get_by_label("Find runs").fill("config.lr < 0.05 order by config.lr")
    expect(listed(page)).to_have_count(2)
    expect(listed(page).first).to_contain_text("run2")
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(listed(other)).to_have_count(2)
    expect(listed(other).first).to_contain_text("run2")
    other.context.close()


class Stalling:
    """An application whose first answer about keys stays half said until the browser gives it up."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.half_said, self.given_up = threading.Event(), threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/api/v1/keys" or self.half_said.is_set():
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"keys": [', "more_body": True})
        self.half_said.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        self.given_up.set()


def test_an_answer_that_is_given_up_half_way_breaks_nothing(page: Page, tmp_path: Path) -> None:
    stalling = Stalling(main.build(Settings(bucket=str(tmp_path), fresh_seconds=0.1)))
    with served(stalling) as address:
        page.goto(f"{address}/runs")
        expect(listed(page)).to_have_count(3)
        assert stalling.half_said.wait(10)
        page.get_by_label("Find runs").fill("run1")
        assert stalling.given_up.wait(10)
        expect(page.locator("section.chart")).to_have_count(1)
        expect(listed(page)).to_have_count(1)
        page.goto("about:blank")


def test_a_panel_that_breaks_leaves_the_others_and_can_be_tried_again(browser: Browser, address: str) -> None:
    opened = browser.new_context().new_page()
    opened.route("**/api/v1/curves?*", lambda route: route.fulfill(json={"key": "loss", "runs": [{"run": "a/b/c"}]}))
    opened.goto(f"{address}/runs")
    broken = opened.locator("section.broken")
    expect(broken).to_contain_text("loss cannot be shown")
    expect(listed(opened)).to_have_count(3)
    opened.unroute("**/api/v1/curves?*")
    broken.get_by_role("button", name="Try again").click()
    expect(opened.locator("section.chart canvas")).to_have_count(1)
    opened.context.close()


def test_an_expression_that_is_none_is_explained_and_hides_nothing(browser: Browser, address: str) -> None:
    opened = browser.new_context().new_page()
    opened.goto(f"{address}/runs")
    opened.get_by_label("Find runs").fill("confg.lr < 1")
    expect(opened.get_by_role("alert")).to_contain_text("confg")
    expect(listed(opened)).to_have_count(3)
    opened.context.close()


def test_a_run_shows_config_summary_and_console(page: Page, address: str) -> None:
    page.goto(f"{address}/runs/prod/team/run1-0123abc1")
    expect(page.get_by_role("heading", name="run1")).to_be_visible()
    expect(page.locator(".card", has_text="Config")).to_contain_text("0.01")
    page.get_by_role("tab", name="console").click()
    expect(page.get_by_text("Nothing was captured of the console.")).to_be_visible()
    expect(page).to_have_url(re.compile("tab=console"))


def test_the_table_sorts_by_any_column(page: Page, address: str) -> None:
    page.goto(f"{address}/runs?view=table")
    page.get_by_role("columnheader", name="lr").click()
    cells = page.locator(".row:not(.head)").filter(has_text="run")
    expect(cells.first).to_contain_text("run2")
    page.get_by_role("columnheader", name="lr").click()
    expect(cells.first).to_contain_text("run0")


def test_a_name_that_is_a_script_is_a_text(page: Page, address: str, world: World) -> None:
    evil = '<img src=x onerror="document.title=1">'
    world.run("evil", uid="0123abcf", display_name=evil, created_at=world.now + 10)
    page.goto(f"{address}/runs")
    expect(listed(page).first).to_contain_text(evil)
    assert page.title() == "Chiplog"


MOST_BYTES = 250_000
"""Of JavaScript, gzipped, before the first view is drawn."""


def test_the_first_load_is_small(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(answer.url) if answer.url.endswith(".js") else None)
    page.goto(f"{address}/runs")
    expect(listed(page)).to_have_count(3)
    names = {url.rpartition("/")[2] for url in asked}
    assert sum(len(gzip.compress((PAGE / "assets" / name).read_bytes())) for name in names) < MOST_BYTES
    assert not [name for name in names if re.match("katex|Markdown|ReportPage|Palette", name)]


def test_dark_follows_the_system_and_can_be_switched(browser: Browser, address: str) -> None:
    context = browser.new_context(color_scheme="dark")
    opened = context.new_page()
    opened.goto(f"{address}/runs")
    expect(opened.locator("html")).to_have_attribute("data-theme", "dark")
    opened.get_by_label("Theme: system").click()
    expect(opened.locator("html")).to_have_attribute("data-theme", "light")
    context.close()


def test_the_overview_says_what_runs_what_failed_and_which_projects_there_are(
    page: Page, address: str, world: World
) -> None:
    place = world.run("broken", uid="0123abcf", created_at=world.now - 90)
    world.outcome(place, "failed", reason="Error", finished_at=world.now - 60)
    page.goto(address)
    expect(page.locator(".card", has_text="Running now").get_by_role("listitem")).to_have_count(3)
    failed = page.locator(".card", has_text="Failed in the last")
    expect(failed.get_by_role("listitem")).to_have_text(re.compile("broken"))
    page.get_by_role("link", name="vision", exact=True).click()
    expect(listed(page)).to_have_count(4)


def test_a_sweep_shows_its_trials_and_a_stretch_of_an_axis_chooses_among_them(
    page: Page, address: str, world: World
) -> None:
    for index, loss in enumerate((0.5, 0.2, 0.9)):
        group_world.trial(world, index, loss)
    group_world.trial(world, 3, 9.0, "pruned")
    page.goto(f"{address}/sweeps")
    page.get_by_role("link", name="lr", exact=True).click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("lr-1 ★")
    expect(rows.last).to_contain_text("stopped at iteration 3: loss 9 is above 1")
    grip = page.locator(".axis .grip").first
    box = grip.bounding_box()
    assert box
    page.mouse.move(box["x"] + 14, box["y"] + box["height"] - 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 14, box["y"] + box["height"] * 0.5)
    page.mouse.up()
    expect(rows).to_have_count(2)


def test_a_line_shows_its_nights_as_a_calendar_with_those_that_were_missed(
    page: Page, address: str, world: World
) -> None:
    for day in (-6, -5, -4, -3, -1):
        group_world.night(world, day, 0.9 if day == -1 else 0.5, holds=day != -1, said=f"gate of day {day}")
    group_world.missed(world, -2)
    group_world.latest(world, "nightly--3-0123abcd")
    page.goto(f"{address}/lines")
    expect(page.locator("tbody tr")).to_contain_text("gate failed")
    page.get_by_role("link", name="nightly", exact=True).click()
    expect(page.locator(".calendar .night.holds")).to_have_count(4)
    expect(page.locator(".calendar .night.fails")).to_have_count(1)
    expect(page.locator(".calendar .night.missed")).to_have_count(1)
    expect(page.locator(".calendar .night.latest")).to_have_count(1)
    expect(page.locator(".gates")).to_contain_text("gate of day -1")


def test_runs_side_by_side_show_what_differs_and_their_curves(page: Page, address: str) -> None:
    page.goto(f"{address}/runs")
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare 3 runs")).to_be_visible()
    rate = page.locator(".compare tr", has=page.get_by_role("rowheader", name="lr", exact=True))
    expect(rate.get_by_role("cell")).to_have_text(["0.1", "0.01", "0.001"])
    expect(page.get_by_role("rowheader", name="project")).to_have_count(0)
    page.get_by_label("also what is the same").check()
    expect(page.get_by_role("rowheader", name="project")).to_have_count(1)
    expect(page.locator("section.chart")).to_have_count(1)


def with_code(world: World, number: int, text: str) -> None:
    """A run's own script, as wandb keeps it."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    key = f"v1/blobs/prod/team/r{number}/{digest}/train.py"
    world.bucket.put(key, text.encode())
    path = f"wandb/offline-run-{number}/files/code/train.py"
    shipped = Source(numbered([file(path, digest, key=key, size=len(text))]), id="files", kind="files", path="files")
    rows = Source(script([1.0, 0.5]))
    world.record(f"r{number}", rows, shipped, run=f"run{number}-0123abc{number}", sequence=5)


def saved(world: World, name: str, data: bytes) -> dict[str, Any]:
    """The row of a file of the run `patched`."""
    digest = hashlib.sha256(data).hexdigest()
    key = f"v1/blobs/prod/team/patched/{digest}/{name}"
    world.bucket.put(key, data)
    return file(name, digest, key=key, size=len(data))


def test_a_run_shows_what_it_was_made_of_and_whose_it_says_it_is(page: Page, address: str, world: World) -> None:
    data = b"diff --git a/train.py b/train.py\n--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-lr = 1\n+lr = 2\n"
    place = world.run("patched", uid="0123abc9", claimed_by="ada@example.com")
    files = [saved(world, "diff.patch", data), saved(world, "requirements.txt", b"numpy==2.3.1\ntorch==2.9.0\n")]
    rows = [{"kind": "environment", "environment": {"gpu_type": "H100", "memory": {"total": 64}}}, *script([1.0])]
    shipped = Source(numbered(files), id="f", kind="files", path="files")
    world.record("patched", Source(numbered(rows)), shipped, run=place.id)
    page.goto(f"{address}/runs/{place.path}")
    card = page.locator("section", has=page.get_by_role("heading", name="Changes since the commit"))
    expect(card.locator(".added")).to_have_text("+lr = 2")
    expect(card.locator(".removed")).to_have_text("-lr = 1")
    expect(page.get_by_text("ada@example.com")).to_be_visible()
    expect(page.locator("section", has=page.get_by_role("heading", name="Environment"))).to_contain_text("H100")
    page.get_by_label("Filter Packages").fill("torch")
    expect(page.locator("section", has=page.get_by_role("heading", name="Packages")).locator("dl > div")).to_have_text(
        ["torch2.9.0"]
    )


def test_code_side_by_side_shows_the_lines_that_differ(page: Page, address: str, world: World) -> None:
    with_code(world, 0, "import wandb\nrate = 0.1\nrun()\n")
    with_code(world, 1, "import wandb\nrate = 0.01\nrun()\n")
    page.goto(f"{address}/compare?ids=prod/team/run0-0123abc0,prod/team/run1-0123abc1")
    code = page.locator(".code-diff")
    expect(code.locator("summary")).to_have_text("code/train.py +1 −1")
    expect(code.locator(".removed")).to_have_text("-rate = 0.1")
    expect(code.locator(".added")).to_have_text("+rate = 0.01")
    page.get_by_label("To", exact=True).select_option("prod/team/run0-0123abc0")
    expect(code).to_contain_text("Nothing of their code that was recorded differs.")


class Server:
    """An API server that knows one token until it is revoked."""

    tokens = frozenset({"good.to.ken"})

    def person(self, token: str) -> Person | None:
        return Person("ada") if token in self.tokens else None

    def may(self, person: Person, right: Right) -> bool:
        return right.namespace == "team"


def test_one_signs_on_with_a_token_and_sees_nothing_when_it_is_revoked(
    browser: Browser, world: World, tmp_path: Path
) -> None:
    world.run("theirs", uid="0123abce", namespace="other", created_at=world.now)
    server, now = Server(), [0.0]
    shelf = Shelf(world.bucket, time.time, time.monotonic, 0.1, "prod")
    sight = Sight(shelf, SignedOn(SignOn(tokens=True), server, lambda: now[0]))
    api = Api(world.bucket, sight, Histories(world.bucket, time.monotonic), Watcher(world.bucket))
    groups = Groups(world.bucket, sight)
    with served(app.create(api, groups, PAGE, ["*"])) as address:
        opened = browser.new_context().new_page()
        opened.goto(f"{address}/runs")
        opened.get_by_label("Token").fill("bad.to.ken")
        opened.get_by_role("button", name="Sign on").click()
        expect(opened.get_by_role("alert")).to_contain_text("nobody that this cluster knows")
        opened.get_by_label("Token").fill("good.to.ken")
        opened.get_by_role("button", name="Sign on").click()
        expect(listed(opened)).to_have_count(3)
        expect(opened.get_by_text("ada")).to_be_visible()
        assert opened.evaluate("document.cookie") == ""
        server.tokens, now[0] = frozenset(), 11.0
        expect(opened.get_by_label("Token")).to_be_visible()
        expect(opened.get_by_text("run0")).to_have_count(0)
        opened.context.close()


def test_where_nothing_is_found_the_page_says_so_and_shows_the_way_back(
    page: Page, browser: Browser, address: str
) -> None:
    page.goto(f"{address}/runs?q=nothinglikeit")
    expect(page.get_by_role("status").filter(has_text="No run matches “nothinglikeit”.")).to_be_visible()
    expect(page.get_by_text("No run is drawn.")).to_be_visible()
    page.get_by_role("button", name="Show all runs").click()
    expect(listed(page)).to_have_count(3)
    page.goto(f"{address}/runs?view=table&show=deleted")
    expect(page.get_by_text("No run is deleted.")).to_be_visible()
    other = browser.new_context().new_page()  # A browser notes an answer of 404 as an error of the page.
    other.goto(f"{address}/runs/prod/team/nope")
    expect(other.get_by_role("heading", name="This cannot be shown")).to_be_visible()
    expect(other.get_by_role("alert")).to_contain_text("nope")
    other.get_by_role("button", name="All runs").click()
    expect(listed(other)).to_have_count(3)
    other.context.close()
