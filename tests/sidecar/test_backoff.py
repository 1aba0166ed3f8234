"""The pauses of a recorder whose store does not answer."""

import random

import pytest

from chiplog.errors import AccessDenied, Unreachable
from chiplog_sidecar import backoff


def test_bounds_double_up_to_the_largest() -> None:
    error = Unreachable("x")
    bounds = [backoff.seconds(failures, error, lambda: 1.0) for failures in range(1, 9)]
    assert bounds == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.seconds(10_000, error, lambda: 1.0) == backoff.MAX_SECONDS


def test_a_pause_is_drawn_from_the_whole_range() -> None:
    draws = random.Random(7)
    pauses = [backoff.seconds(20, Unreachable("x"), draws.random) for _ in range(2000)]
    assert min(pauses) < 1
    assert max(pauses) > backoff.MAX_SECONDS - 1
    assert sum(pauses) / len(pauses) == pytest.approx(backoff.MAX_SECONDS / 2, rel=0.1)


def test_what_the_store_asks_for_is_waited_at_least() -> None:
    error = Unreachable("x")
    error.retry_after_seconds = 9.0
    assert backoff.seconds(1, error, lambda: 0.0) == 9.0
    error.retry_after_seconds = 3600.0
    assert backoff.seconds(1, error, lambda: 0.0) == backoff.MAX_ASKED_SECONDS
    assert backoff.seconds(1, AccessDenied("x"), lambda: 0.0) == 0.0


def test_a_storm_of_hours_sees_few_requests_of_a_run() -> None:
    draws = random.Random(11)
    error, now, tries = Unreachable("x"), 0.0, 0
    while now < 3600:
        tries += 1
        now += backoff.seconds(tries, error, draws.random)
    requests_a_try, places = 2, 2  # The client tries twice; the pass and the files each have their own pauses.
    assert tries * requests_a_try * places / now <= 0.2
