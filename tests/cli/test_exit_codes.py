"""Every way in which a call can end has its exit code, and a message instead of a traceback."""

from pathlib import Path
from typing import Any

import pytest
from bucket_world import World
from click.testing import CliRunner

from chiplog import errors
from chiplog_cli import exits
from chiplog_cli.main import VERBS, cli


def all_errors(kind: type[errors.ChiplogError] = errors.ChiplogError) -> set[type[errors.ChiplogError]]:
    return {kind} | {found for below in kind.__subclasses__() for found in all_errors(below)}


OURS = {kind for kind in all_errors() if kind.__module__ == errors.__name__}


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.FormatError, 1),
        (errors.SettingsError, 2),
        (errors.AmbiguousRun, 2),
        (errors.RunNotFound, 3),
        (errors.NotFound, 3),
        (errors.BucketMissing, 3),
        (errors.AccessDenied, 4),
        (errors.ClusterDenied, 4),
        (errors.ClusterUnreachable, 5),
        (errors.Unreachable, 5),
    ],
)
def test_an_error_has_its_exit_code(chiplog: Any, kind: type[errors.ChiplogError], code: int) -> None:
    def refuse(_: str) -> Any:
        raise kind("what we were doing")

    result = chiplog("ls", bucket=refuse)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("chiplog: what we were doing\n")


@pytest.mark.parametrize("kind", sorted(OURS, key=lambda kind: kind.__name__))
def test_every_error_of_the_tree_has_a_code_of_the_list(kind: type[errors.ChiplogError]) -> None:
    assert exits.code(kind("x")) in {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    "arguments",
    [["nope"], ["ls", "--nope"], ["show"], ["ls", "-o", "xml"], ["history", "x", "--last", "0"], ["show", "a/b/c/d"]],
)
def test_wrong_usage_is_2(chiplog: Any, arguments: list[str]) -> None:
    assert chiplog(*arguments).exit_code == 2


def test_a_call_without_a_bucket_says_how_to_name_one() -> None:
    result = CliRunner(env={"CHIPLOG_BUCKET": None, "XDG_DATA_HOME": "/nowhere"}).invoke(cli, ["ls"])
    assert result.exit_code == 2
    assert "give --bucket s3://bucket/prefix (or a directory), or set CHIPLOG_BUCKET" in result.stderr


def test_a_run_that_is_not_there_is_3(chiplog: Any) -> None:
    for verb in ("show", "history", "logs", "files", "explain"):
        result = chiplog(verb, "nope")
        assert (result.exit_code, result.stdout) == (3, "")
        assert "nope" in result.stderr


def test_a_directory_that_does_not_exist_is_3(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--bucket", str(tmp_path / "gone"), "ls"])
    assert result.exit_code == 3
    assert "check --bucket or CHIPLOG_BUCKET" in result.stderr


def test_an_attempt_that_was_never_made_is_3(chiplog: Any, world: World) -> None:
    world.run()
    for verb in ("history", "logs", "files"):
        result = chiplog(verb, "mnist", "--attempt", "2")
        assert (result.exit_code, result.stderr) == (3, "chiplog: mnist has no attempt 2: it has had none yet\n")


def test_an_interrupted_call_is_130(chiplog: Any) -> None:
    def interrupt(_: str) -> Any:
        raise KeyboardInterrupt

    assert chiplog("ls", bucket=interrupt).exit_code == 130


WRITING = {
    "watch", "run", "sync", "submit", "completion", "ui", "restore", "export", "compact", "sweep", "retrain",
    "line", "off", "on", "keys", "context",
}  # fmt: skip
"""Verbs that print nothing to be parsed, or whose own verbs do."""


def test_every_verb_has_help_that_does_not_need_a_bucket(chiplog: Any) -> None:
    listed = chiplog("--help").stdout
    for verb in VERBS:
        assert f"  {verb} " in listed
        result = chiplog(verb, "--help")
        assert result.exit_code == 0
        assert f"  chiplog {verb}" in result.stdout, "every verb shows how it is called"
        if verb not in WRITING:
            assert '"NaN"' in result.stdout


def test_a_verb_that_is_none_is_answered_with_the_nearest(chiplog: Any) -> None:
    done = chiplog("histroy", "mnist")
    assert done.exit_code == 2
    assert "there is no verb 'histroy': did you mean 'history'?" in done.stderr
