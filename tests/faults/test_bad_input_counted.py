"""The table *Bad input* of docs/faults.md, line by line, by what the head says: what was skipped is counted with its
reason, and the row behind it is read.
"""

import ctypes
import json
import os
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from recorder_world import RUN_DIRECTORY, Log, World

from chiplog import codec, layout, runfile
from chiplog_sidecar import reach, sources
from chiplog_sidecar.tensorboard import crc32c, events_pb2
from chiplog_sidecar.wandb import framing, wandb_pb2

GOOD_LINE = b'{"good": 1}\n'


def event(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + crc(length) + payload + crc(payload)


def crc(data: bytes) -> bytes:
    return struct.pack("<I", crc32c.masked(data))


GOOD_EVENT = event(events_pb2.Event(summary={"value": [{"tag": "good", "simple_value": 1.0}]}).SerializeToString())
HUGE = struct.pack("<Q", 2 << 30)


def write(world: World, path: str, content: bytes) -> Path:
    file = world.root / "main" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def drained(world: World) -> dict[str, dict[str, Any]]:
    """The heads of all followed sources by path, after everything was read."""
    recorder = world.recorder()
    world.step(recorder)
    recorder.drain()
    assert (world.head()["state"], world.head()["pending_bytes"]) == ("drained", 0)
    return {head["path"]: dict(head) for head in world.head()["streams"] if head["kind"] != "files"}


def test_every_file_of_garbage_is_counted_in_its_own_head(world: World) -> None:
    names = ["metrics.jsonl", "events.out.tfevents.1.x", "run-1.chiplog", f"{RUN_DIRECTORY}-x/run-x.wandb"]
    for name in names:
        write(world, name, b"\x80\xff garbage\x00 " * 400)
    write(world, "core.1234", b"garbage")
    heads = drained(world)
    assert heads.keys() == set(names)
    for head in heads.values():
        assert sum(head["skipped"].values()) >= 1
        assert head["kinds"].keys() <= {"gap", "undecodable"}
        assert not head["run"]["summary"]


OTHER_VERSION = framing.FILE_HEADER[:-1] + b"\x01"


@pytest.mark.parametrize("megabytes", [0, 10])
def test_a_wandb_log_of_another_version_is_counted_and_kept_byte_for_byte_as_it_grows(
    world: World, megabytes: int
) -> None:
    """It is a run's only record, and a later Chiplog may read it: so no byte of it is left behind."""
    file = write(world, f"{RUN_DIRECTORY}-a/run-a.wandb", OTHER_VERSION + b"x" * 5000 + bytes(megabytes << 20))
    first = world.recorder()
    world.step(first)
    with file.open("ab") as log:
        log.write(b"more" * 1000)
    world.step(first)
    second = world.recorder()
    world.step(second)
    with file.open("ab") as log:
        log.write(b"the end")
    second.drain()
    (head,) = world.head()["streams"]
    assert world.head()["pending_bytes"] == 0
    assert head["skipped"].keys() == {f"not a wandb log this reader knows: version {OTHER_VERSION!r}"}
    assert head["position"] == file.stat().st_size
    assert source(world, head["id"]) == file.read_bytes()


def source(world: World, stream: str) -> bytes:
    """What the bucket has of a source, put together."""
    whole = b""
    for listed in world.bucket.list(layout.raw_prefix(world.settings.recorder)):
        key = layout.parse_segment_key(listed.key)
        if key is not None and key.is_source and key.stream == stream:
            assert key.start == len(whole)
            whole += codec.decompress(world.bucket.get(listed.key).data, listed.key)
    return whole


def of_events() -> bytes:
    return GOOD_EVENT + HUGE + crc(HUGE) + b"x" * 100 + GOOD_EVENT


def of_a_run_file() -> bytes:
    """16 MiB, the most that its 24 bits can say."""
    good = runfile.frame(runfile.JSON, b'{"kind":"history","values":{"good":1}}')
    word = runfile.JSON << 24 | runfile.MAX_PAYLOAD_BYTES
    return runfile.MAGIC + good + runfile.HEADER.pack(runfile.SYNC, word, runfile.check(word)) + b"x" * 40 + good


@pytest.mark.parametrize(
    ("path", "content"),
    [("events.out.tfevents.1.x", of_events), ("run-1.chiplog", of_a_run_file)],
)
def test_a_record_that_says_it_has_two_gigabytes_is_a_counted_gap(
    world: World, path: str, content: Callable[[], bytes]
) -> None:
    write(world, path, content())
    (head,) = drained(world).values()
    assert head["kinds"] == {"history": 2, "gap": head["gaps"]}
    assert sum(head["skipped"].values()) == head["gaps"] == 1


def test_a_field_that_says_it_has_two_gigabytes_makes_its_record_undecodable(world: World) -> None:
    log = world.log()
    log.append(b"\x12" + b"\xff\xff\xff\xff\x07" + b"x" * 40)
    log.history(1, good="1")
    (head,) = drained(world).values()
    assert head["kinds"] == {"undecodable": 1, "history": 1}
    assert sum(head["skipped"].values()) == 1


def test_a_log_that_leads_out_of_the_run_directory_is_counted_and_not_read(world: World, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "metrics.jsonl").write_bytes(GOOD_LINE)
    write(world, "rank-1/metrics.jsonl", GOOD_LINE)
    (world.root / "main" / "metrics.jsonl").symlink_to(outside / "metrics.jsonl")
    (world.root / "main" / "logs").symlink_to(outside)
    (world.root / "main" / "files").symlink_to(outside)
    (world.root / "main" / "a").mkdir()
    (world.root / "main" / "a" / "metrics.jsonl").symlink_to("../rank-1/metrics.jsonl")
    (world.root / "main" / "latest").symlink_to("rank-1")
    (world.root / "main" / "b").mkdir()
    os.mkfifo(world.root / "main" / "b" / "metrics.jsonl")
    assert drained(world).keys() == {"rank-1/metrics.jsonl"}
    assert world.head()["skipped"] == {reach.OUTSIDE: 3, sources.A_LINK: 1, reach.NOT_A_FILE: 1}


def test_directories_that_are_too_deep_to_be_searched_are_counted(world: World) -> None:
    write(world, "1/2/3/4/5/metrics.jsonl", GOOD_LINE)
    write(world, "1/2/3/4/5/6/metrics.jsonl", GOOD_LINE)
    assert drained(world).keys() == {"1/2/3/4/5/metrics.jsonl"}
    assert world.head()["skipped"] == {sources.TOO_DEEP: 1}


def media(log: Log, *paths: str) -> None:
    record = wandb_pb2.Record(num=1)
    record.history.step.num = 1
    for number, path in enumerate(paths):
        value = {"_type": "image-file", "path": path, "sha256": "0" * 64, "size": 6}
        record.history.item.add(key=f"image{number}", value_json=json.dumps(value))
    log.append(record.SerializeToString())


def test_paths_of_media_and_saved_files_that_lead_out_are_counted_and_named(world: World) -> None:
    """Also one that would still end in the run directory: media are what lies in the writer's own files."""
    secret = write(world, "secret", b"a credential")
    log = world.log()
    media(log, "../../../secret", "/etc/passwd", "a\0b")
    media(log, "../../../secret")
    saved = {"files": {"files": [{"path": "../../../secret"}]}}
    log.append(wandb_pb2.Record(num=2, **saved).SerializeToString())  # type: ignore[arg-type]
    drained(world)
    assert secret.exists()
    assert world.head()["skipped"] == {reach.LEAVES: 3}
    rows = world.rows()["files"]
    assert {row["missing"] for row in rows} == {reach.LEAVES}
    assert len({row["path"] for row in rows}) == 3
    assert list(world.bucket.list("v1/blobs/")) == []
    second = world.recorder()
    world.step(second)
    second.drain()
    assert world.head()["skipped"] == {reach.LEAVES: 3}, "the next life counts as the first did"
    assert list(world.bucket.list("v1/blobs/")) == []


def test_a_million_keys_in_one_row_are_one_counted_gap_in_every_format(world: World) -> None:
    keys = ",".join(f'"k{number}":1' for number in range(1_000_000))
    write(world, "metrics.jsonl", b"{" + keys.encode() + b"}\n" + GOOD_LINE)
    log = world.log()
    body = b"".join(b"\x0a\x10\x0a\x0bk%010d\x82\x01\x011" % number for number in range(1_000_000))
    log.append_whole(b"\x12" + varint(len(body)) + body)
    log.history(2, good="1")
    heads = drained(world)
    assert len(heads) == 2
    for head in heads.values():
        assert head["kinds"]["history"] == 1
        assert head["skipped"] == {"long": head["gaps"]}
        assert head["run"]["step"] is not None


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


@contextmanager
def as_nobody() -> Iterator[None]:
    """This thread has no right to others' files, as a recorder of another user than the trainer's."""
    setfsuid = ctypes.CDLL(None).setfsuid
    before = setfsuid(65534)
    try:
        yield
    finally:
        setfsuid(before)


def test_what_is_another_users_is_told_with_whose_it_is() -> None:
    """wandb stages artifacts with mode 0400, and a trainer's umask may hide its logs: an image's own user is unknown to
    the injector, so the head has to say it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        world = World(Path(folder))
        hidden = write(world, "metrics.jsonl", GOOD_LINE)
        staged = write(world, "files/model.bin", b"weights")
        write(world, "rank-1/metrics.jsonl", GOOD_LINE)
        for path in (hidden, staged):
            path.chmod(0o000)
        with as_nobody():
            assert drained(world).keys() == {"rank-1/metrics.jsonl"}
    owner, recorder = os.getuid(), os.geteuid()
    reason = f"Permission denied: it is of user {owner}, and the recorder is user {recorder}"
    assert world.head()["skipped"] == {reason: 2}
    assert sorted(world.head()["problems"]) == [f"main/files/model.bin: {reason}", f"main/metrics.jsonl: {reason}"]
