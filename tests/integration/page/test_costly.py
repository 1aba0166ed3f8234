"""A question that costs more than the settings allow is refused over HTTP, and the page says so in plain words."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pages
import pytest
import requests
from bucket_world import Source, World, attempt, numbered
from playwright.sync_api import Browser, expect

from chiplog.bucket.directory import DirectoryBucket
from chiplog.reading import database
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings as CompactorSettings
from chiplog_dashboard import main
from chiplog_dashboard.settings import Settings

pytestmark = pytest.mark.integration

LINES = 40_000
RUN = "runs/prod/team/long-0123abcd"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One sealed run with a long console."""
    folder = tmp_path_factory.mktemp("costly")
    world = World(now=time.time())
    world.bucket = DirectoryBucket(folder)
    place = world.run("long")
    rows = [{"kind": "console", "source": "stdout", "time": world.now, "text": f"line {at}\n"} for at in range(LINES)]
    world.record("r", Source(numbered(rows)), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, "r", finished_at=world.now)], durable=True)
    Compactor(world.bucket, CompactorSettings("memory"), world.clock).look()
    assert any(world.bucket.list("v1/tables/console/"))
    return folder


@pytest.fixture
def free() -> Iterator[None]:
    yield
    database.cap(math.inf)


@pytest.mark.usefixtures("free")
def test_a_question_that_is_too_costly_is_refused_and_the_page_says_to_ask_for_less(
    browser: Browser, bucket: Path
) -> None:
    with pages.served(main.build(Settings(bucket=str(bucket), query_seconds=0.001))) as address:
        answer = requests.get(f"{address}/api/v1/{RUN}/console", timeout=60)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "too_costly")
        assert "longer than 0.001 s" in answer.json()["error"]["message"]
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        with pages.faultless(context, "status of 503") as page:
            page.goto(f"{address}/{RUN}?tab=console")
            expect(page.locator(".console-view .problem")).to_contain_text("more than the server may read")
            expect(page.locator(".console-view .problem")).to_contain_text("Ask for less")
    with pages.served(main.build(Settings(bucket=str(bucket), query_seconds=60))) as address:
        answer = requests.get(f"{address}/api/v1/{RUN}/console?last=1", timeout=60)
        assert (answer.status_code, answer.json()["total"]) == (200, LINES)
