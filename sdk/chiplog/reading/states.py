"""The state of a run from its witnesses; pure values.

Pod facts, which the operator wrote into the outcome, outrank the program's own exit record, which outranks the
heartbeat. Where all witnesses are gone the run is silent, never guessed to be over.
"""

from collections.abc import Sequence

from chiplog.reading import voices
from chiplog.reading.heads import Beat
from chiplog.records import HEARTBEAT_SECONDS, StreamHead

SILENCE_SECONDS = 3 * HEARTBEAT_SECONDS
"""A live object that is older than this has missed its heartbeat three times."""

ENDING = frozenset({"wandb", "chiplog"})
"""Kinds of streams whose writers leave an exit record when they end by themselves."""

OVER = frozenset({"finished", "failed", "killed"})
"""States that a run never leaves."""


def now(local: float, written: Sequence[float]) -> float:
    """The store's time as well as a reader can know it.

    `local` is the reader's own clock, which S3 itself refuses when it is off by more than 15 minutes; the store's
    newest LastModified (`written`) catches a clock that is slow.
    """
    return max([local, *written])


def of_run(told: str, beats: Sequence[Beat], now: float) -> str:
    """The state of a run of which the operator `told` this (empty where it wrote nothing), at the store's `now`.

    `beats` are the heads of the newest attempt.
    """
    if told not in ("", "running"):
        return told
    if not beats:
        return told or "pending"
    if not is_silent(beats, now) and (told == "running" or not is_drained(beats)):
        return "running"
    code = exit_code(beats)
    if code is None:
        return "silent"
    return "finished" if code == 0 else "failed"


def is_silent(beats: Sequence[Beat], now: float) -> bool:
    """Every recorder has missed its heartbeat three times."""
    return all(now - beat.modified > SILENCE_SECONDS for beat in beats)


def is_drained(beats: Sequence[Beat]) -> bool:
    """Every recorder says that all it found is in the bucket."""
    return bool(beats) and all(beat.head["state"] == "drained" for beat in beats)


def exit_code(beats: Sequence[Beat]) -> int | None:
    """The worst exit code that the programs themselves recorded; None unless every writer left one.

    Writers are those of each recorder's newest gang of streams that say such a thing: wandb and our own run file
    always do, others where they did.
    """
    writers = [stream for beat in beats for stream in _witnesses(beat.head["streams"])]
    codes = [stream.get("exit_code", 0) for stream in writers if stream["ended"]]
    return max(codes, key=abs) if codes and len(codes) == len(writers) else None


def _witnesses(streams: Sequence[StreamHead]) -> list[StreamHead]:
    by_id = {stream["id"]: stream for stream in streams if stream["kind"] in ENDING or stream["ended"]}
    by_id = {name: stream for name, stream in by_id.items() if stream["kind"] != "files"}
    newest = next(reversed(voices.gangs(map(voices.of_head, by_id.values()))), [])
    return [by_id[voice.id] for voice in newest]
