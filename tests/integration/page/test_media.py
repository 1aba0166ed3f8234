"""Media of a run in a real browser: what a run logged is drawn, and what of it is a page of its own reaches nothing."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import exhibits
import films
import pages
import pytest
from bucket_world import Source, World, file, history, numbered
from playwright.sync_api import Page, expect
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chiplog.media import png
from chiplog_dashboard import main
from chiplog_dashboard.settings import Settings

pytestmark = pytest.mark.integration

PAGE = b"""<h1>Step 9</h1><script>
try { document.body.dataset.cookie = document.cookie } catch (error) { document.body.dataset.refused = error.name }
document.body.dataset.origin = window.origin
</script>"""
FIGURE = {"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}, {"type": "surface"}], "layout": {"title": "Counts"}}
BOX = {"position": {"minX": 0.2, "maxX": 0.6, "minY": 0.2, "maxY": 0.6}, "class_id": 2}
BOXES = {"box_data": [BOX], "class_labels": {"2": "ship"}}
GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==")
MASK = png.encoded(bytes([0] * 32 + [1] * 32), 8, 8, 1)
STAIN = """() => {
    const canvas = document.querySelector(".layered canvas");
    return canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height - 3, 1, 1).data[3];
}"""


class Shipped:
    """Files of a run."""

    def __init__(self, world: World, number: int = 0) -> None:
        self.world, self.number = world, number
        self.rows: list[dict[str, Any]] = []

    def file(self, kind: str, name: str, data: bytes) -> dict[str, Any]:
        """Put a file; what a row says of it."""
        digest = hashlib.sha256(data).hexdigest()
        key = f"v1/blobs/prod/team/r{self.number}/{digest}/{name}"
        self.world.bucket.put(key, data)
        self.rows.append(file(f"wandb/run/files/media/{name}", digest, key=key, size=len(data)))
        return {"_type": kind, "path": f"media/{name}", "sha256": digest}

    def record(self, *rows: dict[str, Any]) -> None:
        """Put the rows, the last one's values as the summary too."""
        last = [[[key], value] for key, value in rows[-1]["values"].items()]
        summary = {"kind": "summary", "update": last, "remove": []}
        source = Source(numbered(self.rows), id="files", kind="files", path="files")
        run = f"run{self.number}-0123abc{self.number}"
        self.world.record(f"r{self.number}", Source(numbered([*rows, summary])), source, run=run, sequence=9)


def with_media(world: World) -> None:
    shipped = Shipped(world)
    words = json.dumps({"columns": ["word", "share"], "data": [["the", 0.5], ["a", 0.25]]}).encode()
    pictures = [shipped.file("image-file", f"a_{step}.png", exhibits.waves(step, side=8)) for step in (0, 20)]
    weights = [{"_type": "histogram", "values": [1, step], "bins": [0, 1, 2]} for step in (0, 20)]
    table = shipped.file("table-file", "t.table.json", words)
    shipped.record(
        history(0, samples=pictures[0], weights=weights[0]),
        history(20, samples=pictures[1], weights=weights[1], words=table),
    )


def with_rich_media(world: World) -> None:
    shipped = Shipped(world)
    mask = shipped.file("mask", "m.mask.png", MASK) | {"class_labels": {"0": "sea", "1": "land"}}
    boxes = shipped.file("boxes2D", "b.boxes2D.json", json.dumps(BOXES).encode())
    scene = shipped.file("image-file", "s.png", exhibits.waves(3, side=8))
    shipped.record(
        history(
            9,
            scene=scene | {"masks": {"pred": mask}, "boxes": {"truth": boxes}},
            cloud=shipped.file("object3D-file", "c.pts.json", b"[[0, 0, 0], [1, 2, 3]]"),
            report=shipped.file("html-file", "r.html", PAGE),
            figure=shipped.file("plotly-file", "f.plotly.json", json.dumps(FIGURE).encode()),
            clip=shipped.file("video-file", "v.gif", GIF),
        )
    )


