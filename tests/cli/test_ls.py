"""`chiplog ls`: which runs, in which order, with which columns."""

import json
from typing import Any

import pytest
from bucket_world import Source, World, script

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


def test_times_among_the_columns_are_times(chiplog: Any) -> None:
    (document, *_) = json.loads(chiplog("ls", "--columns", "started_at,took", "-o", "json").stdout)
    assert document == {"started_at": "2026-11-23T21:58:00.000Z", "took": 120}
    assert "2026-11-23 21:58:00" in chiplog("ls", "--columns", "started_at,took").stdout


def test_nothing_found_is_no_error_and_says_which_nothing(chiplog: Any) -> None:
    done = chiplog("ls", 'name = "x"')
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no such runs\n")


@pytest.mark.parametrize("arguments", [["stat = 1"], ["--by", "loss"], ["--columns", "name desc"], ["--desc"]])
def test_what_cannot_be_understood_is_wrong_usage(chiplog: Any, arguments: list[str]) -> None:
    done = chiplog("ls", *arguments)
    assert done.exit_code == EXIT_USAGE
    assert done.stderr.startswith("chiplog: ")


def test_a_query_is_refused_before_the_bucket_is_asked(chiplog: Any) -> None:
    def refuse(address: str) -> Any:
        raise AssertionError(f"{address} was opened")

    assert chiplog("ls", "stat = 1", bucket=refuse).exit_code == EXIT_USAGE
