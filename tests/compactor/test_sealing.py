"""A run that is over is folded into tables; readers see the same before and after, and nothing is deleted early."""

import math
from typing import Any

import pytest
from bucket_world import CLUSTER, NOW, Source, World, attempt, console, file, history, numbered, script

from chiplog import layout, records
from chiplog.errors import FormatError
from chiplog.reading import console as reading_console
from chiplog.reading import cost, details, files, naming, rows, runs
from chiplog.reading import history as reading_history
from chiplog.reading.views import RunView
from chiplog.records import SealDocument
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.finding import CLAIM_SECONDS
from chiplog_compactor.sealing import Sealing, SupersededError, Task
from chiplog_compactor.settings import Settings

REC = layout.Recorder(CLUSTER, "team", "rec")


def compactor(world: World, **settings: Any) -> Compactor:
    return Compactor(world.bucket, Settings("memory", **settings), world.clock)


def ended(world: World, *sources: Source, **other: Any) -> layout.Run:
    place = world.run()
    world.record("rec", *sources, run=place.id, **{"state": "drained", **other})
    world.outcome(place, "finished", [attempt(1, "rec", finished_at=NOW)], durable=True)
    return place


def seen(world: World, place: layout.Run) -> dict[str, Any]:
    view = runs.one(world.bucket, place, world.clock)
    told = details.read(world.bucket, view)
    return {
        "history": list(reading_history.read(world.bucket, view)),
        "console": list(reading_console.read(world.bucket, view)),
        "files": files.read(world.bucket, view),
        "config": told.view.config,
        "summary": told.view.summary,
        "environment": told.fold.environment,
        "state": view.state,
        "requests": cost.requests(view.members),
        "skipped": [member.beat.head.get("skipped") for member in view.members if member.beat],
        "loss": [
            stream["loss_bound"] for member in view.members if member.beat for stream in member.beat.head["streams"]
        ],
        "view": (view.step, view.project, view.started_at, view.finished_at, view.lag_seconds, view.tags),
    }


def seal_of(world: World, place: layout.Run) -> SealDocument:
    return rows.seal(world.bucket, place)


def keys(world: World, prefix: str) -> list[str]:
    return [listed.key for listed in world.bucket.list(f"v1/{prefix}")]


RICH = numbered(
    [
        {"kind": "header", "producer": "0.31.0+abc"},
        {"kind": "run", "run_id": "w1", "project": "vision", "started_at": NOW - 100, "config": [[["lr"], 0.1]],
         "summary": [], "tags": ["a"]},
        {"kind": "environment", "environment": {"os": "Linux"}},
        {"kind": "metric", "name": "loss", "goal": "minimize"},
        {"kind": "summary", "update": [[["loss"], 3], [["deep", "x"], 1]], "remove": []},
        history(0, loss=3, acc=0.5, ok=True, name="first", nested={"a": {"b": 1.5}}, none=None),
        {"kind": "system", "time": NOW, "values": {"cpu": 12.5, "gpu.0.memory": 3}},
        console("hello\n"),
        console("bar 1\rbar 2\n", source="stderr", time=None),
        {"kind": "summary", "update": [[["loss"], {"$number": "NaN"}]], "remove": []},
        {"kind": "history", "step": 1, "time": None,
         "values": {"loss": {"$number": "NaN"}, "inf": {"$number": "-Infinity"}}},
        {"kind": "summary", "update": [], "remove": [["deep", "x"]]},
        {"kind": "history", "step": None, "time": NOW, "values": {}},
        {"kind": "history", "step": 2, "time": NOW, "values": {
            "big": 2**63, "list": [1, "two", {"three": 3}], "image": {"_type": "image-file", "path": "media/x.png"},
            "nul": "a\0b", "umlaut": "ü", "": 7, "empty": {}}},
        {"kind": "unknown", "field": 99, "bytes": 3},
        {"kind": "exit", "exit_code": 0, "runtime": 5},
    ]
)  # fmt: skip


