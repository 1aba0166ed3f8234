"""Whole scripts: how they end, fork, are killed, lose their disk, and what is recorded of their surroundings."""

import json
import signal
import subprocess
from pathlib import Path

import pytest
from tracking_world import Recorded, every, recorded, script

QUIET = {"CHIPLOG_SYSTEM": "off", "CHIPLOG_GIT": "off", "CHIPLOG_PACKAGES": "off", "CHIPLOG_COMMAND": "off"}


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("", 0), ("chiplog.finish()", 0), ("sys.exit(3)", 3), ("raise ValueError('x')", 1), ("sys.exit('words')", 1),
        ("chiplog.finish(exit_code=5)", 5), ("raise KeyboardInterrupt", 255),
    ],
)  # fmt: skip
def test_how_a_script_ends_is_recorded(tmp_path: Path, end: str, code: int) -> None:
    script(tmp_path, f"import sys, chiplog\nchiplog.init()\nchiplog.log({{'a': 1}})\n{end}", code=None, **QUIET)
    assert recorded(tmp_path).fold.exit_code == code


def test_a_with_block_ends_with_its_exception(tmp_path: Path) -> None:
    text = "import chiplog\nwith chiplog.init() as run:\n    run.log({'a': 1})\n    raise OSError('no')"
    script(tmp_path, text, code=1, **QUIET)
    assert recorded(tmp_path).fold.exit_code == 1


def test_a_kill_loses_nothing_that_log_returned_for(tmp_path: Path) -> None:
    text = """
import os, signal, chiplog
run = chiplog.init()
for step in range(500):
    run.log({"loss": step / 2, "step": step})
run.log({"note": "last"})
os.kill(os.getpid(), signal.SIGKILL)
"""
    script(tmp_path, text, code=-signal.SIGKILL, **QUIET)
    found = recorded(tmp_path)
    assert [step for step, _ in found.history] == list(range(501))
    assert found.fold.exit_code is None


def test_a_forked_child_writes_a_file_of_its_own_that_names_its_parent(tmp_path: Path) -> None:
    text = """
import os, sys, chiplog
run = chiplog.init(id="r1", config={"lr": 0.1})
run.log({"a": 1.0}); run.log({"a": 2.0})
child = os.fork()
if child == 0:
    run.log({"a": 30.0}); run.log({"a": 40.0}); print("not told")
    sys.exit(7)
os.waitpid(child, 0)
run.log({"a": 3.0})
"""
    script(tmp_path, text, **QUIET)
    child, parent = sorted(
        every(tmp_path), key=lambda found: not found.fold.run.get("parent", "") and not _is_child(found)
    )
    assert parent.history == [(0, {"a": 1.0}), (1, {"a": 2.0}), (2, {"a": 3.0})]
    assert child.history == [(2, {"a": 30.0}), (3, {"a": 40.0})]
    assert (child.fold.run["run_id"], child.fold.config, child.fold.exit_code) == ("r1", {"lr": 0.1}, 7)
    assert child.of("run")[0]["parent"] == "run-r1.chiplog"
    assert not child.of("console")
    assert parent.fold.exit_code == 0


def _is_child(found: Recorded) -> bool:
    return "parent" in found.of("run")[0]


def test_a_forked_child_that_logs_nothing_leaves_no_file(tmp_path: Path) -> None:
    text = """
import os, chiplog
chiplog.init()
if os.fork() == 0:
    raise SystemExit(0)
os.wait()
chiplog.log({"a": 1})
"""
    script(tmp_path, text, **QUIET)
    assert recorded(tmp_path).fold.exit_code == 0


def test_threads_share_a_run_and_lose_no_row(tmp_path: Path) -> None:
    text = """
import threading, chiplog
run = chiplog.init()
def work(name):
    for number in range(300):
        run.log({name: number})
        if number % 50 == 0:
            run.log({name + "/text": str(number)})
threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
"""
    script(tmp_path, text, **QUIET)
    found = recorded(tmp_path)
    rows = [values for _, values in found.history]
    assert len(rows) == 4 * 306
    for name in ("t0", "t1", "t2", "t3"):
        assert [row[name] for row in rows if name in row] == list(range(300))
    assert len({step for step, _ in found.history}) == len(rows)


