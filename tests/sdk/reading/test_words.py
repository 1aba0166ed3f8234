"""People's words are laid over what runs say of themselves, and hide none."""

from typing import Any

import pytest
from bucket_world import World

from chiplog import layout, records, word_layout
from chiplog.reading import runs, words
from chiplog.reading.views import RunView


@pytest.fixture
def world() -> World:
    found = World()
    found.run("mnist", uid="0123abcd", tags=["baseline", "old"])
    return found


PLACE = layout.Run("prod", "team", "mnist-0123abcd")


def said(**more: Any) -> dict[str, Any]:
    head = {"format": records.WORDS_FORMAT, "min_reader": 1, "said_by": "ada", "said_at": 1.0}
    return {**head, "tags_added": [], "tags_removed": [], "is_archived": False, **more}


def seen(world: World) -> RunView:
    (view,) = words.laid_over(runs.every(world.bucket, clock=world.clock), words.every(world.bucket))
    return view


def test_without_words_a_run_is_as_it_says(world: World) -> None:
    view = seen(world)
    assert (view.tags, view.is_archived, view.is_given_up) == (["baseline", "old"], False, False)


def test_tags_are_taken_away_and_added_once(world: World) -> None:
    document = said(tags_added=["good", "baseline"], tags_removed=["old"], is_archived=True)
    world.bucket.put(word_layout.words_key(PLACE), records.pack_document(document))
    assert (seen(world).tags, seen(world).is_archived) == (["baseline", "good"], True)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff", b"[]", records.pack_document(said(tags_added="x")), records.pack_document(said(is_archived=1)),
        records.pack_document(said(tags_removed=[1])), records.pack_document({**said(), "min_reader": 2}),
    ],
)  # fmt: skip
def test_words_that_cannot_be_read_are_none(world: World, data: bytes) -> None:
    world.bucket.put(word_layout.words_key(PLACE), data)
    assert (seen(world).tags, seen(world).is_archived) == (["baseline", "old"], False)


def test_a_tombstone_is_seen_and_other_objects_are_no_words(world: World) -> None:
    world.bucket.put(word_layout.tombstone_key(PLACE), b"{}")
    world.bucket.put(word_layout.view_key("prod", "team", "words"), b"{}")
    assert seen(world).is_given_up
    assert words.every(world.bucket, "prod", "team").given_up == {PLACE}
    assert words.every(world.bucket, "prod", "other").given_up == frozenset()
