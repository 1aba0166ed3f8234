"""The files of a run in a real browser: how large, which bytes, and how to have them."""

import hashlib

import pytest
from bucket_world import Source, World, file, numbered, script
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.integration

DATA = b"weights" * 300
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def shipped(world: World) -> World:
    key = f"v1/blobs/prod/team/r0/{DIGEST}/model.pt"
    world.bucket.put(key, DATA)
    rows = [
        file("files/model.pt", "b" * 64, size=9),
        file("files/model.pt", DIGEST, key=key, size=len(DATA)),
        file("files/step_100.txt", "c" * 64, size=100),
        file("files/step_20.txt", "d" * 64, size=20),
        file("files/huge.bin", missing="larger than 5 GiB"),
    ]
    files = Source(numbered(rows), id="files", kind="files", path="files")
    world.record("r0", Source(script([1.0])), files, run="run0-0123abc0", sequence=9)
    return world


def test_a_file_has_its_newest_size_and_digest_and_comes_with_its_name_and_its_bytes(
    page: Page, address: str, shipped: World
) -> None:
    page.goto(f"{address}/runs/prod/team/run0-0123abc0?tab=files")
    cells = page.locator(".files tbody tr", has_text="model.pt").locator("td")
    expect(cells.nth(1)).to_have_text("2.1 KiB")
    expect(cells.nth(2)).to_have_text("2")
    expect(cells.nth(4)).to_have_text(DIGEST[:12])
    with page.expect_download() as download:
        page.get_by_role("link", name="files/model.pt").click()
    assert download.value.suggested_filename == "model.pt"
    assert hashlib.sha256(download.value.path().read_bytes()).hexdigest() == DIGEST


def test_files_stand_in_the_order_that_people_count_in_and_one_that_is_not_there_says_why(
    page: Page, address: str, shipped: World
) -> None:
    page.goto(f"{address}/runs/prod/team/run0-0123abc0?tab=files")
    rows = page.locator(".files tbody tr")
    expect(rows.locator("td:first-child")).to_have_text(
        ["files/huge.bin larger than 5 GiB", "files/model.pt", "files/step_20.txt", "files/step_100.txt"]
    )
    expect(rows.first.get_by_role("link")).to_have_count(0)
    expect(page.get_by_text("4 files, 2.2 KiB")).to_be_visible()
    page.get_by_label("Find a file").fill("STEP_")
    expect(rows).to_have_count(2)
    expect(page.get_by_text("2 files, 120 B")).to_be_visible()
