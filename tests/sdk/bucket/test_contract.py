"""What every `Bucket` promises: memory, a directory, a real S3, and a door before a directory."""

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import door
import pytest
import real_store

from chiplog.bucket import Bucket, ETag
from chiplog.bucket.directory import DirectoryBucket
from chiplog.bucket.memory import MemoryBucket
from chiplog.bucket.opening import open_bucket
from chiplog.errors import BucketMissing, FormatError, NotFound, PreconditionFailed

MANY = 1200
"""More objects than S3 lists in one page."""

ODD_KEYS = [
    "v1/blobs/with space.txt",
    "v1/blobs/hash#mark?and=query&more",
    "v1/blobs/accénts/日本語/\U0001f680.png",
    "v1/blobs/quotes'\"`.txt",
    "v1/blobs/percent%20and%2Fslash",
    "v1/blobs/plus+and~tilde!(paren)[x]{y}",
    "v1/blobs/.hidden",
    "v1/blobs/dots...",
    "v1/blobs/back\\slash:colon*star|pipe<less>more",
    "v1/blobs/new\ttab",
]


S3 = pytest.param("s3", marks=pytest.mark.integration)


@pytest.fixture(params=["memory", "directory", S3, "door"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bucket]:
    if request.param == "memory":
        yield MemoryBucket()
    elif request.param == "directory":
        yield DirectoryBucket(tmp_path)
    elif request.param == "door":
        store = DirectoryBucket(tmp_path)
        with door.serving(door.unjudged(store)) as address:
            yield door.Deleting(address, store)
    else:
        with real_store.prefix("contract") as store:
            yield store


def keys(bucket: Bucket, prefix: str) -> list[str]:
    return [listed.key for listed in bucket.list(prefix)]


def a_file(folder: Path, size: int) -> tuple[Path, str]:
    block = bytes(range(256)) * 4096
    data = (block * (size // len(block) + 1))[:size]
    path = folder / "a file.bin"
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def test_folders_are_listed_once_each_in_order(bucket: Bucket) -> None:
    for name in ("a/run-1/x", "a/run-1/y", "a/run-10/x/z", "a/run-1.5/x", "a/run-2/x", "a/file", "ab/run/x", "a/é/x"):
        bucket.put(name, b"x")
    assert list(bucket.folders("a/")) == ["run-1.5", "run-1", "run-10", "run-2", "é"]
    assert list(bucket.folders("nothing/")) == []


def test_folders_of_odd_names_are_listed_as_they_are(bucket: Bucket) -> None:
    names = ["&amp;", "'\"", "a b+c", "a&b", "a%20b", "日本"]
    for name in names:
        bucket.put(f"odd/{name}/x", b"x")
    assert sorted(bucket.folders("odd/")) == sorted(names)


def test_a_range_of_folders_is_behind_its_first_name_and_up_to_its_last(bucket: Bucket) -> None:
    names = [f"run-{number:02d}" for number in range(12)]
    for name in names:
        bucket.put(f"a/{name}/x", b"x")
    assert list(bucket.folders("a/", names[2], names[5])) == names[3:6]
    assert list(bucket.folders("a/", "", names[5])) == names[:6]
    assert list(bucket.folders("a/", names[9])) == names[10:]
    assert [*bucket.folders("a/", "", "run-03"), *bucket.folders("a/", "run-03", "run-3")] == names


def test_a_read_says_the_stores_own_time(bucket: Bucket) -> None:
    bucket.put("a/b", b"x")
    stored = bucket.get("a/b")
    assert -1.0 <= stored.read_at - stored.modified < 60.0  # S3 says whole seconds.


def test_what_was_put_is_read_back(bucket: Bucket) -> None:
    etag = bucket.put("a/b", b"\0 some bytes \xff")
    stored = bucket.get("a/b")
    assert stored.data == b"\0 some bytes \xff"
    assert stored.etag == etag
    assert stored.modified > 1_600_000_000


def test_an_empty_object_is_an_object(bucket: Bucket) -> None:
    bucket.put("a/empty", b"")
    assert bucket.get("a/empty").data == b""
    assert [listed.size for listed in bucket.list("a/")] == [0]


def test_an_object_that_is_not_there_is_not_found(bucket: Bucket) -> None:
    with pytest.raises(NotFound):
        bucket.get("no/such")
    with pytest.raises(NotFound):
        bucket.open("no/such")


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, None), (0, 1), (3, 7), (7, None), (9, 10), (9, 900), (0, 900), (10, None), (10, 20), (70, 90)],
)
def test_a_range_of_bytes_is_read_as_a_slice_is(bucket: Bucket, start: int, end: int | None) -> None:
    bucket.put("a/b", b"0123456789")
    with bucket.open("a/b", start, end) as stream:
        assert stream.read(2) + stream.read() == b"0123456789"[start:end]


def test_a_range_of_what_is_not_there_is_not_found(bucket: Bucket) -> None:
    for start, end in ((0, 4), (5, None)):
        with pytest.raises(NotFound):
            bucket.open("no/such", start, end)


