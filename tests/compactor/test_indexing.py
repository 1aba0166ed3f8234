"""The index lists sealed runs without their documents, is never believed when it is behind, and is made again."""

from typing import Any

import pytest
from bucket_world import CLUSTER, NOW, Source, World, attempt, script

from chiplog import layout
from chiplog.bucket import Stored
from chiplog.reading import index, runs
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings


def ended(world: World, name: str, **config: Any) -> layout.Run:
    place = world.run(name, display_name=name, config={"from": "the TrainingRun"})
    world.record(f"rec-{name}", Source(script(**config)), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, f"rec-{name}", finished_at=NOW)], durable=True)
    return place


def look(world: World) -> None:
    Compactor(world.bucket, Settings("memory"), world.clock).look()


class Counting:
    """A bucket that counts reads."""

    def __init__(self, world: World) -> None:
        self._inner = world.bucket
        self.read: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get(self, key: str) -> Stored:
        self.read.append(key)
        return self._inner.get(key)


def told(world: World) -> list[tuple[Any, ...]]:
    views = runs.every(world.bucket, clock=world.clock)
    return [(view.run, view.state, view.step, view.summary, view.config, view.tags, view.members) for view in views]


def keys(world: World) -> list[str]:
    return [item.key for item in world.bucket.list("v1/index/")]


def test_a_hundred_sealed_runs_are_listed_by_two_requests_and_a_list() -> None:
    world = World()
    for number in range(100):
        ended(world, f"run-{number:03d}", lr=number)
    look(world)
    bucket = Counting(world)
    views = runs.every(bucket, clock=world.clock)  # type: ignore[arg-type]
    assert len(views) == 100
    assert sorted(view.config["lr"] for view in views) == list(range(100))
    assert [key.split("/")[-1] for key in bucket.read if "/runs/" in key] == []
    assert len(bucket.read) == 2


def test_the_index_says_what_the_documents_say() -> None:
    world = World()
    for name in ("a", "b", "c"):
        ended(world, name)
    look(world)
    with_index = told(world)
    for key in keys(world):
        world.bucket.delete(key)
    without = told(world)
    assert [item[:4] + item[5:] for item in with_index] == [item[:4] + item[5:] for item in without]


def test_a_line_that_is_behind_its_documents_is_not_believed() -> None:
    world = World()
    place = ended(world, "a")
    look(world)
    world.outcome(place, "failed", [attempt(1, "rec-a", finished_at=NOW)], durable=True)
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert view.state == "failed"


@pytest.mark.parametrize("damage", [None, b"", b"garbage"])
@pytest.mark.parametrize("which", ["manifest.json", "jsonl.zst"])
def test_an_index_that_is_lost_or_damaged_is_read_around_and_made_again(damage: bytes | None, which: str) -> None:
    world = World()
    ended(world, "a", lr=1)
    look(world)
    (key,) = [key for key in keys(world) if key.endswith(which)]
    world.bucket.delete(key)
    if damage is not None:
        world.bucket.put(key, damage)
    assert [view.state for view in runs.every(world.bucket, clock=world.clock)] == ["finished"]
    look(world)
    bucket = Counting(world)
    (view,) = runs.every(bucket, clock=world.clock)  # type: ignore[arg-type]
    assert (view.config["lr"], len(bucket.read)) == (1, 2)


def test_a_run_that_was_deleted_leaves_the_index() -> None:
    world = World()
    place = ended(world, "a")
    ended(world, "b")
    look(world)
    world.bucket.put(layout.tombstone_key(place), b"{}")
    world.now += 8 * 86_400
    look(world)
    assert list(index.read(world.bucket, CLUSTER, "team")) == ["b-0123abcd"]


def test_parts_stay_few_and_old_ones_go_after_a_while() -> None:
    world = World()
    made = Compactor(world.bucket, Settings("memory", sweep_seconds=3600), world.clock)
    for number in range(40):
        ended(world, f"run-{number:02d}")
        made.look()
    assert len(index.manifest(world.bucket, CLUSTER, "team")["parts"]) <= 9
    assert len(index.read(world.bucket, CLUSTER, "team")) == 40
    world.now += 3601
    made.look()
    world.now += 3601
    made.look()
    assert len(keys(world)) == len(index.manifest(world.bucket, CLUSTER, "team")["parts"]) + 1


def test_a_run_that_lives_again_is_seen_to_live() -> None:
    world = World()
    place = ended(world, "a")
    look(world)
    world.record("rec-a", Source(script(loss=[1, 2, 3])), run=place.id, state="recording")
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert view.step == 2


def test_a_number_that_json_lacks_comes_out_of_the_index_as_one() -> None:
    world = World()
    ended(world, "a", lr={"$number": "NaN"}, bound={"$number": "-Infinity"})
    ended(world, "b", lr=1)
    for _ in range(2):  # The second time the part is made of lines that were read.
        look(world)
        views = {view.name: view for view in runs.every(world.bucket, clock=world.clock)}
        assert (repr(views["a"].config["lr"]), views["a"].config["bound"], views["b"].config["lr"]) == (
            "nan",
            float("-inf"),
            1,
        )
        world.bucket.delete(layout.index_manifest_key(CLUSTER, "team"))
