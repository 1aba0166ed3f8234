"""A bucket on any S3: AWS, MinIO, SeaweedFS, Ceph, R2, versitygw; the only module that imports boto3.

Our callers decide when to try again, so the client itself retries but once. Nothing here logs: a credential can never
reach a log from this module.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
import botocore.exceptions
from botocore.config import Config

from chiplog.bucket import ETag, Listed, Stored
from chiplog.errors import (
    AccessDenied,
    BucketError,
    BucketMissing,
    FormatError,
    NotFound,
    PreconditionFailed,
    SettingsError,
    Unreachable,
)

PART_BYTES = 6 * 1024 * 1024
"""A file up to this size is one PUT; a larger one goes in parts of it: memory holds one part (S3: at least 5 MiB)."""

MAX_PARTS = 10_000
"""S3's limit; parts grow for files beyond PART_BYTES times this."""

_NOT_FOUND = {"NoSuchKey", "404", "NotFound"}
_PRECONDITION = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
_DENIED = {
    "AccessDenied", "403", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
    "InvalidIdentityToken", "ExpiredTokenException", "AllAccessDisabled", "AccountProblem", "NoSuchEntity",
}  # fmt: skip

Parts = list[dict[str, Any]]
"""The parts of an upload as S3 wants them named at its end."""

CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=10,
    s3={"addressing_style": "auto"},
    user_agent_extra="chiplog",
)


