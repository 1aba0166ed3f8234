"""The whole way: the real command and the real recorder, on a machine that has a key and nothing else."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import door
import pytest
import toxic

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.bucket.apikey import ApiKey
from chiplog.bucket.directory import DirectoryBucket
from chiplog.bucket.http import HttpBucket
from chiplog.errors import AccessDenied
from chiplog_ingest.guard import Guard

CHIPLOG = [sys.executable, "-W", "error", "-c", "from chiplog_cli.main import main; main()"]
FIXTURE = Path(__file__).parents[1] / "fixtures" / "wandb" / "0.31.0" / "short"
SECONDS = 60

FIRST, SECOND = "first.key-that-is-secret.1", "second.key-that-is-secret.2"

Chiplog = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def store(tmp_path: Path) -> Bucket:
    (tmp_path / "store").mkdir()
    return DirectoryBucket(tmp_path / "store")


@pytest.fixture
def reviews() -> door.Reviews:
    made = door.Reviews()
    made.give(FIRST)
    return made


@pytest.fixture
def address(store: Bucket, reviews: door.Reviews) -> Iterator[str]:
    with door.serving(door.judging(store, reviews)) as found:
        yield found


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_text(FIRST + "\n")
    return path


@pytest.fixture
def environ(tmp_path: Path, address: str, key: Path) -> dict[str, str]:
    homes = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_STATE_HOME": str(tmp_path / "state")}
    told = {"CHIPLOG_BUCKET": address, "CHIPLOG_API_KEY_FILE": str(key)}
    path = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return {**path, **homes, **told}


@pytest.fixture
def chiplog(environ: dict[str, str]) -> Chiplog:
    def call(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        command, told = [*CHIPLOG, *arguments], {**environ, **more}
        return subprocess.run(command, env=told, capture_output=True, text=True, timeout=SECONDS, check=False)

    return call


def document(store: Bucket, key: str) -> Any:
    return json.loads(store.get(key).data)


def only(store: Bucket, prefix: str, end: str = "") -> str:
    (found,) = [item.key for item in store.list(prefix) if item.key.endswith(end)]
    return found


def only_claim(store: Bucket) -> str:
    (found,) = [item.key for item in store.list("v1/raw/") if layout.is_writer_key(item.key)]
    return found


PRINTS = """
import json, os
for step in range(5):
    print(json.dumps({"loss": 1 / (step + 1)}), flush=True)
