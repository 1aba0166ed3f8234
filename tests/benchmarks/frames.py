"""How smoothly the page moves in a real browser: 50 lines of 1,500 buckets under the cursor, 100,000 rows in a table.

.chiplog/venv/bin/python tests/benchmarks/frames.py [runs in the table]

Two figures of each: the time between frames as a reader sees it, and what a movement costs the page's own thread, which
other work on the machine does not change as much. It checks nothing.
"""

import math
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import many_runs
import pages
from bucket_world import World
from playwright.sync_api import Browser, CDPSession, Page, Route, expect, sync_playwright
from served import dashboard

from chiplog.bucket.directory import DirectoryBucket

LINES, BUCKETS = 50, 1500
MOVES = 150
FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  const next = now => { window.frames_.push(now - last); last = now; window.frame_ = requestAnimationFrame(next); };
  requestAnimationFrame(next);
}"""


def quantile(values: list[float], share: float) -> float:
    """By the nearest rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measured(page: Page, session: CDPSession, what: str, move: Callable[[int], None], moves: int = MOVES) -> None:
    """Print what `moves` movements cost."""
    page.evaluate(FRAMES)
    before = busy(session)
    for number in range(moves):
        move(number)
        page.evaluate("new Promise(requestAnimationFrame)")
    spent = (busy(session) - before) / moves * 1000
    frames = [float(value) for value in page.evaluate("frames_")][2:]
    page.evaluate("cancelAnimationFrame(frame_)")
    told = ", ".join(f"{name} {quantile(frames, share):.1f}" for name, share in (("p50", 0.5), ("p95", 0.95)))
    late = sum(value > 1000 / 60 * 1.5 for value in frames) / len(frames)
    print(
        f"{what}: frames {told} ms, worst {max(frames):.0f}, {late:.0%} late; {spent:.1f} ms of the page's thread each"
    )


def busy(session: CDPSession) -> float:
    """Seconds that the page's thread has worked."""
    found = session.send("Performance.getMetrics")["metrics"]
    return next(float(item["value"]) for item in found if item["name"] == "TaskDuration")


def curves(route: Route) -> None:
    """An answer of the largest kind."""
    ids = [f"prod/team/run{number}-{number:08x}" for number in range(LINES)]
    steps = list(range(BUCKETS))
    runs = []
    for number, name in enumerate(ids):
        values = [math.exp(-step / 500) + math.sin(step / (5 + number)) / 10 + number / 50 for step in steps]
        place = {"attempt": 1, "rank": 0, "writer": "", "points": BUCKETS * 10, "x": steps, "step": steps}
        band = {"min": [value - 0.1 for value in values], "max": [value + 0.1 for value in values]}
        curve = {**place, **band, "time": steps, "last": values}
        runs.append({"run": name, "curves": [curve]})
    route.fulfill(json={"key": "loss", "runs": runs})


def charts(browser: Browser, folder: Path) -> None:
    """A chart of many lines."""
    world = World(now=time.time())
    world.bucket = DirectoryBucket(folder)
    places = [world.run(f"run{number}", uid=f"{number:08x}", created_at=world.now - number) for number in range(LINES)]
    page, session = opened(browser)
    page.route("**/api/v1/curves?*", curves)
    page.route("**/api/v1/keys?*", lambda route: route.fulfill(json={"keys": ["loss"]}))
    with dashboard(world.bucket, time.time) as address:
        page.goto(f"{address}/runs?size=large&smooth=0.1&runs={','.join(place.id for place in places)}")
        over = page.locator("section.chart .u-over")
        expect(over).to_have_count(1, timeout=60_000)
        page.wait_for_timeout(2000)
        over.hover()  # It waits until the chart stands still.
        box = over.bounding_box()
        assert box is not None
        x, y, width = box["x"], box["y"] + box["height"] / 2, box["width"]
        what = f"cursor over {LINES} lines of {BUCKETS} buckets"
        measured(page, session, what, lambda number: page.mouse.move(x + width * number / MOVES, y))
        smoothing(page, session)
        page.goto("about:blank")
    page.context.close()


def smoothing(page: Page, session: CDPSession) -> None:
    """The slider dragged to and fro by its thumb, a pixel or two for each frame, and let go."""
    box = page.get_by_role("slider").bounding_box()
    assert box is not None
    y, left = box["y"] + box["height"] / 2, box["x"] + box["width"] * 0.15
    page.mouse.move(left, y)
    page.mouse.down()
    far = box["width"] * 0.75
    at = lambda number: left + far * abs(math.sin(number / 25))  # noqa: E731
    measured(page, session, "their smoothing dragged", lambda number: page.mouse.move(at(number), y), MOVES)
    measured(page, session, "and let go", lambda number: page.mouse.up() if number == 0 else None, 30)
    expect(page).to_have_url(re.compile("smooth=0.[0-9]+&|smooth=0.[0-9]+$"))


def table(browser: Browser, count: int) -> None:
    """A table of very many rows."""
    page, session = opened(browser)
    with dashboard(many_runs.Synthetic(count), time.time) as address:
        began = time.perf_counter()
        page.goto(f"{address}/runs?view=table")
        rows = page.locator(".row:not(.head)")
        expect(rows.first).to_be_visible(timeout=120_000)
        print(f"{count:,} runs: the first rows after {time.perf_counter() - began:.1f} s, the server's list with them")
        box = page.locator(".table").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 200, box["y"] + 200)
        measured(page, session, "a table of them scrolled", lambda number: page.mouse.wheel(0, 400 + 40 * number), 60)
        began = time.perf_counter()
        page.get_by_role("columnheader", name="step").get_by_role("button").click()
        expect(page.locator('[aria-sort="ascending"]')).to_have_count(1, timeout=60_000)
        page.evaluate("new Promise(requestAnimationFrame)")
        print(f"sorted by a column after {time.perf_counter() - began:.2f} s")
        page.goto("about:blank")
    page.context.close()


def opened(browser: Browser) -> tuple[Page, CDPSession]:
    """A page, and its own measure of time."""
    page = browser.new_context(viewport={"width": 1280, "height": 820}).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return page, session


def main(count: int) -> None:
    """Both, in one browser."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=pages.CHROMIUM)
        charts(browser, Path(folder))
        if count:
            table(browser, count)
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
