"""Gets several objects at a time, for a store takes its time to answer; it knows nothing of their content."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from chiplog.bucket import Bucket, Stored
from chiplog.errors import NotFound

THREADS = 8
"""Requests under way at once; the S3 client keeps 10 connections."""


def fetch(bucket: Bucket, keys: Iterable[str]) -> list[Stored | None]:
    """The objects at `keys`, in their order; None for each that is not there. Raises BucketError otherwise."""
    wanted = list(keys)
    if len(wanted) < 2:
        return [_get(bucket, key) for key in wanted]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="fetch") as threads:
        return list(threads.map(lambda key: _get(bucket, key), wanted))


def _get(bucket: Bucket, key: str) -> Stored | None:
    try:
        return bucket.get(key)
    except NotFound:
        return None