def test_async_code_and_a_signals_handler_may_log(tmp_path: Path) -> None:
    text = """
import asyncio, os, signal, chiplog
run = chiplog.init()
signal.signal(signal.SIGUSR1, lambda *_: run.log({"from": "handler"}, commit=False))
async def work(number):
    for _ in range(3):
        run.log({"n": number, "text": "x"})
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.sleep(0)
async def main():
    await asyncio.gather(*(work(n) for n in range(3)))
asyncio.run(main())
"""
    script(tmp_path, text, **QUIET)
    assert len([values for _, values in recorded(tmp_path).history if "n" in values]) == 9


def test_a_full_disk_costs_rows_and_a_notice_and_recording_goes_on_with_space(tmp_path: Path) -> None:
    text = """
import os, resource, sys, chiplog
run = chiplog.init(id="r1")
for step in range(100):
    run.log({"loss": 1.0})
size = os.path.getsize(os.environ["CHIPLOG_DIR"] + "/chiplog/run-r1.chiplog")
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
for step in range(50):
    run.log({"loss": 2.0})
    run.log({"text": "x"})
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
for step in range(100):
    run.log({"loss": 3.0})
"""
    done = script(tmp_path, text, CHIPLOG_CONSOLE="off", **QUIET)
    found = recorded(tmp_path)
    losses = [values.get("loss") for _, values in found.history]
    assert (losses.count(1.0), losses.count(3.0), found.fold.exit_code) == (100, 100, 0)
    assert done.stderr.count("not recorded for now") == 1
    assert "recording again; rows lost meanwhile" in done.stderr
    assert found.fold.environment["dropped_rows"] == 300 - len(losses)
    assert [row["reason"] for row in found.of("gap")] == ["checksum"]


@pytest.mark.parametrize("obstacle", ["a file where the directory should be"])
def test_a_directory_that_cannot_be_made_is_tried_again(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "chiplog").write_text(obstacle)
    text = """
import os, time, chiplog
run = chiplog.init()
run.log({"a": 1}); run.log({"a": 2})
os.unlink(os.environ["CHIPLOG_DIR"] + "/chiplog")
time.sleep(1.1)
run.log({"a": 3})
"""
    done = script(tmp_path, text, **QUIET)
    found = recorded(tmp_path)
    assert found.history == [(2, {"a": 3})]
    assert found.fold.environment["dropped_rows"] == 2
    assert done.stderr.count("WARNING") == 1


def test_a_deleted_directory_is_made_again(tmp_path: Path) -> None:
    text = """
import os, shutil, time, chiplog
run = chiplog.init(id="r1", config={"lr": 0.1})
run.log({"a": 1.0}); run.log({"a": 2.0})
shutil.rmtree(os.environ["CHIPLOG_DIR"] + "/chiplog")
time.sleep(2.1)
for step in range(5):
    run.log({"a": 3.0})
"""
    done = script(tmp_path, text, **QUIET)
    found = recorded(tmp_path)
    assert len(found.history) >= 4
    assert (found.fold.config, found.fold.run["run_id"]) == ({"lr": 0.1}, "r1")
    assert done.stderr.count("was deleted") == 1


def test_a_disabled_run_writes_nothing(tmp_path: Path) -> None:
    text = """
import chiplog
run = chiplog.init(project="p", config={"lr": 0.1})
print(run.name, chiplog.config.lr, chiplog.run is run)
run.log({"a": 1}, step=3); chiplog.define_metric("a", summary="max"); run.summary["b"] = 2
chiplog.save("nothing"); run.alert("x"); run.use_dataset("d", "."); run.log({"image": chiplog.Html("x")})
chiplog.finish()
"""
    done = script(tmp_path, text, CHIPLOG_MODE="disabled")
    assert list((tmp_path / "main").rglob("*")) == []
    assert done.stderr == ""
    assert done.stdout.split()[1:] == ["0.1", "True"]


