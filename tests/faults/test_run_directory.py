"""Row 11: a run directory without space, without inodes, read-only, or that cannot be read: nothing of ours crashes,
training's files are left alone, and the head says what was passed over. Real file systems, in a mount namespace of
the test's own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from recorder_world import PLACE, World

from chiplog import layout, records
from chiplog.bucket.directory import DirectoryBucket
from chiplog.errors import Unreachable
from chiplog_sidecar import sources
from chiplog_sidecar.main import Loop
from chiplog_sidecar.recorder import Clock, Recorder

INSIDE = """
import json, os, pathlib, subprocess, sys
root, bucket = map(pathlib.Path, sys.argv[1:])
main = root / "main"

def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)

def record():
    environment = {"PATH": os.environ["PATH"], "CHIPLOG_BUCKET": str(bucket), "CHIPLOG_CLUSTER": "c",
                   "CHIPLOG_NAMESPACE": "ns", "CHIPLOG_RECORDER": "rec", "CHIPLOG_DIR": str(root)}
    process = subprocess.Popen([sys.executable, "-m", "chiplog_sidecar.start"], env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        print(line, end="", file=sys.stderr)
        if '"recording"' in line:
            break
    return process

def end(process):
    process.terminate()
    process.stdout.read()
    print(json.dumps({"code": process.wait(timeout=60), **told}))

told = {}
"""

FULL = """
mount("-t", "tmpfs", "-o", "size=1m,nr_inodes=20", "none", root)
main.mkdir()
from chiplog.runfile import RunFile
file = RunFile(main / "run-1.chiplog")
process = record()
steps, errors = 0, 0
for step in range(40000):
    try:
        file.history(step, 1.0, {"loss": 0.5})
    except OSError as error:
        errors += 1
        if errors > 50:
            break
    else:
        steps += 1
filler = 0
try:
    for filler in range(50):
        (main / f"x{filler}").touch()
except OSError as error:
    told["inodes"] = error.errno
told |= {"steps": steps, "errors": errors}
process.poll() is None or sys.exit("the recorder crashed")
mount("-o", "remount,size=4m,nr_inodes=100", root)
file.history(99999, 1.0, {"loss": 0.25})
end(process)
"""

READ_ONLY = """
mount("-t", "tmpfs", "none", root)
main.mkdir()
(main / "metrics.jsonl").write_text('{"a": 1}\\n')
(root / sys.modules["chiplog.rundir"].FLUSH_REQUEST).touch()
mount("-o", "remount,ro", root)
process = record()
end(process)
"""

UNREADABLE = """
mount("-t", "tmpfs", "none", root)
for name in ("broken", "fine"):
    (main / name).mkdir(parents=True)
    (main / name / "metrics.jsonl").write_text('{"a": 1}\\n' * 3)
mount("--bind", f"/proc/{os.getpid()}/mem", main / "broken" / "metrics.jsonl")
process = record()
end(process)
"""


def inside(script: str, root: Path) -> dict[str, int]:
    """What a script says that runs in a mount namespace of its own."""
    (root / "volume").mkdir()
    (root / "bucket").mkdir()
    source = f"import chiplog.rundir\n{INSIDE}{script}"
    words = ["unshare", "--mount", sys.executable, "-c", source, str(root / "volume"), str(root / "bucket")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def head(root: Path) -> records.LiveHead:
    data = DirectoryBucket(root / "bucket").get(layout.live_key(PLACE)).data
    return records.unpack_live(data, "live")[0]


def test_a_full_volume_costs_what_did_not_fit_and_no_more(tmp_path: Path) -> None:
    told = inside(FULL, tmp_path)
    assert told["code"] == 0
    assert told["errors"] > 50
    assert told["inodes"] == 28
    (stream,) = head(tmp_path)["streams"]
    assert stream["kinds"]["history"] == told["steps"] + 1, "every row that the file took, and one after there was room"
    assert head(tmp_path)["state"] == "drained"
    assert stream["gaps"] <= 1, "at most the record that was cut short"


def test_a_read_only_volume_is_recorded(tmp_path: Path) -> None:
    assert inside(READ_ONLY, tmp_path)["code"] == 0
    (stream,) = head(tmp_path)["streams"]
    assert stream["kinds"] == {"history": 1}


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_recorded(tmp_path: Path) -> None:
    """The memory of a process stands at the file's place: every read of it is EIO."""
    assert inside(UNREADABLE, tmp_path)["code"] == 0
    broken, fine = sorted(head(tmp_path)["streams"], key=lambda stream: stream["path"])
    assert (fine["path"], fine["kinds"]) == ("fine/metrics.jsonl", {"history": 3})
    assert broken["kinds"] == {}
    assert head(tmp_path)["problems"] == ["main/broken/metrics.jsonl: Input/output error"]


def test_what_a_file_still_held_when_it_could_not_be_read_any_more_is_a_gap(world: World) -> None:
    log, recorder = world.log(), world.recorder()
    log.history(0)
    world.step(recorder)
    log.history(1)
    (stream,) = recorder.streams.values()
    memory = os.open("/proc/self/mem", os.O_RDONLY)
    os.dup2(memory, stream.descriptor)  # Reads below the first page are EIO from now on.
    os.close(memory)
    stream.size = log.path.stat().st_size
    recorder.drain()
    (told,) = world.head()["streams"]
    assert (told["kinds"], told["skipped"]) == ({"history": 1, "gap": 1}, {"Input/output error": 1})
    assert world.head()["state"] == "drained"


@pytest.mark.parametrize("name", [b"\xff\xfe", b"ok\xc3"])
def test_a_source_whose_name_is_no_text_is_counted(world: World, name: bytes) -> None:
    odd, main = os.fsdecode(name), world.root / "main"
    (main / odd).mkdir(parents=True)
    for path in (main / odd / "metrics.jsonl", main / f"run-{odd}.chiplog"):
        path.write_bytes(b'{"a": 1}\n')
    (world.root / odd).mkdir()
    world.recorder().drain()
    assert world.head()["streams"] == []
    assert world.head()["skipped"] == {sources.NOT_UTF8: 2}


def test_a_directory_that_is_not_ours_to_read_is_counted() -> None:
    reasons: list[str] = []
    assert sources._entries(Path("/" + "x" * 300), reasons.append) == []
    assert reasons == ["File name too long"]


def test_a_drain_goes_on_after_another_process_wrote_as_the_same_recorder(world: World) -> None:
    """It learns from the bucket again, and then drains; a process that ended there would lose what is left."""
    log = world.log()
    log.history(0)
    loop = Loop(world.settings, lambda: _unresumed(world), wait=lambda event, seconds: None)
    loop._attempt(loop._resume)
    loop._recorder.record()
    other = world.recorder()
    log.history(1)
    world.step(other)
    log.history(2)
    loop.stop()
    loop.drain()
    assert world.steps() == [0, 1, 2]
    assert world.head()["state"] == "drained"


def _unresumed(world: World) -> Recorder:
    return Recorder(world.settings, world.bucket, Clock(world.time, world.time), {})


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), Unreachable("down")])
def test_no_error_of_a_pass_ends_the_process(world: World, error: Exception) -> None:
    def fail() -> None:
        raise error

    loop = Loop(world.settings, lambda: _unresumed(world), wait=lambda event, seconds: None)
    assert loop._attempt(fail) is False
    assert loop._attempt(lambda: None) is True