@pytest.mark.parametrize("cut", [0, 60, 1000])
def test_readers_see_the_same_before_and_after(cut: int) -> None:
    world = World()
    listing = Source([{"at": 0, **file("files/a.txt")}, {"at": 1, **file("files/b.txt", missing="it is gone")}],
                     id="files", kind="files", path="files", cut=1)  # fmt: skip
    place = ended(world, Source(RICH, cut=cut), listing, skipped={"it is no regular file": 2})
    before = seen(world, place)
    assert before["requests"]["PutObject"] == 40
    assert compactor(world).look() == 1
    after = seen(world, place)
    assert repr(after) == repr(before)  # NaN is not equal to itself, but prints alike.
    assert math.isnan(after["summary"]["loss"])
    assert after["summary"].get("deep") == {}


def test_segments_and_the_live_object_go_and_tables_and_markers_come() -> None:
    world = World()
    place = ended(world, Source(RICH, cut=60))
    compactor(world).look()
    assert keys(world, "live/") == []
    assert keys(world, "raw/") == [layout.sealed_key(REC, "s0", 151)]
    tables = [key.split("/")[2] for key in keys(world, "tables/")]
    assert tables == ["console", "history", "system"]
    assert keys(world, "tables/history/") == [
        "v1/tables/history/cluster=prod/namespace=team/date=2026-11-23/mnist-0123abcd-0001-0000.parquet"
    ]
    (recorder,) = seal_of(world, place)["recorders"]
    assert recorder["streams"][0]["position"] == 151
    assert recorder["streams"][0]["rows"] == {
        "header": 1, "run": 1, "environment": 1, "metric": 1, "summary": 3, "history": 4, "system": 1, "console": 2,
        "unknown": 1, "exit": 1,
    }  # fmt: skip


def test_sources_and_blobs_are_left_and_their_digests_noted() -> None:
    world = World()
    place = ended(world, Source(RICH, cut=60))
    world.bucket.put(layout.source_key(REC, "s0", 0, 60), b"the source's own bytes")
    compactor(world).look()
    assert layout.source_key(REC, "s0", 0, 60) in keys(world, "raw/")
    assert list(seal_of(world, place)["recorders"][0]["streams"][0]["sources"]) == ["0-60"]


def test_a_run_that_lives_is_left_alone() -> None:
    world = World()
    place = world.run()
    world.record("rec", Source(script()), run=place.id)
    world.outcome(place, "running", [attempt(1, "rec")])
    assert compactor(world).look() == 0
    world.now += 6 * 86_400
    assert compactor(world).look() == 0


def test_a_run_whose_recorders_are_not_all_done_waits_for_the_last() -> None:
    world = World()
    place = world.run()
    world.record("r1", Source(script()), run=place.id, state="drained")
    world.record("r2", Source(script()), run=place.id, state="draining")
    world.outcome(place, "failed", [attempt(1, "r1", "r2")])
    assert compactor(world).look() == 0
    world.now += 3601
    assert compactor(world).look() == 1
    assert [item["rank"] for item in seal_of(world, place)["recorders"]] == [0, 1]


def test_a_recorder_that_no_run_claimed_is_sealed_under_its_own_id_and_found_by_its_pod() -> None:
    world = World()
    world.record("rec", Source(script()), state="drained")
    before = [(view.name, view.run, view.state, view.summary) for view in runs.every(world.bucket, clock=world.clock)]
    assert compactor(world).look() == 0
    world.now += CLAIM_SECONDS + 1
    assert compactor(world).look() == 1
    assert keys(world, "live/") == []
    after = [(view.name, view.run, view.state, view.summary) for view in runs.every(world.bucket, clock=world.clock)]
    assert after == before
    for name in ("rec", "rec-pod"):
        view = naming.find(world.bucket, name, clock=world.clock)
        assert [row["loss"] for row in reading_history.read(world.bucket, view)] == [1.0, 0.5]


def test_a_recorder_that_was_told_of_no_run_is_sealed_with_the_run_that_claims_it() -> None:
    """A pod that is recorded by its label is made before anybody knows its run."""
    world = World()
    place = world.run()
    world.record("rec", Source(script()), state="drained")
    finder = compactor(world)
    assert finder.look() == 0
    world.outcome(place, "running", [attempt(1, "rec")])
    assert finder.look() == 0
    world.outcome(place, "finished", [attempt(1, "rec", finished_at=world.now)])
    assert finder.look() == 1
    assert keys(world, "live/") == []
    view = naming.find(world.bucket, "mnist", clock=world.clock)
    assert view.run == place.id
    assert [row["loss"] for row in reading_history.read(world.bucket, view)] == [1.0, 0.5]
    assert len(runs.every(world.bucket, clock=world.clock)) == 1