def test_a_range_far_inside_of_a_large_object_is_read(bucket: Bucket, tmp_path: Path) -> None:
    path, sha256 = a_file(tmp_path, 20_000_000)
    bucket.put_file("blobs/large", path, sha256=sha256)
    with bucket.open("blobs/large", 15_000_001, 16_000_003) as stream:
        assert stream.read() == path.read_bytes()[15_000_001:16_000_003]


def test_a_put_replaces_the_whole_object(bucket: Bucket) -> None:
    first = bucket.put("a/b", b"a long first value")
    second = bucket.put("a/b", b"short")
    assert first != second
    assert bucket.get("a/b").data == b"short"


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_key_of_odd_characters_is_kept_as_it_is(bucket: Bucket, key: str) -> None:
    bucket.put(key, key.encode())
    assert bucket.get(key).data == key.encode()
    with bucket.open(key) as stream:
        assert stream.read() == key.encode()
    assert keys(bucket, "v1/blobs/") == [key]
    assert keys(bucket, key) == [key]
    bucket.delete(key)
    assert keys(bucket, "v1/") == []


def test_the_version_that_was_seen_may_be_replaced(bucket: Bucket) -> None:
    seen = bucket.put("a", b"1")
    bucket.put("a", b"2", if_match=seen)
    assert bucket.get("a").data == b"2"


def test_a_version_that_was_not_seen_is_left_alone(bucket: Bucket) -> None:
    seen = bucket.put("a", b"1")
    bucket.put("a", b"2")
    with pytest.raises(PreconditionFailed):
        bucket.put("a", b"3", if_match=seen)
    assert bucket.get("a").data == b"2"


def test_a_version_of_an_object_that_is_gone_does_not_come_back(bucket: Bucket) -> None:
    seen = bucket.put("a", b"1")
    bucket.delete("a")
    with pytest.raises(PreconditionFailed):
        bucket.put("a", b"2", if_match=seen)
    assert keys(bucket, "") == []


def test_an_object_is_created_only_where_none_is(bucket: Bucket) -> None:
    bucket.put("a", b"first", if_absent=True)
    with pytest.raises(PreconditionFailed):
        bucket.put("a", b"second", if_absent=True)
    assert bucket.get("a").data == b"first"


def test_the_etag_of_a_read_and_of_a_list_serve_as_condition(bucket: Bucket) -> None:
    bucket.put("a", b"1")
    bucket.put("a", b"2", if_match=bucket.get("a").etag)
    (listed,) = bucket.list("a")
    bucket.put("a", b"3", if_match=listed.etag)
    assert bucket.get("a").data == b"3"


def test_every_write_of_other_bytes_has_an_etag_of_its_own(bucket: Bucket) -> None:
    etags = [bucket.put("a", b"%04d" % number) for number in range(50)]
    assert len(set(etags)) == 50


def test_a_deleted_object_is_gone(bucket: Bucket) -> None:
    bucket.put("a/b", b"1")
    bucket.delete("a/b")
    with pytest.raises(NotFound):
        bucket.get("a/b")
    assert keys(bucket, "a/") == []


def test_deleting_what_is_not_there_is_no_error(bucket: Bucket) -> None:
    bucket.put("a/b", b"1")
    bucket.delete("a/c")
    bucket.delete("d/e")
    assert keys(bucket, "") == ["a/b"]


def test_only_the_version_that_was_seen_is_deleted(bucket: Bucket) -> None:
    seen = bucket.put("a", b"1")
    newer = bucket.put("a", b"2")
    with pytest.raises(PreconditionFailed):
        bucket.delete("a", if_match=seen)
    assert bucket.get("a").data == b"2"
    bucket.delete("a", if_match=newer)
    assert keys(bucket, "") == []


def test_deleting_a_version_twice_is_no_error(bucket: Bucket) -> None:
    seen = bucket.put("a", b"1")
    bucket.delete("a", if_match=seen)
    bucket.delete("a", if_match=seen)
    assert keys(bucket, "") == []


def test_a_list_holds_what_starts_with_the_prefix_in_the_order_of_bytes(bucket: Bucket) -> None:
    for key in ["a/b/2", "a/b/10", "a/b-c", "a/B", "a/é", "a/z", "b/a", "a/b/1"]:
        bucket.put(key, b"x")
    assert keys(bucket, "a/") == ["a/B", "a/b-c", "a/b/1", "a/b/10", "a/b/2", "a/z", "a/é"]
    assert keys(bucket, "a/b") == ["a/b-c", "a/b/1", "a/b/10", "a/b/2"]
    assert keys(bucket, "a/b/") == ["a/b/1", "a/b/10", "a/b/2"]
    assert keys(bucket, "c/") == []


def test_a_list_tells_size_and_time(bucket: Bucket) -> None:
    bucket.put("a", b"12345")
    (listed,) = bucket.list("a")
    assert (listed.size, listed.etag) == (5, bucket.get("a").etag)
    assert abs(listed.modified - bucket.get("a").modified) < 1.0


