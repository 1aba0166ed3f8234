"""A CronJob's schedule means what it means to Kubernetes, whose own library's answers are kept in a fixture."""

import json
from pathlib import Path

import pytest

from chiplog_operator import schedules
from chiplog_operator.schedules import UnknownSchedule

CASES = json.loads((Path(__file__).parents[1] / "fixtures" / "schedules" / "robfig.json").read_text())
ZONES = sorted({case["Zone"] for case in CASES})


@pytest.mark.parametrize("zone", ZONES)
def test_times_are_those_of_kubernetes_library_around_every_change_of_clocks(zone: str) -> None:
    for case in (case for case in CASES if case["Zone"] == zone):
        found = list(schedules.parse(case["Schedule"], zone).between(case["After"], case["Until"]))
        assert found == case["Times"][::-1], case["Schedule"]


def test_the_begin_is_left_out_and_the_end_is_not() -> None:
    hourly = schedules.parse("@hourly")
    assert list(hourly.between(0, 3600)) == [3600]
    assert list(hourly.between(1, 3599)) == []


@pytest.mark.parametrize("text", ["@every 1h", "* * * *", "60 * * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "x"])
def test_a_schedule_without_times_that_can_be_told_is_refused(text: str) -> None:
    with pytest.raises(UnknownSchedule, match="schedule"):
        schedules.parse(text)


def test_a_time_zone_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownSchedule, match="Mars/Olympus"):
        schedules.parse("0 2 * * *", "Mars/Olympus")
