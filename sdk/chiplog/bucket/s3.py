"""A bucket on any S3: AWS, MinIO, SeaweedFS, Ceph, R2, versitygw; boto3 enters here alone, by its core, botocore.

What boto3 has above that (resources, s3transfer) nobody here needs, and to load it costs a recorder 3 MiB and, with its
tenth of a core, half a second of its first rows' way to the bucket.

Our callers decide when to try again, so the client itself retries but once. Nothing here logs: a credential can never
reach a log from this module.
"""

import base64
import errno
import functools
import hashlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import botocore.exceptions
import botocore.loaders
import botocore.session
from botocore.config import Config

from chiplog.bucket import ETag, Listed, Stored, direct, is_between, keys, prefixes, skew, uploads
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

_NOT_FOUND = {"NoSuchKey", "404", "NotFound"}
_PRECONDITION = {"PreconditionFailed", "412"}
"""409 (ConditionalRequestConflict) is none: another request was under way, nothing is known, and AWS says try again."""
_BEHIND = {"InvalidRange", "416"}
_DENIED = {
    "AccessDenied", "403", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
    "InvalidIdentityToken", "ExpiredTokenException", "AllAccessDisabled", "AccountProblem", "NoSuchEntity",
}  # fmt: skip

CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"total_max_attempts": 2, "mode": "standard"},
    max_pool_connections=16,
    s3={"addressing_style": "auto"},
    user_agent_extra="chiplog",
)


class S3Bucket:
    """The `Bucket` protocol over a boto3 S3 client."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str,
        under_way: MutableMapping[str, str] | None = None,
        known: skew.Skew | None = None,
        on_request: Callable[[str, int], None] | None = None,
    ) -> None:
        self._client = client
        known = known or skew.Skew()
        known.attach(client)
        client.meta.events.register("before-parse.s3.ListObjectsV2", prefixes.take)
        self._creator = direct.Creator(client, bucket, known, on_request)
        self._under_way = {} if under_way is None else under_way
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @classmethod
    def connect(
        cls,
        bucket: str,
        prefix: str,
        on_request: Callable[[str, int], None] | None = None,
        under_way: MutableMapping[str, str] | None = None,
    ) -> "S3Bucket":
        """A bucket with boto3's own credentials and endpoints; `on_request(operation, bytes)` counts requests, and
        `under_way` holds the ids of uploads in parts that ended early."""
        try:
            client, known = _client()
        except (botocore.exceptions.BotoCoreError, ValueError) as error:
            raise SettingsError(f"S3 as the AWS variables and files describe it: {error}") from error
        if on_request is not None:
            client.meta.events.register("before-send.s3", _counter(on_request))
        return cls(client, bucket, prefix, under_way, known, on_request)

    def get(self, key: str) -> Stored:
        """Read an object."""
        with _mapped(f"GET {self._address(key)}"):
            answer = self._client.get_object(**self._at(key))
            told = skew.seconds(answer["ResponseMetadata"]["HTTPHeaders"].get("date"))
            modified = answer["LastModified"].timestamp()
            return Stored(answer["Body"].read(), ETag(answer["ETag"]), modified, time.time() if told is None else told)

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
        """Write a file in one PUT or in parts, each with a checksum that the store verifies."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > uploads.PART_BYTES:
                self._put_parts(key, file, size, sha256)
                return
            data = file.read()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FormatError(f"{path} changed while it was read, it is not {sha256}")
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        if not self._is_created(key, data, sha256, checksum):
            self._compare(key, len(data), checksum)

    def _is_created(self, key: str, data: bytes, sha256: str, checksum: str) -> bool:
        """Write an object that is not there; False where it is."""
        answer = self._creator.create(self._prefix + key, data, sha256)
        if answer:
            return answer == direct.CREATED
        try:
            with _mapped(f"PUT {self._address(key)}"):
                self._client.put_object(**self._at(key), Body=data, IfNoneMatch="*", ChecksumSHA256=checksum)
        except PreconditionFailed:
            return False
        return True

    def _compare(self, key: str, size: int, checksum: str) -> None:
        """What is there counts as acknowledged only where the store says that it is this: an answer was lost, or an
        earlier life died before it told. Raises OSError where it is something else."""
        with _mapped(f"HEAD {self._address(key)}"):
            found = self._client.head_object(**self._at(key), ChecksumMode="ENABLED")
        if found["ContentLength"] != size or found.get("ChecksumSHA256", checksum) != checksum:
            raise FileExistsError(errno.EEXIST, "the store holds other bytes under its digest", key)

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """Read an object, or a range of its bytes, as a stream."""
        wanted = {} if not start and end is None else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
        with _mapped(f"GET {self._address(key)}"):
            try:
                body = self._client.get_object(**self._at(key), **wanted)["Body"]
            except botocore.exceptions.ClientError as error:
                if error.response["Error"]["Code"] in _BEHIND:
                    return io.BytesIO()
                raise
        return cast("BinaryIO", io.BufferedReader(_Body(body, self._address(key)), uploads.PART_BYTES))

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

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        """The folders right below `prefix`, page by page."""
        inside = self._prefix + prefix
        # "0" comes right after the slash: behind every key of that folder, before those of all later ones.
        start = {"StartAfter": f"{inside}{after}0"} if after else {}
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=inside, Delimiter="/", **start
        )
        with _mapped(f"LIST {self._address(prefix)}"):
            for page in pages:
                for item in page.get("CommonPrefixes", []):
                    name = item["Prefix"].removeprefix(inside).removesuffix("/")
                    if until and not is_between(name, after, until):
                        return
                    yield name

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
            uploads.Upload(self._client, self._at(key), file.fileno(), size, self._under_way).send(sha256)

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


