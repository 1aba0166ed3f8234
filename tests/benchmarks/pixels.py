"""P8: how long after `log()` a value stands in the chart of an open page, in a real browser.

A script under `chiplog run` logs ten rows a second into a bucket that is a directory, as without a cluster;
`chiplog ui` shows it, and Chromium without a screen has the run's charts open. A row counts as seen at the end of the
frame in which the chart was drawn that reaches its step. The run is young for its first seconds only, so that the
recorder hurries because somebody looks. Rows from before it can have heard of that do not count.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.request import urlopen

import pages
from playwright.sync_api import Page
from targets import Report, quantile

RATE, SECONDS = 10, 95
"""A chart of up to a thousand steps has a point for each of them."""
YOUNG_SECONDS, NOTICE_SECONDS = 5, 20
GOAL_SECONDS = 2.0
PATIENCE_SECONDS = 60.0

_SCRIPT = f"""
import sys, time, chiplog
run = chiplog.init(project="pixels")
with open(sys.argv[1], "w") as log:
    for step in range({RATE * SECONDS}):
        print(time.time(), file=log, flush=True)
        run.log({{"marked": step}}, step=step)
        time.sleep({1 / RATE})
run.finish()
"""

_WATCH = """() => {
  const canvas = document.querySelector('section.chart[aria-label="marked"] .canvas');
  window.seen_ = [];
  const note = () => {
    const step = Number(canvas.getAttribute("aria-label").split(" to step ")[1]?.replaceAll(",", ""));
    requestAnimationFrame(() => setTimeout(() => window.seen_.push([Date.now() / 1000, step])));
  };
  new MutationObserver(note).observe(canvas, { attributes: true, attributeFilter: ["aria-label"] });
}"""
"""The label follows the curve, and a timer set in a frame fires when the frame was handed to the screen."""

T = TypeVar("T")


def measure() -> Report:
    """Run the workload once. Needs the built page (`make page`) and Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        logged, seen = _watched(Path(folder))
    return _report(logged, seen)


def _watched(root: Path) -> tuple[list[float], list[tuple[float, int]]]:
    """When each row was logged, and when the chart reached which step."""
    (root / "train.py").write_text(_SCRIPT)
    (root / "bucket").mkdir()
    train = ["run", "--quiet", "--", sys.executable, str(root / "train.py"), str(root / "logged")]
    with _chiplog(root, "ui", "--port", "0") as ui, _chiplog(root, *train), pages.chromium() as browser:
        address = _until("an address", lambda: _address(root / f"ui-{ui.pid}.log"))
        run = _until("a run", lambda: _run(address))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/runs/{run}?tab=charts")
        page.locator('section.chart[aria-label="marked"] .canvas[aria-label*="to step"]').wait_for(timeout=60_000)
        page.evaluate(_WATCH)
        seen = _until("the last step", lambda: _all(page), SECONDS + PATIENCE_SECONDS)
    return [float(line) for line in (root / "logged").read_text().split()], seen


@contextmanager
def _chiplog(root: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The command, over a bucket below `root`, until it is no longer wanted."""
    environ = {**os.environ, "CHIPLOG_BUCKET": str(root / "bucket"), "CHIPLOG_YOUNG_SECONDS": str(YOUNG_SECONDS)}
    log = root / "new.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "chiplog_cli", *words]
        process = subprocess.Popen(command, env=environ, stdout=out, stderr=out, cwd=root)
    log.rename(root / f"{words[0]}-{process.pid}.log")
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _address(log: Path) -> str | None:
    found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
    return found.group() if found else None


def _run(address: str) -> str | None:
    with urlopen(f"{address}/api/v1/runs") as answer:
        runs = json.load(answer)["runs"]
    return str(runs[0]["id"]) if runs else None


def _all(page: Page) -> list[tuple[float, int]] | None:
    """What was seen, once it reaches the last step."""
    seen = [(float(at), int(step)) for at, step in page.evaluate("seen_.filter(([, step]) => step)")]
    return seen if seen and seen[-1][1] >= RATE * SECONDS - 1 else None


def _until(what: str, found: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = found()
        if answer is not None:
            return answer
        time.sleep(0.5)
    raise SystemExit(f"P8: {what} did not come within {seconds:g} s")


def _report(logged: list[float], seen: list[tuple[float, int]]) -> Report:
    waits = []
    first = seen[0][0] + NOTICE_SECONDS
    for step, moment in enumerate(logged):
        at = next(at for at, reached in seen if reached >= step)
        if moment >= first:
            waits.append(at - moment)
    p99 = quantile(waits, 0.99)
    return Report(
        target="P8",
        what=f"log() to the chart of an open page, p99 of {len(waits)} rows",
        ours=p99,
        unit="s",
        goal=f"<= {GOAL_SECONDS:g} s while watched",
        holds=p99 <= GOAL_SECONDS,
        more={"p50 (s)": quantile(waits, 0.5), "worst (s)": max(waits), "drawn": len(seen)},
    )