class S3Bucket:
    """The `Bucket` protocol over a boto3 S3 client."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @classmethod
    def connect(cls, bucket: str, prefix: str, on_request: Callable[[str, int], None] | None = None) -> "S3Bucket":
        """A bucket with boto3's own credentials and endpoints; `on_request(operation, bytes)` counts requests."""
        try:
            client = boto3.client("s3", config=CONFIG)
        except (botocore.exceptions.BotoCoreError, ValueError) as error:
            raise SettingsError(f"S3 as the AWS variables and files describe it: {error}") from error
        if on_request is not None:
            client.meta.events.register("before-send.s3", _counter(on_request))
        return cls(client, bucket, prefix)

    def get(self, key: str) -> Stored:
        """Read an object."""
        with _mapped(f"GET {self._address(key)}"):
            answer = self._client.get_object(**self._at(key))
            return Stored(answer["Body"].read(), ETag(answer["ETag"]), answer["LastModified"].timestamp())

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        """Write an object under the given condition."""
        conditions: dict[str, str] = {}
        if if_match is not None:
            conditions["IfMatch"] = if_match
        if if_absent:
            conditions["IfNoneMatch"] = "*"
        with _mapped(f"PUT {self._address(key)}"):
            try:
                return ETag(self._client.put_object(**self._at(key), Body=data, **conditions)["ETag"])
            except self._client.exceptions.NoSuchKey as error:
                raise PreconditionFailed(f"{self._address(key)} is gone") from error  # AWS's answer to If-Match then

    def put_file(self, key: str, path: Path, *, sha256: str) -> None:
        """Write a file in one PUT or in parts."""
        with path.open("rb") as file:
            size = path.stat().st_size
            if size > PART_BYTES:
                self._put_parts(key, file, size, sha256)
                return
            data = file.read()
        _verify(hashlib.sha256(data).hexdigest(), sha256, path)
        try:
            self.put(key, data, if_absent=True)
        except PreconditionFailed:
            return  # Such a key names its content: what is there is this.

    def open(self, key: str) -> BinaryIO:
        """Read an object as a stream."""
        with _mapped(f"GET {self._address(key)}"):
            body = self._client.get_object(**self._at(key))["Body"]
        return cast("BinaryIO", io.BufferedReader(_Body(body, self._address(key)), PART_BYTES))

    def list(self, prefix: str) -> Iterator[Listed]:
        """All objects under `prefix`, page by page."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with _mapped(f"LIST {self._address(prefix)}"):
            for page in pages:
                for item in page.get("Contents", []):
                    key = item["Key"].removeprefix(self._prefix)
                    yield Listed(key, item["Size"], ETag(item["ETag"]), item["LastModified"].timestamp())

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        """Delete an object."""
        conditions = {} if if_match is None else {"IfMatch": if_match}
        # Stores differ on a condition for what is gone: some answer 204, some NoSuchKey.
        with suppress(NotFound), _mapped(f"DELETE {self._address(key)}"):
            self._client.delete_object(**self._at(key), **conditions)

    def _put_parts(self, key: str, file: BinaryIO, size: int, sha256: str) -> None:
        if self._holds(key, size):
            return
        with _mapped(f"PUT {self._address(key)}"):
            upload = {**self._at(key), "UploadId": self._client.create_multipart_upload(**self._at(key))["UploadId"]}
            with self._aborting(upload):
                parts = self._send_parts(upload, file, max(PART_BYTES, -(-size // MAX_PARTS)), sha256)
                self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    @contextmanager
    def _aborting(self, upload: dict[str, str]) -> Iterator[None]:
        """Abort the upload where it ends early, so that its parts are not stored, and paid for, without an object."""
        done = False
        try:
            yield
            done = True
        finally:
            if not done:
                # What went wrong is on its way up already; a lifecycle rule sweeps an upload that we cannot reach.
                with suppress(botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
                    self._client.abort_multipart_upload(**upload)

    def _send_parts(self, upload: dict[str, str], file: BinaryIO, part_bytes: int, sha256: str) -> Parts:
        digest = hashlib.sha256()
        parts: Parts = []
        while block := file.read(part_bytes):
            digest.update(block)
            number = len(parts) + 1
            answer = self._client.upload_part(**upload, PartNumber=number, Body=block)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            block = b""  # Else this part would be held while the next one is read.
        _verify(digest.hexdigest(), sha256, Path(file.name))
        return parts

    def _holds(self, key: str, size: int) -> bool:
        with _mapped(f"HEAD {self._address(key)}"):
            try:
                return bool(self._client.head_object(**self._at(key))["ContentLength"] == size)
            except botocore.exceptions.ClientError as error:
                if error.response["Error"]["Code"] in _NOT_FOUND:
                    return False
                raise

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}

    def _address(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{key}"


class _Body(io.RawIOBase):
    """A boto3 body whose read errors are ours."""

    def __init__(self, body: Any, what: str) -> None:
        self._body = body
        self._what = what

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _mapped(f"GET {self._what}"):
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


def _verify(found: str, expected: str, path: Path) -> None:
    if found != expected:
        raise FormatError(f"{path} changed while it was read: SHA-256 {found}, not {expected}")


def _counter(on_request: Callable[[str, int], None]) -> Callable[..., None]:
    def count(event_name: str, request: Any, **_: Any) -> None:
        on_request(event_name.rsplit(".", 1)[-1], int(request.headers.get("Content-Length", 0)))

    return count


@contextmanager
def _mapped(what: str) -> Iterator[None]:
    """Turn boto3's errors into ours, with what we were doing in the message."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        raise _client_error(error, what) from error
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError) as error:
        raise AccessDenied(f"{what}: {error}") from error
    except botocore.exceptions.ParamValidationError as error:
        raise BucketMissing(f"{what}: {error}") from error
    except (botocore.exceptions.BotoCoreError, OSError) as error:
        raise Unreachable(f"{what}: {error}") from error


def _client_error(error: Any, what: str) -> BucketError:
    answer = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    text = f"{what}: {code} {answer.get('Error', {}).get('Message', '')} ({error.operation_name})".strip()
    if code == "NoSuchBucket":
        return BucketMissing(text)
    if code in _NOT_FOUND:
        return NotFound(text)
    if code in _PRECONDITION:
        return PreconditionFailed(text)
    if code in _DENIED or status in (401, 403):
        return AccessDenied(text)
    return Unreachable(text)
