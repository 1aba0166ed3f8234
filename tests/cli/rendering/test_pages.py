"""Tables in a terminal have colours and symbols; this runs the command on one."""

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

from bucket_world import Source, World, attempt, history, numbered, script

from chiplog.bucket.directory import DirectoryBucket

COLUMNS = 100


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """What the command shows on a terminal of COLUMNS columns."""
    ours, theirs = pty.openpty()
    env = {"CHIPLOG_BUCKET": str(folder), "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": "40"}
    command = [sys.executable, "-c", "from chiplog_cli.main import main; main()", *arguments]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**env, "PYTHONUTF8": "1"})
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 65536):
            shown += block
    except OSError:  # Linux says EIO where the other end is closed.
        pass
    os.close(ours)
    assert process.wait(30) == 0
    return shown.decode()


def plain(shown: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def world(folder: Path) -> World:
    world = World(time.time())
    world.bucket = DirectoryBucket(folder)
    return world


def test_states_have_a_symbol_and_a_colour(tmp_path: Path) -> None:
    filled = world(tmp_path)
    for number, state in enumerate(("running", "failed", "finished")):
        filled.outcome(filled.run(f"run-{state}", f"0000000{number}"), state, [attempt(1, "gone")])
    shown = on_a_terminal(tmp_path, "ls")
    assert "\x1b[32m● running" in shown
    assert "\x1b[31m✗ failed" in shown
    assert "\x1b[32m✓ finished" in shown


def test_markup_in_a_name_is_text(tmp_path: Path) -> None:
    filled = world(tmp_path)
    filled.run("evil", project="[red]x:smile:")
    assert "[red]x:smile:" in plain(on_a_terminal(tmp_path, "ls"))


def test_history_shows_as_many_metrics_as_fit_and_says_so(tmp_path: Path) -> None:
    filled = world(tmp_path)
    values = {f"metric-number-{number}": 0.5 for number in range(20)}
    filled.record("r1", Source(numbered([history(0, **values)])), run=filled.run().id)
    shown = plain(on_a_terminal(tmp_path, "history", "mnist"))
    assert "metrics do not fit: choose with --key" in shown
    assert "metric-number-0" in shown
    assert max(map(len, shown.splitlines())) <= COLUMNS


def test_show_draws_the_headline_metric(tmp_path: Path) -> None:
    filled = world(tmp_path)
    filled.record("r1", Source(script(loss=[4.0, 3.0, 2.0, 1.0])), run=filled.run().id)
    assert re.search(r"loss +█▆▃▁ +1\b", plain(on_a_terminal(tmp_path, "show", "mnist")))


def test_a_narrow_terminal_keeps_names_whole_and_leaves_out_what_all_runs_share(tmp_path: Path) -> None:
    filled, name = world(tmp_path), "a-name-as-long-as-a-sweep-gives-them-0123456789"
    filled.outcome(filled.run(name, "00000001"), "finished", [attempt(1, "gone")])
    head, _, row, *_ = plain(on_a_terminal(tmp_path, "ls")).splitlines()
    assert name in row
    assert "namespace" not in head
    assert "started" in head
    assert len(row.rstrip()) <= COLUMNS
