"""The conditions Recording and Durable, and the numbers of progress, for all that recorders can say or not say."""

from dataclasses import replace
from typing import Any

import pytest
from operator_world import START, live, training_run

from chiplog import layout
from chiplog_operator import attempts, durability, heads, progress, recording, specs, verdicts
from chiplog_operator.attempts import Circumstances
from chiplog_operator.heads import Head, Probe
from chiplog_operator.observations import Job, Observation, Trouble
from chiplog_operator.pods import Container, End, Pod

TRAINER = Container("trainer", is_running=True, started_at=START)
RECORDER = Container("chiplog", is_running=True, started_at=START)
ENDED = End(0, "Completed", "", START, START + 50, None)
POD = Pod(
    name="p1", uid="u1", node="n", ip="10.0.0.1", rank=0, phase="Running", created_at=START, is_gone=False,
    deletion_asked_at=None, cause="", message="", unschedulable="", init_failure="", containers=(TRAINER,),
    recorder=RECORDER,
)  # fmt: skip
FRESH = Head(modified=START + 99, state="recording", has_streams=True, lag_seconds=0.4)
OLD = replace(FRESH, modified=START - 1000)
DRAINED = replace(FRESH, state="drained")
SILENCE = Probe("silent", "connection refused")
LOST_BUCKET = Trouble("Unreachable", "no route")
RUN = specs.run(training_run())


def seen(*pods: Pod, **facts: Any) -> Observation:
    """What is seen of a run 100 s after its start; `head` and `probe` are those of the first pod."""
    heads_seen = {"u1": facts.pop("head")} if "head" in facts else {}
    probes = {"u1": facts.pop("probe")} if "probe" in facts else {}
    found = pods or (POD,)
    base: dict[str, Any] = {"now": START + 100, "job": Job("j", START), "heads": heads_seen, "probes": probes}
    return Observation(
        training="trainer",
        was_begun=True,
        pods=found,
        attempts=tuple(attempts.merge([], found, Circumstances("trainer"))),
        **{**base, **facts},
    )


def said(observation: Observation, *, is_over: bool = False, before: Any = None) -> tuple[str, str]:
    found = recording.condition(observation, before or {}, is_over=is_over)
    return found.status, found.reason


UNSTARTED = replace(POD, recorder=Container("chiplog"), containers=(Container("trainer"),))
DOWN = replace(POD, recorder=Container("chiplog", waiting="CrashLoopBackOff", message="back-off"))
QUIET = replace(FRESH, has_streams=False)


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        pytest.param(seen(head=FRESH), ("True", "Shipping"), id="it ships"),
        pytest.param(seen(UNSTARTED), ("Unknown", "Waiting"), id="the recorder has not started"),
        pytest.param(seen(now=START + 5), ("Unknown", "Waiting"), id="it has just started"),
        pytest.param(seen(probe=Probe("ok")), ("Unknown", "Waiting"), id="no head yet, but all is well"),
        pytest.param(seen(probe=SILENCE), ("Unknown", "NoAnswer"), id="no head and no answer"),
        pytest.param(seen(probe=Probe("denied")), ("False", "AccessDenied"), id="its role may not write"),
        pytest.param(seen(probe=Probe("missing")), ("False", "BucketMissing"), id="no such bucket"),
        pytest.param(seen(probe=Probe("unreachable")), ("False", "Unreachable"), id="the store is down"),
        pytest.param(seen(head=OLD, probe=Probe("unreachable")), ("False", "Unreachable"), id="the store went down"),
        pytest.param(seen(head=OLD, probe=Probe("ok")), ("True", "Shipping"), id="an old head, but it answers"),
        pytest.param(seen(head=OLD, probe=SILENCE), ("False", "Silent"), id="it missed its heartbeat"),
        pytest.param(seen(head=OLD, trouble=LOST_BUCKET), ("True", "Shipping"), id="we cannot look: no new verdict"),
        pytest.param(seen(trouble=LOST_BUCKET), ("Unknown", "Unreachable"), id="we cannot look, and never could"),
        pytest.param(seen(replace(POD, recorder=None)), ("False", "Untracked"), id="no recorder"),
        pytest.param(seen(DOWN), ("False", "RecorderDown"), id="the recorder is down"),
        pytest.param(seen(head=QUIET), ("True", "Shipping"), id="nothing written yet"),
        pytest.param(seen(head=QUIET, now=START + 200), ("False", "NoRecords"), id="nothing written for long"),
    ],
)
def test_recording_while_it_trains(observation: Observation, expected: tuple[str, str]) -> None:
    assert said(observation) == expected


