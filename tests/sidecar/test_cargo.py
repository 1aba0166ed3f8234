"""Files of a run directory: which are shipped, when, how often, and what never is."""

import hashlib
import os
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from recorder_world import PLACE, World

from chiplog.bucket import Bucket
from chiplog.bucket.memory import MemoryBucket
from chiplog.codec import Row
from chiplog.errors import FormatError, Unreachable
from chiplog_sidecar import reach, survey
from chiplog_sidecar.cargo import SLICE, Cargo, Item
from chiplog_sidecar.settings import Settings


@dataclass
class Yard:
    """A run directory, a bucket, clocks moved by hand, and the cargo between them; the worker is this thread."""

    root: Path
    bucket: Bucket = field(default_factory=MemoryBucket)
    now: float = 0.0
    rows: list[Row] = field(default_factory=list)
    include: tuple[str, ...] = ()
    look_seconds: float = 0.0
    """CPU time that each part of a look takes."""
    used: float = 0.0

    def __post_init__(self) -> None:
        self.files = self.root / "main" / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        self.cargo = self.new_life()

    def new_life(self) -> Cargo:
        settings = Settings(bucket="memory", recorder=PLACE, root=self.root, include=self.include)
        self.cargo = Cargo(settings, self.bucket, lambda: self.now, cpu=self.cpu)
        for row in self.rows:
            self.cargo.remember(row)
        return self.cargo

    def cpu(self) -> float:
        self.used += self.look_seconds
        return self.used

    def write(self, name: str, content: bytes) -> Path:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def look(self, seconds: float = 2.0) -> list[Row]:
        """One look after this long, and what it shipped."""
        self.now += seconds
        self.cargo.survey()
        for item in list(self.cargo._queued):
            self.cargo._ship(item, self.cargo._policy(item))
        return self.take()

    def drain(self) -> list[Row]:
        self.cargo.drain()
        return self.take()

    def take(self) -> list[Row]:
        rows = self.cargo.take_rows()
        self.rows += rows
        return rows

    def blobs(self) -> list[str]:
        return [listed.key for listed in self.bucket.list("v1/blobs/")]


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


def paths(rows: list[Row]) -> list[str]:
    return [row["path"] for row in rows]


def test_a_file_is_shipped_when_it_stood_still_for_two_seconds(yard: Yard) -> None:
    path = yard.write("model", b"one")
    assert yard.look() == []
    with path.open("ab") as file:
        file.write(b" two")
    assert yard.look(1.9) == []
    assert yard.look(1.9) == []
    (row,) = yard.look(0.2)
    assert (row["size"], row["sha256"]) == (7, hashlib.sha256(b"one two").hexdigest())
    assert yard.bucket.get(row["key"]).data == b"one two"


@pytest.mark.parametrize("making", ["model.tmp", ".model", "model.part"])
def test_a_file_that_is_renamed_into_place_is_whole_at_once(yard: Yard, making: str) -> None:
    path = yard.write(making, b"weights")
    assert yard.look() == []
    path.rename(yard.files / "model")
    assert paths(yard.look(0.1)) == ["files/model"]


def test_a_rewritten_file_is_a_version_more_and_the_old_one_stays(yard: Yard) -> None:
    yard.write("model", b"one")
    yard.look()
    (first,) = yard.look()
    yard.write("model", b"two")
    yard.look()
    (second,) = yard.look()
    assert (first["path"], second["path"]) == ("files/model", "files/model")
    assert [yard.bucket.get(row["key"]).data for row in (first, second)] == [b"one", b"two"]


def test_a_file_rewritten_with_the_same_size_and_time_is_still_seen(yard: Yard) -> None:
    path = yard.write("model", b"one")
    status = path.stat()
    yard.look()
    yard.look()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    yard.look()
    (row,) = yard.look()
    assert row["sha256"] == hashlib.sha256(b"two").hexdigest()


def test_a_file_that_was_only_touched_is_no_new_version(yard: Yard) -> None:
    path = yard.write("model", b"one")
    yard.look()
    assert len(yard.look()) == 1
    os.utime(path)
    assert yard.look() + yard.look() + yard.drain() == []


