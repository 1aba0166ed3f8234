"""The recorder as its image starts it, a process, before a real S3 that a proxy may stand in front of."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from recorder_world import PLACE

from chiplog.bucket.s3 import S3Bucket

QUICK = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=0.5, s3={"addressing_style": "path"})
"""A client of little patience: what takes longer it tries again."""


def endpoint() -> str:
    """The S3 that the tests were given."""
    found = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not found:
        pytest.fail("AWS_ENDPOINT_URL names no S3: `make test` starts one, or source .chiplog/env")
    return found


def address(prefix: str) -> str:
    """A place of a test's own in the bucket that the tests were given."""
    root = (os.environ.get("CHIPLOG_TEST_BUCKET") or os.environ["CHIPLOG_BUCKET"]).rstrip("/")
    return f"{root}/faults-{prefix}"


def bucket(prefix: str, at: str, config: Config = QUICK) -> S3Bucket:
    """That place, asked at an address."""
    name, _, root = address(prefix).removeprefix("s3://").partition("/")
    return S3Bucket(boto3.client("s3", endpoint_url=at, config=config), name, root)


@contextmanager
def recording(
    root: Path, prefix: str, at: str, entry: tuple[str, ...] = ("-m", "chiplog_sidecar.start"), **settings: str
) -> Iterator["subprocess.Popen[str]"]:
    """A recorder of a run directory that asks the S3 at an address; it is killed in the end."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL_S3": at,
        "CHIPLOG_BUCKET": address(prefix),
        "CHIPLOG_CLUSTER": PLACE.cluster,
        "CHIPLOG_NAMESPACE": PLACE.namespace,
        "CHIPLOG_RECORDER": PLACE.id,
        "CHIPLOG_DIR": str(root),
        **settings,
    }
    command = [sys.executable, *entry]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to hold."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it does not hold after {seconds:g} s"
        time.sleep(0.05)