def test_the_worst_of_a_gang_s_recorders_is_told() -> None:
    other = replace(POD, name="p2", uid="u2", rank=1)
    observation = seen(POD, other, head=FRESH)
    assert said(replace(observation, probes={"u2": Probe("denied")})) == ("False", "AccessDenied")


def test_what_could_not_be_recorded_is_named() -> None:
    head = replace(FRESH, problems=("files/x: permission denied",))
    assert "files/x: permission denied" in recording.condition(seen(head=head), {}, is_over=False).message


def test_at_the_end_a_drained_recorder_has_shipped_all() -> None:
    assert said(seen(head=DRAINED), is_over=True) == ("True", "Drained")
    assert said(seen(head=replace(DRAINED, has_streams=False)), is_over=True) == ("False", "NoRecords")


def test_at_the_end_an_undrained_recorder_keeps_its_last_word() -> None:
    before = {"conditions": [{"type": "Recording", "status": "False", "reason": "AccessDenied", "message": "m"}]}
    assert said(seen(), is_over=True, before=before) == ("False", "AccessDenied")
    assert said(seen(), is_over=True) == ("Unknown", "Waiting")


@pytest.mark.parametrize(
    ("head", "is_asked"), [(None, True), (FRESH, False), (OLD, True), (replace(FRESH, modified=START + 70), True)]
)
def test_only_a_recorder_that_should_have_been_heard_of_is_asked(head: Head | None, is_asked: bool) -> None:
    observation = seen(head=head) if head is not None else seen()
    assert recording.is_overdue(observation, POD) == is_asked


def test_a_recorder_that_has_just_started_or_has_ended_is_not_asked() -> None:
    assert not recording.is_overdue(seen(now=START + 20), POD)
    assert not recording.is_overdue(seen(), replace(POD, phase="Succeeded"))
    assert not recording.is_overdue(seen(), UNSTARTED)


def test_a_run_whose_recorders_are_all_silent_is_silent() -> None:
    assert verdicts.verdict(RUN, seen(head=OLD, probe=SILENCE)).state == "silent"
    assert verdicts.verdict(RUN, seen(head=OLD, probe=Probe("ok"))).state == "running"
    assert verdicts.verdict(RUN, seen(head=OLD, trouble=LOST_BUCKET)).state == "running"


OVER = replace(POD, phase="Succeeded", recorder=replace(RECORDER, is_running=False, ended=ENDED))
GONE = replace(POD, is_gone=True)


@pytest.mark.parametrize(
    ("observation", "ended_at", "expected"),
    [
        pytest.param(seen(head=FRESH), None, ("False", "Shipping"), id="it lives"),
        pytest.param(seen(OVER, head=DRAINED), START + 99, ("True", "AllShipped"), id="drained"),
        pytest.param(seen(OVER, head=FRESH), START + 99, ("False", "Shipping"), id="not drained yet"),
        pytest.param(seen(OVER, head=FRESH), START + 39, ("False", "Lost"), id="never drained"),
        pytest.param(seen(OVER), START + 39, ("False", "Lost"), id="never heard of"),
        pytest.param(seen(GONE, head=FRESH), START + 39, ("False", "Lost"), id="gone"),
        pytest.param(seen(head=FRESH), START + 39, ("False", "Shipping"), id="the recorder still runs"),
        pytest.param(seen(OVER, head=replace(DRAINED, pending_bytes=1)), START + 39, ("False", "Lost"), id="a rest"),
        pytest.param(seen(OVER, head=FRESH, trouble=LOST_BUCKET), START + 39, ("False", "Shipping"), id="cannot look"),
        pytest.param(seen(UNSTARTED), START + 39, ("False", "Shipping"), id="it may still start"),
        pytest.param(
            seen(replace(UNSTARTED, is_gone=True)), START + 39, ("True", "NothingToShip"), id="nothing ever started"
        ),
    ],
)
def test_durable(observation: Observation, ended_at: float | None, expected: tuple[str, str]) -> None:
    found = durability.condition(observation, ended_at=ended_at)
    assert (found.status, found.reason) == expected