def test_a_file_that_grows_all_day_is_shipped_at_growing_intervals_and_at_the_end(yard: Yard) -> None:
    path = yard.write("train.log", b"")
    shipped = 0
    for step in range(1200):
        if step % 2 == 0:
            with path.open("ab") as file:
                file.write(b"a line\n")
        shipped += len(yard.look(3.0))
    assert 50 <= shipped <= 70, "an hour at one version a minute, and the first ones sooner"
    with path.open("ab") as file:
        file.write(b"the end\n")
    (last,) = yard.drain()
    assert last["size"] == path.stat().st_size


def test_identical_content_is_stored_once_over_names_and_lives(yard: Yard) -> None:
    for name in ("a.bin", "deep/b.bin"):
        yard.write(name, b"same")
    assert sorted(paths(yard.drain())) == ["files/a.bin", "files/deep/b.bin"]
    yard.new_life()
    yard.write("c.bin", b"same")
    (row,) = yard.drain()
    assert row["path"] == "files/c.bin"
    assert len(yard.blobs()) == 1
    assert row["key"] == yard.blobs()[0]


def test_a_second_life_reads_nothing_again_that_stands_as_it_was(yard: Yard) -> None:
    path = yard.write("model", b"one")
    yard.drain()
    yard.new_life()
    path.chmod(0)  # A change of mode is a change: it would be read again, and could not be.
    path.chmod(0o644)
    assert yard.drain() == []
    yard.new_life()
    assert yard.cargo._stock.knows(Item("main", "files/model"))
    assert yard.look() + yard.look() == []


def test_hard_links_and_empty_files_are_files(yard: Yard) -> None:
    path = yard.write("a", b"content")
    (yard.files / "b").hardlink_to(path)
    yard.write("empty", b"")
    rows = {row["path"]: row["size"] for row in yard.drain()}
    assert rows == {"files/a": 7, "files/b": 7, "files/empty": 0}
    assert len(yard.blobs()) == 2


def test_a_sparse_file_is_its_content(yard: Yard) -> None:
    path = yard.write("sparse", b"begin")
    os.truncate(path, 8_000_000)
    (row,) = yard.drain()
    assert yard.bucket.get(row["key"]).data == b"begin" + bytes(8_000_000 - 5)


def test_a_file_larger_than_a_store_takes_is_told_and_not_read(yard: Yard) -> None:
    os.truncate(yard.write("huge", b""), (5 << 40) + 1)
    (row,) = yard.drain()
    assert row["missing"] == "it is larger than a store takes, 5 TiB"
    assert yard.cargo.skipped() == {"it is larger than a store takes, 5 TiB": 1}


@pytest.mark.parametrize(
    "name", ["wïth spaces & ünicode 日本", "quo'te\"s", "new\nline\ttab\x1b[31m", "-rf *", "%2e%2e", "a..", "x" * 255]
)
def test_a_name_that_is_no_valid_key_is_shipped_under_its_own_path(yard: Yard, name: str) -> None:
    yard.write(name, b"content")
    (row,) = yard.drain()
    assert row["path"] == f"files/{name}"
    assert len(row["key"].encode()) < 1024
    assert row["key"].isascii()
    assert row["key"].isprintable()
    assert " " not in row["key"]


def test_a_name_that_is_no_utf_8_is_told_with_its_bytes(yard: Yard) -> None:
    raw = os.fsencode(yard.files) + b"/model-\xff\xfe.bin"
    with open(raw, "wb") as file:  # noqa: PTH123 - a Path takes no bytes
        file.write(b"content")
    (row,) = yard.drain()
    assert (row["path"], row["path_base64"]) == ("files/model-\\xff\\xfe.bin", "ZmlsZXMvbW9kZWwt//4uYmlu")
    row["path"].encode()
    yard.new_life()
    assert yard.drain() == [], "the next life knows it by its bytes"


