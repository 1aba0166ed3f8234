"""Curves of settled runs are kept drawn, are those that the tables draw, and follow whatever becomes of their runs."""

import json
from typing import Any

import pytest
from bucket_world import CLUSTER, NOW, Source, World, attempt, script
from counting import Reads
from hypothesis import given, settings
from hypothesis import strategies as st

from chiplog import curve_layout, layout, word_layout
from chiplog.bucket import ETag, Stored
from chiplog.bucket.memory import MemoryBucket
from chiplog.drawing import blocks
from chiplog.drawing.charts import Question
from chiplog.errors import AccessDenied, Unreachable
from chiplog.reading import listing, runs
from chiplog.reading.roster import full
from chiplog_compactor import drawing
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.kept import Kept

COMMON = Question("loss", blocks.POINTS)


def ended(world: World, name: str, *rows: Any, is_durable: bool = True, **other: Any) -> layout.Run:
    place = world.run(name, **other)
    sources = rows or (script(),)
    world.record(f"rec-{name}", *(Source(item, id=f"s{n}") for n, item in enumerate(sources)), run=place.id,
                 state="drained")  # fmt: skip
    world.outcome(place, "finished", [attempt(1, f"rec-{name}", finished_at=NOW)], durable=is_durable)
    return place


def look(world: World) -> None:
    Compactor(world.bucket, Settings("memory"), world.clock).look()


def kept(world: World, metric: str = "loss") -> dict[str, Any]:
    """What the dashboard finds drawn, by run."""
    items = list(listing.read(world.bucket, clock=world.clock))
    found = Kept(world.bucket, lambda: 0.0).curves(items, metric)
    return {place.id: json.loads(text) for place, text in found.items()}


def by_tables(world: World, place: layout.Run, metric: str = "loss") -> Any:
    view = next(view for view in runs.every(world.bucket, clock=world.clock) if view.key == place)
    question = Question(metric, blocks.POINTS)
    return json.loads(Histories(world.bucket, lambda: 0.0).curves(view, "history", question))


def names(world: World) -> list[str]:
    return [item.key for item in world.bucket.list("v1/curves/")]


numbers = st.one_of(st.floats(), st.integers(-(2**70), 2**70), st.booleans())
values = st.dictionaries(st.sampled_from(["loss", "acc", 'ü/\n"x']), numbers, min_size=1)


def told(value: Any) -> Any:
    """As a recorder writes it."""
    if isinstance(value, float) and value != value:
        return {"$number": "NaN"}
    return {"$number": "Infinity" if value > 0 else "-Infinity"} if value in (float("inf"), -float("inf")) else value


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2000), values), min_size=1, max_size=600))
def test_a_curve_that_is_kept_is_the_one_that_the_tables_draw(found: list[tuple[int, dict[str, Any]]]) -> None:
    world = World()
    rows = [{"at": at, "kind": "history", "step": step, "time": NOW - 100 + at,
             "values": {key: told(value) for key, value in said.items()}}
            for at, (step, said) in enumerate(found)]  # fmt: skip
    place = ended(world, "a", rows)
    look(world)
    for metric in {key for _, said in found for key in said}:
        assert kept(world, metric) == {place.id: by_tables(world, place, metric)}


def test_a_long_curve_is_kept_with_as_many_points_as_are_asked_for_and_its_extremes() -> None:
    world = World()
    losses = [(number * 7919) % 1000 / 10 for number in range(700)]
    place = ended(world, "a", script(loss=losses))
    look(world)
    (curve,) = kept(world)[place.id]
    assert [curve] == by_tables(world, place)
    assert (len(curve["x"]), min(curve["min"]), max(curve["max"])) == (blocks.POINTS, min(losses), max(losses))


def test_runs_of_one_id_in_two_namespaces_have_curves_of_their_own() -> None:
    """Who chooses a run's id, and with it a block's, learns nothing of another namespace by it."""
    world, losses = World(), {"team": [1.0, 0.5], "other": [9.0, 8.0]}
    for namespace, loss in losses.items():
        place = world.run("a", namespace=namespace)
        world.record("rec", Source(script(loss=loss)), run=place.id, namespace=namespace, state="drained")
        world.outcome(place, "finished", [attempt(1, "rec", finished_at=NOW)], durable=True)
    look(world)
    assert len({name.split("/")[4] for name in names(world) if name.endswith("block.json")}) == 1
    items = list(listing.read(world.bucket, clock=world.clock))
    shown = Kept(world.bucket, lambda: 0.0)
    for _ in range(2):  # Read, and remembered.
        found = shown.curves(items, "loss")
        last = {place.namespace: json.loads(text)[0]["last"] for place, text in found.items()}
        assert last == losses