def test_an_earlier_attempt_s_recorder_must_have_drained_as_well() -> None:
    second = replace(OVER, name="p2", uid="u2", created_at=START + 1)
    observation = seen(OVER, second, head=DRAINED)
    assert durability.condition(observation, ended_at=START + 39).reason == "Lost"
    both = replace(observation, heads={"u1": DRAINED, "u2": DRAINED})
    assert durability.condition(both, ended_at=START + 39).reason == "AllShipped"


def numbers(observation: Observation, before: Any = None) -> dict[str, Any]:
    run = specs.run({**training_run(), "status": before or {}})
    return progress.numbers(run, observation, is_durable=False)


def test_progress_is_what_the_newest_heads_say() -> None:
    head = replace(FRESH, step=7, rows=8, summary={"loss": 0.123456789})
    assert numbers(seen(head=head)) == {
        "step": 7,
        "metric": {"name": "loss", "goal": "minimize", "value": "0.123457"},
        "rows": 8,
        "lagSeconds": 1,
        "recorders": 1,
    }


def test_progress_that_nobody_tells_any_more_stays() -> None:
    before = numbers(seen(head=replace(FRESH, step=7, rows=8, summary={"loss": 0.5})))
    assert numbers(seen(OVER), before) == before


def test_a_lag_grows_while_the_recorder_cannot_ship() -> None:
    head = replace(FRESH, modified=START + 20)
    assert numbers(seen(head=head, probe=Probe("denied")))["lagSeconds"] == 75


def test_a_durable_run_has_no_lag() -> None:
    assert progress.numbers(RUN, seen(head=FRESH), is_durable=True)["lagSeconds"] == 0


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ({"loss": 1}, "1"),
        ({"loss": 12345678}, "12345678"),
        ({"loss": 1e-9}, "1e-09"),
        ({"loss": {"$number": "NaN"}}, "NaN"),
        ({"loss": {"$number": "-Infinity"}}, "-Infinity"),
        ({"loss": True}, None),
        ({"loss": "low"}, None),
        ({}, None),
    ],
)
def test_a_metric_as_text(summary: Any, text: str | None) -> None:
    assert heads.metric_text(summary, "loss") == text


def test_a_metric_below_another_is_found_by_its_dotted_name() -> None:
    assert heads.metric_text({"val": {"loss": 0.5}}, "val.loss") == "0.5"
    assert heads.metric_text({"val/loss": 0.5}, "val/loss") == "0.5"


def test_a_head_is_read_from_the_live_object() -> None:
    place = layout.Recorder("c1", "team", "u1")
    found = heads.head(live(place, "drained", step=9, rows=10, exit_code=3, problems=["p"]), START)
    assert found == Head(START, "drained", 0.4, 0, ("p",), True, 10, 9, {"loss": 0.5}, 3)


def test_the_program_s_own_exit_counts_once_every_writer_gave_one() -> None:
    place = layout.Recorder("c1", "team", "u1")
    both = [*live(place, exit_code=0)["streams"], *live(place)["streams"]]
    assert heads.head(live(place, streams=both), START).exit_code is None
    assert heads.head(live(place, streams=[]), START).exit_code is None
