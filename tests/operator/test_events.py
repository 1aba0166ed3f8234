"""Which Events a change of status makes."""

from typing import Any

from operator_world import START, training_run

from chiplog_operator import events, specs
from chiplog_operator.events import Event

RUN = specs.run(training_run())


def status(state: str = "running", *conditions: tuple[str, str, str], **fields: Any) -> dict[str, Any]:
    held = [{"type": kind, "status": value, "reason": reason, "message": "why"} for kind, value, reason in conditions]
    return {"state": state, "reason": "Running", "message": "it trains", "conditions": held, **fields}


def reasons(before: Any, after: Any) -> list[str]:
    return [event.reason for event in events.between(before, after)]


def test_nothing_new_makes_no_event() -> None:
    whole = status("killed", ("Started", "True", "x"), ("Failed", "True", "x"), ("Durable", "True", "x"))
    assert reasons(whole, whole) == []


def test_a_whole_life_seen_at_once_is_told_in_order() -> None:
    after = status("finished", ("Started", "True", "x"), ("Complete", "True", "x"), ("Durable", "True", "x"))
    assert reasons({}, after) == ["Started", "Finished", "Durable"]


def test_an_end_names_state_and_reason() -> None:
    after = status("killed", ("Failed", "True", "OOMKilled"), reason="OOMKilled", message="attempt 1 ended: OOMKilled")
    [event] = events.between({}, after)
    assert event == Event("Warning", "Failed", "killed, OOMKilled: attempt 1 ended: OOMKilled")


def test_an_attempt_that_ended_badly_is_told_once() -> None:
    ended = {"number": 1, "pod": "p1", "reason": "OOMKilled", "exitCode": 137, "restarts": 0}
    before = status(lastAttempts=[{"number": 1, "pod": "p1", "restarts": 0}])
    after = status(lastAttempts=[ended])
    [event] = events.between(before, after)
    assert event == Event("Warning", "AttemptEnded", "attempt 1 ended: OOMKilled, exit code 137 (pod p1)")
    assert reasons(after, after) == []


def test_an_attempt_that_ended_well_is_only_the_end_of_the_run() -> None:
    after = status(lastAttempts=[{"number": 1, "pod": "p1", "reason": "Completed", "exitCode": 0, "restarts": 0}])
    assert reasons(status(), after) == []


def test_a_restart_in_place_is_told() -> None:
    before = status(lastAttempts=[{"number": 1, "pod": "p1", "restarts": 1}])
    after = status(lastAttempts=[{"number": 1, "pod": "p1", "restarts": 2}])
    assert reasons(before, after) == ["ContainerRestarted"]


def test_recording_that_fails_and_resumes_is_told() -> None:
    well, ill = (
        status("running", ("Recording", "True", "Shipping")),
        status("running", ("Recording", "False", "AccessDenied")),
    )
    assert reasons(well, ill) == ["RecordingFailed"]
    assert reasons(ill, ill) == []
    assert reasons(ill, status("running", ("Recording", "False", "Unreachable"))) == ["RecordingFailed"]
    assert reasons(ill, well) == ["RecordingResumed"]


def test_a_script_that_writes_nothing_is_no_failure_of_recording() -> None:
    assert reasons(status(), status("running", ("Recording", "False", "NoRecords"))) == []


def test_suspension_and_its_end_are_told() -> None:
    held, free = status("suspended", ("Suspended", "True", "x")), status("pending", ("Suspended", "False", "x"))
    assert reasons(status(), held) == ["Suspended"]
    assert reasons(held, free) == ["Resumed"]


def test_an_image_problem_is_told_once() -> None:
    pulling = status("pending", reason="ImagePullBackOff", message="container trainer: no")
    assert reasons({}, pulling) == ["ImagePullFailed"]
    assert reasons(pulling, pulling) == []


def test_lost_records_are_told() -> None:
    before, after = (status("killed", ("Durable", "False", reason)) for reason in ("Shipping", "Lost"))
    assert reasons(before, after) == ["RecordsLost"]


def test_the_same_word_on_the_same_version_has_one_name() -> None:
    one, same, other = (events.manifest(Event("Normal", "Started", note), RUN, "op", START) for note in "aab")
    assert one["metadata"]["name"] == same["metadata"]["name"] != other["metadata"]["name"]
    assert one["regarding"]["uid"] == RUN.uid


def test_a_note_is_cut_to_what_the_api_takes_without_breaking_a_character() -> None:
    note = events.manifest(Event("Normal", "Started", "ä" * 1000), RUN, "op", START)["note"]
    assert note == "ä" * 500
