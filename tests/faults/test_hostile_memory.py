"""Row 4 of the fault table in one process: records that are small on disk and huge in memory (docs/faults.md).

A record that takes more than the container has would be met again by each life of the recorder, and end each.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from recorder_world import World

from chiplog import runfile
from chiplog_sidecar import weight
from chiplog_sidecar.tensorboard import crc32c, events_pb2
from chiplog_sidecar.wandb import wandb_pb2

MAX_MEGABYTES = 96
"""Of a process that has boto3 loaded; the container has 128."""

RECORDER = """
import re, sys
from pathlib import Path
import boto3
from chiplog import layout
from chiplog.bucket.directory import DirectoryBucket
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings
client = boto3.client("s3", region_name="x", aws_access_key_id="x", aws_secret_access_key="x")
settings = Settings(bucket="x", recorder=layout.Recorder("c", "ns", "r"), root=Path(sys.argv[1]))
recorder = Recorder(settings, DirectoryBucket(Path(sys.argv[2])), Clock(lambda: 0.0, lambda: 0.0), {})
recorder.resume()
recorder.drain()
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
for stream in recorder.streams.values():
    print(stream.source.path.split("/")[0], stream.fold.kinds, stream.fold.skipped)
"""


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def field(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


NESTED = field(1, field(2, b"a") + field(2, b"b") + field(16, b"1"))
"""An item of history at a path of two keys."""
KEYS = b"".join(field(1, field(1, b"k%06d" % number) + field(16, b"1")) for number in range(300_000))
LISTS = b'{"x":[' + b"[]," * 1_300_000 + b"1]}"
GOOD = wandb_pb2.Record(history={"item": [{"key": "good", "value_json": "1"}]}).SerializeToString()

WANDB = {
    "nested": field(2, NESTED * 400_000),
    "keys": field(2, KEYS),
    "lists": field(2, field(1, field(1, b"x") + field(16, LISTS))),
    "empty": field(2, field(1, b"") * 2_000_000),
    "strangers": field(99, b"") * 1_000_000,
    "text": wandb_pb2.Record(output_raw={"line": "x" * ((8 << 20) - 100)}).SerializeToString(),
}
"""Records by the name of their directory; the last one is only long."""


def event(payload: bytes) -> bytes:
    length = len(payload).to_bytes(8, "little")
    return length + crc32c.masked(length).to_bytes(4, "little") + payload + crc32c.masked(payload).to_bytes(4, "little")


def write_all(root: Path) -> None:
    world = World(root)
    for name, payload in WANDB.items():
        log = world.log(name=name)
        log.append_whole(payload)
        log.append_whole(GOOD)
        log.path.parent.parent.parent.joinpath(name).mkdir()
        log.path.parent.rename(log.path.parent.parent.parent / name / log.path.parent.name)
    main = root / "main"
    good = event(events_pb2.Event(summary={"value": [{"tag": "good", "simple_value": 1.0}]}).SerializeToString())
    for name in ("events", "run", "lines"):
        (main / name).mkdir()
    tags = field(5, field(1, field(1, b"t")) * 2_000_000)
    (main / "events" / "events.out.tfevents.1").write_bytes(event(tags) + good)
    rows = [runfile.frame(runfile.JSON, b'{"kind":"history","values":' + LISTS + b"}"),
            runfile.frame(runfile.JSON, b'{"kind":"history","values":{"good":1}}')]  # fmt: skip
    (main / "run" / "run-1.chiplog").write_bytes(runfile.MAGIC + b"".join(rows))
    (main / "lines" / "metrics.jsonl").write_bytes(LISTS + b'\n{"good": 1}\n')


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    root = tmp_path_factory.mktemp("hostile")
    write_all(root / "run")
    (root / "bucket").mkdir()
    words = [sys.executable, "-c", RECORDER, str(root / "run"), str(root / "bucket")]
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "1048576"}  # As in the image.
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=500, env=environment)
    return done.stdout.splitlines()


def test_no_record_takes_more_than_the_container_has(told: list[str]) -> None:
    assert int(told[0]) < MAX_MEGABYTES


def test_each_is_counted_with_its_reason_and_what_follows_is_read(told: list[str]) -> None:
    heavy = {"nested", "keys", "lists", "empty", "strangers", "events", "run"}
    found = {line.split()[0]: line for line in told[1:]}
    for name in heavy:
        assert found[name] == f"{name} {{'undecodable': 1, 'history': 1}} {{'{weight.TOO_HEAVY}': 1}}"
    assert found["lines"].startswith("lines {'undecodable': 1, 'history': 1}")
    assert found["text"].startswith("text {'console': 1, 'history': 1}")


@pytest.mark.parametrize("keys", [1000, 100_000])
def test_a_record_of_many_keys_is_no_bomb(keys: int) -> None:
    payload = field(2, b"".join(field(1, field(1, b"k%06d" % key) + field(16, b"1.25")) for key in range(keys)))
    assert not weight.is_heavy_message(payload, wandb_pb2.Record.DESCRIPTOR)


def test_a_record_of_a_thousand_histograms_is_no_bomb() -> None:
    bins = b'{"_type":"histogram","values":[' + b",".join([b"123"] * 64) + b'],"bins":[' + b",".join([b"0.5"] * 65)
    items = b"".join(field(1, field(1, b"layer%d" % layer) + field(16, bins + b"]}")) for layer in range(1000))
    assert not weight.is_heavy_message(field(2, items), wandb_pb2.Record.DESCRIPTOR)