def test_one_chart_of_many_runs_is_two_requests_a_block_and_the_next_is_one() -> None:
    world = World()
    for number in range(4):
        ended(
            world, f"run-{number}", [{"at": 0, "kind": "history", "step": 0, "time": NOW, "values": {"a": 1, "b": 2}}]
        )
    look(world)
    for key in names(world):
        world.bucket.delete(key)
    drawing.Drawer(world.bucket, block_runs=2).draw(world.now)
    items = list(listing.read(world.bucket, clock=world.clock))
    bucket = Reads(world.bucket)
    found = Kept(bucket, lambda: 0.0)  # type: ignore[arg-type]
    assert len(found.curves(items, "a")) == 4
    assert len(bucket.read) == 1 + 2 * 2
    assert len(found.curves(items, "b")) == 4
    assert len(found.curves(items, "a")) == 4
    assert len(bucket.read) == 1 + 2 * 2 + 2


def test_a_run_of_which_more_is_to_be_said_is_not_drawn() -> None:
    world = World()
    settled, other = ended(world, "a"), ended(world, "b", is_durable=False)
    look(world)
    assert kept(world).keys() == {settled.id}
    assert other.id not in kept(world)


def test_a_run_that_came_back_is_shown_as_it_is_now() -> None:
    world = World()
    place = ended(world, "a", script(loss=[1.0, 0.5]))
    look(world)
    world.record("rec-a", Source(script(loss=[1.0, 0.5, 0.25])), run=place.id, state="recording")
    assert kept(world) == {}
    world.record("rec-a", Source(script(loss=[1.0, 0.5, 0.25])), run=place.id, state="drained")
    compactor = Compactor(world.bucket, Settings("memory"), world.clock)
    compactor._swept = world.now  # It is sealed again, and its curves are those of before yet.
    compactor.look()
    assert kept(world) == {}
    look(world)
    (curve,) = kept(world)[place.id]
    assert curve["last"] == [1.0, 0.5, 0.25]


@pytest.mark.parametrize("which", ["manifest.json", "block.json", "jsonl.zst", ""])
def test_what_is_lost_is_drawn_again(which: str) -> None:
    world = World()
    place = ended(world, "a")
    look(world)
    before = {key: world.bucket.get(key).data for key in names(world)}
    for key in before:
        if key.endswith(which):
            world.bucket.delete(key)
    assert kept(world) == {}
    assert by_tables(world, place)[0]["last"] == [1.0, 0.5]
    look(world)
    assert {key: world.bucket.get(key).data for key in names(world)} == before


@pytest.mark.parametrize("which", ["manifest.json", "block.json", "jsonl.zst"])
@pytest.mark.parametrize("damage", [b"", b"{}", b"garbage"])
def test_what_is_damaged_is_read_around(which: str, damage: bytes) -> None:
    world = World()
    ended(world, "a")
    look(world)
    for key in names(world):
        if key.endswith(which):
            world.bucket.put(key, damage)
    assert kept(world) == {}
    ended(world, "b")
    look(world)
    look(world)
    assert kept(world).keys() == {"a-0123abcd", "b-0123abcd"}


def test_a_deleted_run_takes_its_curves_along_and_leaves_the_others() -> None:
    world = World()
    place, other = ended(world, "a"), ended(world, "b")
    look(world)
    before = set(names(world))
    world.bucket.put(word_layout.tombstone_key(place), b"{}")
    world.now += 8 * 86_400
    look(world)
    assert kept(world).keys() == {other.id}
    assert set(names(world)) & before == {curve_layout.manifest_key(CLUSTER, "team")}


def test_blocks_are_of_one_project_and_stay_few() -> None:
    world = World()
    for number in range(6):
        ended(world, f"run-{number}", project="even" if number % 2 == 0 else "odd")
        look(world)
    manifest, _ = drawing._manifest(world.bucket, (CLUSTER, "team"))
    assert [(item["project"], len(item["runs"])) for item in manifest["blocks"]] == [("even", 3), ("odd", 3)]
    assert len(kept(world)) == 6
    world.now += 3601
    look(world)
    assert len(names(world)) == 1 + sum(item["objects"] for item in manifest["blocks"])


