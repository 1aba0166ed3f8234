"""`chiplog ls`: which runs, in which order, with which columns."""

import json
from typing import Any

import pytest
from bucket_world import Source, World, script

from chiplog import layout, records, word_layout

EXIT_USAGE = 2


@pytest.fixture
def world() -> World:
    world = World()
    for number, loss in enumerate([0.5, 0.1, 0.3]):
        config = {"lr": 10.0**-number, "opt": {"name": "adam"}}
        place = world.run(f"r{number}", uid=f"{number:08x}", config=config, tags=["best"] if number == 1 else [])
        world.record(f"rec{number}", Source(script(loss=[loss])), run=place.id)
    return world


def names(chiplog: Any, *arguments: str) -> list[str]:
    return [run["name"] for run in json.loads(chiplog("ls", *arguments, "-o", "json").stdout)]


def test_an_expression_chooses_and_orders(chiplog: Any) -> None:
    assert names(chiplog, "config.lr <= 0.1 order by summary.loss") == ["r1", "r2"]


def test_several_filters_must_all_hold(chiplog: Any) -> None:
    assert names(chiplog, "--filter", "config.lr <= 0.1", "--filter", 'tags contains "best"') == ["r1"]


def test_by_and_limit_outrank_the_expression(chiplog: Any) -> None:
    assert names(chiplog, "order by name limit 3", "--by", "summary.loss", "--desc", "--limit", "2") == ["r0", "r2"]


def test_columns_are_fields_in_the_asked_order(chiplog: Any) -> None:
    arguments = ["ls", "--by", "summary.loss", "--columns", "name,summary.loss", "--columns", "config.opt.name,tags"]
    lines = chiplog(*arguments).stdout.splitlines()
    assert lines[0].split() == ["name", "summary.loss", "config.opt.name", "tags"]
    assert lines[1].split() == ["r1", "0.1", "adam", "best"]
    assert lines[3].split() == ["r0", "0.5", "adam", "-"]
    documents = json.loads(chiplog(*arguments, "-o", "json").stdout)
    assert documents[0] == {"name": "r1", "summary.loss": 0.1, "config.opt.name": "adam", "tags": ["best"]}


@pytest.fixture
def people(world: World) -> None:
    maker = "system:serviceaccount:team:retrainer"
    world.run("n0", uid="1" * 8, service_account="nightly", created_by=maker)
    world.run("n1", uid="2" * 8, service_account="nightly", namespace="other", created_by="grace@example.com")
    world.run("n2", uid="3" * 8, claimed_by="grace", created_by="")


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("nightly", {"n0", "n1"}),
        ("team/nightly", {"n0"}),
        ("system:serviceaccount:other:nightly", {"n1"}),
        ("team/retrainer", {"n0"}),
        ("system:serviceaccount:team:retrainer", {"n0"}),
        ("grace@example.com", {"n1"}),
        ("grace", {"n2"}),
        ("ada", {"r0", "r1", "r2"}),
        ("nobody", set()),
    ],
)
def test_by_names_an_account_or_a_person(chiplog: Any, people: None, who: str, expected: set[str]) -> None:
    assert set(names(chiplog, "--by", who)) == expected


def test_by_whom_goes_with_an_expression(chiplog: Any, people: None) -> None:
    assert names(chiplog, "order by summary.loss limit 2", "--by", "ada") == ["r1", "r2"]


def test_by_nobody_says_what_was_looked_for(chiplog: Any) -> None:
    assert chiplog("ls", "--by", "los").stderr == "no such runs by los, which is no field to sort by either\n"


def test_what_is_verified_and_what_is_claimed_are_columns_of_their_own(chiplog: Any, people: None) -> None:
    found = chiplog("ls", "--by", "grace", "--columns", "name,service_account,claimed_by", "-o", "json").stdout
    assert json.loads(found) == [{"name": "n2", "service_account": "default", "claimed_by": "grace"}]


def test_times_among_the_columns_are_times(chiplog: Any) -> None:
    (document, *_) = json.loads(chiplog("ls", "--columns", "started_at,took", "-o", "json").stdout)
    assert document == {"started_at": "2026-11-23T21:58:00.000Z", "took": 120}
    assert "2026-11-23 21:58:00" in chiplog("ls", "--columns", "started_at,took").stdout


def test_what_people_said_on_the_dashboard_is_said_here(chiplog: Any, world: World) -> None:
    for number, more in enumerate(({"tags_added": ["paper"]}, {"is_archived": True}, {})):
        place = layout.Run("prod", "team", f"r{number}-{number:08x}")
        said = {"tags_added": [], "tags_removed": [], "is_archived": False, **more}
        document = {"format": records.WORDS_FORMAT, "min_reader": 1, **said}
        world.bucket.put(word_layout.words_key(place), records.pack_document(document))
    world.bucket.put(word_layout.tombstone_key(layout.Run("prod", "team", "r2-00000002")), b"{}")
    assert names(chiplog) == ["r0"]
    assert names(chiplog, 'tags contains "paper"') == ["r0"]
    assert names(chiplog, "--archived") == ["r1"]
    assert names(chiplog, "--deleted") == ["r2"]


def test_nothing_found_is_no_error_and_says_which_nothing(chiplog: Any) -> None:
    done = chiplog("ls", 'name = "x"')
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no such runs\n")


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("config.lrr > 0", "no such runs; no run has config.lrr: did you mean 'config.lr'?\n"),
        ("config.opt.nme = 'adam'", "no such runs; no run has config.opt.nme: did you mean 'config.opt.name'?\n"),
        ("summary.loss > 0 and summary.other > 0", "no such runs; no run has summary.other\n"),
        ("config.lr > 100", "no such runs\n"),
    ],
)
def test_a_key_that_no_run_has_is_said_where_nothing_is_found(chiplog: Any, expression: str, answer: str) -> None:
    assert chiplog("ls", expression).stderr == answer


def test_a_script_s_own_config_is_asked_for_while_it_runs(chiplog: Any, world: World) -> None:
    place = world.run("own", "00000009", config={"lr": 5.0})
    world.record("rec9", Source(script(width=7, opt={"name": "sgd"})), run=place.id)
    assert names(chiplog, "config.width = 7 and config.opt.name = 'sgd' and config.lr = 5") == ["own"]


WRONG = [["stat = 1"], ["--by", "config"], ["--by", "name,loss"], ["--columns", "name desc"], ["--desc"]]


@pytest.mark.parametrize("arguments", [*WRONG, ["--by", "ada", "--desc"]])
def test_what_cannot_be_understood_is_wrong_usage(chiplog: Any, arguments: list[str]) -> None:
    done = chiplog("ls", *arguments)
    assert done.exit_code == EXIT_USAGE
    assert done.stderr.startswith("chiplog: ")


def test_a_query_is_refused_before_the_bucket_is_asked(chiplog: Any) -> None:
    def refuse(address: str) -> Any:
        raise AssertionError(f"{address} was opened")

    assert chiplog("ls", "stat = 1", bucket=refuse).exit_code == EXIT_USAGE