def test_a_directory_where_tracking_is_off(tmp_path: Path) -> None:
    (tmp_path / ".chiplog-off").touch()
    script(tmp_path, "import chiplog\nchiplog.init().log({'a': 1})", CHIPLOG_DIR="", **QUIET)
    assert [path.name for path in tmp_path.iterdir() if path.name != "main"] == [".chiplog-off"]


def test_two_processes_with_one_id_have_a_file_each(tmp_path: Path) -> None:
    for number in range(2):
        script(tmp_path, f"import chiplog\nchiplog.init(id='same').log({{'a': {number}}})", **QUIET)
    assert sorted(values["a"] for found in every(tmp_path) for _, values in found.history) == [0, 1]


def test_a_run_that_is_resumed_goes_on_behind_its_last_step(tmp_path: Path) -> None:
    text = """
import chiplog
run = chiplog.init(id="r1", resume="allow")
for n in range(3):
    run.log({"a": n / 2})
run.log({"t": "x"})
"""
    script(tmp_path, text, **QUIET)
    script(tmp_path, text, **QUIET)
    assert sorted(step for found in every(tmp_path) for step, _ in found.history) == list(range(8))


def test_what_is_printed_is_recorded_and_printed(tmp_path: Path) -> None:
    text = "import sys, chiplog\nchiplog.init()\nprint('hello', 1)\nsys.stderr.write('oops\\n')\nsys.stdout.flush()"
    done = script(tmp_path, text, **QUIET)
    said = recorded(tmp_path).of("console")
    assert "".join(row["text"] for row in said if row["source"] == "stdout") == "hello 1\n" == done.stdout
    assert "".join(row["text"] for row in said if row["source"] == "stderr") == "oops\n"


def test_the_surroundings_are_recorded_without_the_secrets_that_were_planted(tmp_path: Path) -> None:
    repository = tmp_path / "code"
    repository.mkdir()
    git = ["git", "-C", str(repository), "-c", "user.name=n", "-c", "user.email=e@example.com"]
    (repository / "train.py").write_text("lr = 1\n")
    for command in (["init", "-q"], ["remote", "add", "origin", "https://me:hunter2-secret@git.example.com/x.git"],
                    ["add", "."], ["commit", "-qm", "first"]):  # fmt: skip
        subprocess.run([*git, *command], check=True)
    (repository / "train.py").write_text("lr = 2\nkey = 'hunter2-secret'\n")
    text = f"import os\nos.chdir({str(repository)!r})\nimport chiplog\nchiplog.init().log({{'a': 1}})"
    script(tmp_path, text, "--api-key=hunter2-secret", "--lr", "0.1", MY_TOKEN="hunter2-secret")
    found = recorded(tmp_path)
    told = found.fold.environment
    assert told["args"] == ["--api-key=********", "--lr", "0.1"]
    assert told["git"]["remote"] == "https://me:********@git.example.com/x.git"
    assert len(told["git"]["commit"]) == 40
    files = tmp_path / "main" / "chiplog" / "files"
    assert "+lr = 2" in (files / "diff.patch").read_text()
    assert "pytest" in (files / "requirements.txt").read_text()
    assert {"proc.memory.rssMB", "memory_percent"} <= found.of("system")[0]["values"].keys()
    everything = b"".join(path.read_bytes() for path in (tmp_path / "main").rglob("*") if path.is_file())
    assert b"hunter2" not in everything


def test_each_part_of_the_surroundings_can_be_turned_off(tmp_path: Path) -> None:
    script(tmp_path, "import chiplog\nchiplog.init().log({'a': 1})\nprint('x')", CHIPLOG_CONSOLE="off", **QUIET)
    found = recorded(tmp_path)
    assert {row["kind"] for row in found.rows} == {"header", "run", "history", "summary", "exit"}
    assert not (tmp_path / "main" / "chiplog" / "files").exists()