def test_a_list_goes_on_over_pages(bucket: Bucket) -> None:
    names = [f"many/{number:05d}" for number in range(MANY)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: bucket.put(name, b""), names))
    assert keys(bucket, "many/") == names


def test_a_small_file_is_written(bucket: Bucket, tmp_path: Path) -> None:
    path, sha256 = a_file(tmp_path, 70_000)
    bucket.put_file("blobs/x", path, sha256=sha256)
    assert bucket.get("blobs/x").data == path.read_bytes()


def test_an_empty_file_is_written(bucket: Bucket, tmp_path: Path) -> None:
    path, sha256 = a_file(tmp_path, 0)
    bucket.put_file("blobs/x", path, sha256=sha256)
    assert bucket.get("blobs/x").data == b""


def test_a_large_file_is_written_in_parts_and_read_as_a_stream(bucket: Bucket, tmp_path: Path) -> None:
    path, sha256 = a_file(tmp_path, 20_000_000)
    bucket.put_file("blobs/large", path, sha256=sha256)
    digest, sizes = hashlib.sha256(), 0
    with bucket.open("blobs/large") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
            sizes += len(block)
    assert (sizes, digest.hexdigest()) == (20_000_000, sha256)


@pytest.mark.parametrize("size", [1000, 20_000_000])
def test_a_file_is_written_twice_without_harm(bucket: Bucket, tmp_path: Path, size: int) -> None:
    path, sha256 = a_file(tmp_path, size)
    bucket.put_file("blobs/x", path, sha256=sha256)
    bucket.put_file("blobs/x", path, sha256=sha256)
    assert [listed.size for listed in bucket.list("blobs/")] == [size]


@pytest.mark.parametrize("size", [1000, 20_000_000])
def test_a_file_that_is_not_what_was_promised_is_refused(bucket: Bucket, tmp_path: Path, size: int) -> None:
    path, _ = a_file(tmp_path, size)
    with pytest.raises(FormatError, match="changed while it was read"):
        bucket.put_file("blobs/x", path, sha256="0" * 64)
    assert keys(bucket, "blobs/") == []


def test_a_file_that_vanished_is_an_error_of_the_file_and_not_of_the_store(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bucket.put_file("blobs/x", tmp_path / "gone", sha256="0" * 64)


def together(count: int, attempt: Callable[[int], ETag]) -> list[int]:
    """Run `attempt(0…count-1)` at the same moment; the numbers of those that were not refused."""
    gate = threading.Barrier(count)

    def one(number: int) -> int | None:
        gate.wait()
        try:
            attempt(number)
        except PreconditionFailed:
            return None
        return number

    with ThreadPoolExecutor(count) as threads:
        return [number for number in threads.map(one, range(count)) if number is not None]


def test_of_twenty_who_create_an_object_exactly_one_wins(bucket: Bucket) -> None:
    winners = together(20, lambda number: bucket.put("race", b"%d" % number, if_absent=True))
    assert len(winners) == 1
    assert bucket.get("race").data == b"%d" % winners[0]


def test_of_twenty_who_replace_a_version_exactly_one_wins(bucket: Bucket) -> None:
    seen = bucket.put("race", b"before")
    winners = together(20, lambda number: bucket.put("race", b"%d" % number, if_match=seen))
    assert len(winners) == 1
    assert bucket.get("race").data == b"%d" % winners[0]


def test_a_reader_never_sees_half_a_write(bucket: Bucket) -> None:
    values = [bytes([number]) * 200_000 for number in range(4)]
    bucket.put("whole", values[0])
    with ThreadPoolExecutor(4) as threads:
        writes = threads.map(lambda number: bucket.put("whole", values[number % 4]), range(24))
        reads = list(threads.map(lambda _: bucket.get("whole").data, range(24)))
        list(writes)
    assert all(read in values for read in reads)


@pytest.fixture(params=["directory", S3, "door"])
def missing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bucket]:
    absent = DirectoryBucket(tmp_path / "absent")
    if request.param == "directory":
        yield absent
    elif request.param == "door":
        with door.serving(door.unjudged(absent)) as address:
            yield door.Deleting(address, absent)
    else:
        real_store.address()
        yield open_bucket(f"s3://chiplog-absent-{uuid.uuid4().hex}/prefix")


def test_a_bucket_that_does_not_exist_is_told_from_an_object_that_does_not(missing: Bucket, tmp_path: Path) -> None:
    path, sha256 = a_file(tmp_path, 20_000_000)
    for attempt in (
        lambda: missing.get("a"),
        lambda: missing.open("a"),
        lambda: missing.put("a", b"1"),
        lambda: missing.put("a", b"1", if_absent=True),
        lambda: missing.put("a", b"1", if_match=ETag('"1"')),
        lambda: list(missing.list("")),
        lambda: missing.delete("a"),
        lambda: missing.put_file("a", path, sha256=sha256),
    ):
        with pytest.raises(BucketMissing):
            attempt()
