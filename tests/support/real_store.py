"""A prefix of the test's own in the real S3 that `make test` started; what is written there is deleted afterwards."""

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from chiplog.bucket import Bucket
from chiplog.bucket.opening import open_bucket


def address() -> str:
    """Where the integration tests may write; a run that asks for them without naming it fails."""
    found = os.environ.get("CHIPLOG_TEST_BUCKET") or os.environ.get("CHIPLOG_BUCKET")
    if not found or not found.startswith("s3://"):
        pytest.fail("CHIPLOG_TEST_BUCKET names no bucket: set it to s3://bucket/prefix, with the AWS variables")
    return found.rstrip("/")


@contextmanager
def prefix(name: str) -> Iterator[Bucket]:
    """An empty bucket under a name that nobody else has."""
    store = open_bucket(f"{address()}/{name}-{uuid.uuid4().hex}")
    yield store
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda listed: store.delete(listed.key), list(store.list(""))))
