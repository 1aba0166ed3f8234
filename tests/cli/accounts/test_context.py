"""`chiplog context`, as people call it, and what verbs make of an account."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from chiplog_cli.main import cli
from chiplog_cli.session import Session

CHIPLOG = [sys.executable, "-W", "error", "-c", "from chiplog_cli.main import main; main()"]
KEY = "sesame-4711"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    homes = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_STATE_HOME": str(tmp_path / "state")}
    return {"PATH": os.environ["PATH"], **homes, "XDG_CONFIG_HOME": str(tmp_path / ".config"), "LANG": "C.UTF-8"}


@dataclass
class Done:
    """How a call ended."""

    returncode: int
    stdout: str
    stderr: str


def run(environ: dict[str, str], *arguments: str, typed: str = "") -> Done:
    """A call in this process, which is quick."""
    kept = dict(os.environ)
    try:
        result = CliRunner(env={"CHIPLOG_BUCKET": None, "CHIPLOG_CONTEXT": None, **environ}).invoke(
            cli, arguments, obj=Session(), input=typed
        )
        return Done(result.exit_code, result.stdout, result.stderr)
    finally:
        os.environ.clear()
        os.environ.update(kept)


def listed(environ: dict[str, str], *before: str) -> list[dict[str, str]]:
    done = run(environ, *before, "context", "list", "-o", "json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def holds(environ: dict[str, str], *before: str) -> dict[str, str]:
    return {row["name"]: row["holds"] for row in listed(environ, *before) if row["holds"]}


def test_accounts_are_added_chosen_and_removed(environ: dict[str, str], tmp_path: Path) -> None:
    assert run(environ, "context", "add", "team", "s3://runs/x", "--profile", "t", "-n", "a").returncode == 0
    assert run(environ, "context", "add", "here", "runs").returncode == 0
    team, here = listed(environ)[1], listed(environ)[0]
    assert (team["bucket"], team["credential"], team["namespace"]) == ("s3://runs/x", "profile t", "a")
    assert here["bucket"] == str(tmp_path / "runs")
    assert holds(environ) == {"team": "the default"}
    run(environ, "context", "use", "here")
    assert holds(environ) == {"here": "the default"}
    assert holds(environ, "--context", "team") == {"team": "--context"}
    run(environ, "context", "use", "--here", "team")
    assert (tmp_path / ".chiplog-context").read_text() == "team\n"
    assert holds(environ) == {"team": str(tmp_path / ".chiplog-context")}
    assert holds({**environ, "CHIPLOG_BUCKET": "s3://x"}) == {}
    assert run(environ, "context", "rm", "here").returncode == 0
    assert [row["name"] for row in listed(environ)] == ["team"]
    assert run(environ, "context", "use", "here").returncode == 2


def test_a_key_that_is_piped_in_is_kept_in_a_private_file_and_goes_with_its_account(
    environ: dict[str, str], tmp_path: Path
) -> None:
    done = run(environ, "context", "add", "lab", "https://h", "--key-stdin", typed=f"{KEY}\n")
    assert done.returncode == 0, done.stderr
    kept = tmp_path / ".config" / "chiplog" / "keys" / "lab"
    assert kept.read_text() == f"{KEY}\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    everything = done.stdout + done.stderr + run(environ, "context", "list").stdout
    assert KEY not in everything
    assert KEY not in (tmp_path / ".config" / "chiplog" / "contexts.json").read_text()
    run(environ, "context", "rm", "lab")
    assert not kept.exists()


def test_two_credentials_and_a_place_that_is_said_twice_are_wrong_usage(environ: dict[str, str]) -> None:
    twice = run(environ, "context", "add", "a", "s3://b", "--profile", "p", "--key-env", "V")
    assert (twice.returncode, "one credential only" in twice.stderr) == (2, True)
    run(environ, "context", "add", "a", "s3://b")
    both = run(environ, "ls", "--bucket", "s3://c", "--context", "a")
    assert (both.returncode, "--bucket and --context" in both.stderr) == (2, True)


LOOK = """
import json, os, time
from pathlib import Path
def told(environ): return any(item.startswith(b"AWS_SHARED_CREDENTIALS_FILE=") for item in environ.split(b"\\0"))
found, end = None, time.monotonic() + 20
while found is None and time.monotonic() < end:
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try: environ = entry.read_bytes()
        except OSError: continue
        if b"CHIPLOG_DIR=" + os.environ["CHIPLOG_DIR"].encode().rpartition(b"/")[0] + b"\\0" in environ:
            found = told(environ)
print(json.dumps({"recorder": found, "command": told(Path("/proc/self/environ").read_bytes())}))
"""
"""Looks whether the recorder beside this command was told of the credential, and the command was."""


def test_a_run_is_recorded_into_the_account_s_bucket_and_the_recorder_alone_gets_its_credential(
    environ: dict[str, str], tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("[default]\n")
    key.chmod(0o600)
    run(environ, "context", "add", "here", "runs", "-n", "people", "--key-file", str(key))
    command = ["run", "--context", "here", "--quiet", "--", sys.executable, "-c", LOOK]
    done = subprocess.run(
        [*CHIPLOG, *command], env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"recorder": True, "command": False}
    [found] = json.loads(run(environ, "ls", "-o", "json").stdout)
    assert (found["namespace"], found["state"]) == ("people", "finished")
    assert (tmp_path / "runs" / "v1").is_dir()
    assert json.loads(run(environ, "ls", "-n", "nobody", "-o", "json").stdout) == []


def test_a_reference_to_nothing_is_wrong_usage_and_named(environ: dict[str, str]) -> None:
    run(environ, "context", "add", "lab", "https://127.0.0.1:1", "--key-env", "LAB_KEY")
    done = run(environ, "ls")
    assert done.returncode == 2
    assert "LAB_KEY" in done.stderr


def test_an_account_s_namespace_is_no_word_for_kubernetes(environ: dict[str, str]) -> None:
    run(environ, "context", "add", "team", "s3://b", "-n", "team-a")
    done = run(environ, "submit", "--image", "x", "--dry-run", "--", "train")
    assert done.returncode == 0, done.stderr
    assert "team-a" not in done.stdout
