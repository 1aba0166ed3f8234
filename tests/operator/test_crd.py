"""The CRD and the code that reads and writes its objects say the same."""

import dataclasses
import re
from typing import Any

import jsonschema
import pytest
from crd import SCHEMA, strict
from operator_world import KEY, Step, World, training_run, until_stable

from chiplog_operator import specs
from chiplog_operator.cluster import Forbidden
from chiplog_operator.heads import Probe


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


@pytest.mark.parametrize(
    ("schema", "value"), [(SCHEMA["spec"], specs.Run), (SCHEMA["spec"]["properties"]["recorder"], specs.Recorder)]
)
def test_every_field_that_a_person_may_write_is_read(schema: Any, value: type) -> None:
    read = {field.name for field in dataclasses.fields(value)}
    named = {"from": "source"}  # A word of Python's own.
    written = {named.get(name, snake(name)) for name in schema["properties"]} - {"resources"}
    assert written - read == set()


def test_what_a_person_leaves_out_is_read_as_the_schema_s_default() -> None:
    bare = training_run()
    bare["spec"] = {"template": {"spec": {"containers": [{"name": "t"}]}}}
    full = training_run()
    full["spec"] = {
        **bare["spec"],
        **{name: item["default"] for name, item in SCHEMA["spec"]["properties"].items() if "default" in item},
    }
    assert specs.run(bare) == specs.run(full)


def denied(world: World) -> None:
    world.prober.answer = Probe("denied", "no")
    world.clock.now += 60


def refused(world: World) -> None:
    world.cluster.refusal = Forbidden("quota")


LIVES: dict[str, list[Step]] = {
    "well": [World.passes, World.make_pod, World.run_pod, World.record, World.end_pod, World.end_job],
    "out of memory": [
        World.passes, World.make_pod, World.run_pod, World.record,
        lambda world: world.end_pod(code=137, reason="OOMKilled"), lambda world: world.end_job("Failed", "x", "y"),
    ],
    "denied": [World.passes, World.make_pod, World.run_pod, denied],
    "refused": [refused],
    "suspended": [World.passes, lambda world: world.cluster.runs[KEY]["spec"].update(suspend=True)],
    "deleted": [World.passes, World.make_pod, World.run_pod, World.vanish_pod,
                lambda world: world.cluster.jobs.clear()],
}  # fmt: skip


@pytest.mark.parametrize("life", LIVES)
def test_every_status_that_we_write_is_one_that_the_schema_knows(life: str) -> None:
    world = World()
    for step in LIVES[life]:
        step(world)
        world.clock.now += 2
        until_stable(world)
        jsonschema.validate(world.status, strict(SCHEMA["status"]))
