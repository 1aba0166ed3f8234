"""`chiplog sync`: directories that the real writers wrote, with real recorders; a second time adds nothing."""

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chiplog.runfile import RunFile

CHIPLOG = [sys.executable, "-W", "error", "-c", "from chiplog_cli.main import main; main()"]
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
EVENTS = FIXTURES / "tensorboard" / "tensorboard-2.21.0" / "run.tfevents"
SECONDS = 60

Chiplog = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    homes = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_STATE_HOME": str(tmp_path / "state")}
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **homes}


@pytest.fixture
def chiplog(environ: dict[str, str]) -> Chiplog:
    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [*CHIPLOG, *arguments]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False)

    return call


def age(folder: Path) -> None:
    """As if nobody had written there for an hour."""
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - 3600,) * 2)


def wandb(folder: Path, kind: str, name: str = "") -> Path:
    place = folder / f"offline-run-20261123_000000-{name or kind}"
    place.mkdir(parents=True)
    shutil.copy(FIXTURES / "wandb" / "0.31.0" / kind / f"run-{kind}.wandb", place)
    return place


def events(folder: Path, number: int) -> None:
    folder.mkdir(parents=True)
    shutil.copy(EVENTS, folder / f"events.out.tfevents.{number}.host.1")


def listed(chiplog: Chiplog) -> dict[str, Any]:
    return {run["name"]: run for run in json.loads(chiplog("ls", "-o", "json").stdout)}


def objects(tmp_path: Path) -> list[str]:
    return sorted(str(path) for path in (tmp_path / "data").rglob("v1/raw/**/*") if path.is_file())


def test_runs_of_all_writers_come_in_once_wherever_they_stand(chiplog: Chiplog, tmp_path: Path) -> None:
    source = tmp_path / "source"
    wandb(source / "wandb", "whole")
    events(source / "tb" / "a", 1)
    events(source / "tb" / "b" / "train", 2)
    events(source / "tb" / "b" / "eval", 3)
    age(source)
    done = chiplog("sync", str(source), "--project", "p")
    assert done.returncode == 0, done.stdout + done.stderr
    found = listed(chiplog)
    assert {name: run["project"] for name, run in found.items()} == {"whole": "p", "a": "p", "b": "p"}
    assert (found["whole"]["state"], found["a"]["state"], found["a"]["reason"]) == ("failed", "silent", "Unknown")
    assert any(key.startswith("train/") for key in found["b"]["summary"])
    before = objects(tmp_path)
    assert "3 up to date" in chiplog("sync", str(source), "--project", "p").stderr
    moved = tmp_path / "moved"
    shutil.copytree(source, moved)
    age(moved)
    shutil.rmtree(tmp_path / "state")
    assert "3 synced" in chiplog("sync", str(moved), "--project", "p").stderr
    assert objects(tmp_path) == before
    again = listed(chiplog)
    for name in ("run", "state", "step", "started_at", "config", "summary", "tags"):
        assert {run: again[run][name] for run in again} == {run: found[run][name] for run in found}


def test_what_is_still_written_to_is_followed_and_completed_later(chiplog: Chiplog, tmp_path: Path) -> None:
    whole = (FIXTURES / "wandb" / "0.31.0" / "whole" / "run-whole.wandb").read_bytes()
    log = wandb(tmp_path / "source", "whole") / "run-whole.wandb"
    log.write_bytes(whole[: len(whole) // 2])
    done = chiplog("sync", str(tmp_path / "source"))
    assert (done.returncode, "1 still written to" in done.stderr) == (1, True), done.stdout + done.stderr
    log.write_bytes(whole)
    assert chiplog("sync", str(tmp_path / "source")).returncode == 0
    run = json.loads(chiplog("show", "whole", "-o", "json").stdout)
    stream = next(item for item in run["streams"] if item["kind"] == "wandb")
    assert (stream["gaps"], stream["generation"], run["state"]) == (0, 0, "failed")


def test_live_follows_a_run_to_its_end_and_stops_without_harm(
    chiplog: Chiplog, environ: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "source" / "chiplog"
    folder.mkdir(parents=True)
    file = RunFile(folder / "run-abc.chiplog")
    file.row({"kind": "run", "run_id": "abc", "project": "p", "name": "bold-fox"})
    # Whoever runs the tests in the background has them ignore SIGINT, and what they start would too.
    begin = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    command = [*CHIPLOG, "sync", "--live", str(tmp_path / "source")]
    process = subprocess.Popen(command, env=environ, preexec_fn=begin)
    deadline = time.monotonic() + SECONDS
    with contextlib.ExitStack() as stack:
        stack.callback(process.wait)
        stack.callback(process.kill)
        for step in range(3):
            file.row({"kind": "history", "step": step, "values": {"loss": step}, "summary": True})
            time.sleep(0.5)
        file.row({"kind": "exit", "exit_code": 0})
        run: dict[str, Any] = {}
        while not (run.get("state") == "finished" and run["durable"]):
            assert time.monotonic() < deadline, run
            time.sleep(0.5)
            run = json.loads(chiplog("show", "abc", "-o", "json").stdout or "{}")
        assert (run["display_name"], run["project"], run["step"]) == ("bold-fox", "p", 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130


def test_a_run_whose_recorder_was_killed_is_completed_without_naming_it(
    chiplog: Chiplog, environ: dict[str, str], tmp_path: Path
) -> None:
    script = "import json,time\nfor i in range(20):\n print(json.dumps({'loss': i}), flush=True)\n time.sleep(0.15)"
    arguments = ["run", "--name", "mine", "--wait", "5", "--", sys.executable, "-c", script]
    process = subprocess.Popen([*CHIPLOG, *arguments], env=environ, stdout=subprocess.DEVNULL)
    pid = recorder(tmp_path)
    time.sleep(0.8)
    os.kill(pid, signal.SIGKILL)
    assert process.wait(SECONDS) == 0
    done = chiplog("sync")
    assert (done.returncode, "1 synced" in done.stderr) == (0, True), done.stdout + done.stderr
    run = json.loads(chiplog("show", "mine", "-o", "json").stdout)
    assert (run["state"], run["step"], run["durable"], run["exit_code"]) == ("finished", 19, True, 0)
    assert chiplog("sync").stderr == "nothing to complete\n"


def recorder(tmp_path: Path) -> int:
    """The process of the recorder of the only run."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                is_ours = f"CHIPLOG_DIR={tmp_path}/state".encode() in (process / "environ").read_bytes()
                if is_ours and b"chiplog_sidecar" in (process / "cmdline").read_bytes():
                    return int(process.name)
        time.sleep(0.05)
    raise AssertionError("there is no recorder")


def test_a_directory_without_runs_is_not_found_and_a_bad_one_is_named(chiplog: Chiplog, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert chiplog("sync", str(tmp_path / "empty")).returncode == 3
    events(tmp_path / "odd" / "a,b", 1)
    age(tmp_path / "odd")
    done = chiplog("sync", str(tmp_path / "odd"))
    assert done.returncode == 1
    assert "a,b" in done.stdout
