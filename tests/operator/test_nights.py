"""A night of a line: what is written down, whether its gates hold, and the pointer that only good nights move."""

from typing import Any

import pytest
from operator_world import KEY, SETTINGS, START, World, training_run

from chiplog import layout, records
from chiplog.bucket.memory import MemoryBucket
from chiplog_operator import names, times
from chiplog_operator.sightings import Key

DAY = 86_400.0
GATE = {"metric": "loss", "goal": "minimize", "previousPercent": 10}
LINE = layout.Line(SETTINGS.cluster, KEY.namespace, "cron-1")


def night(loss: float, day: int = 0, world: World | None = None, state: str = "Complete", **spec: Any) -> World:
    """A run of the line's n-th night, from its start to its end; `world` lends its bucket."""
    body = training_run(**{"gates": [GATE], "promote": "latest", **spec})
    body["metadata"] |= {
        "labels": {names.LINE_LABEL: "nightly"},
        "annotations": {
            names.LINE_UID_ANNOTATION: "cron-1",
            names.SCHEDULED_ANNOTATION: times.text(START + day * DAY),
            names.SOURCE_ANNOTATION: "base-0123abcd",
        },
        "uid": f"3f2a9c1{day}-0000-4000-8000-000000000001",
    }
    made = World(body)
    if world is not None:
        made.bucket = world.bucket
        made.start_operator()
    live(made, loss, state)
    return made


def live(world: World, loss: float, state: str) -> None:
    run_id = names.run_id("mnist", world.cluster.runs[KEY]["metadata"]["uid"])
    world.passes()
    [job] = world.cluster.jobs.values()
    assert job["metadata"]["name"] == run_id
    world.cluster.jobs = {Key(KEY.namespace, "mnist-3f2a9c10"): job, Key(KEY.namespace, run_id): job}
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.end_pod(code=0 if state == "Complete" else 1)
    world.end_job(state, "x")
    world.record(state="drained", step=9, loss=loss, exit_code=0)
    world.passes(1)


def documents(world: World) -> list[dict[str, Any]]:
    keys = [item.key for item in MemoryBucket.list(world.bucket, layout.line_prefix(LINE))]
    stored = [MemoryBucket.get(world.bucket, key).data for key in keys]
    return [records.unpack_document(data, records.NIGHT_FORMAT, "x") for data in stored]


def latest(world: World) -> dict[str, Any]:
    key = layout.latest_key(LINE, "nightly")
    return dict(records.unpack_document(MemoryBucket.get(world.bucket, key).data, records.LATEST_FORMAT, key))


def test_the_first_night_is_written_down_and_becomes_the_latest() -> None:
    world = night(0.5)
    [found] = documents(world)
    assert (found["line"], found["scheduled_at"], found["metrics"], found["holds"]) == (
        "nightly", START, {"loss": 0.5}, True,
    )  # fmt: skip
    assert latest(world)["run"] == found["run"]
    assert found["promotes"] is True
    assert world.condition("GatesHold") == ("True", "Held")
    assert "GatesHeld" in world.cluster.reasons()


def test_a_worse_night_fails_and_leaves_the_pointer_alone() -> None:
    first = night(0.5)
    second = night(0.56, 1, first)
    assert second.condition("GatesHold") == ("False", "GateFailed")
    [message] = [item["message"] for item in second.status["conditions"] if item["type"] == "GatesHold"]
    assert message == "loss 0.56 is above 0.55, the night before and 10 %"
    assert "GateFailed" in second.cluster.reasons()
    assert [(item["holds"], item["promotes"]) for item in documents(second)] == [(True, True), (False, False)]
    assert latest(second)["scheduled_at"] == START


def test_a_night_is_compared_with_good_nights_only() -> None:
    third = night(0.58, 2, night(0.56, 1, night(0.5)))
    assert third.condition("GatesHold") == ("False", "GateFailed")
    assert night(0.54, 3, third).condition("GatesHold") == ("True", "Held")


def test_the_pointer_never_goes_back_in_time() -> None:
    later = night(0.5, 5)
    assert night(0.4, 2, later).condition("GatesHold") == ("True", "Held")
    assert latest(later)["scheduled_at"] == START + 5 * DAY


def test_a_night_that_fails_holds_nothing() -> None:
    world = night(0.1, state="Failed")
    assert world.condition("GatesHold") == ("False", "RunFailed")
    [found] = documents(world)
    assert (found["state"], found["holds"]) == ("failed", False)
    assert not any(MemoryBucket.list(world.bucket, "v1/latest/"))


def test_a_gate_that_warns_is_said_and_promotes() -> None:
    world = night(0.5, gates=[{**GATE, "limit": 0.1, "action": "warn"}])
    assert world.condition("GatesHold") == ("True", "Warned")
    assert latest(world)["metrics"] == {"loss": 0.5}


def test_without_promote_the_pointer_stays_where_it_is() -> None:
    world = night(0.5, promote="")
    assert [item["promotes"] for item in documents(world)] == [False]
    assert not any(MemoryBucket.list(world.bucket, "v1/latest/"))


def test_the_run_s_document_names_its_line_and_its_source() -> None:
    world = night(0.5)
    document = world.document("run.json", records.RUN_FORMAT)
    assert (document["line"], document["source"]) == ("nightly", "base-0123abcd")


@pytest.mark.parametrize("spec", [{"gates": [{"metric": "loss", "goal": "minimize", "limit": 0.3}]}])
def test_a_run_of_no_line_is_judged_too(spec: dict[str, Any]) -> None:
    world = World(training_run(**spec))
    live(world, 0.5, "Complete")
    assert world.condition("GatesHold") == ("False", "GateFailed")
    assert not any(MemoryBucket.list(world.bucket, "v1/lines/"))


def test_a_second_pass_writes_nothing_more() -> None:
    world = night(0.5)
    before = list(world.fate.writes)
    world.cluster.runs[KEY]["metadata"]["generation"] = 2
    world.passes(1)
    world.passes(1)
    assert world.condition("GatesHold") == ("True", "Held")
    assert [item for item in world.fate.writes[len(before) :] if item != "status"] == []


def test_a_night_whose_run_is_taken_away_as_it_ends_is_written_down_all_the_same() -> None:
    """So does a CronJob with `successfulJobsHistoryLimit: 0`, whose Job owns the night's mirror."""
    body = training_run(gates=[GATE], promote="latest")
    body["metadata"] |= {
        "labels": {names.LINE_LABEL: "nightly"},
        "annotations": {names.LINE_UID_ANNOTATION: "cron-1", names.SCHEDULED_ANNOTATION: times.text(START)},
    }
    world = World(body)
    world.passes()
    world.make_pod()
    world.run_pod()
    world.passes(1)
    world.end_pod()
    world.end_job()
    world.record(state="drained", step=9, loss=0.5, exit_code=0)
    world.vanish_run()
    world.passes(1)
    [found] = documents(world)
    assert found["metrics"] == {"loss": 0.5}
    world.passes(1)
    assert len(documents(world)) == 1
