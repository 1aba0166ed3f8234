"""`chiplog run`: a real command, a real recorder, and everybody may be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chiplog import masking

CHIPLOG = [sys.executable, "-W", "error", "-c", "from chiplog_cli.main import main; main()"]
SECONDS = 40


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    homes = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_STATE_HOME": str(tmp_path / "state")}
    return {"PATH": os.environ["PATH"], **homes, "LANG": "C.UTF-8"}


def script(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "train.py"
    path.write_text(text)
    return [sys.executable, str(path)]


def start(environ: dict[str, str], *arguments: str, **other: Any) -> "subprocess.Popen[bytes]":
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **other}
    return subprocess.Popen([*CHIPLOG, *arguments], env=environ, **pipes)


def run(environ: dict[str, str], *arguments: str, **other: Any) -> "subprocess.CompletedProcess[bytes]":
    process = start(environ, *arguments, **other)
    out, err = process.communicate(timeout=SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def shown(environ: dict[str, str], name: str = "train") -> dict[str, Any]:
    done = run(environ, "show", name, "-o", "json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def soon(check: Callable[[], Any], seconds: float = SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return found


def is_gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


PRINTS = """
import json, os, sys
print("in", os.environ["CHIPLOG_DIR"])
for step in range(5):
    print(json.dumps({"loss": 1 / (step + 1)}))
print("careful", file=sys.stderr)
print(json.dumps({"_config": {"lr": 0.1}}))
os.makedirs(os.environ["CHIPLOG_DIR"] + "/files", exist_ok=True)
open(os.environ["CHIPLOG_DIR"] + "/files/model.txt", "w").write("weights")
sys.exit(3)
"""


def test_what_a_command_prints_and_writes_is_recorded_and_its_exit_code_is_ours(
    environ: dict[str, str], tmp_path: Path
) -> None:
    done = run(environ, "run", "--tag", "a", "--project", "p", "--", *script(tmp_path, PRINTS))
    assert done.returncode == 3
    assert done.stdout.splitlines()[1] == b'{"loss": 1.0}'
    assert b"careful\n" in done.stderr
    assert b"everything is in the bucket" in done.stderr
    document = shown(environ)
    told = {name: document[name] for name in ("state", "reason", "exit_code", "step", "tags", "project", "durable")}
    assert told == {"state": "failed", "reason": "Error", "exit_code": 3, "step": 4, "tags": ["a"], "project": "p",
                    "durable": True}  # fmt: skip
    assert document["summary"] == {"loss": 0.2}
    assert document["config"] == {"lr": 0.1}
    assert b"careful" in run(environ, "logs", "train").stdout
    assert b"files/model.txt" in run(environ, "files", "train").stdout


def test_a_secret_of_the_command_line_reaches_the_command_and_nobody_else(
    environ: dict[str, str], tmp_path: Path
) -> None:
    planted = "hunter2-very-secret"
    words = script(tmp_path, "import sys; sys.exit(len(sys.argv))")
    done = run({**environ, "HUB_TOKEN": "ab12cd34ef"}, "run", "--", *words, "--api-key", planted, "ab12cd34ef")
    assert done.returncode == 4
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "local.json" for path in kept)
    assert any(path.name == "run.json" for path in kept)
    for path in kept:
        assert planted.encode() not in path.read_bytes(), path
        assert b"ab12cd34ef" not in path.read_bytes(), path
    assert masking.MASK in json.dumps(shown(environ)["command"])


def test_what_the_user_set_stays_and_a_tracker_is_told_where_to_write(environ: dict[str, str]) -> None:
    code = 'import os; print(os.environ["WANDB_MODE"], os.environ["WANDB_DIR"] == os.environ["CHIPLOG_DIR"])'
    done = run({**environ, "WANDB_MODE": "online", "CHIPLOG_DIR": "/x"}, "run", "--", sys.executable, "-c", code)
    assert done.stdout == b"online True\n"


def test_a_command_that_is_none_ends_as_in_a_shell_and_leaves_no_run(environ: dict[str, str], tmp_path: Path) -> None:
    assert run(environ, "run", "--", "no-such-command").returncode == 127
    assert run(environ, "run", "--", str(tmp_path)).returncode == 126
    assert list((tmp_path / "state" / "chiplog" / "runs").iterdir()) == []


WAITS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("told", flush=True), sys.exit(7)))
print("ready", flush=True)
time.sleep(60)
"""


def test_a_signal_that_is_sent_to_us_reaches_the_command(environ: dict[str, str], tmp_path: Path) -> None:
    process = start(environ, "run", "--", *script(tmp_path, WAITS))
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (7, b"told\n")
    assert shown(environ)["state"] == "failed"


