"""Schemathesis asks the API what its document allows, and what it does not: nothing is an error of the server's."""

import time
from typing import Any

import filled_world
import pytest
import schemathesis
from bucket_world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from chiplog.watching import Watcher
from chiplog_dashboard import app, changing, contract, openapi
from chiplog_dashboard.access import Everybody
from chiplog_dashboard.api import Api
from chiplog_dashboard.groups import Groups
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.settings import PAGE
from chiplog_dashboard.shelf import Shelf
from chiplog_dashboard.sight import Sight

EXAMPLES = 12
"""Of each operation in each mode: the whole file takes some 15 s."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
ASKED = [
    pytest.param(method, path, mode, id=f"{method} {path} {mode.value}")
    for (method, path), told in sorted(contract.OPERATIONS.items())
    for mode in (RIGHT, WRONG)
    # One that takes nothing but names cannot be asked wrongly; the events never end.
    if told.kind != contract.EVENTS and (mode is RIGHT or told.parameters or told.body)
]


@pytest.fixture(scope="module")
def application() -> Starlette:
    """The application over a bucket in which there is something of everything."""
    world = filled_world.fill(World())
    shelf = Shelf(world.bucket, world.clock, time.monotonic, 60.0)
    sight = Sight(shelf, Everybody())
    api = Api(world.bucket, sight, Histories(world.bucket, time.monotonic), Watcher(world.bucket))
    more = changing.routes(world.bucket, sight, world.clock)
    return app.create(api, Groups(world.bucket, sight), PAGE, ["*"], more=more)


@pytest.fixture(scope="module")
def schema(application: Starlette) -> Any:
    return schemathesis.openapi.from_asgi(openapi.PATH, application)


@pytest.mark.parametrize(("method", "path", "mode"), ASKED)
def test_every_question_is_answered_or_refused_as_the_document_says(
    schema: Any, method: str, path: str, mode: GenerationMode
) -> None:
    operation = schema[path][method]

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def ask(case: Any, is_there: bool) -> None:
        if is_there:  # Else hardly any question would be about something that is there.
            case.path_parameters = {name: filled_world.PLACES[name] for name in case.path_parameters or {}}
        case.validate_response(case.call(), checks=CHECKS)

    ask()
