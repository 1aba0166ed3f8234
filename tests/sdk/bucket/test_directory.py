"""What a directory alone promises as a bucket."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chiplog.bucket.directory import DirectoryBucket
from chiplog.errors import AccessDenied, NotFound, PreconditionFailed


def test_an_object_is_a_file_of_its_name(tmp_path: Path) -> None:
    DirectoryBucket(tmp_path).put("v1/live/a.zst", b"x")
    assert (tmp_path / "v1" / "live" / "a.zst").read_bytes() == b"x"


@pytest.mark.parametrize("key", ["../escape", "a/../../escape", "/etc/passwd", ".chiplog/lock"])
def test_a_key_that_leaves_the_bucket_is_refused(tmp_path: Path, key: str) -> None:
    bucket = DirectoryBucket(tmp_path / "..")  # so that even a resolved path is tried
    with pytest.raises(AccessDenied):
        bucket.put(key, b"x")
    with pytest.raises(AccessDenied):
        bucket.get(key)


def test_a_list_outside_the_bucket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AccessDenied):
        list(DirectoryBucket(tmp_path).list("../"))


def test_our_own_files_are_no_objects(tmp_path: Path) -> None:
    bucket = DirectoryBucket(tmp_path)
    bucket.put("a", b"x")
    assert [listed.key for listed in bucket.list("")] == ["a"]
    assert sorted(path.name for path in (tmp_path / ".chiplog").iterdir()) == ["lock"]


def test_a_folder_is_no_object(tmp_path: Path) -> None:
    bucket = DirectoryBucket(tmp_path)
    bucket.put("a/b", b"x")
    with pytest.raises(NotFound):
        bucket.get("a")
    bucket.delete("a")
    assert [listed.key for listed in bucket.list("")] == ["a/b"]


def test_quick_writes_of_one_size_never_share_an_etag(tmp_path: Path) -> None:
    bucket = DirectoryBucket(tmp_path)
    assert len({bucket.put("a", b"same") for _ in range(300)}) == 300


def test_conditions_hold_between_two_who_opened_the_directory(tmp_path: Path) -> None:
    gate = threading.Barrier(2)

    def count(bucket: DirectoryBucket) -> None:
        gate.wait()
        done = 0
        while done < 50:
            stored = bucket.get("counter")
            try:
                bucket.put("counter", b"%d" % (int(stored.data) + 1), if_match=stored.etag)
                done += 1
            except PreconditionFailed:
                continue

    DirectoryBucket(tmp_path).put("counter", b"0")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(count, [DirectoryBucket(tmp_path), DirectoryBucket(tmp_path)]))
    assert DirectoryBucket(tmp_path).get("counter").data == b"100"