def test_a_command_that_is_killed_is_killed_for_the_shell_and_in_the_bucket(
    environ: dict[str, str], tmp_path: Path
) -> None:
    text = "import os, signal; print('{\"loss\": 1}', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    assert run(environ, "run", "--", *script(tmp_path, text)).returncode == 137
    document = shown(environ)
    assert (document["state"], document["reason"], document["step"]) == ("killed", "SIGKILL", 0)


INTERRUPTED = """
import json, sys, time
print(json.dumps({"loss": 0.5}), flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    print(json.dumps({"loss": 0.25}), flush=True)
    sys.exit(3)
"""


def _logged_in(terminal: int) -> None:
    """As a shell in a terminal starts a command; who is started in the background ignores Ctrl-C, and so would we."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.login_tty(terminal)


def test_ctrl_c_of_a_terminal_reaches_the_command_once_and_what_it_writes_then_is_recorded(
    environ: dict[str, str], tmp_path: Path
) -> None:
    terminal, inside = os.openpty()
    words = [*CHIPLOG, "run", "--", *script(tmp_path, INTERRUPTED)]
    process = subprocess.Popen(words, env=environ, pass_fds=(inside,), preexec_fn=lambda: _logged_in(inside))
    os.close(inside)
    shown_there = b""
    try:
        while b"0.5" not in shown_there:
            shown_there += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        assert process.wait(SECONDS) == 3
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    document = shown(environ)
    assert (document["state"], document["exit_code"], document["summary"]["loss"]) == ("failed", 3, 0.25)


GOES_ON = """
import json, sys
print(json.dumps({"seen": 0}), flush=True)
sys.stdin.readline()
print(json.dumps({"seen": 1}), flush=True)
"""


def test_a_laptop_that_was_closed_goes_on_where_it_was(environ: dict[str, str], tmp_path: Path) -> None:
    process = start(environ, "run", "--", *script(tmp_path, GOES_ON), stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert b"0" in process.stdout.readline()
    place = next((tmp_path / "state" / "chiplog" / "runs").iterdir())
    everybody = soon(lambda: len(found := family(process.pid)) >= 3 and found)
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    soon(lambda: all(status(pid) == "T" for pid in everybody))
    long_ago = time.time() - 3600
    for path in place.rglob("*"):
        os.utime(path, (long_ago, long_ago))  # An hour went by outside.
    for pid in reversed(everybody):
        os.kill(pid, signal.SIGCONT)
    process.communicate(b"\n", timeout=SECONDS)
    document = shown(environ)
    assert (process.returncode, document["state"], document["summary"]["seen"]) == (0, "finished", 1)
    rows = json.loads(run(environ, "history", "train", "-o", "json").stdout)
    assert [row["seen"] for row in rows] == [0, 1]


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(other for child in children for other in family(int(child)))]


def status(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


LIVES = """
import json, os, time
open("pid", "w").write(str(os.getpid()))
for step in range(30):
    print(json.dumps({"step_seen": step}), flush=True)
    time.sleep(0.1)
"""


def test_when_we_are_killed_the_command_goes_on_and_is_recorded_to_its_end(
    environ: dict[str, str], tmp_path: Path
) -> None:
    process = start(environ, "run", "--", *script(tmp_path, LIVES), cwd=tmp_path)
    soon((tmp_path / "pid").exists)
    time.sleep(1)
    process.kill()
    process.communicate(timeout=SECONDS)
    pid = int((tmp_path / "pid").read_text())
    assert not is_gone(pid)
    soon(lambda: is_gone(pid))
    soon(lambda: shown(environ)["recorders"][0]["state"] == "drained")
    assert shown(environ)["step"] == 29


def test_a_store_that_is_away_costs_the_stated_time_and_nothing_else(environ: dict[str, str], tmp_path: Path) -> None:
    away = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "us-east-1"}  # fmt: skip
    began = time.monotonic()
    arguments = ["run", "--bucket", "s3://nowhere/x", "--wait", "1", "--", *script(tmp_path, PRINTS)]
    done = run({**environ, **away}, *arguments)
    assert done.returncode == 3
    assert time.monotonic() - began < 20
    assert b"not everything is in the bucket yet" in done.stderr
    assert b"chiplog sync " in done.stderr


def test_a_misspelt_address_is_refused_before_the_command_starts(environ: dict[str, str], tmp_path: Path) -> None:
    for address in ("s3:/bucket/x", "s3:bucket", "http:/x"):
        done = run(environ, "run", "--bucket", address, "--", "touch", str(tmp_path / "touched"))
        assert done.returncode == 2
        assert address.encode() in done.stderr
    assert not (tmp_path / "touched").exists()
