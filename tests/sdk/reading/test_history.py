"""History comes flat, attempt by attempt, with every value as it was logged."""

import math
from typing import Any

from bucket_world import NOW, Source, World, attempt, history, numbered, script

from chiplog.reading import history as reading
from chiplog.reading import runs


def read(world: World, attempt: int | None = None) -> list[dict[str, Any]]:
    (view,) = runs.every(world.bucket, clock=world.clock)
    return list(reading.read(world.bucket, view, attempt))


def test_a_row_has_step_timestamp_attempt_and_its_metrics() -> None:
    world = World()
    place = world.run()
    world.record("r1", Source(numbered([history(7, time=1.5, loss=0.25, opt={"lr": 0.1})])), run=place.id)
    assert read(world) == [{"_step": 7, "_timestamp": 1.5, "_attempt": 1, "loss": 0.25, "opt.lr": 0.1}]


def test_values_of_every_kind_stay_what_they_were() -> None:
    world = World()
    place = world.run()
    image = {"_type": "image-file", "path": "media/x.png", "size": 3}
    values = {"n": 2**60, "f": 1e-300, "t": True, "none": None, "list": [1, 2], "image": image, "nan": math.nan}
    world.record("r1", Source(numbered([history(0, **values)])), run=place.id)
    (row,) = read(world)
    assert {key: row[key] for key in values if key != "nan"} == {key: values[key] for key in values if key != "nan"}
    assert math.isnan(row["nan"])
    assert type(row["n"]) is int


def test_a_script_cannot_write_over_our_columns() -> None:
    world = World()
    place = world.run()
    told = {"_step": 99, "_timestamp": 99, "_attempt": 99, "_runtime": 3.5}
    world.record("r1", Source(numbered([history(0, time=1.0, **told)])), run=place.id)
    assert read(world) == [{"_step": 0, "_timestamp": 1.0, "_attempt": 1, "_runtime": 3.5}]


def test_rows_come_by_attempt_rank_stream_and_position() -> None:
    world = World()
    place = world.run()
    world.record("first", Source(script(loss=[1.0, 2.0])), run=place.id)
    later = Source(script(loss=[4.0], started_at=NOW - 10), id="a")
    earlier = Source(script(loss=[3.0], started_at=NOW - 20), id="b")
    world.record("second", later, earlier, run=place.id)
    world.record("other", Source(script(loss=[5.0])), run=place.id)
    world.outcome(place, "running", [attempt(1, "first"), attempt(2, "second", "other")])
    rows = read(world)
    assert [(row["_attempt"], row["loss"]) for row in rows] == [(1, 1.0), (1, 2.0), (2, 3.0), (2, 4.0), (2, 5.0)]
    assert [row.get("_rank") for row in rows] == [None, None, None, None, 1]
    assert read(world, attempt=1) == rows[:2]
