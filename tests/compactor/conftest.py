"""The recorder's world, for what a compactor finds there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from recorder_world import World


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[[str], World]:
    def make(name: str) -> World:
        (tmp_path / name).mkdir()
        return World(tmp_path / name)

    return make
