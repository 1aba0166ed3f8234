"""The operator's world as fixtures."""

from collections.abc import Callable
from typing import Any

import pytest
from operator_world import World, training_run


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def make_world() -> Callable[..., World]:
    def make(**spec: Any) -> World:
        return World(training_run(**spec))

    return make
