"""Unix seconds as text."""

import math

import pytest

from chiplog import times


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_795_471_200.25, "2026-11-23T22:00:00.250Z"),
        (None, None),
        (math.nan, None),
        (math.inf, None),
        (1e18, None),
    ],
)
def test_a_time_is_iso_8601_in_utc(seconds: float | None, shown: str | None) -> None:
    assert times.iso(seconds) == shown