def test_a_pass_draws_so_many_runs_and_the_next_goes_on() -> None:
    world = World()
    for number in range(5):
        ended(world, f"run-{number}")
    look(world)
    for key in names(world):
        world.bucket.delete(key)
    drawer = drawing.Drawer(world.bucket, max_runs=2)
    counts = []
    for _ in range(4):
        drawer.draw(world.now)
        counts.append((len(kept(world)), drawer.is_behind))
    assert counts == [(2, True), (4, True), (5, False), (5, False)]


def test_a_run_whose_rows_have_to_tell_is_left_to_them() -> None:
    world = World()
    place = ended(world, "a", [row | ({"step": None} if row["kind"] == "history" else {}) for row in script()])
    look(world)
    assert kept(world) == {}
    assert Kept(world.bucket, lambda: 0.0).keys(listing.read(world.bucket, clock=world.clock)) == {}
    assert by_tables(world, place)[0]["last"] == [1.0, 0.5]


def test_metrics_beyond_those_of_a_block_are_left_to_the_tables() -> None:
    world = World()
    many = {f"m{number:02d}": float(number) for number in range(blocks.MAX_METRICS + 3)}
    rows = [{"at": 0, "kind": "history", "step": 0, "time": NOW, "values": many}]
    place, other = ended(world, "a", rows), ended(world, "b")
    look(world)
    with_some = [metric for metric in many if place.id in kept(world, metric)]
    assert 0 < len(with_some) <= blocks.MAX_METRICS
    assert kept(world, "m34") == {other.id: []}, "of one it is known that it has no more, of the other it is not"
    items = list(listing.read(world.bucket, clock=world.clock))
    assert Kept(world.bucket, lambda: 0.0).keys(items) == {other: ["loss"]}
    late = ended(world, "c", [{**rows[0], "values": {**many, "loss": 1}}])
    look(world)
    assert kept(world)[late.id], "the metric that its TrainingRun names comes first"
    assert Histories(world.bucket, lambda: 0.0).every_key(items) == sorted([*many, "loss"])


def test_the_metrics_of_many_runs_are_told_without_their_tables() -> None:
    world = World()
    ended(world, "a")
    look(world)
    for key in [item.key for item in world.bucket.list("v1/tables/")]:
        world.bucket.delete(key)
    items = list(listing.read(world.bucket, clock=world.clock))
    histories = Histories(world.bucket, lambda: 0.0)
    assert histories.every_key(items) == histories.keys(full(items[0])) == ["loss"]
    (curve,) = json.loads(histories.every(items, "history", COMMON)[0])
    assert curve["last"] == [1.0, 0.5]


class Locked(MemoryBucket):
    """A store whose role is one of before there were drawn curves."""

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        if key.startswith("v1/curves/"):
            raise AccessDenied(f"PutObject {key}: AccessDenied")
        return super().put(key, data, if_match=if_match, if_absent=if_absent)


def test_an_older_role_of_the_compactor_goes_on_working() -> None:
    world = World()
    world.bucket = Locked(world.clock)
    place = ended(world, "a")
    compactor = Compactor(world.bucket, Settings("memory"), world.clock)
    assert compactor.look() == 1
    assert not compactor.is_behind
    assert by_tables(world, place)[0]["last"] == [1.0, 0.5]


class Hidden(MemoryBucket):
    """A store whose role for readers is one of before there were drawn curves."""

    def get(self, key: str) -> Stored:
        if key.startswith("v1/curves/"):
            raise AccessDenied(f"GetObject {key}: AccessDenied")
        return super().get(key)


def test_an_older_role_of_a_reader_goes_on_working() -> None:
    world = World()
    world.bucket = Hidden(world.clock)
    ended(world, "a")
    compactor = Compactor(world.bucket, Settings("memory"), world.clock)
    compactor._swept = world.now
    compactor.look()
    items = list(listing.read(world.bucket, clock=world.clock))
    (curve,) = json.loads(Histories(world.bucket, lambda: 0.0).every(items, "history", COMMON)[0])
    assert curve["last"] == [1.0, 0.5]


class Failing(MemoryBucket):
    """A store that is away when the first curves come."""

    is_away = True

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        if key.startswith("v1/curves/") and self.is_away:
            self.is_away = False
            raise Unreachable(f"PutObject {key}: SlowDown")
        return super().put(key, data, if_match=if_match, if_absent=if_absent)


def test_the_next_look_goes_on_where_the_store_failed() -> None:
    world = World()
    world.bucket = Failing(world.clock)
    place = ended(world, "a")
    compactor = Compactor(world.bucket, Settings("memory"), world.clock)
    with pytest.raises(Unreachable):
        compactor.look()
    compactor.look()
    assert kept(world).keys() == {place.id}
    assert not compactor.is_behind
