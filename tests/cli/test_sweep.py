"""What `chiplog sweep` answers, from the trials that are over."""

import json
import math
from typing import Any

import pytest
from bucket_world import CLUSTER, NOW, World

from chiplog import layout, records


def trial(index: int, value: float | None, state: str = "succeeded", **searched: Any) -> dict[str, Any]:
    metric = {"name": "loss", "goal": "minimize", "count": 1, "least": value, "most": value, "last": value, "at": {}}
    return {
        "format": records.TRIAL_FORMAT, "min_reader": 1, "run": f"lr-{index}-0123abcd", "name": f"lr-{index}",
        "project": "vision", "sweep": "lr", "sweep_id": "lr-5eeb0000", "method": "random", "index": index,
        "state": state, "message": "stopped at iteration 3: loss 9 is above 1" if state == "pruned" else "",
        "parameters": {**searched, "seed": 7}, "searched": searched, "metrics": [metric], "started_at": NOW - 100,
        "finished_at": NOW - 50,
    }  # fmt: skip


@pytest.fixture
def world() -> World:
    world = World()
    for index in range(24):
        lr, width = index / 24, (index * 7) % 24
        loss = 10 * (lr - 0.5) ** 2 + 0.001 * (index % 5)
        put(world, trial(index, loss, lr=lr, width=width, optimizer="adam" if index % 2 else "sgd"))
    put(world, trial(24, 9.0, "pruned", lr=0.9, width=3, optimizer="adam"))
    put(world, trial(25, None, "failed", lr=0.5, width=3, optimizer="adam"))
    return world


def put(world: World, document: dict[str, Any], namespace: str = "team") -> None:
    place = layout.Run(CLUSTER, namespace, document["run"])
    world.bucket.put(layout.trial_key(place), records.pack_document(document))


def test_sweeps_are_listed_with_their_best(chiplog: Any) -> None:
    [found] = json.loads(chiplog("sweep", "ls", "-o", "json").stdout)
    assert (found["name"], found["trials"], found["succeeded"], found["pruned"], found["failed"]) == (
        "lr",
        26,
        24,
        1,
        1,
    )
    assert (found["best"], found["parameters"]["lr"]) == ("lr-12", 0.5)


def test_a_sweep_is_shown_with_data_for_parallel_coordinates(chiplog: Any) -> None:
    found = json.loads(chiplog("sweep", "show", "team/lr", "-o", "json").stdout)
    assert [item["index"] for item in found["trials"]] == list(range(26))
    assert set(found["trials"][3]["parameters"]) == {"lr", "width", "optimizer"}
    assert found["trials"][24]["message"].startswith("stopped at iteration 3")


def test_people_see_trials_and_why_they_were_stopped(chiplog: Any) -> None:
    shown = chiplog("sweep", "show", "lr").stdout
    assert "24 succeeded, 1 failed, 1 pruned" in shown
    assert "stopped at iteration 3: loss 9 is above 1" in shown


def test_the_best_come_first(chiplog: Any) -> None:
    found = json.loads(chiplog("sweep", "best", "lr-5eeb0000", "--count", "3", "-o", "json").stdout)
    assert [item["name"] for item in found] == ["lr-12", "lr-11", "lr-13"]


def test_a_sweep_without_a_value_answers_no(chiplog: Any, world: World) -> None:
    failed = {**trial(0, None, "failed", lr=1.0), "sweep": "bad", "sweep_id": "bad-1", "run": "bad-0-1"}
    put(world, failed)
    done = chiplog("sweep", "best", "bad")
    assert (done.exit_code, done.stderr) == (1, "no trial of bad has a value\n")


def test_importance_finds_an_effect_that_does_not_rise(chiplog: Any) -> None:
    found = {item["parameter"]: item for item in json.loads(chiplog("sweep", "importance", "lr", "-o", "json").stdout)}
    assert found["lr"]["importance"] > 0.5
    assert abs(found["lr"]["correlation"]) < 0.5
    assert found["width"]["importance"] < 0.3
    assert found["optimizer"]["importance"] < 0.2
    assert found["optimizer"]["correlation"] is None
    assert next(iter(found)) == "lr"


def test_importance_of_a_rising_effect_has_its_sign(chiplog: Any, world: World) -> None:
    for index in range(10):
        document = trial(index, math.exp(-index), x=index)
        put(world, {**document, "sweep": "up", "sweep_id": "up-1", "run": f"up-{index}-1"})
    assert "-1.00" in chiplog("sweep", "importance", "up").stdout


def test_a_sweep_that_is_not_there_is_not_found(chiplog: Any) -> None:
    done = chiplog("sweep", "show", "nope")
    assert done.exit_code == 3
    assert "no sweep answers to 'nope'" in done.stderr


def test_a_document_that_cannot_be_read_hides_no_other(chiplog: Any, world: World) -> None:
    world.bucket.put(layout.trial_key(layout.Run(CLUSTER, "team", "x-1")), b"{}")
    assert len(json.loads(chiplog("sweep", "ls", "-o", "json").stdout)) == 1
