"""A run directory that means harm: nothing crashes, memory stays bounded, and the head counts what is lost."""

import json
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from recorder_world import World

from chiplog import codec
from chiplog.folding import Fold
from chiplog_sidecar import jsonlines, sources
from chiplog_sidecar.jsonlines import Reader


def metrics(world: World, content: bytes) -> Path:
    path = world.root / "main" / "metrics.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def drained(world: World) -> dict[str, int]:
    """Rows by kind of the first stream, after the recorder has read everything there is."""
    recorder = world.recorder()
    world.step(recorder)
    recorder.drain()
    head = world.head()
    assert head["state"] == "drained"
    return head["streams"][0]["kinds"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"a": NaN, "b": -Infinity, "c": 1e999}', "history"),
        (b'{"a": 1, "a": 2}', "history"),
        (b'{"a": ' + b"[" * 90 + b"]" * 90 + b"}", "history"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "undecodable"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "undecodable"),
        (b'{"a": "\xff\xfe"}', "undecodable"),
        (b'{"a": "\\ud800"}', "history"),
        (b'{"_timestamp": -62135596800.5, "a": 1}', "history"),
        (b'{"_timestamp": 1e308, "_step": 99999999999999999999999999}', "history"),
        (b'{"_step": ' + b"9" * 5000 + b"}", "undecodable"),
        (b'{"": {"": ""}}', "history"),
        (b'{"_type": "image-file", "path": "../../../../etc/passwd"}', "history"),
        (b"\0" * 5000, "undecodable"),
    ],
)
def test_a_hostile_line_is_kept_or_counted_and_the_next_one_is_read(world: World, line: bytes, kind: str) -> None:
    metrics(world, line + b'\n{"good": 1}\n')
    kinds = drained(world)
    assert kinds == ({"history": 2} if kind == "history" else {"history": 1, kind: 1})
    for rows in world.rows().values():
        for row in rows:
            codec.dump(row).decode("utf-8")
            assert "\\ud8" not in json.dumps(row, ensure_ascii=False)


def test_the_head_says_what_of_a_source_was_skipped_and_why(world: World) -> None:
    metrics(world, b"no json\n[1]\n" + b"x" * (jsonlines.MAX_LINE_BYTES + 1) + b'\n{"a": 1')
    drained(world)
    head = world.head()["streams"][0]
    assert head["skipped"] == {"the line is no JSON object": 2, "long": 2, "torn": 1}
    assert (head["gaps"], head["kinds"]) == (3, {"undecodable": 2, "gap": 3})


def test_reasons_are_bounded() -> None:
    fold = Fold()
    for number in range(50):
        fold.apply({"at": number, "kind": "undecodable", "reason": f"{number}" + "x" * 500})
    assert len(fold.skipped) == 17
    assert fold.skipped["other"] == 34


def test_of_a_name_that_stands_twice_the_last_one_counts(world: World) -> None:
    metrics(world, b'{"a": 1, "a": 2}\n')
    drained(world)
    assert world.head()["streams"][0]["run"]["summary"] == {"a": 2}


def test_a_line_of_250_000_keys_is_one_row_and_a_bounded_head(world: World) -> None:
    metrics(world, ("{" + ",".join(f'"{n}":{n}' for n in range(250_000)) + "}\n").encode())
    assert drained(world) == {"history": 1}
    assert len(world.head()["streams"][0]["run"]["summary"]) <= 256