def test_the_pod_of_a_sealed_run_still_finds_it() -> None:
    world = World()
    place = ended(world, Source(script()))
    compactor(world).look()
    assert naming.find(world.bucket, "rec-pod", clock=world.clock).run == place.id


def test_a_recorder_that_comes_back_reopens_the_run_and_the_next_generation_covers_it() -> None:
    world = World()
    first = script(loss=[1.0, 0.5, 0.4, 0.3])
    place = ended(world, Source(first[:6]))
    compactor(world).look()
    back = Source(first, cut=51)
    world.record("rec", back, run=place.id, state="recording")
    world.bucket.delete(layout.segment_key(REC, "s0", 0, 51))  # It goes on behind the marker and has no segment before.
    view: RunView = runs.one(world.bucket, place, world.clock)
    assert [row["loss"] for row in reading_history.read(world.bucket, view)] == [1.0, 0.5, 0.4, 0.3]
    assert compactor(world).look() == 0
    world.record("rec", back, run=place.id, state="drained")
    world.bucket.delete(layout.segment_key(REC, "s0", 0, 51))
    assert compactor(world).look() == 1
    seal = seal_of(world, place)
    assert (seal["generation"], [part["lines"] for part in seal["parts"]]) == (2, [2, 2])
    assert seal["recorders"][0]["streams"][0]["rows"]["history"] == 4
    assert [row["loss"] for row in reading_history.read(world.bucket, view)] == [1.0, 0.5, 0.4, 0.3]
    assert keys(world, "raw/") == [layout.sealed_key(REC, "s0", back.end)]


def test_a_live_object_that_was_written_since_is_not_deleted() -> None:
    world = World()
    place = ended(world, Source(script()))
    view = runs.one(world.bucket, place, world.clock)
    task = Task(place, view.project, view.created_at, True, view.members)
    sealing = Sealing(Writing(world, place), task, NOW)  # type: ignore[arg-type]
    sealing.seal()
    assert keys(world, "live/") == [layout.live_key(REC)]


class Writing:
    """A bucket in which the recorder writes again as soon as the seal is there."""

    def __init__(self, world: World, place: layout.Run) -> None:
        self._world, self._place = world, place

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.bucket, name)

    def put(self, key: str, data: bytes, **conditions: Any) -> Any:
        etag = self._world.bucket.put(key, data, **conditions)
        if key == layout.seal_key(self._place):
            self._world.record("rec", Source(script()), run=self._place.id)
        return etag


def test_of_two_compactors_one_seals_and_the_other_deletes_nothing() -> None:
    world = World()
    place = ended(world, Source(script(), cut=31))
    view = runs.one(world.bucket, place, world.clock)
    task = Task(place, view.project, view.created_at, True, view.members)
    with pytest.raises(SupersededError):
        Sealing(Rival(world, place), task, NOW).seal()  # type: ignore[arg-type]
    assert layout.segment_key(REC, "s0", 0, 31) in keys(world, "raw/")


class Rival(Writing):
    """A bucket in which another compactor has just sealed the run."""

    def put(self, key: str, data: bytes, **conditions: Any) -> Any:
        if key == layout.seal_key(self._place):
            self._world.bucket.put(key, data)
        return self._world.bucket.put(key, data, **conditions)


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_segment_stops_the_sealing_and_nothing_is_deleted(damage: bytes | None) -> None:
    world = World()
    place = ended(world, Source(script(), cut=31))
    key = layout.segment_key(REC, "s0", 0, 31)
    data = world.bucket.get(key).data
    world.bucket.put(key, data[:-1] if damage is None else damage)
    made = compactor(world)
    before = keys(world, "raw/") + keys(world, "live/")
    assert made.look() == 0
    assert key in made.problems[place]
    assert keys(world, "raw/") + keys(world, "live/") == before
    world.bucket.put(key, data)
    world.now += 601
    assert made.look() == 1


