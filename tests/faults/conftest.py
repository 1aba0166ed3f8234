"""The recorder's world as fixtures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from recorder_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[[str], World]:
    def make(name: str) -> World:
        (tmp_path / name).mkdir()
        return World(tmp_path / name)

    return make