def test_what_is_no_file_is_passed_over_counted_and_never_opened(yard: Yard, tmp_path: Path) -> None:
    token = tmp_path.parent / f"{tmp_path.name}-token"
    token.write_text("a credential of the sidecar")
    os.mkfifo(yard.files / "pipe")
    (yard.files / "out").symlink_to(token)
    (yard.files / "folder").symlink_to(tmp_path.parent)
    (yard.files / "nothing").symlink_to("gone")
    yard.write("deep/model", b"weights")
    (yard.files / "latest").symlink_to("deep/model")
    (yard.files / "inside").symlink_to("deep")
    assert sorted(paths(yard.drain())) == ["files/deep/model", "files/latest"]
    assert yard.cargo.skipped() == {
        reach.NOT_A_FILE: 1, reach.OUTSIDE: 2, survey.A_LINKED_DIRECTORY: 1, survey.A_LINK_TO_NOTHING: 1,
    }  # fmt: skip
    assert len(yard.blobs()) == 1


def test_a_files_directory_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "volume" / "main").mkdir(parents=True)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_text("a credential")
    (tmp_path / "volume" / "main" / "files").symlink_to(tmp_path / "secrets")
    cargo = Cargo(Settings(bucket="m", recorder=PLACE, root=tmp_path / "volume"), MemoryBucket(), lambda: 0.0)
    cargo.drain()
    assert cargo.take_rows() == []


def test_a_file_that_may_not_be_read_is_told_once_and_tried_again_when_it_changes(yard: Yard) -> None:
    path = yard.write("model", b"one")
    refused = yard.cargo._stock
    yard.cargo._refuse(Item("main", "files/model"), survey.Shape.of(path.stat()), "Permission denied", "live")
    assert refused is yard.cargo._stock
    assert [row["missing"] for row in yard.take()] == ["Permission denied"]
    for _ in range(5):
        assert yard.look() == [], "as long as it stands as it is, there is nothing new to tell"
    assert yard.cargo.skipped() == {"Permission denied": 1}
    path.chmod(0o604)
    yard.look()
    assert [row["size"] for row in yard.look()] == [3]
    assert yard.cargo.skipped() == {}


