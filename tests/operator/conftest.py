"""The operator's world as fixtures."""

from collections.abc import Callable
from typing import Any

import pytest
from operator_world import World, training_run
from others_world import Others, of_many_kinds


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def make_world() -> Callable[..., World]:
    def make(**spec: Any) -> World:
        return World(training_run(**spec))

    return make


@pytest.fixture
def others() -> Others:
    return of_many_kinds()
