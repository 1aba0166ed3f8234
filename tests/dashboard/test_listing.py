"""Windows of a list of runs, what is in them, and runs taken together."""

from typing import Any
from urllib.parse import urlencode

import pytest
from bucket_world import Source, World, script
from dashboard_site import Site

from chiplog import layout, records, word_layout

RATES = (0.4, 0.1, 0.3, 0.2)


@pytest.fixture(autouse=True)
def _filled(world: World) -> None:
    """Four runs, the newest first: run0 to run3; the last one is of another project."""
    for number, rate in enumerate(RATES):
        config = {"lr": rate, "opt": {"name": "adam" if number % 2 else "sgd"}}
        place = world.run(
            f"run{number}", uid=f"0123abc{number}", config=config, created_at=world.now - 10 - number,
            **({"project": "Speech", "display_name": "The last one"} if number == 3 else {}),
        )  # fmt: skip
        world.record(f"r{number}", Source(script([1 / (number + 1)])), run=place.id)


def say(world: World, run: str, **said: Any) -> None:
    """What people said of a run."""
    place = layout.Run("prod", "team", run)
    head = {"format": records.WORDS_FORMAT, "min_reader": 1, "said_by": "", "said_at": world.now}
    words = {**head, "tags_added": [], "tags_removed": [], "is_archived": False, **said}
    world.bucket.put(word_layout.words_key(place), records.pack_document(words))


def names(site: Site, **asked: Any) -> list[str]:
    return [run["name"] for run in listed(site, **asked)["runs"]]


def listed(site: Site, path: str = "runs", **asked: Any) -> Any:
    answer = site.get(f"/api/v1/{path}?{urlencode(asked, doseq=True)}")
    assert answer.status == 200, answer.body
    return answer.json


def test_a_window_holds_a_stretch_of_the_list_and_says_how_long_it_is(site: Site) -> None:
    assert listed(site, offset=1, limit=2)["total"] == 4
    assert names(site, offset=1, limit=2) == ["run1", "run2"]
    assert names(site, offset=3, limit=2) == ["run3"]
    assert names(site, offset=9, limit=2) == []
    assert names(site, limit=0) == []


def test_a_window_is_of_the_list_in_its_order(site: Site) -> None:
    assert names(site, order="config.lr", offset=1, limit=2) == ["run3", "run2"]
    assert names(site, order="config.lr desc", limit=1) == ["run0"]


def test_the_order_of_an_expression_counts_before_another(site: Site) -> None:
    assert names(site, filter="order by config.lr", order="config.lr desc", limit=1) == ["run1"]


def test_the_limit_of_an_expression_bounds_the_list_before_it_is_ordered_otherwise(site: Site) -> None:
    found = listed(site, filter="limit 2", order="config.lr", limit=10)
    assert (found["total"], [run["name"] for run in found["runs"]]) == (2, ["run1", "run0"])
    assert names(site, filter="order by config.lr limit 2", offset=1, limit=5) == ["run3"]


def test_all_words_stand_somewhere_in_what_a_run_is_called(world: World, site: Site) -> None:
    say(world, "run1-0123abc1", tags_added=["Paper"])
    assert names(site, words="SPEECH last") == ["run3"]
    assert names(site, words="paper") == ["run1"]
    assert names(site, words="speech run1") == []


def test_a_list_has_what_was_put_away_or_given_up_only_where_it_is_asked_for(world: World, site: Site) -> None:
    say(world, "run0-0123abc0", is_archived=True)
    say(world, "run1-0123abc1", is_archived=True)
    world.bucket.put(word_layout.tombstone_key(layout.Run("prod", "team", "run1-0123abc1")), b"{}")
    assert names(site) == ["run0", "run1", "run2", "run3"]
    assert names(site, show="current") == ["run2", "run3"]
    assert names(site, show="archived") == ["run0"]
    assert names(site, show="deleted") == ["run1"]


def test_runs_are_named_by_their_ids_alone_or_in_full(site: Site) -> None:
    assert names(site, only=["run2-0123abc2", "prod/team/run0-0123abc0"]) == ["run0", "run2"]
    assert names(site, only=["prod/other/run0-0123abc0"]) == []
    assert names(site, only=["run0-0123abc0", "run1-0123abc1"], words="run1") == ["run1"]


def test_fields_of_all_runs_of_a_list_come_as_columns(world: World, site: Site) -> None:
    say(world, "run1-0123abc1", tags_added=["paper"], is_archived=True)
    found = listed(site, "select", filter="order by config.lr limit 2", field=["tags", "archived", "config.opt.name"])
    assert found["ids"] == ["prod/team/run1-0123abc1", "prod/team/run3-0123abc3"]
    assert found["values"]["archived"] == [True, False]
    assert found["values"]["config.opt.name"] == ["adam", "adam"]
    assert found["values"]["tags"][0][-1] == "paper"


def test_runs_are_taken_together_with_what_their_numbers_are_like(world: World, site: Site) -> None:
    world.outcome(layout.Run("prod", "team", "run2-0123abc2"), "failed", reason="Error", finished_at=world.now)
    asked = {"filter": "config.lr < 1", "by": "config.opt.name", "of": ["config.lr", "summary.nothing"]}
    sgd, adam = listed(site, "groups", **asked)["groups"]
    assert (sgd["values"], sgd["runs"], sgd["running"], sgd["failed"]) == (["sgd"], 2, 1, 1)
    assert sgd["numbers"]["config.lr"] == pytest.approx({"mean": 0.35, "low": 0.3, "high": 0.4})
    assert sgd["numbers"]["summary.nothing"] is None
    assert adam["values"] == ["adam"]


def test_several_fields_tell_groups_apart_and_the_largest_comes_first(site: Site) -> None:
    found = listed(site, "groups", by=["namespace", "project"])
    assert [(group["values"], group["runs"]) for group in found["groups"]] == [
        (["team", "vision"], 3),
        (["team", "Speech"], 1),
    ]
    assert (found["runs"], found["total"]) == (4, 2)


def test_the_names_of_config_and_summary_are_told_with_what_is_a_number(site: Site) -> None:
    found = {item["name"]: item["number"] for item in listed(site, "fields")["fields"]}
    assert found == {"config.lr": True, "config.opt.name": False, "summary.loss": True}


@pytest.mark.parametrize(
    "asked",
    ["show=some", "limit=-1", "limit=10001", "limit=", "offset=x", "order=step+limit+2", "order=nothing",
     "order=step%3D1", "filter=%3D"],
)  # fmt: skip
def test_a_window_that_cannot_be_is_refused(site: Site, asked: str) -> None:
    assert site.get(f"/api/v1/runs?{asked}").status == 400


@pytest.mark.parametrize("asked", ["groups?by=nothing", "groups?by=step,+name", "select?field=config", "groups?of=a+b"])
def test_a_field_that_is_none_is_refused(site: Site, asked: str) -> None:
    assert site.get(f"/api/v1/{asked}").status == 400
