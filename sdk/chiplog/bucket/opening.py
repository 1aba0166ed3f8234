"""Opens the bucket that an address names; the only place that knows which implementation an address means."""

import os
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

from chiplog.bucket import Bucket
from chiplog.bucket.directory import DirectoryBucket
from chiplog.errors import SettingsError

if TYPE_CHECKING:
    from chiplog.bucket.http import HttpBucket


def open_bucket(
    address: str,
    on_request: Callable[[str, int], None] | None = None,
    under_way: MutableMapping[str, str] | None = None,
) -> Bucket:
    """The bucket at `s3://bucket/prefix`, behind a door (`https://…`), or in a directory (a path or `file://…`).

    `on_request(operation, bytes)` is called for every request to an S3 store or a door. `under_way` keeps the ids of an
    S3's uploads in parts from their begin to their end, by key; one that an earlier process left goes on. Credentials
    are boto3's own: the environment, a web identity, or the machine's; of a door CHIPLOG_API_KEY or
    CHIPLOG_API_KEY_FILE.
    Raises SettingsError for an address that is none of these.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "file", address
    if scheme == "s3":
        name, _, prefix = rest.partition("/")
        if not name:
            raise SettingsError(f"the bucket address {address!r} names no bucket: write s3://bucket/prefix")
        from chiplog.bucket.s3 import S3Bucket  # boto3 is an extra, and slow to import

        return S3Bucket.connect(name, prefix.strip("/"), on_request, under_way)
    if scheme in ("https", "http"):
        return door(address, on_request)
    if scheme == "file" and rest:
        return DirectoryBucket(Path(rest).expanduser())
    raise SettingsError(
        f"the bucket address {address!r} is neither s3://bucket/prefix nor https://door nor a directory"
    )


def door(address: str, on_request: Callable[[str, int], None] | None = None) -> "HttpBucket":
    """The bucket behind the door at an address. Raises SettingsError."""
    from chiplog.bucket import http  # A recorder with a bucket of its own starts without it.
    from chiplog.bucket.apikey import ApiKey

    http.check(address)  # It is named before a key is missed.
    return http.HttpBucket(address, ApiKey.from_env(os.environ), on_request)


def is_door(address: str) -> bool:
    """Whether an address is a door's."""
    return address.startswith(("https://", "http://"))
