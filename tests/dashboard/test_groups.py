"""What the page is told of sweeps and lines."""

import time
from typing import Any

import group_world
import pytest
from bucket_world import Source, World, script
from dashboard_site import Site, Start

from chiplog.access import Right
from chiplog_dashboard.access import Person, SignedOn, SignOn

SWEEP = "/api/v1/sweeps/prod/team/lr-5eeb0000"
LINE = "/api/v1/lines/prod/team/cron-1"


@pytest.fixture
def swept(world: World) -> World:
    for index, loss in enumerate((0.5, 0.2, 0.9)):
        group_world.trial(world, index, loss)
    group_world.trial(world, 3, 9.0, "pruned")
    group_world.trial(world, 4, None, "failed")
    return world


@pytest.fixture
def nightly(world: World) -> World:
    for day, loss in ((-5, 0.5), (-4, 0.52), (-3, 0.49), (-1, 0.9)):
        group_world.night(world, day, loss, holds=loss < 0.6, said=f"loss {loss}")
    group_world.missed(world, -2)
    group_world.latest(world, "nightly--3-0123abcd")
    return world


def test_sweeps_are_listed_with_their_best(swept: World, site: Site) -> None:
    (found,) = site.get("/api/v1/sweeps").json["sweeps"]
    assert (found["id"], found["trials"], found["best"], found["value"]) == ("prod/team/lr-5eeb0000", 5, "lr-1", 0.2)


def test_a_sweep_has_its_trials_with_their_runs_and_why_each_was_stopped(swept: World, site: Site) -> None:
    found = site.get(SWEEP).json
    assert [item["state"] for item in found["trial_list"]] == ["succeeded"] * 3 + ["pruned", "failed"]
    assert found["trial_list"][3]["message"] == "stopped at iteration 3: loss 9 is above 1"
    assert found["trial_list"][1]["id"] == "prod/team/lr-1-0123abcd"
    assert [item["parameter"] for item in found["importance"]] == ["lr"]


def test_a_trial_that_still_runs_is_told_with_its_newest_value_and_counts_for_no_best(swept: World, site: Site) -> None:
    run = swept.run("lr-5", trial=group_world.place(5))
    swept.record("r5", Source(script((0.5, 0.01))), run=run.id)
    swept.run("lr-6", trial=group_world.place(6))
    found = site.get(SWEEP).json
    told = [(item["id"], item["state"], item["value"], item["parameters"]) for item in found["running_list"]]
    assert told == [
        ("prod/team/lr-5-0123abcd", "running", 0.01, {"lr": 0.5}),
        ("prod/team/lr-6-0123abcd", "pending", None, {"lr": pytest.approx(0.6)}),
    ]
    assert (found["trials"], found["running"], found["best"], found["value"]) == (5, 2, "lr-1", 0.2)
    assert len(found["trial_list"]) == 5


def test_a_sweep_of_which_no_trial_is_over_is_one(world: World, site: Site) -> None:
    world.run("lr-0", trial=group_world.place(0))
    (found,) = site.get("/api/v1/sweeps").json["sweeps"]
    assert (found["id"], found["metric"], found["trials"], found["running"]) == ("prod/team/lr-5eeb0000", "loss", 0, 1)
    assert site.get(SWEEP).json["importance"] == []


def test_a_trial_that_is_written_down_is_told_once(swept: World, site: Site) -> None:
    run = swept.run("lr-1", trial=group_world.place(1))
    swept.outcome(run, "finished", finished_at=swept.now)
    found = site.get(SWEEP).json
    assert (found["running_list"], len(found["trial_list"])) == ([], 5)


@pytest.mark.parametrize(
    "odd", [7, {"sweep": "lr"}, {**group_world.place(9), "index": "9"}, {**group_world.place(9), "sweep_id": "a/b"}]
)
def test_a_run_that_says_nonsense_of_its_sweep_is_no_trial(swept: World, site: Site, odd: Any) -> None:
    swept.run("lr-9", trial=odd)
    assert site.get(SWEEP).json["running_list"] == []
    assert len(site.get("/api/v1/sweeps").json["sweeps"]) == 1


def test_a_line_has_its_nights_its_pointer_and_those_that_were_missed(nightly: World, site: Site) -> None:
    found = site.get(LINE).json
    nights = found["night_list"]
    assert [night["metrics"].get("loss") for night in nights] == [0.5, 0.52, 0.49, None, 0.9]
    assert [night["is_latest"] for night in nights] == [False, False, True, False, False]
    assert [night["id"] for night in nights[2:4]] == ["prod/team/nightly--3-0123abcd", None]
    assert (nights[3]["message"], found["missed"]) == ("no Job was made", [nights[3]["scheduled_at"]])


def test_a_line_in_the_list_says_what_failed_in_its_last_night(nightly: World, site: Site) -> None:
    (found,) = site.get("/api/v1/lines").json["lines"]
    assert (found["holds"], found["failed_gates"], found["nights"]) == (False, ["loss 0.9"], 5)


@pytest.mark.parametrize("path", [SWEEP.replace("lr-5", "no-5"), LINE.replace("cron-1", "cron-2")])
def test_one_that_is_none_is_not_found(swept: World, nightly: World, site: Site, path: str) -> None:
    assert site.get(path).status == 404


class Server:
    """An API server by which everybody is somebody, and sees the namespace of their name."""

    def person(self, token: str) -> Person | None:
        return Person(token.partition(".")[0])

    def may(self, person: Person, right: Right) -> bool:
        return right.namespace == person.name


def test_those_of_other_namespaces_are_as_if_they_were_not(swept: World, nightly: World, start: Start) -> None:
    site = start(guard=SignedOn(SignOn(tokens=True), Server(), time.monotonic))
    other, own = {"Authorization": "Bearer other.to.ken"}, {"Authorization": "Bearer team.to.ken"}
    assert site.get("/api/v1/sweeps", **other).json == {"sweeps": []}
    assert site.get("/api/v1/lines", **other).json == {"lines": []}
    assert [site.get(path, **other).status for path in (SWEEP, LINE)] == [404, 404]
    assert [site.get(path, **own).status for path in (SWEEP, LINE)] == [200, 200]
    assert [site.get(path).status for path in ("/api/v1/sweeps", "/api/v1/lines", SWEEP, LINE)] == [401] * 4
