"""What somebody writes into one namespace hides no run of another, and stops no sealing."""

from typing import Any

import pytest
from bucket_world import CLUSTER, Source, World, attempt, script

from chiplog import codec, layout, records, strictjson
from chiplog.reading import documents, listing
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings

EVIL = layout.Recorder(CLUSTER, "evil", "r9")
FORMAT = {"format": records.LIVE_FORMAT, "min_reader": 1}
PLACE = {"cluster": CLUSTER, "namespace": "evil", "id": "r9", "run": "", "project": "x", "pod": "p", "node": "n"}
HEAD = {**FORMAT, "recorder": {**PLACE, "started_at": 1.0}, "sequence": 1, "time": 1.0, "state": "drained",
        "lag_seconds": 0.0, "pending_bytes": 0, "problems": [], "requests": {}, "streams": []}  # fmt: skip
STREAM = Source(script()).head()

HEADS: list[dict[str, Any]] = [
    FORMAT,
    {**HEAD, "recorder": PLACE},
    {**HEAD, "recorder": {**PLACE, "started_at": "yesterday"}},
    {**HEAD, "recorder": {**PLACE, "started_at": 1.0, "run": ["x"]}},
    {**HEAD, "streams": 7},
    {**HEAD, "streams": [{}]},
    {**HEAD, "lag_seconds": None},
    {**HEAD, "streams": [{**STREAM, "run": {**STREAM["run"], "step": "many"}}]},
    {**HEAD, "streams": [{**STREAM, "run": {**STREAM["run"], "summary": [1]}}]},
    {**HEAD, "streams": [{**STREAM, "run": {**STREAM["run"], "tags": 5}}]},
    {**HEAD, "streams": [{**STREAM, "run": {**STREAM["run"], "tags": [{}]}}]},
    {**HEAD, "recorder": {**PLACE, "started_at": 1.0, "run": "r-1"}, "streams": [{**STREAM, "run": {"step": {}}}]},
]

RUNS: list[dict[str, Any]] = [
    {"created_at": "yesterday"}, {"created_at": None}, {"name": 5}, {"project": None}, {"tags": 5}, {"tags": [{}]},
    {"config": [1]}, {"metrics": "loss"}, {"metrics": [7]},
]  # fmt: skip

OUTCOMES: list[dict[str, Any]] = [
    {"durable": None}, {"attempts": ["x"]}, {"attempts": [{}]}, {"attempts": [{"number": 1, "recorders": [{"id": 1}]}]},
    {"started_at": "yesterday"}, {"state": []},
]  # fmt: skip


def seen(world: World) -> dict[str, Any]:
    """Every run as a list has it, by namespace and id."""
    roster = listing.read(world.bucket, clock=world.clock)
    found = [view for view in map(roster.find, places(world)) if view is not None]
    assert strictjson.dumps([documents.row(view) for view in found])
    return {view.namespace: view for view in found}


def places(world: World) -> list[layout.Run]:
    return [layout.Run(CLUSTER, "team", "mnist-0123abcd"), layout.Run(CLUSTER, "evil", "mnist-0123abcd"),
            layout.Run(CLUSTER, "evil", "r9"), layout.Run(CLUSTER, "evil", "r-1")]  # fmt: skip


@pytest.fixture
def world() -> World:
    made = World()
    place = made.run()
    made.record("r1", Source(script()), run=place.id, state="drained")
    made.outcome(place, "finished", [attempt(1, "r1")], durable=True)
    return made


def live(head: dict[str, Any]) -> bytes:
    return codec.compress([codec.dump(head)]) + records.pack_tail([])


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_a_head_of_another_shape_hides_nobody_else_s_run(world: World, head: dict[str, Any]) -> None:
    world.bucket.put(layout.live_key(EVIL), live(head))
    found = seen(world)
    assert (found["team"].step, found["team"].unread) == (1, ())
    assert "evil" not in found or found["evil"].unread or found["evil"].tags == ["{}"]


@pytest.mark.parametrize("change", RUNS, ids=range(len(RUNS)))
def test_a_run_of_another_shape_hides_nobody_else_s(world: World, change: dict[str, Any]) -> None:
    key = layout.run_key(world.run(namespace="evil"))
    document = records.unpack_document(world.bucket.get(key).data, records.RUN_FORMAT, key)
    world.bucket.put(key, records.pack_document({**document, **change}))
    found = seen(world)
    assert (found["team"].step, found["team"].unread) == (1, ())
    assert "makes no sense" in found["evil"].unread[0]


@pytest.mark.parametrize("change", OUTCOMES, ids=range(len(OUTCOMES)))
def test_an_outcome_of_another_shape_hides_nobody_else_s(world: World, change: dict[str, Any]) -> None:
    world.outcome(world.run(namespace="evil"), **{"state": "running", **change})
    found = seen(world)
    assert (found["team"].step, found["team"].unread) == (1, ())
    assert "makes no sense" in found["evil"].unread[0]


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_a_head_of_another_shape_keeps_nobody_else_s_run_from_being_sealed(world: World, head: dict[str, Any]) -> None:
    world.bucket.put(layout.live_key(EVIL), live(head))
    sealer(world).look()
    assert world.bucket.get(layout.seal_key(places(world)[0]))


def test_a_segment_of_another_shape_keeps_nobody_else_s_run_from_being_sealed(world: World) -> None:
    world.bucket.put(layout.live_key(EVIL), live(HEAD))
    odd = codec.compress([codec.dump({"format": records.SEGMENT_FORMAT, "min_reader": 1})])
    world.bucket.put(layout.segment_key(EVIL, "s0", 0, 10), odd)
    world.now += 1000
    world.record("r1", Source(script()), run="mnist-0123abcd", state="drained")
    sealer(world).look()
    assert world.bucket.get(layout.seal_key(places(world)[0]))


def sealer(world: World) -> Compactor:
    return Compactor(world.bucket, Settings(bucket="memory"), world.clock)