def test_a_segment_that_lies_about_its_rows_stops_the_sealing() -> None:
    world = World()
    place = ended(world, Source(script(), cut=31))
    key = layout.segment_key(REC, "s0", 0, 31)
    head, items = records.unpack_segment(world.bucket.get(key).data, key)
    world.bucket.put(key, records.pack_segment(head, items[:-1]))
    made = compactor(world)
    assert (made.look(), "rows, not" in made.problems[place]) == (0, True)


def test_a_part_that_reads_back_as_something_else_stops_the_sealing() -> None:
    world = World()
    place = ended(world, Source(script(), cut=31))
    view = runs.one(world.bucket, place, world.clock)
    with pytest.raises(FormatError, match="reads back"):
        Sealing(Rotting(world, place), Task(place, "", NOW, True, view.members), NOW).seal()  # type: ignore[arg-type]
    assert layout.segment_key(REC, "s0", 0, 31) in keys(world, "raw/")
    assert layout.seal_key(place) not in keys(world, "runs/")


class Rotting(Writing):
    """A bucket that stores tables with a flipped bit."""

    def put(self, key: str, data: bytes, **conditions: Any) -> Any:
        if key.startswith(layout.tables_prefix()):
            data = data[:99] + bytes([data[99] ^ 1]) + data[100:]
        return self._world.bucket.put(key, data, **conditions)


def test_a_segment_that_was_lost_before_leaves_a_hole_that_the_seal_names() -> None:
    world = World()
    source = Source(script(loss=[3.0, 2.0, 1.0]), cut=60)
    place = ended(world, source)
    world.segment(REC, source, 0, 20)
    world.segment(REC, source, 40, 60)
    world.bucket.delete(layout.segment_key(REC, "s0", 0, 60))
    compactor(world).look()
    assert seal_of(world, place)["recorders"][0]["streams"][0]["holes"] == [[20, 40]]
    view = runs.one(world.bucket, place, world.clock)
    assert [row["loss"] for row in reading_history.read(world.bucket, view)] == [2.0, 1.0]


def test_overlapping_segments_are_sealed_once() -> None:
    world = World()
    source = Source(script(loss=[3.0, 2.0, 1.0]), cut=60)
    place = ended(world, source)
    world.segment(REC, source, 0, 45)
    world.segment(REC, source, 30, 60)
    compactor(world).look()
    assert [part["lines"] for part in seal_of(world, place)["parts"]] == [3]


def test_segments_can_be_kept() -> None:
    world = World()
    place = ended(world, Source(RICH, cut=60))
    before = seen(world, place)
    compactor(world, keep_segments=True).look()
    assert layout.segment_key(REC, "s0", 0, 60) in keys(world, "raw/")
    assert repr(seen(world, place)) == repr(before)


def test_the_ranks_of_a_gang_share_parts_and_keep_their_rank() -> None:
    world = World()
    place = world.run()
    for rank in range(3):
        world.record(f"r{rank}", Source(script(loss=[float(rank)])), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, "r0", "r1", "r2", finished_at=NOW)], durable=True)
    compactor(world).look()
    view = runs.one(world.bucket, place, world.clock)
    assert [(row.get("_rank", 0), row["loss"]) for row in reading_history.read(world.bucket, view)] == [
        (0, 0.0), (1, 1.0), (2, 2.0)]  # fmt: skip
    assert [part["recorders"] for part in seal_of(world, place)["parts"]] == [["r0", "r1", "r2"]]


def test_a_reader_whose_seal_is_deleted_under_it_starts_again() -> None:
    world = World()
    place = ended(world, Source(RICH, cut=60))
    compactor(world).look()
    part = world.bucket.get(seal_of(world, place)["parts"][0]["key"])
    key = seal_of(world, place)["parts"][0]["key"]
    world.bucket.delete(key)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        world.bucket.put(key, part.data)

    assert len(rows.stream_rows(world.bucket, REC, sleep=wait)["s0"].rows) == len(RICH) - 1
    assert len(waits) == 1
