"""The recorder's world, and a real S3 over a bad network, as fixtures."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import recorder_process
from recorder_world import World
from toxic import Proxy, proxy


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[[str], World]:
    def make(name: str) -> World:
        (tmp_path / name).mkdir()
        return World(tmp_path / name)

    return make


@pytest.fixture
def store() -> Iterator[Proxy]:
    """A proxy before the S3 that the tests were given."""
    with proxy(recorder_process.endpoint()) as made:
        yield made