def test_saved_files_stand_beside_the_run_and_are_named(tmp_path: Path) -> None:
    text = """
import pathlib, chiplog
pathlib.Path("out").mkdir()
pathlib.Path("out/model.bin").write_bytes(b"weights")
pathlib.Path("notes.md").write_text("n")
chiplog.init()
print(chiplog.save("out/*.bin"), chiplog.save(pathlib.Path("notes.md").absolute(), policy="now"), chiplog.save("none*"))
"""
    done = script(tmp_path, text, **QUIET)
    files = [(file["path"], file["policy"]) for row in recorded(tmp_path).of("files") for file in row["files"]]
    assert files[0] == ("out/model.bin", "live")
    assert files[1][0].endswith("notes.md")
    assert (tmp_path / "main/chiplog/files/out/model.bin").read_bytes() == b"weights"
    assert "'none*' finds no file" in done.stderr


def test_a_dataset_is_known_by_its_digest(tmp_path: Path) -> None:
    text = """
import pathlib, chiplog
pathlib.Path("data/a").mkdir(parents=True)
pathlib.Path("data/a/1").write_text("one")
pathlib.Path("data/2").write_text("two")
run = chiplog.init()
run.use_dataset("told", "s3://b/x", digest="sha256:00")
run.use_dataset("here", "data")
"""
    script(tmp_path, text, **QUIET)
    listing = subprocess.run(["sha256sum", "2", "a/1"], cwd=tmp_path / "data", capture_output=True, check=True).stdout
    digest = subprocess.run(["sha256sum"], input=listing, capture_output=True, check=True).stdout.split()[0].decode()
    told = recorded(tmp_path).fold.environment["datasets"]
    assert told["told"] == {"uri": "s3://b/x", "digest": "sha256:00"}
    assert told["here"] == {"uri": "data", "digest": f"sha256:{digest}", "size": 6, "files": 2}
    assert not (tmp_path / "main/chiplog/files").exists()


def test_the_environment_says_who_a_run_is_and_arguments_win(tmp_path: Path) -> None:
    (tmp_path / "sweep.json").write_text(json.dumps({"lr": {"value": 0.5}}))
    text = """
import chiplog
run = chiplog.init(name="mine", config={"lr": 0.1, "batch": 8}, tags=["a"])
run.config.update({"lr": 0.2}, allow_val_change=True)
chiplog.alert("low", "really", level="WARN", wait_duration=3)
run.tags = ("a", "b")
"""
    environ = {"WANDB_PROJECT": "no", "CHIPLOG_PROJECT": "yes", "WANDB_NAME": "other", "WANDB_NOTES": "n", "RANK": "3",
               "WANDB_RUN_GROUP": "g", "WANDB_SWEEP_PARAM_PATH": str(tmp_path / "sweep.json")}  # fmt: skip
    done = script(tmp_path, text, **QUIET, **environ)
    found = recorded(tmp_path)
    run = found.fold.run
    assert (run["name"], run["project"], run["notes"], run["group"], run["rank"]) == ("mine", "yes", "n", "g", 3)
    assert run["tags"] == ["a", "b"]
    assert found.fold.config == {"lr": 0.5, "batch": 8}
    assert "the sweep says 0.5" in done.stderr
    (alert,) = found.of("alert")
    assert (alert["title"], alert["level"], alert["wait_milliseconds"]) == ("low", "WARN", 3000)


def test_a_name_is_there_at_once_and_the_same_for_a_gang(tmp_path: Path) -> None:
    text = "import chiplog\nprint(chiplog.init().name)"
    names = [script(tmp_path, text, CHIPLOG_RUN="mnist-50eaafc8", RANK=rank, **QUIET).stdout for rank in ("0", "1")]
    assert names[0] == names[1]
    assert len(names[0].split("-")) == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("chiplog.log({'a': 1})", "chiplog.init() must be called before chiplog.log"),
        ("chiplog.config.lr", "chiplog.init() must be called before chiplog.config"),
        ("chiplog.init(mode='onlin')", "mode='onlin' is none of online"),
        ("chiplog.init(format='csv')", "format='csv' is neither"),
        ("chiplog.init(config=7)", "config: 7 is no mapping"),
        ("chiplog.init(config={'a': 1}).config.update({'a': 2})", "change the value of 'a' from 1 to 2"),
    ],
)
def test_a_wrong_call_is_refused_by_name_and_value(tmp_path: Path, call: str, message: str) -> None:
    assert message in script(tmp_path, f"import chiplog\n{call}", code=1, **QUIET).stderr
