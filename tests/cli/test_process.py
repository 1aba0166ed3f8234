"""What only a process of its own shows: start-up, pipes, encodings."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bucket_world import Source, World, console, numbered, script

from chiplog.bucket.directory import DirectoryBucket

COMMAND = [sys.executable, "-W", "error", "-c", "from chiplog_cli.main import main; main()"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world = World(time.time())
    world.bucket = DirectoryBucket(tmp_path)
    place = world.run("mnist")
    lines = numbered(console(f"line {number} \udcff é\n") for number in range(20_000))
    world.record("r1", Source(script(loss=[0.5])), Source(lines, id="c", path="x/run-x.wandb"), run=place.id)
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    env = {"PATH": "/usr/bin:/bin", "CHIPLOG_BUCKET": str(folder), **environment}
    return subprocess.run([*COMMAND, *arguments], env=env, capture_output=True, check=False, timeout=60)


def test_a_reader_that_has_seen_enough_is_no_error(folder: Path) -> None:
    command = " ".join(f"'{part}'" for part in COMMAND)
    script = f'{command} logs mnist | head -n 1; echo "${{PIPESTATUS[0]}}"'
    env = {"PATH": "/usr/bin:/bin", "CHIPLOG_BUCKET": str(folder)}
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, check=False, timeout=60)
    assert done.stdout.splitlines()[1] == b"0"
    assert done.stderr == b""


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_text_that_the_encoding_lacks_is_no_error(folder: Path, encoding: str) -> None:
    done = run(folder, "logs", "mnist", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.splitlines()[0] == "line 0 ? é".encode(encoding)


def test_the_bucket_of_the_environment_is_read(folder: Path) -> None:
    done = run(folder, "ls")
    assert done.returncode == 0
    assert b"mnist" in done.stdout


def test_kubectls_plug_in_is_the_same_program_under_its_own_name(folder: Path) -> None:
    plug_in = Path(sys.executable).parent / "kubectl-chiplog"  # kubectl runs what is called so on the path.
    env = {"PATH": "/usr/bin:/bin", "CHIPLOG_BUCKET": str(folder)}
    assert subprocess.check_output([plug_in, "ls", "-o", "json"], env=env) == run(folder, "ls", "-o", "json").stdout
    assert b"Usage: kubectl chiplog ls" in subprocess.check_output([plug_in, "ls", "--help"], env=env)


@pytest.mark.parametrize(("environment", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_colours_unless_they_are_not_wanted(
    folder: Path, environment: dict[str, str], is_coloured: bool
) -> None:
    terminal, inside = os.openpty()
    env = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "CHIPLOG_BUCKET": str(folder), **environment}
    subprocess.run([*COMMAND, "ls"], env=env, stdout=inside, check=True, timeout=60)
    os.close(inside)
    shown = os.read(terminal, 1 << 16)
    os.close(terminal)
    assert b"mnist" in shown
    assert bool(re.search(rb"\x1b\[[0-9;]*3[0-7]m", shown)) is is_coloured


@pytest.mark.parametrize("arguments", ["--help", "ls --help", "explain --help"])
def test_help_imports_nothing_large(arguments: str) -> None:
    code = f"""
import sys
from chiplog_cli.main import cli
try:
    cli({arguments.split()!r})
except SystemExit:
    loaded = {{"boto3", "botocore", "rich", "kubernetes", "zstandard"}} & set(sys.modules)
    print(sorted(loaded), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stderr == "[]\n"


def test_a_local_bucket_never_loads_boto3(folder: Path) -> None:
    code = """
import sys
from chiplog_cli.main import cli
try:
    cli(["ls"])
except SystemExit:
    print("botocore" in sys.modules, file=sys.stderr)
"""
    env = {"PATH": "/usr/bin:/bin", "CHIPLOG_BUCKET": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True, text=True)
    assert done.stderr == "False\n"
