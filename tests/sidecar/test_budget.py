"""What a run costs in requests, counted over whole days on a clock of our own (docs/bucket.md, What it costs)."""

import pytest
from counting import Counting
from recorder_world import World

from chiplog_sidecar.recorder import Recorder

DAY = 86_400

PUT_DOLLARS, GET_DOLLARS = 5e-6, 0.4e-6
"""List price of S3 Standard."""


def recorder_of(world: World) -> tuple[Recorder, Counting]:
    bucket = Counting()
    world.bucket = bucket  # type: ignore[assignment]
    return world.recorder(), bucket


def test_a_day_of_ten_rows_a_second_takes_at_most_7500_puts(world: World) -> None:
    """Rows come in stretches of four seconds; a pass is made every two."""
    log = world.log()
    recorder, bucket = recorder_of(world)
    row = 0
    for second in range(0, DAY, 2):
        if second % 4 == 0:
            log.history(*range(row, row + 40), loss="0.123456789")
            row += 40
        world.step(recorder, 2.0)
    recorder.drain()
    assert row == 10 * DAY
    assert 6_000 < bucket.asked["put"] <= 7_500, bucket.asked
    assert bucket.asked["raw"] <= 2 * (DAY / 300 + 60)
    assert (bucket.asked["list"], bucket.asked["delete"]) == (1, 0)
    cuts = bucket.asked["get"] - 1 - bucket.asked["looks"]
    assert 0 < cuts == bucket.asked["raw"] / 2, "a look at the live object before each cut"
    assert 7_000 < bucket.asked["looks"] <= DAY / 10
    assert bucket.asked["put"] * PUT_DOLLARS + bucket.asked["get"] * GET_DOLLARS <= 0.038


def test_a_new_life_asks_twice_and_reads_what_no_segment_has(world: World) -> None:
    """Row 5: it is up within two seconds however long the run is, for it takes no segment and no older source in."""
    log = world.log()
    recorder, bucket = recorder_of(world)
    rows = 0
    for _ in range(3 * 3600 // 10):
        log.history(*range(rows, rows + 100), loss="0.123456789")
        rows += 100
        world.step(recorder, 10.0)
    bucket.asked.clear()
    again = world.recorder()
    assert (bucket.asked["get"], bucket.asked["list"], bucket.asked["put"]) == (1, 1, 0)
    [stream] = again.streams.values()
    assert 0 < stream.size - stream.position <= stream.size * 310 / (3 * 3600)
    again.drain()
    assert world.steps() == list(range(rows))


def test_an_hour_of_a_young_run_takes_at_most_a_put_a_second_and_then_few(world: World) -> None:
    log = world.log()
    recorder, bucket = recorder_of(world)
    for second in range(3600):
        log.history(second, loss="0.5")
        world.step(recorder, 1.0)
    assert bucket.asked["put"] <= 300 + 290


@pytest.mark.parametrize("rows", [0, 5])
def test_a_silent_run_makes_no_request_but_a_heartbeat_every_five_minutes(world: World, rows: int) -> None:
    log = world.log()
    for step in range(rows):
        log.history(step, loss="0.5")
    recorder, bucket = recorder_of(world)
    for _ in range(700):  # What was there is flushed and cut first.
        world.step(recorder, 1.0)
    bucket.asked.clear()
    for _ in range(12 * 300):
        world.step(recorder, 1.0)
    assert bucket.asked == {"put": 12, "live": 12}
