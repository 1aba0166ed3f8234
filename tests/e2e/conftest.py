"""The embedded cluster that `make test` started: its namespace, its bucket, its cluster's name."""

import os
import uuid
from collections.abc import Iterator

import embedded
import pytest

from chiplog.bucket import Bucket
from chiplog.bucket.opening import open_bucket


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.fail(f"{name} is not set: `make test` starts a node of its own, or source its env file")
    return value


@pytest.fixture(scope="session")
def bucket() -> Bucket:
    return open_bucket(_required("CHIPLOG_BUCKET"))


@pytest.fixture(scope="session")
def cluster() -> str:
    """The embedded cluster is named as its prefix in the bucket."""
    return _required("CHIPLOG_BUCKET").rstrip("/").rpartition("/")[2]


@pytest.fixture(scope="session")
def granted() -> str:
    """A namespace whose recorders may write: `make test` made its role."""
    return "default"


@pytest.fixture
def run_name(request: pytest.FixtureRequest, granted: str) -> Iterator[str]:
    """A name of its own for the test's TrainingRun, which is deleted afterwards."""
    name = f"e2e-{uuid.uuid4().hex[:6]}"
    yield name
    embedded.kubectl("delete", "trainingrun", name, "-n", granted, "--ignore-not-found", "--wait=false")
