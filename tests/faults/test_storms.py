"""Rows 8, 10 and 12 on a clock of our own: what a recorder asks of a store that refuses everything, how it catches up,
and that the node's clock orders nothing.
"""

import random
import threading

import pytest
from recorder_world import World

from chiplog import rundir
from chiplog.bucket import ETag
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import Unreachable
from chiplog_sidecar.main import Loop
from chiplog_sidecar.recorder import Clock, Recorder

STORM_SECONDS = 600.0
ROWS_PER_SECOND = 10
REQUESTS_OF_A_TRY = 2
"""The client of S3 repeats a request once by itself."""
MAX_REQUESTS_PER_SECOND = 0.1
"""Of the pass; the worker of files waits by the same rule, so both make 0.2."""


class Storm(MemoryBucket):
    """A store that answers SlowDown to everything while it is asked to."""

    def __init__(self, world: World) -> None:
        super().__init__(world.time)
        self.is_on = False
        self.refused = 0

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        if self.is_on:
            self.refused += REQUESTS_OF_A_TRY
            raise Unreachable("SlowDown")
        return super().put(key, data, if_match=if_match, if_absent=if_absent)


class OverError(Exception):
    """The time of the test is over."""


class Played:
    """A real loop whose waiting moves the clock, while the trainer logs."""

    def __init__(self, world: World, until: float) -> None:
        self.world, self.until = world, until
        self.log = world.log()
        self.step = 0

    def wait(self, _: threading.Event, seconds: float) -> None:
        """Let time go by."""
        self.world.time.now += max(seconds, 0.01)
        rows = int(self.world.time.now * ROWS_PER_SECOND) - self.step
        self.log.history(*range(self.step, self.step + rows), loss="0.5")
        self.step += rows
        if self.world.time.now >= self.until:
            raise OverError


def loop_of(world: World, played: Played) -> Loop:
    clock = Clock(world.time, world.time)
    return Loop(world.settings, lambda: Recorder(world.settings, world.bucket, clock, {}), played.wait)


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_of_ten_minutes_is_met_with_few_requests_and_nothing_is_lost(world: World, seed: int) -> None:
    random.seed(seed)
    world.time.now = 0.0
    storm = Storm(world)
    world.bucket = storm
    played = Played(world, until=5.0)
    loop = loop_of(world, played)
    with pytest.raises(OverError):
        loop.run()
    loop._recorder.cargo.stop()
    storm.is_on, played.until = True, 5.0 + STORM_SECONDS
    with pytest.raises(OverError):
        record(loop)
    assert 0 < storm.refused <= MAX_REQUESTS_PER_SECOND * STORM_SECONDS
    storm.is_on = False
    behind, began = played.step - len(world.steps()), world.time.now
    assert behind > 0.9 * STORM_SECONDS * ROWS_PER_SECOND
    played.until = began + STORM_SECONDS / 10  # Ten times the rate at which it was written, or more.
    while len(world.steps()) < played.step - 3 * ROWS_PER_SECOND:
        loop._attempt(loop._recorder.record)
        played.wait(threading.Event(), loop._recorder.rest())
    loop._recorder.drain()
    assert world.steps() == list(range(played.step))


def record(loop: Loop) -> None:
    """What the loop does until it is told to stop."""
    while True:
        if not loop._attempt(loop._recorder.record):
            loop._pause()


@pytest.mark.parametrize("step", [-3600.0, 3600.0, -1.7e9, 1e9])
def test_a_clock_that_steps_orders_nothing_and_delays_nothing(world: World, step: float) -> None:
    """Wall time jumps in the middle; rows are ordered by their place in the file, flushes timed by a clock that does
    not jump."""
    wall = [1.8e9]
    recorder = Recorder(world.settings, world.bucket, Clock(lambda: wall[0], world.time), {})
    recorder.resume()
    log = world.log()
    for row in range(30):
        if row == 15:
            wall[0] += step
        wall[0] += 1
        log.history(row, _timestamp=str(wall[0]))
        world.step(recorder, 1.0)
        assert world.steps() == list(range(row + 1)), "each is there within its flush interval"
    assert world.head()["lag_seconds"] <= 2
    recorder.drain()
    again = world.recorder()
    again.drain()
    assert world.steps() == list(range(30))


def test_a_pod_that_is_about_to_end_ends_the_pause_before_the_next_try(world: World) -> None:
    """After many failures a pause is up to a minute long, and a pod's grace is half of one."""
    began, asked_at = world.time.now, world.time.now + 3

    def wait(_: threading.Event, seconds: float) -> None:
        world.time.now += seconds
        if world.time.now >= asked_at:
            (world.root / rundir.FLUSH_REQUEST).touch()

    loop = Loop(world.settings, lambda: Recorder(world.settings, world.bucket, Clock(world.time, world.time), {}), wait)
    loop._fail(Unreachable("SlowDown"))
    loop._error.retry_after_seconds = 60.0
    loop._pause()
    assert 3 <= world.time.now - began <= 4.5
    assert loop._recorder._flush_asked
