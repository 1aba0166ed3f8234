"""wandb's artifacts: their staged files are in the bucket before the record that names them."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from recorder_world import World

from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import Unreachable
from chiplog_sidecar import artifacts
from chiplog_sidecar.wandb import wandb_pb2

STAGING = "wandb-data/artifacts/staging"


def stage(world: World, name: str, content: bytes) -> str:
    """Stage a file as wandb does; its path as the training container names it."""
    path = world.root / "main" / STAGING / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o400)
    return f"/chiplog/{STAGING}/{name}"


def log_artifact(world: World, files: dict[str, tuple[str, int]], manifest_file: str = "") -> None:
    """A log with the record of an artifact of these files: path in the artifact, staged path and size."""
    record = wandb_pb2.Record(num=1)
    record.artifact.name, record.artifact.type = "model", "weights"
    record.artifact.manifest.version = 1
    record.artifact.manifest.manifest_file_path = manifest_file
    for path, (local_path, size) in files.items():
        digest = base64.b64encode(hashlib.md5(path.encode(), usedforsecurity=False).digest()).decode()
        record.artifact.manifest.contents.add(path=path, local_path=local_path, size=size, digest=digest)
    world.log().append(record.SerializeToString())


def shipped(world: World) -> dict[str, Any]:
    rows = world.rows().get("files", [])
    return {row["path"]: world.bucket.get(row["key"]).data if "key" in row else row["missing"] for row in rows}


def test_an_artifacts_files_are_in_the_bucket_before_its_record(world: World) -> None:
    class NoBlobs(MemoryBucket):
        def put_file(self, key: str, path: Path, *, sha256: str) -> None:
            raise Unreachable("the store is down")

    log_artifact(world, {"w.bin": (stage(world, "tmp1", b"weights"), 7)})
    deaf = NoBlobs()
    blind = world.recorder(deaf)
    with pytest.raises(Unreachable):
        world.step(blind)
    assert not list(deaf.list("v1/live/")), "the record must not overtake its files"
    world.step(world.recorder())
    assert shipped(world) == {f"{STAGING}/tmp1": b"weights"}
    assert world.head()["streams"][0]["kinds"] == {"artifact": 1}


def test_a_large_artifact_makes_no_record_wait(world: World) -> None:
    large = artifacts.MAX_INLINE_BYTES + 1
    log_artifact(world, {"w.bin": (stage(world, "tmp1", b"as if large"), large)})
    recorder = world.recorder()
    world.step(recorder)
    assert world.head()["streams"][0]["kinds"] == {"artifact": 1}
    assert shipped(world) == {}
    recorder.drain()
    assert shipped(world) == {f"{STAGING}/tmp1": b"as if large"}


def test_a_manifest_in_a_file_of_its_own_is_shipped_with_what_it_lists(world: World) -> None:
    entries = [{"path": str(n), "local_path": stage(world, f"tmp{n}", b"%d" % n), "size": 1} for n in range(3)]
    text = "".join(json.dumps(entry) + "\n" for entry in [*entries, {"path": "r", "ref": "https://x"}])
    own = stage(world, "artifact_manifests/1.manifest_contents.jl.gz", gzip.compress(text.encode()))
    log_artifact(world, {}, manifest_file=own)
    world.recorder().drain()
    assert sorted(shipped(world)) == [
        f"{STAGING}/artifact_manifests/1.manifest_contents.jl.gz", *(f"{STAGING}/tmp{n}" for n in range(3)),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"[1]\nnull\n{" + b"[" * 70_000)[:-9]])
def test_a_manifest_file_that_cannot_be_read_is_shipped_as_it_is(world: World, content: bytes) -> None:
    own = stage(world, "m.jl.gz", content)
    log_artifact(world, {}, manifest_file=own)
    world.recorder().drain()
    assert shipped(world) == {f"{STAGING}/m.jl.gz": content}


@pytest.mark.parametrize(
    "path", ["/root/.local/share/wandb/artifacts/staging/x", "/chiplog/../etc/shadow", "/chiplogs/x", "x"]
)
def test_a_staged_file_elsewhere_is_counted_and_never_read(world: World, path: str) -> None:
    log_artifact(world, {"w.bin": (path, 7)})
    world.recorder().drain()
    assert shipped(world) == {}
    assert world.head()["skipped"] == {artifacts.OUTSIDE: 1}


def test_a_staged_file_that_may_not_be_read_is_told_in_the_head(world: World) -> None:
    """The file is there and refuses: a link out stands for another user's 0400, for these tests may run as root."""
    (world.root / "main" / STAGING).mkdir(parents=True)
    (world.root / "main" / STAGING / "tmp1").symlink_to("/etc/shadow")
    log_artifact(world, {"w.bin": (f"/chiplog/{STAGING}/tmp1", 7)})
    world.recorder().drain()
    assert shipped(world) == {f"{STAGING}/tmp1": "it is a link out of the run directory"}
    assert world.head()["skipped"] == {"it is a link out of the run directory": 1}
    assert world.head()["problems"] == [f"main/{STAGING}/tmp1: it is a link out of the run directory"]


@pytest.mark.parametrize("path", ["/chiplog/half\ud800", "/chiplog/a\0b"])
def test_a_listed_path_that_no_file_can_have_is_counted(world: World, path: str) -> None:
    entry = json.dumps({"path": "x", "local_path": path})
    log_artifact(world, {}, manifest_file=stage(world, "m.jl.gz", gzip.compress(entry.encode())))
    world.recorder().drain()
    assert world.head()["skipped"] == {artifacts.OUTSIDE: 1}
    assert world.head()["state"] == "drained"


def test_a_manifest_file_that_lists_without_end_is_read_to_a_bound(world: World) -> None:
    """5 KB of archive are 3 million lines: they cost no memory and no minute."""
    own = stage(world, "m.jl.gz", gzip.compress(b'{"local_path":"/elsewhere"}\n' + b"{}\n" * 3_000_000))
    log_artifact(world, {}, manifest_file=own)
    world.recorder().drain()
    assert world.head()["skipped"] == {artifacts.OUTSIDE: 1, artifacts.TOO_MANY: 1}
