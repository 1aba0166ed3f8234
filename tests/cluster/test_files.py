"""Files, locks, digests, processes: whole or not at all, and never mistaken."""

import dataclasses
import os
import stat
import subprocess
from pathlib import Path

import pytest

from chiplog_cluster import files, processes, progress
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.progress import Progress
from chiplog_cluster.strays import slot_of


def test_a_file_is_replaced_whole_with_the_wanted_mode(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    files.write(path, "old")
    files.write(path, "new", mode=0o600)
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_file_reads_as_none(tmp_path: Path) -> None:
    assert files.read(tmp_path / "nothing") is None


def test_somebody_who_waits_for_a_lock_is_told_and_then_gets_it(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "lock"
    argv = ["flock", str(path), "sh", "-c", "echo held; sleep 0.2"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with files.lock(path, when_waiting=lambda: told.append("waiting")):
            assert told == ["waiting"]


def test_a_digest_changes_with_content_name_and_words(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    two.write_text("x")
    digests = {files.digest([one]), files.digest([two]), files.digest([one], "word"), files.digest([tmp_path / "none"])}
    assert len(digests) == 4


def test_a_trees_digest_leaves_bytecode_aside(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x")
    before = files.tree_digest([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("y")
    assert files.tree_digest([tmp_path]) == before
    (tmp_path / "b.py").write_text("")
    assert files.tree_digest([tmp_path]) != before


def test_a_living_process_is_recalled(tmp_path: Path) -> None:
    me = processes.identify(os.getpid())
    assert me
    processes.remember(tmp_path / "pid", me)
    assert processes.recall(tmp_path / "pid") == os.getpid()


def test_another_process_that_got_the_number_is_not_mistaken_for_ours(tmp_path: Path) -> None:
    me = processes.identify(os.getpid())
    assert me
    processes.remember(tmp_path / "pid", dataclasses.replace(me, start=me.start - 1))
    assert processes.recall(tmp_path / "pid") is None


def test_a_process_of_an_earlier_boot_is_not_mistaken_for_ours(tmp_path: Path) -> None:
    me = processes.identify(os.getpid())
    assert me
    processes.remember(tmp_path / "pid", dataclasses.replace(me, boot="another"))
    assert processes.recall(tmp_path / "pid") is None


def test_nothing_is_recalled_from_a_missing_file(tmp_path: Path) -> None:
    assert processes.recall(tmp_path / "pid") is None


def test_a_zombie_does_not_count_as_living() -> None:
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert processes.identify(child.pid) is None


def test_a_process_that_ignores_sigterm_is_ended_by_force(tmp_path: Path) -> None:
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        identity = processes.identify(child.pid)
        assert identity
        processes.remember(tmp_path / "pid", identity)
        processes.end(tmp_path / "pid", grace_seconds=0.1)
        assert child.wait() == -9
    assert not (tmp_path / "pid").exists()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0s"), (9.94, "9.9s"), (12.4, "12s"), (59.6, "1m00s"), (220, "3m40s"), (3600, "60m00s")],
)
def test_a_duration_reads_well(seconds: float, words: str) -> None:
    assert progress.span(seconds) == words


def test_a_step_says_how_long_it_took_last_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        with Progress(tmp_path).step("counting"):
            pass
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["• counting …", "  done in 0.0s", "• counting … (last time 0.0s)", "  done in 0.0s"]


def test_a_step_that_fails_leaves_the_last_time_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), Progress(tmp_path).step("counting"):
        raise ValueError("no")
    assert not (tmp_path / "times.json").exists()


def test_a_stray_supervisor_is_told_from_every_other_process(checkout: Checkout) -> None:
    words = ["python3", "-m", "chiplog_cluster.supervisor", f"--root={checkout.root}", "--purpose=demo", "--slot=9", ""]
    assert slot_of("\0".join(words), checkout, "demo") == 9
    assert slot_of("\0".join(words), checkout, "test") is None
    assert slot_of("\0".join(words).replace("--root=", "--root=/else"), checkout, "demo") is None
    assert slot_of("python3\0-c\0pass\0", checkout, "demo") is None