open(os.environ["CHIPLOG_DIR"] + "/files/model.bin", "wb").write(b"weights" * 1000)
"""


def test_a_command_is_recorded_through_a_door_and_says_whose_key_it_was(
    chiplog: Chiplog, store: Bucket, tmp_path: Path
) -> None:
    script = tmp_path / "train.py"
    script.write_text("import os; os.makedirs(os.environ['CHIPLOG_DIR'] + '/files', exist_ok=True)\n" + PRINTS)
    done = chiplog("run", "--", sys.executable, str(script))
    assert done.returncode == 0, done.stderr
    assert "everything is in the bucket" in done.stderr

    keys = [item.key for item in store.list("v1/runs/c1/team/")]
    assert [key.rpartition("/")[2] for key in keys] == ["outcome.json", "run.json"]
    papers = document(store, keys[1])
    assert papers["written_by"] == {"key": "ci", "service_account": "trainer"}
    assert (papers["project"], papers["service_account"]) == ("digits", "trainer")
    assert papers["created_by"] == "system:serviceaccount:team:trainer"
    assert document(store, keys[0])["durable"] is True
    head = records.unpack_live_head(store.get(only(store, "v1/live/")).data, "live")
    assert head["recorder"]["written_by"] == {"key": "ci", "service_account": "trainer"}
    assert (head["state"], head["recorder"]["namespace"]) == ("drained", "team")
    (blob,) = [item for item in store.list("v1/blobs/c1/team/") if item.key.endswith("/model.bin")]
    assert store.get(blob.key).data == b"weights" * 1000

    verify = [*CHIPLOG, "--bucket", str(tmp_path / "store"), "verify", "-o", "jsonl"]
    assert subprocess.run(verify, capture_output=True, text=True, check=True).stdout == ""
    claim = only_claim(store)
    store.put(claim, store.get(claim).data.replace(b"trainer", b"other!!"))
    found = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (found.returncode, json.loads(found.stdout)["key"]) == (1, claim)

    shown = subprocess.run([*CHIPLOG, "--bucket", str(tmp_path / "store"), "history", "train", "-o", "json"],
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert [row["loss"] for row in json.loads(shown.stdout)] == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]


def test_import_chiplog_records_through_a_door(store: Bucket, environ: dict[str, str], tmp_path: Path) -> None:
    text = "import chiplog\nwith chiplog.init(project='any', name='lab') as run:\n    run.log({'loss': 0.5})\n"
    done = subprocess.run([sys.executable, "-W", "error", "-c", text], env=environ, cwd=tmp_path, capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr

    def outcome() -> Any:
        found = [item.key for item in store.list("v1/runs/c1/team/") if item.key.endswith("/outcome.json")]
        told = document(store, found[0]) if found else {}
        return told if told.get("durable") else None

    until(outcome)
    assert outcome()["state"] == "finished"
    papers = document(store, only(store, "v1/runs/c1/team/", "/run.json"))
    assert (papers["project"], papers["written_by"]["key"]) == ("digits", "ci")


def test_a_directory_is_synced_through_a_door_and_a_second_time_adds_nothing(
    chiplog: Chiplog, store: Bucket, tmp_path: Path
) -> None:
    place = tmp_path / "wandb" / "offline-run-20261123_000000-short"
    place.mkdir(parents=True)
    for path in FIXTURE.glob("*.wandb"):
        shutil.copy(path, place)
    for path in place.rglob("*"):
        os.utime(path, (time.time() - 3600,) * 2)
    first = chiplog("sync", str(tmp_path / "wandb"))
    assert first.returncode == 0, first.stderr
    assert "1 synced" in first.stderr
    before = {item.key: item.etag for item in store.list("")}
    assert all(f"/{name}/" in key for key in before for name in ("c1", "team"))
    assert "1 up to date" in chiplog("sync", str(tmp_path / "wandb")).stderr
    shutil.rmtree(tmp_path / "state")
    again = chiplog("sync", str(tmp_path / "wandb"))
    assert again.returncode == 0, again.stderr
    after = {item.key: item.etag for item in store.list("")}
    assert before.keys() == after.keys()
    assert {key for key in before if "/raw/" in key and before[key] != after[key]} == set()


def test_without_a_good_key_nothing_is_started(chiplog: Chiplog, store: Bucket, environ: dict[str, str]) -> None:
    environ.pop("CHIPLOG_API_KEY_FILE")
    none = chiplog("run", "--", "true")
    assert (none.returncode, "CHIPLOG_API_KEY" in none.stderr) == (2, True)
    wrong = chiplog("run", "--", "true", CHIPLOG_API_KEY="not.a.key")
    assert (wrong.returncode, "the key is not known" in wrong.stderr) == (4, True)
    assert "not.a.key" not in wrong.stderr
    other = chiplog("run", "--project", "speech", "--", "true", CHIPLOG_API_KEY=FIRST)
    assert (other.returncode, "the project digits alone" in other.stderr) == (2, True)
    assert list(store.list("")) == []


def test_a_command_starts_though_the_door_is_away_once_it_said_where_runs_belong(
    tmp_path: Path, store: Bucket, reviews: door.Reviews, environ: dict[str, str]
) -> None:
    with door.serving(door.judging(store, reviews)) as address, toxic.proxy(address) as between:
        environ["CHIPLOG_BUCKET"] = between.address
        between.choose = lambda method, path: toxic.Toxic(refuse=(503, "away"))
        assert homes_exit(environ) == 5
        between.choose = lambda method, path: toxic.NOTHING
        assert homes_exit(environ) == 0
        between.choose = lambda method, path: toxic.Toxic(refuse=(503, "away"))
        assert homes_exit(environ) == 0


def homes_exit(environ: dict[str, str]) -> int:
    """The exit code of a command that is recorded, or of `run` where it does not start."""
    words = [*CHIPLOG, "run", "--wait", "1", "--", "true"]
    return subprocess.run(words, env=environ, capture_output=True, timeout=SECONDS, check=False).returncode


def test_no_key_is_in_anything_that_is_said_or_written(
    chiplog: Chiplog, store: Bucket, tmp_path: Path, environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    environ.pop("CHIPLOG_API_KEY_FILE")
    done = chiplog("run", "--", sys.executable, "-c", PRINTS.replace("open(", "#"), CHIPLOG_API_KEY=FIRST)
    assert done.returncode == 0, done.stderr
    chiplog("run", "--", "true", CHIPLOG_API_KEY="wrong.key-that-is-secret.3")
    said = "".join([done.stdout, done.stderr, *capfd.readouterr()]).encode()
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != tmp_path / "key"]
    assert any(b"door" in data or b"draining" in data for data in written)
    for data in (said, *written):
        assert b"key-that-is-secret" not in data


def test_a_key_is_rotated_while_a_client_writes_and_no_write_fails(
    store: Bucket, reviews: door.Reviews, address: str, key: Path
) -> None:
    bucket, recorder = HttpBucket(address, ApiKey(file=key)), layout.Recorder("c1", "team", "loop")
    done, failed, stop = list[int](), list[Exception](), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            try:
                bucket.put(layout.segment_key(recorder, "s", number, number + 1), b"row %d" % number, if_absent=True)
            except Exception as error:  # noqa: BLE001 - the test tells whatever it is.
                failed.append(error)
                return
            done.append(number)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: len(done) > 20)
    reviews.give(SECOND, generation=2)  # What `keys rotate` does.
    new = key.with_name("new")
    new.touch(0o600)
    new.write_text(SECOND)
    new.replace(key)
    until(lambda: reviews.asked >= 2)
    reviews.take("ci-1")  # The overlap is over.
    so_far = len(done)
    until(lambda: len(done) > so_far + 50)
    stop.set()
    writer.join()
    assert failed == []
    written = {item.key for item in store.list(layout.raw_prefix(recorder))} - {layout.writer_key(recorder)}
    assert written == {layout.segment_key(recorder, "s", number, number + 1) for number in range(len(done))}


def test_a_revoked_key_is_refused_once_its_answer_is_ten_seconds_old(store: Bucket, reviews: door.Reviews) -> None:
    made, moment = door.judging(store, reviews), [1000.0]
    made.guard = Guard(reviews, "c1", time.time, lambda: moment[0])
    with door.serving(made) as address:
        bucket = HttpBucket(address, ApiKey(FIRST))
        assert bucket.home().namespace == "team"
        reviews.take("ci-1")
        moment[0] += 9.9
        assert bucket.home().namespace == "team"
        moment[0] += 0.2
        with pytest.raises(AccessDenied, match="expired, or been revoked"):
            bucket.home()


def until(check: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
