"""A large file on its way into an S3 in parts that survive our death; it maps no error and decides no retry.

The store verifies every part by the CRC-32 that comes with it, and we verify the whole by its SHA-256 before the upload
is completed. An upload that ended early stays, noted by its key: the next one asks for its parts (ListParts) and sends
only those that are missing or differ. A key names its content, so no other content's parts can stand there.
"""

import base64
import hashlib
import io
import os
import zlib
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chiplog.errors import FormatError

PART_BYTES = 6 * 1024 * 1024
"""A file up to this size is one PUT; a larger one goes in parts of it (S3: at least 5 MiB)."""

MAX_PARTS = 10_000
"""S3's limit; parts grow, in whole MiB, for files beyond PART_BYTES times this."""

_BLOCK_BYTES = 1 << 20

CHANGED = frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest"})
"""What a store answers to bytes that are not those of the checksum: the file changed between the two readings."""


@dataclass(frozen=True)
class Part:
    """A part as the store says that it has it."""

    size: int
    etag: str
    crc32: str
    """In base64; empty where the store keeps none."""


class Section(io.RawIOBase):
    """The bytes `[start, end)` of an open file, read where they stand: no part is ever held in memory."""

    def __init__(self, descriptor: int, start: int, end: int) -> None:
        self._descriptor, self._start, self._size, self._at = descriptor, start, end - start, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is: a client that tries again begins at the start."""
        return True

    def tell(self) -> int:
        """Bytes from the section's start."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte of the section."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read on; 0 at the section's end, or at the file's if it shrank."""
        room = min(len(buffer), max(0, self._size - self._at))
        data = os.pread(self._descriptor, room, self._start + self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def __len__(self) -> int:
        return self._size


class Upload:
    """One file's way to one key.

    Args:
        client: boto3's S3 client, whose errors pass through.
        place: `Bucket` and `Key`.
        descriptor: the open file.
        size: of the file, in bytes.
        under_way: ids of uploads that are not completed, by key; this one stands there from its begin to its end.
    """

    def __init__(
        self, client: Any, place: dict[str, str], descriptor: int, size: int, under_way: MutableMapping[str, str]
    ) -> None:
        self._client = client
        self._place = place
        self._descriptor = descriptor
        self._size = size
        self._under_way = under_way
        self._part_bytes = part_size(size)

    def send(self, sha256: str) -> None:
        """Send what is missing and complete the upload. Raises FormatError where the content is not `sha256`."""
        upload_id, present = self._begun() or (self._begin(), {})
        upload = {**self._place, "UploadId": upload_id}
        digest = hashlib.sha256()
        try:
            parts = [self._send(upload, number, digest, present.get(number)) for number in self._numbers()]
            if digest.hexdigest() != sha256:
                raise FormatError(f"the file changed while it was read: SHA-256 {digest.hexdigest()}, not {sha256}")
        except FormatError:
            self._abort(upload)
            raise
        self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        self._under_way.pop(self._place["Key"], None)

    def _numbers(self) -> range:
        return range(1, -(-self._size // self._part_bytes) + 1)

    def _send(self, upload: dict[str, str], number: int, digest: Any, present: Part | None) -> dict[str, Any]:
        section = self._section(number)
        md5 = hashlib.md5(usedforsecurity=False) if present is not None and not present.crc32 else None
        crc32 = _checksum(section, [digest, md5] if md5 else [digest])
        if present is not None and present.size == len(section):
            if present.crc32 == crc32:
                return _named(number, present.etag, crc32)
            if md5 and present.etag.strip('"') == md5.hexdigest():
                return _named(number, present.etag, "")
        section.seek(0)
        try:
            answer = self._client.upload_part(**upload, PartNumber=number, Body=section, ChecksumCRC32=crc32)
        except self._client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in CHANGED:
                raise FormatError(f"part {number} changed while it was read") from error
            raise
        return _named(number, answer["ETag"], answer.get("ChecksumCRC32", ""))

    def _section(self, number: int) -> Section:
        start = (number - 1) * self._part_bytes
        return Section(self._descriptor, start, min(self._size, start + self._part_bytes))

    def _begin(self) -> str:
        begun = self._client.create_multipart_upload(**self._place, ChecksumAlgorithm="CRC32")
        upload_id = self._under_way[self._place["Key"]] = str(begun["UploadId"])
        return upload_id

    def _begun(self) -> tuple[str, dict[int, Part]] | None:
        """The upload of this key that ended early, with its parts; None where there is none, or the store or a role
        does not show it: then all parts are sent."""
        upload_id = self._under_way.get(self._place["Key"])
        if upload_id is None:
            return None
        try:
            return upload_id, dict(self._parts(upload_id))
        except self._client.exceptions.ClientError:
            return None

    def _parts(self, upload_id: str) -> Iterator[tuple[int, Part]]:
        pages = self._client.get_paginator("list_parts").paginate(**self._place, UploadId=upload_id)
        for page in pages:
            for item in page.get("Parts", []):
                yield item["PartNumber"], Part(item["Size"], item["ETag"], item.get("ChecksumCRC32", ""))

    def _abort(self, upload: dict[str, str]) -> None:
        # Parts of a content that the file does not have any more: stored, and paid for, without an object.
        with suppress(self._client.exceptions.ClientError):
            self._client.abort_multipart_upload(**upload)
        self._under_way.pop(self._place["Key"], None)


def part_size(size: int) -> int:
    """Bytes of a part of a file of `size` bytes; the same for every life, so that parts of one fit another's."""
    mib = 1 << 20
    return max(PART_BYTES, -(-size // MAX_PARTS // mib) * mib + mib if size > PART_BYTES * MAX_PARTS else 0)


def _named(number: int, etag: str, crc32: str) -> dict[str, Any]:
    """A part as its upload's end names it."""
    return {"PartNumber": number, "ETag": etag, **({"ChecksumCRC32": crc32} if crc32 else {})}


def _checksum(section: Section, digests: list[Any]) -> str:
    """The section's CRC-32 in base64; the digests take its bytes in."""
    crc32, taken = 0, 0
    while block := section.read(_BLOCK_BYTES):
        for digest in digests:
            digest.update(block)
        crc32 = zlib.crc32(block, crc32)
        taken += len(block)
    if taken != len(section):
        raise FormatError(f"the file changed while it was read: it ends {len(section) - taken} bytes earlier")
    return base64.b64encode(crc32.to_bytes(4, "big")).decode()
