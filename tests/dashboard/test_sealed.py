"""Curves of sealed runs come from their tables, and are those that the rows draw."""

import json
from typing import Any

import numpy as np
import pytest
from bucket_world import NOW, Source, World, attempt

from chiplog.drawing import charts, sealed
from chiplog.drawing.charts import Question
from chiplog.reading import columns, runs
from chiplog.reading import rows as rows_of
from chiplog.reading.views import RunView
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.memo import Memo

ROWS = 3000


def rows(count: int, **other: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"at": 0, "kind": "run", "resume": False, "starting_step": 0, "config": [],
                                    "summary": [], "run_id": "r", "started_at": NOW - 100}]  # fmt: skip
    for number in range(count):
        loss: Any = (number * 7919) % 1000 / 10
        if number % 50 == 0:
            loss = {"$number": "NaN"}
        values = {"loss": loss, "word": "a", **({"acc": number} if number % 3 == 0 else {}), **other}
        found.append({"at": number + 1, "kind": "history", "step": number, "time": NOW - 100 + number / 100,
                      "values": values})  # fmt: skip
    return found


def world_of(*ranks: list[dict[str, Any]]) -> World:
    world = World()
    place = world.run("a")
    names = [f"rec-{rank}" for rank in range(len(ranks))]
    for name, items in zip(names, ranks, strict=True):
        world.record(name, Source(items), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, *names, finished_at=NOW)], durable=True)
    return world


def view_of(world: World) -> RunView:
    (view,) = runs.every(world.bucket, clock=world.clock)
    return view


def seal(world: World) -> None:
    Compactor(world.bucket, Settings("memory"), world.clock).look()


def asked(world: World, question: Question) -> Any:
    return json.loads(Histories(world.bucket, lambda: 0.0).curves(view_of(world), "history", question))


@pytest.mark.parametrize(
    "question",
    [
        Question("loss"),
        Question("acc"),
        Question("loss", points=20),
        Question("loss", axis="time"),
        Question("loss", axis="elapsed", points=50),
        Question("loss", low=100, high=200),
        Question("word"),
        Question("nothing"),
    ],
)
def test_a_sealed_run_is_drawn_as_its_rows_are(question: Question) -> None:
    world = world_of(rows(300), rows(200))
    before = asked(world, question)
    seal(world)
    assert columns.is_over(view_of(world))
    assert sealed.read(world.bucket, view_of(world), question) is not None
    assert asked(world, question) == before


def test_its_metrics_are_those_of_its_rows() -> None:
    world = world_of(rows(30, big=2**70, flag=True))
    before = Histories(world.bucket, lambda: 0.0).keys(view_of(world))
    seal(world)
    assert sealed.keys(world.bucket, view_of(world)) == before == ["acc", "big", "flag", "loss"]


@pytest.mark.parametrize(("low", "high"), [(-np.inf, np.inf), (500, 2500)])
def test_many_points_come_from_the_pyramid_and_no_extreme_is_lost(low: float, high: float) -> None:
    world = world_of(rows(ROWS))
    question = Question("loss", points=40, low=low, high=high)
    (exact,) = asked(world, question)
    seal(world)
    found = sealed.read(world.bucket, view_of(world), question, many=1000)
    assert found is not None
    (curve,) = charts.answer(found.columns, question)
    ((column,),) = [list(metrics.values()) for metrics in found.columns.values()]
    assert column.steps.size < ROWS / 2
    assert (min(curve["min"]), max(curve["max"])) == (min(exact["min"]), max(exact["max"]))
    assert len(curve["x"]) <= 40
    if low < 0:
        assert curve["points"] == exact["points"]
        assert curve["last"][-1] == exact["last"][-1]


@pytest.mark.parametrize("again", [2, 100, 2000])
def test_no_extreme_is_lost_where_a_run_was_sealed_in_several_parts(again: int) -> None:
    items = rows(ROWS)
    items[-1]["values"]["loss"] = 1e6
    world = world_of(items)
    question = Question("loss", points=40)
    (exact,) = asked(world, question)
    world = world_of(items[:-again])
    seal(world)
    world.record("rec-0", Source(items), run="a-0123abcd", state="drained")
    seal(world)
    assert len({part["key"] for part in rows_of.seal(world.bucket, view_of(world).key)["parts"]}) > 2
    found = sealed.read(world.bucket, view_of(world), question, many=1000)
    assert found is not None
    ((column,),) = [list(metrics.values()) for metrics in found.columns.values()]
    assert column.steps.size < ROWS / 2, "buckets, not points"
    (curve,) = charts.answer(found.columns, question)
    assert (curve["points"], max(curve["max"])) == (exact["points"], max(exact["max"]))


def test_a_part_without_a_pyramid_is_read_by_its_points() -> None:
    """A first sealing of few rows made none: the buckets of the second are not all of the run."""
    items = rows(ROWS)
    items[2]["values"]["loss"] = 1e6
    world = world_of(items[:100])
    seal(world)
    world.record("rec-0", Source(items), run="a-0123abcd", state="drained")
    seal(world)
    question = Question("loss", points=40)
    found = sealed.read(world.bucket, view_of(world), question, many=1000)
    assert found is not None
    (curve,) = charts.answer(found.columns, question)
    assert (curve["points"], max(curve["max"])) == (ROWS, 1e6)


def test_a_recorder_that_came_back_is_read_by_its_rows() -> None:
    world = world_of(rows(10))
    seal(world)
    world.record("rec-0", Source(rows(20)), run="a-0123abcd", state="recording")
    assert not columns.is_over(view_of(world))
    (curve,) = asked(world, Question("acc"))
    assert curve["last"][-1] == 18


def test_rows_without_a_step_are_drawn_by_their_places() -> None:
    items = [row | ({"step": None} if row["kind"] == "history" else {}) for row in rows(20)]
    world = world_of(items)
    before = asked(world, Question("acc"))
    seal(world)
    assert sealed.read(world.bucket, view_of(world), Question("acc")) is None
    assert asked(world, Question("acc")) == before


def test_many_runs_are_read_at_a_time() -> None:
    world = World()
    for number in range(12):
        place = world.run(f"run-{number}")
        world.record(f"rec-{number}", Source(rows(30)), run=place.id, state="drained")
        world.outcome(place, "finished", [attempt(1, f"rec-{number}", finished_at=NOW)], durable=True)
    seal(world)
    views = runs.every(world.bucket, clock=world.clock)
    question = Question("acc")
    histories = Histories(Memo(world.bucket), lambda: 0.0)
    found = histories.every(views, "history", question)
    assert [json.loads(text)[0]["points"] for text in found] == [10] * 12
    assert histories.every(views, "history", question) == found
