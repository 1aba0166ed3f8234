"""A run that lives for a week: what the bucket holds of it stays bounded, and readers are right all the time."""

import math
from collections.abc import Callable

from recorder_world import PLACE, World

from chiplog import layout
from chiplog.bucket.memory import MemoryBucket
from chiplog.reading import rows
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.settings import Settings

DAYS = 7
HOUR = 3600.0
ROWS_AN_HOUR = 2
SEGMENTS_A_DAY = 24 * ROWS_AN_HOUR
"""A row every half an hour is a cut each: five minutes have passed since the last."""


def steps(world: World) -> list[int]:
    (stream,) = rows.writers(rows.stream_rows(world.bucket, PLACE, kinds=("history",)))
    return [row["step"] for row in stream.rows]


def counted(world: World) -> dict[str, int]:
    """Objects by class, markers and sources apart."""
    found = {"live": 0, "segments": 0, "markers": 0, "sources": 0, "tables": 0, "runs": 0}
    for listed in world.bucket.list(""):
        kind = listed.key.split("/")[1]
        place = layout.parse_segment_key(listed.key)
        if place is not None:
            kind = "sources" if place.is_source else "segments"
        elif layout.parse_sealed_key(listed.key) is not None:
            kind = "markers"
        found[kind] = found.get(kind, 0) + 1
    return found


def test_a_week_holds_a_days_segments_and_readers_see_every_row(make_world: Callable[[str], World]) -> None:
    world = make_world("week")
    world.bucket = MemoryBucket(world.time)
    log, recorder = world.log(), world.recorder()
    made = Compactor(world.bucket, Settings("memory"), world.time)
    written, most = 0, 0
    for hour in range(DAYS * 24):
        for _ in range(ROWS_AN_HOUR):
            log.history(written, loss="0.5")
            written += 1
            world.step(recorder, HOUR / ROWS_AN_HOUR)
        made.look()
        most = max(most, counted(world)["segments"])
        if hour % 12 == 11:
            assert steps(world) == list(range(written)), f"in hour {hour}"
            recorder = world.recorder() if hour % 24 == 23 else recorder  # The pod's recorder is restarted once a day.
    alive = counted(world)
    # A day's segments, and those of the hour until somebody looks.
    assert most <= SEGMENTS_A_DAY + 2 * ROWS_AN_HOUR
    assert alive["markers"] == 1
    # One part of the history a day; of few points there is no pyramid.
    assert 1 <= alive["tables"] <= DAYS
    recorder.drain()
    made.look()
    ended = counted(world)
    assert (ended["live"], ended["segments"], ended["markers"]) == (0, 0, 1)
    assert ended["tables"] <= math.ceil(DAYS) + 1
    assert steps(world) == list(range(written))
