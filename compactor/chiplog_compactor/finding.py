"""Finds the runs that are over and not sealed; it reads heads and documents, and writes nothing.

Everything that is to be sealed still has a live object, for that is what a sealing deletes last: one LIST of `live/`
and the heads that changed tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chiplog import layout
from chiplog.bucket import Bucket, ETag
from chiplog.reading import heads, states, views, written
from chiplog.reading.claims import Claims
from chiplog.reading.heads import Beat, Unread
from chiplog.reading.views import RunView
from chiplog_compactor.sealing import Task

SILENT_SECONDS = 3600.0
"""A recorder that has not written for this long, by the store's clock, is not waited for: it may come back, and reopens
its run then."""

CLAIM_SECONDS = 300.0
"""A recorder that was told of no run waits for so long after its last word for one that claims it."""

LONG_SECONDS = 86_400.0
"""A run that lives for longer than this has its segments sealed once in so long: a day's are hundreds of objects."""

ABANDONED_SECONDS = 7 * 86_400.0
"""A run that nobody calls over is sealed all the same once all its recorders have been silent for this long."""


@dataclass
class Finder:
    """Remembers the heads of live objects by version, so that a look costs what has changed."""

    bucket: Bucket
    is_busy: bool = False
    """Some recorder was at work at the last look: a run may end at any moment."""
    _seen: dict[layout.Recorder, tuple[ETag, Beat | Unread]] = field(default_factory=dict)
    claims: Claims = field(init=False)

    def __post_init__(self) -> None:
        self.claims = Claims(self.bucket)

    def look(self, now: float) -> list[Task]:
        """Runs that can be sealed at the store's time `now`. Raises BucketError."""
        beats = self._beats()
        now = states.now(now, [beat.modified for beat in beats])
        quiet = [beat for beat in beats if is_quiet(beat, now)]
        self.is_busy = len(quiet) < len(beats)
        return [_task(view) for view in self._views(quiet, beats, now) if _is_due(view, now)]

    def long(self, now: float) -> list[Task]:
        """Runs that live and have gone unsealed for long, at the store's time `now`. Raises BucketError."""
        beats = self._beats()
        now = states.now(now, [beat.modified for beat in beats])
        old = [beat for beat in beats if isinstance(beat, Beat) and now - _started(beat) > LONG_SECONDS]
        alive = [view for view in self._views(old, beats, now) if not view.unread and not _is_due(view, now)]
        return [replace(_task(view), is_over=False) for view in alive if not _is_sealed_lately(view, now)]

    def _beats(self) -> list[Beat | Unread]:
        listed = {}
        for item in self.bucket.list(layout.live_prefix()):
            recorder = layout.parse_live_key(item.key)
            if recorder is not None:
                listed[recorder] = item.etag
        changed = [recorder for recorder, etag in listed.items() if self._seen.get(recorder, ("",))[0] != etag]
        for beat in heads.of(self.bucket, changed):
            self._seen[beat.recorder] = (listed[beat.recorder], beat)
        self._seen = {recorder: seen for recorder, seen in self._seen.items() if recorder in listed}
        return [beat for _, beat in self._seen.values()]

    def _views(self, some: Sequence[Beat | Unread], beats: list[Beat | Unread], now: float) -> list[RunView]:
        """The runs that some of the recorders belong to, and those recorders that belong to none."""
        self.claims.look(some)
        claimed = {beat.recorder: self.claims.run(beat) for beat in some}
        places = sorted({place for place in claimed.values() if place is not None}, key=lambda place: place.path)
        papers = written.with_seals(self.bucket, written.papers(self.bucket, places))
        alone = [beat for beat in some if claimed[beat.recorder] is None and now - beat.modified > CLAIM_SECONDS]
        return [*(views.of_run(item, beats, now) for item in papers), *(views.of_recorder(beat, now) for beat in alone)]


def is_quiet(beat: Beat | Unread, now: float) -> bool:
    """The recorder says that it is done, or has not said a word for long."""
    if isinstance(beat, Unread):
        return False
    return beat.head["state"] == "drained" or now - beat.modified > SILENT_SECONDS


def _started(beat: Beat) -> float:
    return beat.head["recorder"]["started_at"]


def _is_sealed_lately(view: RunView, now: float) -> bool:
    return view.seal is not None and now - view.seal["sealed_at"] < LONG_SECONDS


def _is_due(view: RunView, now: float) -> bool:
    beats = [member.beat for member in view.members if member.beat]
    if view.unread or not all(is_quiet(beat, now) for beat in beats):
        return False
    is_alone = view.document is None
    if view.state in states.OVER or (is_alone and states.is_drained(beats)):
        return True
    silent = ABANDONED_SECONDS if not is_alone else SILENT_SECONDS
    return all(now - beat.modified > silent for beat in beats)


def _task(view: RunView) -> Task:
    return Task(view.key, view.project, view.created_at, view.is_bound, view.members, view.seal is not None)
