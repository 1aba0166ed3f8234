"""A large file's way into an S3 that dies in the middle: a store with parts, over real HTTP, and uploads that go on."""

import base64
import hashlib
import os
import re
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config

from chiplog.bucket.s3 import S3Bucket
from chiplog.bucket.uploads import MAX_PARTS, PART_BYTES, Section, part_size
from chiplog.errors import FormatError, Unreachable

SIZE = 3 * PART_BYTES + 12_345


@dataclass
class Store:
    """Uploads in parts as S3 keeps them: it answers 503 to the part `refuses`, finds the part `damages` damaged, and
    with `hides` lists nothing."""

    parts: dict[int, bytes] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    upload: str = ""
    sent: list[int] = field(default_factory=list)
    refuses: int = 0
    damages: int = 0
    hides: bool = False
    has_checksums: bool = True
    changes: Path | None = None
    """A file that is rewritten while its second part is on its way."""
    aborted: bool = False

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes, crc32: str) -> tuple[int, str]:
        if method == "HEAD":
            return (200, "") if path in self.objects else (404, "")
        if method == "DELETE":
            self.aborted, self.upload = True, ""
            self.parts.clear()
            return 204, ""
        if method == "GET":
            return self._list(query)
        if "uploads" in query:
            self.upload = "u1"
            return (
                200,
                f"<InitiateMultipartUploadResult><UploadId>{self.upload}</UploadId></InitiateMultipartUploadResult>",
            )
        if method == "POST":
            numbers = [int(number) for number in re.findall(r"<PartNumber>(\d+)</PartNumber>", body.decode())]
            self.objects[path] = b"".join(self.parts[number] for number in numbers)
            return 200, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
        return self._take(int(query["partNumber"][0]), body, crc32)

    def _take(self, number: int, body: bytes, crc32: str) -> tuple[int, str]:
        if number == self.refuses:
            return 503, "SlowDown"
        if _crc32(body) != crc32 or number == self.damages:
            return 400, "BadDigest"
        if number == 2 and self.changes is not None:
            self.changes.write_bytes(b"?" * SIZE)
        self.sent.append(number)
        self.parts[number] = body
        return 200, ""

    def _list(self, query: dict[str, list[str]]) -> tuple[int, str]:
        if self.hides:
            return 403, "AccessDenied"
        if query["uploadId"] != [self.upload]:
            return 404, "NoSuchUpload"
        parts = "".join(self._part(number, data) for number, data in sorted(self.parts.items()))
        return 200, f"<ListPartsResult><IsTruncated>false</IsTruncated>{parts}</ListPartsResult>"

    def _part(self, number: int, data: bytes) -> str:
        checksum = f"<ChecksumCRC32>{_crc32(data)}</ChecksumCRC32>" if self.has_checksums else ""
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return f'<Part><PartNumber>{number}</PartNumber><Size>{len(data)}</Size><ETag>"{etag}"</ETag>{checksum}</Part>'


def _crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def under_way() -> dict[str, str]:
    return {}


@pytest.fixture
def bucket(store: Store, under_way: dict[str, str]) -> Iterator[S3Bucket]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            query = parse_qs(url.query, keep_blank_values=True)
            crc32 = self.headers.get("x-amz-checksum-crc32", "")
            code, text = store.answer(self.command, url.path, query, body, crc32)
            text = f"<Error><Code>{text}</Code></Error>" if code >= 400 and text else text
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.send_header("ETag", f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')
            if store.has_checksums and crc32:
                self.send_header("x-amz-checksum-crc32", crc32)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{running.server_port}", region_name="us-east-1", aws_access_key_id="k",
        aws_secret_access_key="s", config=config,
    )  # fmt: skip
    yield S3Bucket(client, "team", "", under_way)
    client.close()
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(SIZE))
    return path


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("has_checksums", [True, False])
def test_an_upload_that_ended_early_goes_on_with_what_is_missing(
    bucket: S3Bucket, store: Store, under_way: dict[str, str], large: Path, has_checksums: bool
) -> None:
    store.has_checksums = has_checksums
    store.refuses = 3
    with pytest.raises(Unreachable):
        bucket.put_file("blob", large, sha256=sha256_of(large))
    assert (store.sent, store.aborted, under_way) == ([1, 2], False, {"blob": "u1"})
    store.refuses = 0
    bucket.put_file("blob", large, sha256=sha256_of(large))
    assert (store.sent, under_way) == ([1, 2, 3, 4], {})
    assert store.objects["/team/blob"] == large.read_bytes()


def test_an_upload_that_the_store_has_swept_begins_again(
    bucket: S3Bucket, store: Store, under_way: dict[str, str], large: Path
) -> None:
    under_way["blob"] = "of last month"
    bucket.put_file("blob", large, sha256=sha256_of(large))
    assert (store.sent, under_way) == ([1, 2, 3, 4], {})


def test_a_part_that_differs_from_the_file_is_sent_again(
    bucket: S3Bucket, store: Store, under_way: dict[str, str], large: Path
) -> None:
    under_way["blob"] = "u1"
    store.upload, store.parts = "u1", {1: b"?" * PART_BYTES, 2: large.read_bytes()[PART_BYTES : 2 * PART_BYTES - 1]}
    bucket.put_file("blob", large, sha256=sha256_of(large))
    assert store.sent == [1, 2, 3, 4]
    assert store.objects["/team/blob"] == large.read_bytes()


def test_a_role_that_may_not_list_parts_sends_everything(bucket: S3Bucket, store: Store, large: Path) -> None:
    store.hides = True
    store.refuses = 4
    with pytest.raises(Unreachable):
        bucket.put_file("blob", large, sha256=sha256_of(large))
    store.refuses = 0
    bucket.put_file("blob", large, sha256=sha256_of(large))
    assert store.sent == [1, 2, 3, 1, 2, 3, 4]
    assert store.objects["/team/blob"] == large.read_bytes()


def test_a_file_that_changes_on_its_way_is_never_completed(
    bucket: S3Bucket, store: Store, under_way: dict[str, str], large: Path
) -> None:
    store.changes = large
    with pytest.raises(FormatError, match="changed while it was read"):
        bucket.put_file("blob", large, sha256=sha256_of(large))
    assert (store.objects, store.aborted, under_way) == ({}, True, {})


def test_a_part_whose_checksum_fails_at_the_store_is_a_change_of_the_file(
    bucket: S3Bucket, store: Store, under_way: dict[str, str], large: Path
) -> None:
    store.damages = 2
    with pytest.raises(FormatError, match="part 2 changed while it was read"):
        bucket.put_file("blob", large, sha256=sha256_of(large))
    assert (store.objects, store.aborted, under_way) == ({}, True, {})


def test_a_section_reads_its_own_bytes_again_and_again(large: Path) -> None:
    data = large.read_bytes()
    with large.open("rb") as file:
        section = Section(file.fileno(), 100, 250)
        for _ in range(2):
            section.seek(0)
            assert section.read() == data[100:250]
        assert (section.seek(-10, os.SEEK_END), section.read(99), section.tell(), len(section)) == (
            140, data[240:250], 150, 150,
        )  # fmt: skip


@pytest.mark.parametrize("size", [1, PART_BYTES * MAX_PARTS, PART_BYTES * MAX_PARTS + 1, 5 << 40])
def test_no_file_has_more_parts_than_s3_takes(size: int) -> None:
    assert -(-size // part_size(size)) <= MAX_PARTS
    assert PART_BYTES <= part_size(size) <= 5 << 30
