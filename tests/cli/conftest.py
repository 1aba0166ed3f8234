"""The command as people call it, over a bucket that is filled by hand."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from bucket_world import World
from click.testing import CliRunner, Result

from chiplog.bucket import Bucket
from chiplog.errors import SettingsError
from chiplog_cli.main import cli
from chiplog_cli.session import Session

Chiplog = Callable[..., Result]


def no_cluster() -> None:
    raise SettingsError("no Kubernetes context: this is a test")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def chiplog(world: World) -> Chiplog:
    """Call it with arguments; `bucket` and `connect` take the place of the world's bucket and of no cluster."""

    def call(
        *arguments: str, bucket: Callable[[str], Bucket] | None = None, connect: Callable[[], object] = no_cluster
    ) -> Result:
        opened = bucket or (lambda _: world.bucket)
        session = Session(address="s3://team", clock=world.clock, open=opened, connect=connect)  # type: ignore[arg-type]
        return CliRunner(env={"CHIPLOG_BUCKET": None}).invoke(cli, arguments, obj=session, catch_exceptions=False)

    return call


@pytest.fixture
def explain(chiplog: Chiplog) -> Callable[..., list[tuple[bool | None, str]]]:
    """`chiplog explain` of a subject in a cluster, or without one: whether each finding is good, and what it says."""

    def ask(subject: str, cluster: Any = None, **other: Any) -> list[tuple[bool | None, str]]:
        connect = {"connect": lambda: cluster} if cluster else {}
        result = chiplog("explain", subject, "-o", "json", **connect, **other)
        assert result.exit_code == 0, result.stderr
        return [(item["good"], f"{item['text']} → {item['advice']}") for item in json.loads(result.stdout)]

    return ask
