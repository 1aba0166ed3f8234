"""The index lists sealed runs without their documents, is never believed when it is behind, and is made again."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from bucket_world import CLUSTER, NOW, Source, World, attempt, script
from counting import Reads

from chiplog import codec, layout, records, word_layout
from chiplog.bucket import ETag, Listed, Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog.reading import catalog, index, listing, roster, runs
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.indexing import SPLIT
from chiplog_compactor.settings import Settings


def ended(world: World, name: str, **config: Any) -> layout.Run:
    place = world.run(name, display_name=name, config={"from": "the TrainingRun"})
    world.record(f"rec-{name}", Source(script(**config)), run=place.id, state="drained")
    world.outcome(place, "finished", [attempt(1, f"rec-{name}", finished_at=NOW)], durable=True)
    return place


def look(world: World) -> None:
    Compactor(world.bucket, Settings("memory"), world.clock).look()


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
    bucket = Reads(world.bucket)
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


@pytest.mark.parametrize("count", [1, 20])
def test_a_line_that_is_behind_its_documents_is_not_believed(count: int) -> None:
    world = World()
    places = [ended(world, f"run-{number}") for number in range(count)]
    for place in places:  # Over, but not durable: the last word is still to come.
        world.outcome(place, "finished", [attempt(1, place.id, finished_at=NOW)], durable=False)
    look(world)
    world.outcome(places[0], "failed", [attempt(1, places[0].id, finished_at=NOW)], durable=True)
    states = {view.run: view.state for view in runs.every(world.bucket, clock=world.clock)}
    assert states == {**dict.fromkeys([place.id for place in places], "finished"), places[0].id: "failed"}


def test_a_run_that_is_sealed_again_is_not_told_by_its_old_line() -> None:
    world = World()
    place = ended(world, "a")
    look(world)
    world.record("rec-a", Source(script(loss=[1, 2, 3])), run=place.id, state="drained")
    manifest = layout.index_manifest_key(CLUSTER, "team")

    class Watched(MemoryBucket):
        """Notes which runs the index tells of when a seal is replaced, and when the live object goes."""

        def __init__(self) -> None:
            super().__init__(world.clock)
            self._objects = world.bucket._objects
            self._writes = 10_000
            self.told: list[list[str]] = []

        def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
            if key == layout.seal_key(place):
                self.told.append(list(index.read(world.bucket, CLUSTER, "team")))
            return super().put(key, data, if_match=if_match, if_absent=if_absent)

    watched = Watched()
    Compactor(watched, Settings("memory"), world.clock).look()
    assert watched.told == [[]]
    assert watched.get(manifest)
    (view,) = runs.every(watched, clock=world.clock)
    assert view.step == 2


def test_an_index_of_the_first_version_is_read_and_written_anew() -> None:
    world = World()
    for name in ("a", "b"):
        ended(world, name, lr={"$number": "NaN"})
    look(world)
    before = told(world)
    (line, other) = [found.papers for found in index.read(world.bucket, CLUSTER, "team").values()]
    for key in keys(world):
        world.bucket.delete(key)
    data = codec.compress(codec.dump(item) for item in (line, other))
    key = layout.index_part_key(CLUSTER, "team", hashlib.sha256(data).hexdigest())
    world.bucket.put(key, data)
    part = {"key": key, "runs": 2, "size": len(data)}
    document = {"format": "chiplog.index", "min_reader": 1, "cluster": CLUSTER, "namespace": "team", "parts": [part]}
    world.bucket.put(layout.index_manifest_key(CLUSTER, "team"), records.pack_document(document))
    bucket = Reads(world.bucket)
    assert repr([item[:6] for item in told(world)]) == repr([item[:6] for item in before])
    assert len(list(listing.read(bucket, clock=world.clock))) == 2  # type: ignore[arg-type]
    assert [key.split("/")[-1] for key in bucket.read if "/runs/" in key] == []
    look(world)
    (manifest,) = index.manifests(world.bucket, [(CLUSTER, "team")]).values()
    assert (manifest["min_reader"], [part["runs"] for part in manifest["parts"]]) == (2, [2])
    assert repr([item[:6] for item in told(world)]) == repr([item[:6] for item in before])


def test_ten_thousand_sealed_runs_are_listed_by_twenty_requests() -> None:
    world = World()
    ended(world, "a")
    look(world)
    (line,) = index.read(world.bucket, CLUSTER, "team").values()
    (entry,) = line.part.entries()
    names = [f"run-{number:05d}-0123abcd" for number in range(10_000)]
    fields = entry.fields
    data = catalog.pack(entry._replace(run=name, fields={**fields, ("step",): at}) for at, name in enumerate(names))
    bucket = Paged()
    for name in names:
        bucket.put(layout.run_key(layout.Run(CLUSTER, "team", name)), b"{}")
    key = layout.index_part_key(CLUSTER, "team", hashlib.sha256(data).hexdigest())
    bucket.put(key, data)
    part = {"key": key, "runs": len(names), "size": len(data), "splits": names[SPLIT - 1 :: SPLIT]}
    document = {"format": "chiplog.index", "min_reader": 2, "cluster": CLUSTER, "namespace": "team", "parts": [part]}
    bucket.put(layout.index_manifest_key(CLUSTER, "team"), records.pack_document(document))
    found = listing.read(bucket, clock=world.clock)
    assert sorted(item.run for item in found) == names
    assert bucket.requests <= 20 - 3, "there may be three more parts"


class Paged(MemoryBucket):
    """Counts requests as S3 does: a thousand names a LIST."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0

    def get(self, key: str) -> Stored:
        self.requests += 1
        return super().get(key)

    def list(self, prefix: str) -> Iterator[Listed]:
        found = list(super().list(prefix))
        self.requests += max(1, -(-len(found) // 1000))
        return iter(found)

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        with self._lock:
            inside = (key.removeprefix(prefix).partition("/") for key in self._objects if key.startswith(prefix))
            names = sorted({name for name, slash, _ in inside if slash and name > after})
        for place, name in enumerate(names):
            self.requests += place % 1000 == 0
            if until and name > until:
                return
            yield name
        self.requests += not names


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
    bucket = Reads(world.bucket)
    (view,) = runs.every(bucket, clock=world.clock)  # type: ignore[arg-type]
    assert (view.config["lr"], len(bucket.read)) == (1, 2)


def test_a_run_that_was_deleted_leaves_the_index() -> None:
    world = World()
    place = ended(world, "a")
    ended(world, "b")
    look(world)
    world.bucket.put(word_layout.tombstone_key(place), b"{}")
    world.now += 8 * 86_400
    look(world)
    assert list(index.read(world.bucket, CLUSTER, "team")) == ["b-0123abcd"]


def test_parts_stay_few_and_old_ones_go_after_a_while() -> None:
    world = World()
    made = Compactor(world.bucket, Settings("memory", sweep_seconds=3600), world.clock)
    for number in range(40):
        ended(world, f"run-{number:02d}")
        made.look()
    assert len(index.manifests(world.bucket, [(CLUSTER, "team")])[CLUSTER, "team"]["parts"]) <= 9
    assert len(index.read(world.bucket, CLUSTER, "team")) == 40
    world.now += 3601
    made.look()
    world.now += 3601
    made.look()
    assert len(keys(world)) == len(index.manifests(world.bucket, [(CLUSTER, "team")])[CLUSTER, "team"]["parts"]) + 1


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
        lines = {item.name: roster.listed(item) for item in listing.read(world.bucket, clock=world.clock)}
        assert (repr(lines["a"]["config"]["lr"]), lines["a"]["config"]["bound"]) == ("nan", float("-inf"))
        world.bucket.delete(layout.index_manifest_key(CLUSTER, "team"))
