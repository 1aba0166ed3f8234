"""The recorders of a run, each with its attempt and rank; pure values.

The operator's outcome says which recorder stands where. A recorder that it does not name yet, or never will for it is
down, is placed by its start: the members of a gang overlap in time, the attempts of a run do not.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chiplog import layout
from chiplog.documents import OutcomeDocument, RecorderBinding
from chiplog.reading import voices
from chiplog.reading.heads import Beat, Unread
from chiplog.records import SegmentHead, StreamHead

SPOKEN = ("run", "config", "summary", "history")
"""Kinds of rows in which a script says something of its run."""


@dataclass(frozen=True)
class Member:
    """A recorder and its place in the run."""

    recorder: layout.Recorder
    attempt: int
    rank: int
    pod: str
    node: str
    beat: Beat | None = None
    """Its newest word; None where its live object is sealed, not written yet, or cannot be read."""
    unread: str = ""
    """Why its live object cannot be read."""


def of(place: layout.Run, outcome: OutcomeDocument | None, beats: Iterable[Beat | Unread]) -> tuple[Member, ...]:
    """The members of a run in the order of attempt and rank; `beats` may hold other runs' heads too."""
    found = {beat.recorder.id: beat for beat in beats if _stands_at(beat, place)}
    named = [_bound(place, number, binding, found) for number, binding in _bindings(outcome)]
    known = {member.recorder.id for member in named}
    others = [beat for beat in found.values() if isinstance(beat, Beat) and beat.recorder.id not in known]
    mine = [beat for beat in others if beat.head["recorder"]["run"] == place.id]
    members = [*named, *_placed(mine, _next_attempt(outcome))]
    return tuple(sorted(members, key=lambda member: (member.attempt, member.rank, member.pod, member.recorder.id)))


def newest(members: Sequence[Member]) -> list[Member]:
    """The members of the newest attempt."""
    last = max((member.attempt for member in members), default=0)
    return [member for member in members if member.attempt == last]


def by_weight(members: Sequence[Member]) -> list[Member]:
    """The members in the order in which their word on the run counts: the newest attempt first, in it rank 0 first."""
    return sorted(members, key=lambda member: (-member.attempt, member.rank))


def writers(member: Member) -> list[StreamHead]:
    """The streams of a member that speak for its run, the older first; tags of event files below their directory."""
    return speaking(member.beat.head["streams"] if member.beat else [])


def speaking(streams: Iterable[StreamHead]) -> list[StreamHead]:
    """The same of the streams of one recorder."""
    told = [stream for stream in streams if any(kind in stream["kinds"] for kind in SPOKEN)]
    by_id = {stream["id"]: stream for stream in told}
    heard = [voices.of_head(stream) for stream in told]
    prefixes = voices.prefixes(heard)
    return [_below(by_id[voice.id], prefixes.get(voice.id, "")) for voice in voices.speaking(heard)]


def _below(stream: StreamHead, prefix: str) -> StreamHead:
    summary = {f"{prefix}{tag}": value for tag, value in (stream["run"].get("summary") or {}).items()}
    return {**stream, "run": {**stream["run"], "summary": summary}}


def age_key(started_at: float | None, place: StreamHead | SegmentHead) -> tuple[float, str, int]:
    """Orders the streams of a recorder from old to new; one that did not say when it began has only just begun."""
    return (float("inf") if started_at is None else started_at, place["path"], place["generation"])


def _stands_at(beat: Beat | Unread, place: layout.Run) -> bool:
    return (beat.recorder.cluster, beat.recorder.namespace) == (place.cluster, place.namespace)


def _bindings(outcome: OutcomeDocument | None) -> Iterator[tuple[int, RecorderBinding]]:
    for attempt in outcome["attempts"] if outcome else []:
        for binding in attempt["recorders"]:
            yield attempt["number"], binding


def _bound(place: layout.Run, number: int, binding: RecorderBinding, found: dict[str, Beat | Unread]) -> Member:
    recorder = layout.Recorder(place.cluster, place.namespace, binding["id"])
    beat = found.get(binding["id"])
    return Member(
        recorder,
        number,
        binding["rank"],
        binding["pod"],
        binding["node"],
        beat if isinstance(beat, Beat) else None,
        beat.problem if isinstance(beat, Unread) else "",
    )


def _next_attempt(outcome: OutcomeDocument | None) -> int:
    """The attempt that an unnamed recorder belongs to: the last one as long as it goes on, else the one after it."""
    if not outcome or not outcome["attempts"]:
        return 1
    last = outcome["attempts"][-1]
    return last["number"] + 1 if "finished_at" in last else last["number"]


def _placed(beats: list[Beat], first: int) -> Iterator[Member]:
    for number, gang in enumerate(_gangs(beats), first):
        for rank, beat in enumerate(sorted(gang, key=lambda beat: _natural(beat.head["recorder"]["pod"]))):
            head = beat.head["recorder"]
            yield Member(beat.recorder, number, rank, head["pod"], head["node"], beat)


def _gangs(beats: list[Beat]) -> list[list[Beat]]:
    """Recorders by attempt: one that began after all earlier ones had written their last opens the next attempt."""
    gangs: list[list[Beat]] = []
    for beat in sorted(beats, key=lambda beat: beat.head["recorder"]["started_at"]):
        began = beat.head["recorder"]["started_at"]
        if gangs and began <= max(other.head["time"] for other in gangs[-1]):
            gangs[-1].append(beat)
        else:
            gangs.append([beat])
    return gangs


def _natural(name: str) -> list[tuple[int, str]]:
    """Orders `worker-2` before `worker-10`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name)]