class Ranges:
    """An application, and where the ranges begin that it answers with."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self.starts: list[int] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            told = Headers(raw=message.get("headers", [])).get("content-range", "")
            if told:
                self.starts.append(int(told.removeprefix("bytes ").partition("-")[0]))
            await send(message)

        await self._inner(scope, receive, noted)


def test_a_film_is_entered_in_its_middle_without_what_comes_before(page: Page, world: World, tmp_path: Path) -> None:
    shipped, clip = Shipped(world), films.film(60)
    shipped.record(history(3, clip=shipped.file("video-file", "clip.webm", clip)))
    noted = Ranges(main.build(Settings(bucket=str(tmp_path), fresh_seconds=0.1)))
    with pages.served(noted) as address:
        page.goto(f"{address}/runs/prod/team/run0-0123abc0?tab=media")
        video = page.locator('section[aria-label="clip"] video')
        expect(video).to_have_js_property("duration", 60)
        video.evaluate("video => { video.currentTime = 50 }")
        page.wait_for_function("() => { const { seeking, readyState } = document.querySelector('video'); "
                               "return !seeking && readyState >= 2 }")  # fmt: skip
        assert video.evaluate("video => video.currentTime") == 50
        page.goto("about:blank")
    assert max(noted.starts) > len(clip) // 2


def test_a_slider_goes_through_the_steps_of_media_and_histograms_lie_side_by_side(
    page: Page, address: str, world: World
) -> None:
    with_media(world)
    page.goto(f"{address}/runs/prod/team/run0-0123abc0")
    page.get_by_role("tab", name="media").click()
    samples = page.locator('section[aria-label="samples"]')
    expect(samples.locator("figcaption")).to_have_text("a_20.png")
    samples.get_by_role("slider").fill("0")
    expect(samples.locator("figcaption")).to_have_text("a_0.png")
    expect(page).to_have_url(re.compile("at=0"))
    expect(samples.locator("img")).to_have_js_property("naturalWidth", 8)
    expect(page.locator('section[aria-label="words"] td')).to_have_text(["the", "0.5", "a", "0.25"])
    weights, told = page.locator('section[aria-label="weights"]'), "step 0 · most between 0 and 1"
    pages.pointed(weights.locator("canvas"), lambda: told in weights.inner_text(), position={"x": 5, "y": 5})


def test_media_of_the_chosen_runs_stand_beside_each_other_at_one_step(page: Page, address: str, world: World) -> None:
    with_media(world)
    other = Shipped(world, 1)
    other.record(history(10, samples=other.file("image-file", "b_10.png", exhibits.waves(10, side=8))))
    page.goto(f"{address}/runs")
    samples = page.locator('section[aria-label="samples"]')
    expect(samples.locator("h4 a")).to_have_text(["run0", "run1"])
    expect(samples.locator("figcaption")).to_have_text(["a_20.png", "b_10.png"])
    samples.get_by_role("slider").fill("0")
    expect(samples.locator("figcaption")).to_have_text(["a_0.png"])
    expect(samples).to_contain_text("Nothing.")
    expect(page).to_have_url(re.compile("at=0"))
    expect(page.locator('section[aria-label="weights"]').get_by_role("img")).to_have_count(1)


def opened(page: Page, address: str, world: World) -> None:
    with_rich_media(world)
    page.goto(f"{address}/runs/prod/team/run0-0123abc0?tab=media")


def test_masks_and_boxes_lie_over_their_picture_and_each_class_can_be_hidden(
    page: Page, address: str, world: World
) -> None:
    opened(page, address, world)
    scene = page.locator('section[aria-label="scene"]')
    expect(scene.get_by_role("group", name="Classes of truth").get_by_role("button")).to_have_text("ship")
    land = scene.get_by_role("group", name="Classes of pred").get_by_role("button", name="land")
    expect(land).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"() => ({STAIN})() > 0")
    land.click()
    expect(land).to_have_attribute("aria-pressed", "false")
    page.wait_for_function(f"() => ({STAIN})() === 0")


def test_a_page_of_a_run_is_drawn_and_has_no_origin_and_no_cookies(page: Page, address: str, world: World) -> None:
    opened(page, address, world)
    body = page.frame_locator('section[aria-label="report"] iframe').locator("body")
    expect(body.get_by_role("heading")).to_have_text("Step 9")
    expect(body).to_have_attribute("data-origin", "null")
    expect(body).to_have_attribute("data-refused", "SecurityError")


def test_figures_points_and_moving_pictures_are_drawn(page: Page, address: str, world: World) -> None:
    opened(page, address, world)
    figure = page.locator('section[aria-label="figure"]')
    expect(figure.get_by_role("img", name="Counts").locator("rect")).to_have_count(2)
    expect(figure).to_contain_text("Not drawn here: surface.")
    expect(page.locator('section[aria-label="clip"] img')).to_have_js_property("naturalWidth", 1)
    points = page.locator('section[aria-label="cloud"]').get_by_role("img")
    expect(points).to_have_attribute("aria-label", re.compile("^2 points of"))
    before = points.evaluate("canvas => canvas.toDataURL()")
    points.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.space canvas').toDataURL() !== before", arg=before)
