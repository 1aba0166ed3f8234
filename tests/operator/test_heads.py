"""What the operator makes of a live head in which several streams speak: the same as every reader does."""

from dataclasses import replace
from typing import Any

import pytest
from bucket_world import CLUSTER, NOW, Source, World, history, numbered, script

from chiplog import layout, records
from chiplog.reading import runs
from chiplog_operator import heads

EVENTS = "logs/events.out.tfevents.1.host"


def head_of(world: World, *sources: Source) -> heads.Head:
    place = world.run()
    world.record("rec", *sources, run=place.id)
    key = layout.live_key(layout.Recorder(CLUSTER, "team", "rec"))
    live, _ = records.unpack_live(world.bucket.get(key).data, key)
    found = heads.head(live, NOW)
    view = runs.one(world.bucket, place, world.clock)
    assert (found.step, dict(found.summary)) == (view.step, view.summary), "kubectl says what `chiplog show` says"
    return found


def events(path: str, *steps: int, **values: float) -> Source:
    rows: list[dict[str, Any]] = [{"kind": "header", "producer": "tensorboard", "time": NOW - 90}]
    rows += [{**history(step, **values), "summary": True} for step in steps]
    return Source(numbered(rows), id=path[:8], kind="tensorboard", path=path)


def test_metrics_of_all_streams_that_speak_are_there_whichever_is_ahead() -> None:
    """A gate on `loss` failed as "not logged" where another writer of the pod had reached a higher step."""
    found = head_of(World(), Source(script(loss=[0.5, 0.25])), events(EVENTS, 0, 700, accuracy=0.9))
    assert heads.metric(found.summary, "loss") == 0.25
    assert heads.metric(found.summary, "accuracy") == 0.9
    assert found.step == 700


def test_tags_of_event_files_have_the_name_that_readers_give_them() -> None:
    train, test = (events(f"{name}/{EVENTS}", 5, loss=loss) for name, loss in (("train", 0.5), ("eval", 0.75)))
    found = head_of(World(), train, test)
    assert {heads.metric(found.summary, f"{name}/logs/loss") for name in ("train", "eval")} == {0.5, 0.75}


def test_a_head_that_is_only_further_is_mere_progress() -> None:
    before = heads.Head(NOW, "recording", rows=5, step=4, summary={"loss": 0.5})
    further = replace(
        before, modified=NOW + 14, rows=9, step=8, summary={"loss": 0.25}, lag_seconds=2.0, pending_bytes=7
    )
    assert heads.is_mere_progress(before, further)


@pytest.mark.parametrize(
    "turned",
    [
        {"state": "draining"},
        {"state": "drained"},
        {"problems": ("a file is gone",)},
        {"has_streams": True},
        {"exit_code": 1},
        {"alerts": 1},
        {"recent": (("s1", {"kind": "alert"}),)},
        {"summary": {"loss": float("nan")}},
    ],
)
def test_a_head_in_which_anything_turned_is_more_than_progress(turned: dict[str, Any]) -> None:
    before = heads.Head(NOW, "recording", summary={"loss": 0.5})
    assert not heads.is_mere_progress(before, replace(before, **{"modified": NOW + 2, "step": 9, **turned}))


def test_bytes_that_wait_no_more_after_the_last_word_are_more_than_progress() -> None:
    waiting = heads.Head(NOW, "drained", pending_bytes=7)
    assert not heads.is_mere_progress(waiting, replace(waiting, pending_bytes=0))


def test_a_metric_that_stays_broken_is_no_news() -> None:
    before = heads.Head(NOW, "recording", summary={"loss": float("nan")})
    assert heads.is_mere_progress(before, replace(before, step=2, summary={"loss": float("nan")}))