class Rewriting(MemoryBucket):
    """A store under whose hands the file is rewritten while it is sent, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        if self.times:
            self.times -= 1
            path.readlink().write_bytes(b"version %d" % self.times)
            raise FormatError("changed while it was read")
        super().put_file(key, path, sha256=sha256)


def test_a_file_that_changes_while_it_is_read_is_shipped_when_it_stands_still(tmp_path: Path) -> None:
    yard = Yard(tmp_path, Rewriting(1))
    yard.write("model", b"one")
    yard.look()
    assert yard.look() == []
    assert yard.blobs() == []
    yard.look()
    (row,) = yard.look()
    assert yard.bucket.get(row["key"]).data == b"version 0"
    assert row["sha256"] == hashlib.sha256(b"version 0").hexdigest()


def test_a_required_file_that_changes_while_it_is_read_follows_later(tmp_path: Path) -> None:
    yard = Yard(tmp_path, Rewriting(1))
    media = yard.root / "main" / "wandb" / "media.png"
    media.parent.mkdir()
    media.write_bytes(b"half")
    yard.cargo.require(Item("main", "wandb/media.png"))
    assert yard.take() == []
    yard.look()
    assert paths(yard.look()) == ["wandb/media.png"]


def test_no_torn_content_is_stored_while_a_writer_rewrites_in_place(yard: Yard) -> None:
    """The writer changes all bytes again and again; whatever is stored is one of its versions under its own digest."""
    path = yard.write("model", b"\0" * 400_000)
    stop = threading.Event()

    def rewrite() -> None:
        value = 0
        while not stop.is_set():
            value = (value + 1) % 256
            with path.open("r+b") as file:
                file.write(bytes([value]) * 400_000)
            stop.wait(0.002)

    writer = threading.Thread(target=rewrite)
    writer.start()
    for _ in range(60):
        yard.cargo._ship(Item("main", "files/model"), "live")
    stop.set()
    writer.join()
    for row in yard.take():
        assert hashlib.sha256(yard.bucket.get(row["key"]).data).hexdigest() == row["sha256"]
        assert row["size"] == len(yard.bucket.get(row["key"]).data)
    assert yard.drain() == [] or yard.rows[-1]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_a_script_asked_to_keep_and_that_never_came_is_told_at_the_end(yard: Yard) -> None:
    yard.cargo.watch(Item("main", "wandb/x/files/model.h5"), "end")
    assert yard.look() + yard.look() == []
    (row,) = yard.drain()
    assert (row["path"], row["missing"]) == ("wandb/x/files/model.h5", "No such file or directory")


@pytest.mark.parametrize("path", ["wandb/a\0b", "wandb/" + "x" * 5000, "wandb/../../x", "wandb//", "/etc/passwd"])
def test_a_path_that_a_record_made_up_is_told_as_missing_and_harms_nothing(yard: Yard, path: str) -> None:
    yard.cargo.watch(Item("main", path), "live")
    yard.cargo.require(Item("main", path + "y"))
    yard.write("good", b"good")
    yard.look()
    rows = yard.look() + yard.drain()
    assert [row["path"] for row in yard.rows if "key" in row] == ["files/good"]
    assert rows
    assert yard.cargo.skipped()


def test_a_store_that_is_down_is_asked_again_at_the_end(tmp_path: Path) -> None:
    class Down(MemoryBucket):
        is_down = True

        def put_file(self, key: str, path: Path, *, sha256: str) -> None:
            if self.is_down:
                raise Unreachable("the store is down")
            super().put_file(key, path, sha256=sha256)

    bucket = Down()
    yard = Yard(tmp_path, bucket)
    yard.write("model", b"one")
    with pytest.raises(Unreachable):
        yard.drain()
    bucket.is_down = False
    assert paths(yard.drain()) == ["files/model"]
    assert yard.cargo.pending_bytes() == 0


def test_a_look_at_many_files_takes_several_passes_and_then_rests(yard: Yard) -> None:
    for number in range(SLICE + 500):
        (yard.files / str(number)).touch()
    yard.look_seconds = 0.001
    looks: list[int] = []
    for _ in range(4):
        yard.cargo.survey()
        looks.append(len(yard.cargo._survey._moving))
    assert looks[0] == 0, "the first slice does not end the look"
    assert looks[1] == SLICE + 500
    yard.now += 0.05
    walk = yard.cargo._walk
    yard.cargo.survey()
    assert walk is None
    assert yard.cargo._walk is None, "a look costs a hundredth of a core at most, so the next one waits"


def test_the_head_counts_what_is_not_recorded(world: World) -> None:
    (world.root / "main" / "files").mkdir(parents=True)
    os.mkfifo(world.root / "main" / "files" / "pipe")
    recorder = world.recorder()
    world.step(recorder)
    recorder.drain()
    assert world.head()["skipped"] == {reach.NOT_A_FILE: 1}


def test_an_upload_that_is_under_way_is_told_to_the_next_life(world: World) -> None:
    recorder = world.recorder()
    world.step(recorder)
    recorder.uploads["v1/blobs/x"] = "id-1"
    world.step(recorder)
    assert world.head()["uploads"] == {"v1/blobs/x": "id-1"}
    assert world.recorder().uploads == {"v1/blobs/x": "id-1"}


def test_a_file_that_is_shipped_costs_350_bytes_of_memory(yard: Yard) -> None:
    ours = tracemalloc.Filter(True, str(Path(survey.__file__).with_name("*.py")))  # Not what other threads hold.
    tracemalloc.start()
    count = 5_000
    for number in range(count):
        item, sha256 = Item("main", f"files/{number:06d}.bin"), hashlib.sha256(b"%d" % number).hexdigest()
        yard.cargo._stock.take(item, survey.Shape(number, number, number, number), sha256)
        yard.cargo._stock.store(sha256, yard.cargo._stock.new_key(sha256, item.path))
    held = tracemalloc.take_snapshot().filter_traces([ours]).statistics("filename")
    tracemalloc.stop()
    cost = sum(item.size for item in held) / count
    assert cost < 350


def test_globs_choose_what_is_shipped(make_world: Callable[[str], World], tmp_path: Path) -> None:
    yard = Yard(tmp_path, include=("*.pt",))
    yard.write("a.pt", b"a")
    yard.write("b.bin", b"b")
    assert paths(yard.drain()) == ["files/a.pt"]
