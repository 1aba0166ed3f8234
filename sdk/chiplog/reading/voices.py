"""What several streams of one recorder say together: who speaks for the run, and under which names; pure values.

A pod may hold several ranks, runs after one another, restarts, and directories of TensorBoard. Streams that overlap in
time are a *gang*; the newest gang's lowest rank speaks for the run. Where that rank has several streams (wandb beside
TensorBoard, `train/` beside `eval/`) all of them speak, but only one of several runs of wandb.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from chiplog.codec import Row, number
from chiplog.records import SegmentHead, StreamHead

TENSORBOARD = "tensorboard"

SPLITS = frozenset({"train", "training", "eval", "evaluation", "val", "valid", "validation", "test", "testing"})
"""Names of directories that are a namespace even while they stand alone."""

SLACK_SECONDS = {TENSORBOARD: 60.0}
"""By kind: a stream that begins so soon after a gang's last row is one of it. The first evaluation comes after an
epoch's last step."""

_RANK = re.compile(r"(?:^|/)rank-([0-9]{1,6})/")


class Voice(NamedTuple):
    """A stream as far as it is a voice in a recorder."""

    id: str
    kind: str
    container: str
    path: str
    generation: int
    rank: int | None
    """Of the process that wrote it, as it says itself or as its directory `rank-N` does."""
    run_id: str
    began: float | None
    last: float | None

    @property
    def folder(self) -> PurePosixPath:
        """The directory of its file."""
        return PurePosixPath(self.path).parent


def of_head(head: StreamHead) -> Voice:
    """The voice of a stream, from what the live object says of it."""
    told = number(head["run"])
    return _voice(head, told.get("rank"), told.get("run_id"), told.get("started_at"), told.get("last_time"))


def of_rows(head: StreamHead | SegmentHead, items: Iterable[Row]) -> Voice:
    """The voice of a stream, from its rows of the kinds `run`, `header` and `history`."""
    told: Row = {}
    began = last = None
    for row in items:
        if row["kind"] == "run":
            told |= {name: row[name] for name in ("rank", "run_id", "started_at") if name in row}
        elif row["kind"] == "header":
            began = row.get("time") if began is None else began
        elif row["kind"] == "history":
            last = row.get("time") or last
    return _voice(head, told.get("rank"), told.get("run_id"), told.get("started_at", began), last)


def speaking(voices: Iterable[Voice]) -> list[Voice]:
    """The voices that speak for the run, the older first; the later one wins where they speak of the same."""
    gang = next(reversed(gangs(voices)), [])
    lowest = min((voice.rank or 0 for voice in gang), default=0)
    heard = [voice for voice in gang if (voice.rank or 0) == lowest]
    lead = next((voice.run_id for voice in heard if voice.run_id), "")
    return [voice for voice in heard if voice.run_id in ("", lead)]


def gangs(voices: Iterable[Voice]) -> list[list[Voice]]:
    """Voices by the time in which they speak, the oldest gang first; one that does not say when it began is new."""
    found: list[list[Voice]] = []
    for voice in sorted(voices, key=_age):
        if found and _belongs(voice, found[-1]):
            found[-1].append(voice)
        else:
            found.append([voice])
    return found


def prefixes(voices: Iterable[Voice]) -> dict[str, str]:
    """What goes before the tags of a TensorBoard stream, by stream: its directory below the one that all of its gang
    share, as TensorBoard's own page names runs. A directory alone has none, unless it is a split such as `train`."""
    found: dict[str, str] = {}
    for gang in gangs(voice for voice in voices if voice.kind == TENSORBOARD):
        for container in {voice.container for voice in gang}:
            mine = [voice for voice in gang if voice.container == container]
            root = _root([voice.folder for voice in mine])
            found |= {voice.id: _below(voice.folder, root) for voice in mine}
    return found


def runs(voices: Sequence[Voice]) -> dict[str, str]:
    """Which run a stream is of, by stream, where a recorder holds several that would else share names.

    Of wandb its id. Of event files the directory, where two directories have no name before their tags: the second is
    a restart, or what a script trained next.
    """
    ids = {voice.run_id for voice in voices if voice.run_id}
    found = {voice.id: voice.run_id for voice in voices if len(ids) > 1}
    named = prefixes(voices)
    bare = [voice for voice in voices if named.get(voice.id) == ""]
    places = {(voice.container, voice.folder) for voice in bare}
    many = len({container for container, _ in places}) > 1
    for voice in bare if len(places) > 1 else ():
        found[voice.id] = f"{voice.container}/{voice.folder}" if many else str(voice.folder)
    return found


def _voice(head: StreamHead | SegmentHead, rank: object, run_id: object, began: object, last: object) -> Voice:
    place: Row = dict(head)
    path = str(place["path"])
    named = _RANK.search(path)
    return Voice(
        id=str(place.get("id", place.get("stream"))),
        kind=str(place["kind"]),
        container=str(place["container"]),
        path=path,
        generation=int(place["generation"]),
        rank=rank if type(rank) is int else int(named[1]) if named else None,
        run_id=str(run_id or ""),
        began=_time(began),
        last=_time(last),
    )


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _age(voice: Voice) -> tuple[float, str, int]:
    return (float("inf") if voice.began is None else voice.began, voice.path, voice.generation)


def _belongs(voice: Voice, gang: Sequence[Voice]) -> bool:
    if voice.began is None:
        return True
    heard = [time for other in gang for time in (other.began, other.last) if time is not None]
    if not heard or voice.began <= max(heard) + SLACK_SECONDS.get(voice.kind, 0.0):
        return True
    return voice.kind == TENSORBOARD and any(_is_near(voice, other) for other in gang if other.kind == TENSORBOARD)


def _is_near(voice: Voice, other: Voice) -> bool:
    """Whether one directory lies in the other, or both are splits of one."""
    if voice.container != other.container or voice.folder == other.folder:
        return False
    inside = voice.folder.is_relative_to(other.folder) or other.folder.is_relative_to(voice.folder)
    return inside or ({voice.folder.name, other.folder.name} <= SPLITS and voice.folder.parent == other.folder.parent)


def _root(folders: list[PurePosixPath]) -> PurePosixPath:
    root = folders[0]
    while not all(folder.is_relative_to(root) for folder in folders):
        root = root.parent
    return root.parent if root.name in SPLITS else root


def _below(folder: PurePosixPath, root: PurePosixPath) -> str:
    inside = folder.relative_to(root).as_posix()
    return "" if inside == "." else f"{inside}/"
