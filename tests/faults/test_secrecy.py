"""What listens to the whole suite finds a secret wherever it is told, and lets a new key be printed once."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import secrecy

SUPPORT = Path(__file__).parents[1] / "support"
KEY = ".".join(["eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiJwbGFudGVkIn0", "c2lnbmVkLWJ5LW5vYm9keQ"])
OTHER = KEY.replace("c2ln", "b2ln")
COMMAND = [sys.executable, "-m", "chiplog_cli", "keys"]

PLANTED = {
    "printed": "print(KEY)",
    "logged": "logging.getLogger('door').warning('asked with %s', KEY)",
    "of_a_server": "os.write(2, KEY.encode())",
    "of_a_process": "subprocess.run([sys.executable, '-c', f'print({KEY!r})'], capture_output=True)",
    "of_an_ended_server": "subprocess.Popen([sys.executable, '-c', f'print({KEY!r})'], stdout=-1).communicate()",
    "of_a_command": "CliRunner().invoke(click.Command('x', callback=lambda: click.echo(KEY, err=True)), [])",
    "in_a_log_file": "(tmp_path / 'operator.log').write_text(KEY)",
    "in_a_pod": "POD.parent.mkdir(parents=True); POD.write_text(KEY)",
    "noted": "secrecy.note('a-word-without-a-form'); print('a-word-without-a-form')",
}
"""Leaks, each the body of a test that passes by itself."""

HARMLESS = {
    "a_file_of_its_own": "(tmp_path / 'key').write_text(KEY)",
    "a_digest": "print(hashlib.sha256(KEY.encode()).hexdigest())",
    "a_key_that_was_made": "CliRunner().invoke(keys, ['keys', 'create', 'ci'])",
}

HEAD = f"""
import hashlib, logging, os, pathlib, subprocess, sys
import click, listening, secrecy
from click.testing import CliRunner
KEY = {KEY!r}
listening.ROOT = pathlib.Path(os.environ["PLACE"])
POD = listening.ROOT / ".chiplog/here/log/pods/chiplog-system_door_1/door/0.log"
keys = click.Command("keys", params=[click.Argument(["words"], nargs=-1)], callback=lambda words: click.echo(KEY))
"""


def suite(folder: Path, bodies: dict[str, str]) -> str:
    """What a suite of such tests says when it is over, a line for each."""
    tests = "".join(f"\ndef test_{name}(tmp_path):\n    {body}\n" for name, body in bodies.items())
    (folder / "test_planted.py").write_text(HEAD + tests)
    environ = {**os.environ, "PYTHONPATH": str(SUPPORT), "PLACE": str(folder), "CHIPLOG_BUCKET": "s3://runs/here"}
    options = [
        "-p",
        "listening",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
        "-c",
        os.devnull,
        "--rootdir",
        str(folder),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rEp", "--show-capture=no", *options, str(folder)],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout


def test_a_secret_is_found_wherever_it_is_told_and_nowhere_else() -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is listened to.
        said = suite(Path(folder), {**PLANTED, **HARMLESS})
    assert set(re.findall(r"^ERROR .*::test_(\w+)", said, re.MULTILINE)) == set(PLANTED), said
    assert set(re.findall(r"^PASSED .*::test_(\w+)", said, re.MULTILINE)) == {*PLANTED, *HARMLESS}
    assert "chiplog-system_door_1/door/0.log tells eyJhbG… (" in said


@pytest.mark.parametrize("verb", ["create", "rotate"])
def test_a_new_key_is_printed_alone_on_stdout_and_once(verb: str) -> None:
    words = [*COMMAND, verb, "ci"]
    assert secrecy.told_by_command(words, f"{KEY}\n", "ci-1 may write digits") == []
    assert secrecy.told_by_command(words, f"{KEY}\n", "") != []
    assert secrecy.told_by_command(words, f"your key: {OTHER}\n", "") != []
    assert secrecy.told_by_command(words, "", f"made {OTHER}") != []
    assert secrecy.told_by_command([*COMMAND, "list"], KEY, "") != []
