"""Columns of a run that lives grow by what is new, and are those of its rows."""

import json
from typing import Any

import pytest
from bucket_world import NOW, Source, World, attempt, history, numbered, script

from chiplog import layout
from chiplog.bucket import Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog.drawing import curves
from chiplog.drawing.curves import Columns
from chiplog.reading import history as reading
from chiplog.reading import runs
from chiplog.reading.views import RunView
from chiplog_dashboard.growing import Growing
from chiplog_dashboard.histories import Histories


class Counting(MemoryBucket):
    """Counts the segments that are read."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self._objects = world.bucket._objects
        self.segments: list[str] = []

    def get(self, key: str) -> Stored:
        if layout.parse_segment_key(key) is not None:
            self.segments.append(key)
        return super().get(key)


def plain(columns: Columns | None) -> Any:
    assert columns is not None
    return {
        str(branch): {key: repr([c.steps.tolist(), c.times.tolist(), c.values.tolist()]) for key, c in found.items()}
        for branch, found in columns.items()
    }


def view_of(world: World) -> RunView:
    (view,) = runs.every(world.bucket, clock=world.clock)
    return view


def rows(count: int) -> list[dict[str, Any]]:
    told = [
        history(step, loss=float(step), word="a", nested={"x": step}, half=step if step % 2 else {"$number": "NaN"})
        for step in range(count)
    ]
    return numbered([{"kind": "run", "run_id": "w1", "started_at": NOW - 100}, *told])


def grow(world: World, count: int, cut: int) -> None:
    """The run has `count` rows, those before the row `cut` in segments of ten."""
    place, recorder = world.run(), layout.Recorder("prod", "team", "rec")
    source = Source(rows(count), cut=cut * 10)
    world.record("rec", source, run=place.id)
    world.bucket.delete(layout.segment_key(recorder, source.id, 0, source.cut))
    for start in range(0, cut, 10):
        world.segment(recorder, source, start * 10, min(start + 10, cut) * 10)
    world.outcome(place, "running", [attempt(1, "rec")])


def test_a_run_that_grows_is_decoded_once_and_told_as_its_rows_are() -> None:
    world = World()
    growing = Growing(Counting(world))
    for count, cut, segments in ((25, 20, 2), (38, 30, 1), (38, 38, 1), (45, 38, 0)):
        grow(world, count, cut)
        growing.bucket.segments.clear()  # type: ignore[attr-defined]
        view = view_of(world)
        assert plain(growing.columns(view)) == plain(curves.columns(reading.read(world.bucket, view)))
        assert len(growing.bucket.segments) == segments  # type: ignore[attr-defined]


class Slow(MemoryBucket):
    """Each GET takes a second of a clock of its own."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self._objects = world.bucket._objects
        self.now = 0.0

    def get(self, key: str) -> Stored:
        self.now += 1
        return super().get(key)


def test_a_reading_that_takes_long_is_followed_by_a_pause_but_the_first_which_is_cold(world: World) -> None:
    slow = Slow(world)
    histories = Histories(slow, lambda: slow.now)

    def newest(count: int) -> int:
        grow(world, count, 10)
        (found,) = histories.columns(view_of(world)).values()
        return int(found["loss"].steps[-1])

    assert newest(20) == 19
    assert newest(21) == 20, "at once"
    slow.now += 3.9
    assert newest(22) == 20, "it took a second, and four are not over"
    slow.now += 0.1
    assert newest(23) == 22


@pytest.mark.parametrize("kind", ["tensorboard", "two", "no step"])
def test_what_is_not_plain_is_left_to_the_rows(kind: str) -> None:
    world = World()
    place = world.run()
    items = rows(5)
    if kind == "no step":
        items[2]["step"] = None
    sources = [Source(items, kind="tensorboard" if kind == "tensorboard" else "wandb")]
    if kind == "two":
        sources.append(Source(script(), id="s1", path="wandb/offline-run-20261123_230000-w2/run-w2.wandb"))
    world.record("rec", *sources, run=place.id)
    world.outcome(place, "running", [attempt(1, "rec")])
    assert Growing(world.bucket).columns(view_of(world)) is None


def test_a_run_that_was_sealed_meanwhile_is_still_told() -> None:
    from chiplog.drawing.charts import Question
    from chiplog_compactor.compactor import Compactor
    from chiplog_compactor.settings import Settings

    world = World()
    place = world.run()
    histories = Histories(world.bucket, lambda: 0.0)
    world.record("rec", Source(rows(12), cut=100), run=place.id)
    world.outcome(place, "running", [attempt(1, "rec")])
    before = json.loads(histories.curves(view_of(world), "history", Question("loss")))
    world.record("rec", Source(rows(12), cut=100), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, "rec", finished_at=NOW)], durable=True)
    Compactor(world.bucket, Settings("memory"), world.clock).look()
    assert json.loads(histories.curves(view_of(world), "history", Question("loss"))) == before
