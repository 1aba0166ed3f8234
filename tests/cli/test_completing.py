"""What a shell is offered for a half-typed word."""

from typing import Any

import pytest
from bucket_world import Source, World, numbered
from click.shell_completion import BashComplete

from chiplog.errors import Unreachable
from chiplog_cli.main import cli
from chiplog_cli.session import Session


@pytest.fixture
def world() -> World:
    world = World()
    for number, name in enumerate(["mnist", "mnist", "mnist-large", "bert"]):
        world.run(name, f"{number:08x}")
    world.run("mnist", "00000009", namespace="team-b", project="digits")
    update = [[[name], 1.0] for name in ("loss", "acc", "lr")]
    world.record("r1", Source(numbered([{"kind": "summary", "update": update, "remove": []}])), run="bert-00000003")
    return world


def offered(world: World, *words: str, **session: Any) -> list[str]:
    told = Session(**{"address": "s3://team", "clock": world.clock, "open": lambda _: world.bucket, **session})
    shell = BashComplete(cli, {"obj": told}, "chiplog", "_CHIPLOG_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    "verb", ["show", "history", "logs", "watch", "verify", "export", "restore", "files", "explain"]
)
def test_names_of_runs_are_offered_each_once(world: World, verb: str) -> None:
    assert offered(world, verb, "mn") == ["mnist", "mnist-large"]


def test_ids_are_offered_where_one_name_is_left(world: World) -> None:
    assert offered(world, "show", "be") == ["bert", "bert-00000003"]
    assert offered(world, "show", "mnist-0") == ["mnist-00000000", "mnist-00000001", "mnist-00000009"]


def test_with_a_slash_projects_and_namespaces_are(world: World) -> None:
    assert offered(world, "show", "vision/m") == ["vision/mnist", "vision/mnist-large"]
    assert offered(world, "show", "team-b/") == ["team-b/digits/mnist"]


def test_the_places_that_were_typed_before_hold(world: World) -> None:
    assert offered(world, "show", "-n", "team-b", "") == ["mnist", "mnist-00000009"]
    assert offered(world, "-n", "team-b", "show", "") == ["mnist", "mnist-00000009"]


def test_metrics_of_the_run_that_was_named_are(world: World) -> None:
    assert offered(world, "history", "bert", "--key", "l") == ["loss", "lr"]
    assert offered(world, "watch", "bert", "--keys", "loss,a") == ["loss,acc"]


def test_what_cannot_be_asked_has_no_names(world: World) -> None:
    def closed(_: str) -> Any:
        raise Unreachable("s3://team")

    assert offered(world, "show", "m", open=closed) == []
    assert offered(world, "show", "m", address="", local=lambda: "", choose=lambda *_: None) == []
    assert offered(world, "history", "nobody", "--key", "l") == []
