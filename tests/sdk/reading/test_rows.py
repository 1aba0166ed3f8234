"""Every row is read once, whatever was written twice, is late, or vanishes while it is read."""

from typing import Any

import pytest
from bucket_world import CLUSTER, Source, World, file, history, numbered, script
from hypothesis import given
from hypothesis import strategies as st

from chiplog import layout
from chiplog.bucket import Listed, Stored
from chiplog.errors import FormatError, NotFound, Unreachable
from chiplog.reading import rows

PLACE = layout.Recorder(CLUSTER, "team", "r1")


def never(_: float) -> None:
    raise AssertionError("the reader waited")


@st.composite
def arrangements(draw: st.DrawFn) -> tuple[list[Any], list[tuple[int, int]], int]:
    """Rows, segments that together with a tail cover them all, and where that tail begins."""
    positions = sorted(draw(st.sets(st.integers(0, 500), min_size=1, max_size=30)))
    items = [{"at": at, **history(at, loss=at)} for at in positions]
    end = positions[-1] + 1
    cut = draw(st.integers(0, end))
    stops = [0, *sorted(draw(st.sets(st.integers(1, end), max_size=6))), cut]
    covering = [(start, stop) for start, stop in zip(sorted(stops), sorted(stops)[1:], strict=False) if start < stop]
    covering = [(start, stop) for start, stop in covering if start < cut]
    extra = draw(st.lists(st.tuples(st.integers(0, end), st.integers(0, end)), max_size=5))
    return items, [*covering, *extra], draw(st.integers(0, cut))


@given(arrangements())
def test_overlapping_segments_and_a_tail_in_any_arrangement_give_each_row_once(arrangement: Any) -> None:
    items, segments, tail_from = arrangement
    world = World()
    source = Source(items)
    for start, end in segments:
        world.segment(PLACE, source, start, end)
    source.cut = tail_from
    world.record("r1", source)
    assert rows.stream_rows(world.bucket, PLACE, sleep=never)["s0"].rows == items


def test_streams_are_kept_apart_though_their_positions_are_the_same() -> None:
    world = World()
    files = Source(numbered([file("files/a")]), id="f0", kind="files", path="")
    world.record("r1", Source(script()), files)
    found = rows.stream_rows(world.bucket, PLACE)
    assert found["s0"].rows == script()
    assert found["f0"].rows == files.rows
    assert found["f0"].head["kind"] == "files"


def test_a_recorder_of_another_namespace_is_another_recorder() -> None:
    world = World()
    world.record("r1", Source(script()), namespace="team-b")
    assert rows.stream_rows(world.bucket, PLACE) == {}


def test_segments_are_read_without_a_live_object() -> None:
    world = World()
    source = Source(script())
    world.segment(PLACE, source, 0, 20)
    world.segment(PLACE, source, 20, 100)
    (stream,) = rows.stream_rows(world.bucket, PLACE).values()
    assert stream.rows == source.rows
    assert (stream.head["path"], stream.head["kind"]) == (source.path, "wandb")


def test_a_live_object_that_is_behind_its_segments_hides_none_of_them() -> None:
    world = World()
    source = Source(script())
    world.record("r1", Source(source.rows[:1]))
    world.segment(PLACE, source, 0, 100)
    assert rows.stream_rows(world.bucket, PLACE)["s0"].rows == source.rows


def test_only_the_asked_kinds_are_kept() -> None:
    world = World()
    world.record("r1", Source(script(), cut=30))
    found = rows.stream_rows(world.bucket, PLACE, kinds=("history",))
    assert [row["step"] for row in found["s0"].rows] == [0, 1]


def test_a_damaged_segment_is_named() -> None:
    world = World()
    world.segment(PLACE, Source(script()), 0, 100)
    (listed,) = world.bucket.list(layout.raw_prefix(PLACE))
    world.bucket.put(listed.key, world.bucket.get(listed.key).data[:-4])
    with pytest.raises(FormatError, match=listed.key):
        rows.stream_rows(world.bucket, PLACE)


class Moving:
    """A bucket whose segments change between the reader's requests, as `change` says, so many times."""

    def __init__(self, world: World, times: int, change: Any) -> None:
        self._world, self._times, self._change = world, times, change

    def get(self, key: str) -> Stored:
        return self._world.bucket.get(key)

    def list(self, prefix: str) -> "list[Listed]":
        listed = list(self._world.bucket.list(prefix))
        if self._times:
            self._times -= 1
            self._change()
        return listed


def test_segments_that_are_merged_while_they_are_read_are_read_again() -> None:
    world = World()
    source = Source(script())
    world.segment(PLACE, source, 0, 20)
    world.segment(PLACE, source, 20, 100)

    def merge() -> None:
        world.segment(PLACE, source, 0, 100)
        for start, end in ((0, 20), (20, 100)):
            world.bucket.delete(layout.segment_key(PLACE, "s0", start, end))

    waits: list[float] = []
    found = rows.stream_rows(Moving(world, 1, merge), PLACE, sleep=waits.append)  # type: ignore[arg-type]
    assert found["s0"].rows == source.rows
    assert len(waits) == 1


def test_a_row_that_moves_from_the_tail_to_a_segment_while_it_is_read_is_read_once() -> None:
    """The reader's order: live first. What leaves the tail later is in a segment when the list is made."""
    world = World()
    source = Source(script())
    world.record("r1", source)

    class Cutting(Moving):
        """The recorder cuts right after the reader's first request, whichever that is."""

        def get(self, key: str) -> Stored:
            stored = super().get(key)
            self.cut()
            return stored

        def list(self, prefix: str) -> "list[Listed]":
            listed = super().list(prefix)
            self.cut()
            return listed

        def cut(self) -> None:
            if not any(world.bucket.list(layout.raw_prefix(PLACE))):
                world.record("r1", Source(source.rows, cut=100))

    bucket = Cutting(world, 0, None)
    assert rows.stream_rows(bucket, PLACE)["s0"].rows == source.rows  # type: ignore[arg-type]
    assert rows.stream_rows(world.bucket, PLACE)["s0"].rows == source.rows


def test_segments_that_never_stand_still_are_no_endless_loop() -> None:
    world = World()
    source = Source(script())
    world.segment(PLACE, source, 0, 100)

    class Gone(Moving):
        def get(self, key: str) -> Stored:
            raise NotFound(key)

    waits: list[float] = []
    with pytest.raises(Unreachable, match="changed 5 times"):
        rows.stream_rows(Gone(world, 0, None), PLACE, sleep=waits.append)  # type: ignore[arg-type]
    assert len(waits) == rows.TRIES