def _client() -> tuple[Any, skew.Skew]:
    """A client of boto3's own surroundings, and what it learns of the store's clock."""
    known, shared = skew.Skew(), botocore.session.get_session()
    shared.register_component("data_loader", _loader(shared.get_config_variable("data_path")))
    shared.set_default_client_config(CONFIG)  # For the client of STS, which botocore makes by itself.
    shared.register("after-call.sts", known.learn)
    client = shared.create_client("s3", config=CONFIG)
    keys.Renewal(shared.get_credentials(), known, time.monotonic)
    return client, known


@functools.cache
def _loader(more: str | None) -> Any:
    """What botocore reads of its own files and of the folders `more`, for all sessions of this process: 12 MiB each
    else."""
    folders = [
        str(Path(os.path.expandvars(folder)).expanduser()) for folder in (more or "").split(os.pathsep) if folder
    ]
    return _Loader(folders, _PlainLoader())


class _Loader(botocore.loaders.Loader):
    """Knows which services a client of S3 asks, itself and for its credentials; botocore's own looks into four hundred
    folders to learn that there is an S3, which takes longer than all that it then reads of it."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's own signature
        return ["s3", "signin", "sso", "sso-oidc", "sts"]


class _PlainLoader(botocore.loaders.JSONFileLoader):
    """Reads botocore's descriptions of services into dicts, which keep their order as its OrderedDicts do: a third of
    their memory, 4 MiB, and a fifth of the time that a client takes to make."""

    def _load_file(self, full_path: str, open_method: Callable[..., BinaryIO]) -> Any:
        try:
            with open_method(full_path, "rb") as file:
                return json.loads(file.read())
        except FileNotFoundError:
            return None


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
    except RuntimeError as error:  # botocore's word for new credentials that are expired already: our clock is wrong.
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
    unreachable = Unreachable(text)
    unreachable.retry_after_seconds = _retry_after(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
    return unreachable


def _retry_after(headers: dict[str, str]) -> float:
    """Seconds that an answer asks for; 0 where it does not, or says it as a date, which no S3 does."""
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0
