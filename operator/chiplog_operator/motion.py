"""Proves that the watches move: what a listing shows must have come by the watch as well; it lists and watches nothing.

A watch can fall silent without an error (kopf#585, #847, #957), and in a quiet cluster silence is no sign of it. So
now and then everything is listed, and every object is compared with its version that the watch delivered last. What
is missing is worked on at once, and a watch that still has not delivered it much later is dead: /healthz turns red.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

STALLED_SECONDS = 110.0
"""kopf cuts a silent stream after 75 s and connects again, so a watch that lives catches up before this. With the time
between two comparisons it is at most 150 s from a change that is not delivered to a red /healthz."""

LATE_SECONDS = 15.0
"""A change that comes so long after it stood in a listing shows that its watch is slow, and moves: the list with which
it begins is of ten thousands. From a watch that is dead nothing comes late, for nothing comes.
"""

Json = Mapping[str, Any]


@dataclass
class _Kind:
    """One kind of object: the versions that its watch delivered, and since when which object's is missing."""

    delivered: dict[str, str] = field(default_factory=dict)
    missing: dict[str, float] = field(default_factory=dict)
    presumed: dict[str, Hashable] = field(default_factory=dict)
    """Objects of `delivered` that no watch has brought yet, each with whose it is."""
    late_at: float = float("-inf")
    """When something was delivered late."""


class Motion:
    """What the watches delivered, against what is there; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[str, _Kind] = {}
        self._vanished: list[Hashable] = []

    def __len__(self) -> int:
        """How many objects are known."""
        with self._lock:
            return sum(len(kind.delivered) for kind in self._kinds.values())

    def delivered(self, kind: str, body: Json, *, is_gone: bool) -> bool:
        """The watch of a kind delivered this version of an object, or its deletion. Says whether that is news: a watch
        that starts anew lists everything again, and each time ten thousand passes would be made for nothing.
        """
        uid, version = body["metadata"]["uid"], body["metadata"]["resourceVersion"]
        with self._lock:
            known = self._kinds.setdefault(kind, _Kind())
            known.presumed.pop(uid, None)
            since = known.missing.pop(uid, None)
            if since is not None and self._clock() - since > LATE_SECONDS:
                known.late_at = self._clock()
            is_news = is_gone or known.delivered.get(uid) != version
            known.delivered[uid] = version
            if is_gone:
                del known.delivered[uid]
        return is_news

    def known(self, kind: str, uid: str, version: str, owner: Hashable) -> None:
        """This version of an object of an `owner` was looked at by other means before any watch."""
        with self._lock:
            known = self._kinds.setdefault(kind, _Kind())
            known.delivered[uid], known.presumed[uid] = version, owner

    def vanished(self) -> list[Hashable]:
        """Whose objects were known, and went before a watch could bring them: no watch will ever tell of that."""
        with self._lock:
            owners, self._vanished = self._vanished, []
        return owners

    def compare(self, kind: str, listed: Iterable[Json], now: float) -> list[Json]:
        """The listed objects whose version the watch has not delivered; those it should have seen go are noted too.

        Of ten thousand that are `listed` one by one, no more are kept than differ.
        """
        with self._lock:
            known = self._kinds.setdefault(kind, _Kind())
        versions: dict[str, str] = {}
        bodies: dict[str, Json] = {}
        for body in listed:
            uid, version = body["metadata"]["uid"], body["metadata"]["resourceVersion"]
            versions[uid] = version
            if known.delivered.get(uid) != version:
                bodies[uid] = body
        with self._lock:
            news = {uid for uid in bodies if known.delivered.get(uid) != versions[uid]}
            gone = known.delivered.keys() - versions.keys()
            for uid in gone & known.presumed.keys():
                self._vanished.append(known.presumed.pop(uid))
                del known.delivered[uid]
            gone &= known.delivered.keys()
            known.missing = {uid: known.missing.get(uid, now) for uid in news | gone}
        return [bodies[uid] for uid in sorted(news)]

    def missed_seconds(self, now: float) -> float:
        """For how long the oldest missing change has been missing; 0 where none is."""
        with self._lock:
            since = [moment for kind in self._kinds.values() for moment in kind.missing.values()]
        return max(0.0, now - min(since)) if since else 0.0

    def is_stalled(self, now: float) -> bool:
        """A watch has not delivered what it long should have, and is not about to."""
        with self._lock:
            return any(_is_stalled(kind, now) for kind in self._kinds.values())


def _is_stalled(kind: _Kind, now: float) -> bool:
    oldest = min(kind.missing.values(), default=now)
    return now - max(oldest, kind.late_at) > STALLED_SECONDS
