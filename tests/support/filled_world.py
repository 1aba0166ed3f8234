"""A bucket in which every question of the dashboard's API finds something."""

import group_world
from bucket_world import NOW, Source, World, attempt, console, file, history, numbered, script

from chiplog import records

CONTENT = b"foo"
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
PLACES = {
    "cluster": "prod", "namespace": "team", "run": "mnist-0123abcd", "recorder": "r1", "sha256": DIGEST,
    "sweep": "lr-5eeb0000", "line": "cron-1", "report": "rates", "view": "best",
    "share": "5eeb0000",
}  # fmt: skip


def fill(world: World) -> World:
    """Two runs with metrics, console, system load and a file, a sweep and a line."""
    place = world.run("mnist", uid="0123abcd", config={"lr": 0.1, "deep": {"er": [1, None]}}, created_at=NOW - 100)
    shipped = [file("files/model.pt", DIGEST), file("files/lost.bin", missing="it was too large")]
    world.bucket.put(shipped[0]["key"], CONTENT)
    system = {"kind": "system", "time": NOW - 90, "values": {"cpu": 0.5}}
    rows = numbered([*script(loss=(1.0, float("nan"), 0.25)), history(4, text="x", big=2**60), console("hi\n"), system])
    sources = [Source(rows), Source(numbered(shipped), id="files", kind="files", path="files")]
    world.record("r1", *sources, run=place.id)
    world.outcome(place, "running", [attempt(1, "r1")])
    other = world.run("speech", uid="0123abce", created_at=NOW - 50)
    world.record("r2", Source(script((2.0, 1.0))), run=other.id, state="drained")
    world.outcome(other, "failed", [attempt(1, "r2", finished_at=NOW)], finished_at=NOW, durable=True)
    for index, loss in enumerate((0.5, 0.2, 0.9)):
        group_world.trial(world, index, loss)
    group_world.trial(world, 3, None, "failed")
    for day, loss in ((-3, 0.5), (-1, 0.9)):
        group_world.night(world, day, loss, holds=loss < 0.6)
    group_world.missed(world, -2)
    group_world.latest(world, "nightly--3-0123abcd")
    _words(world)
    return world


def _words(world: World) -> None:
    """What people wrote."""
    world.bucket.put("v1/reports/prod/team/rates/00000001.md", b"---\ntitle: Rates\n---\nfalls")
    world.bucket.put("v1/reports/prod/team/rates/comments/20261123T220000Z-5eeb0000.md", b"so?")
    view = {"format": records.VIEW_FORMAT, "min_reader": 1, "title": "Best", "href": "/runs", "is_removed": False}
    document = records.pack_document({**view, "saved_by": "ada", "saved_at": NOW})
    world.bucket.put("v1/words/prod/team/_views/best.json", document)