def test_a_head_has_the_first_128_numbers_and_short_texts_of_a_config_as_they_are_nested(world: World) -> None:
    config = {"_wandb": {"t": 1}, "lr": 0.1, "long": "x" * 257, "layers": [1, 2], "opt": {"name": "adam", "none": {}}}
    lines = [{"_config": config}, {"_config": {f"k{number}": number for number in range(200)}}]
    metrics(world, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
    drained(world)
    told = world.head()["streams"][0]["run"]["config"]
    assert told == {"lr": 0.1, "opt": {"name": "adam"}, **{f"k{number}": number for number in range(126)}}


def test_a_clock_in_1970_loses_nothing(world: World) -> None:
    world.time.now = 1.0
    metrics(world, b'{"a": 1, "_timestamp": 0}\n')
    assert drained(world) == {"history": 1}


def test_a_line_of_two_gigabytes_costs_no_memory() -> None:
    """2 GiB arrive in reads of 256 KiB; what is held is never more than one line may be long."""
    reader, block = Reader(0, Fold()), b"x" * (256 * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(8192):
        assert reader.feed(block) == []
        assert sum(map(len, reader._parts)) <= jsonlines.MAX_LINE_BYTES
    rows = reader.feed(b'\n{"a": 1}\n')
    assert [row["kind"] for row in rows] == ["gap", "history"]
    assert rows[0]["to"] == (2 << 30) + 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


LONG_LINE = """
import re, sys
from pathlib import Path
from chiplog import layout
from chiplog.bucket.directory import DirectoryBucket
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings
root, bucket = Path(sys.argv[1]), Path(sys.argv[2])
bucket.mkdir()
settings = Settings(bucket="x", recorder=layout.Recorder("c", "ns", "r"), root=root)
recorder = Recorder(settings, DirectoryBucket(bucket), Clock(lambda: 0.0, lambda: 0.0), {})
recorder.resume()
recorder.drain()
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(int(peak[1]) // 1024, recorder.streams.popitem()[1].fold.kinds)
"""


def test_a_recorder_that_meets_a_line_of_hundreds_of_megabytes_stays_in_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "run" / "main" / "metrics.jsonl"
    path.parent.mkdir(parents=True)
    path.touch()
    os.truncate(path, 300 << 20)
    with path.open("ab") as file:
        file.write(b'\n{"a": 1}\n')
    done = subprocess.run(
        [sys.executable, "-c", LONG_LINE, str(tmp_path / "run"), str(tmp_path / "bucket")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    megabytes, kinds = done.stdout.split(maxsplit=1)
    assert kinds.strip() == "{'gap': 76, 'history': 1}", "a gap is told in parts of 4 MiB"
    assert int(megabytes) < 96


def test_a_directory_full_of_garbage_is_searched_and_nothing_of_it_believed(world: World) -> None:
    chance = random.Random(7)
    names = ["metrics.jsonl", "events.out.tfevents.1.x", "run-1.chiplog", "run-x.wandb", "core", "a\nb", "..."]
    for number in range(60):
        folder = world.root / "main" / chance.choice(["a", "offline-run-1-x", "rank-1", "b/c"]) / str(number % 7)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / chance.choice(names)).write_bytes(chance.randbytes(chance.randrange(5000)))
    recorder = world.recorder()
    world.step(recorder)
    recorder.drain()
    told = {kind for head in world.head()["streams"] for kind in head["kinds"]}
    assert told <= {"gap", "undecodable"}


def test_directories_without_end_are_searched_to_a_depth(world: World) -> None:
    folder = world.root / "main"
    for _ in range(60):
        folder = folder / ("d" * 50)
    folder.mkdir(parents=True)
    (folder / "metrics.jsonl").write_text('{"a": 1}\n')
    assert sources.followed(world.root, "main") == []


def test_files_in_directories_without_end_are_shipped_as_far_as_paths_go(world: World) -> None:
    descriptor = os.open(world.root, os.O_RDONLY)
    for name in ("main", "files", *["d" * 200] * 30):
        os.mkdir(name, dir_fd=descriptor)
        below = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    (world.root / "main" / "files" / "a").write_bytes(b"a")
    recorder = world.recorder()
    recorder.drain()
    assert [row["path"] for row in world.rows()["files"]] == ["files/a"]
    assert world.head()["skipped"] == {"File name too long": 1}


def test_a_path_of_media_that_climbs_out_is_never_read(world: World) -> None:
    secret = world.root.parent / f"{world.root.name}-secret"
    secret.write_text("a credential")
    log = world.log()
    for path in (f"../../../../{secret.name}", f"/{secret}", "media/../../../x", "a\\u0000b"):
        log.history(0, img=f'{{"_type":"image-file","path":"{path}","sha256":"x","size":3}}')
    world.recorder().drain()
    assert list(world.bucket.list("v1/blobs/")) == []
