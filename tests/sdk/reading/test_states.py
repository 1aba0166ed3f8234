"""One state from many witnesses: pod facts, then the exit record, then the heartbeat, and never a guess."""

from typing import Any

import pytest
from bucket_world import NOW, Source, World, numbered, script

from chiplog.reading import heads, states
from chiplog.reading.heads import Beat

QUIET = states.SILENCE_SECONDS + 1


def beats(*recorders: tuple[float, str, list[Any]]) -> list[Beat]:
    """Heads that were written so many seconds ago, in a state, with rows."""
    world = World()
    for number, (age, state, rows) in enumerate(recorders):
        world.now = NOW - age
        world.record(f"r{number}", Source(rows), state=state)
    found = heads.of(world.bucket, heads.present(world.bucket))
    return [beat for beat in found if isinstance(beat, Beat)]


def ended(code: int) -> list[Any]:
    return [*script(), {"at": 900, "kind": "exit", "exit_code": code, "runtime": 3}]


@pytest.mark.parametrize("told", ["finished", "failed", "killed", "pending", "suspended", "untracked", "silent"])
def test_the_operators_word_on_the_pods_outranks_all(told: str) -> None:
    assert states.of_run(told, beats((0, "recording", script())), NOW) == told


@pytest.mark.parametrize(
    ("told", "recorders", "state"),
    [
        ("", [], "pending"),
        ("running", [], "running"),
        ("running", [(0, "recording", [])], "running"),
        ("running", [(0, "drained", ended(1))], "running"),
        ("", [(0, "recording", script())], "running"),
        ("", [(0, "recording", ended(0))], "running"),
        ("", [(0, "drained", ended(0))], "finished"),
        ("", [(0, "drained", ended(1))], "failed"),
        ("", [(0, "drained", script())], "silent"),
        ("", [(0, "drained", ended(0)), (0, "recording", script())], "running"),
        ("", [(0, "drained", ended(0)), (0, "drained", ended(2))], "failed"),
        ("running", [(QUIET, "recording", script())], "silent"),
        ("", [(QUIET, "recording", script())], "silent"),
        ("running", [(QUIET, "recording", ended(0))], "finished"),
        ("", [(QUIET, "recording", ended(255))], "failed"),
        ("running", [(QUIET, "recording", ended(0)), (QUIET, "recording", script())], "silent"),
        ("running", [(QUIET, "recording", script()), (0, "recording", script())], "running"),
        ("running", [(states.SILENCE_SECONDS - 1, "recording", script())], "running"),
    ],
)
def test_the_state_follows_the_best_witness_left(told: str, recorders: Any, state: str) -> None:
    assert states.of_run(told, beats(*recorders), NOW) == state


def test_a_readers_slow_clock_does_not_hide_a_silence() -> None:
    assert states.now(NOW - 5000, [NOW, NOW - QUIET]) == NOW


def test_an_exit_record_of_files_alone_is_none() -> None:
    (beat,) = beats((0, "drained", numbered([])))
    assert states.exit_code([beat]) is None


def test_silence_begins_after_a_quarter_of_an_hour_as_the_layout_promises() -> None:
    assert states.SILENCE_SECONDS == 15 * 60, "docs/bucket.md, rule 6 for readers: two missed heartbeats are no silence"
