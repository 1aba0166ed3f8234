"""Proves that the watches move: what a listing shows must have come by the watch as well; it lists and watches nothing.

A watch can fall silent without an error (kopf#585, #847, #957), and in a quiet cluster silence is no sign of it. So
now and then everything is listed, and every object is compared with its version that the watch delivered last. What
is missing is worked on at once, and a watch that still has not delivered it much later is dead: /healthz turns red.

One thing a sound watch never delivers: what was deleted in a gap. Where its place in the server's history is lost (410
Gone) kopf lists anew, and what the list has no more is told by nobody. So each object knows in which of its watch's
lists it stood last: what is gone and was not in the newest is forgotten, and its owner is looked at.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

STALLED_SECONDS = 110.0
"""kopf cuts a silent stream after 75 s and connects again, so a watch that lives catches up before this. With the time
between two comparisons it is at most 150 s from a change that is not delivered to a red /healthz."""

LATE_SECONDS = 15.0
"""A change that comes so long after it stood in a listing shows that its watch is slow, and moves: the list with which
it begins is of ten thousands. From a watch that is dead nothing comes late, for nothing comes.
"""

Json = Mapping[str, Any]


class _Seen(NamedTuple):
    """An object as it was delivered last."""

    version: str
    owner: Hashable
    """Whose it is; None where nobody cares."""
    listing: int
    """The number of its watch's list in which it stood, or after which it was brought."""


_UNLISTED = -1
"""In no list of a watch yet: it was looked at by other means."""


@dataclass(eq=False)
class _Watch:
    """One watch: what it delivered, and since when which object's change is missing."""

    delivered: dict[str, _Seen] = field(default_factory=dict)
    missing: dict[str, float] = field(default_factory=dict)
    listing: int = 0
    """How many lists it began with."""
    is_listing: bool = False
    late_at: float = float("-inf")
    """When something was delivered late."""

    def version(self, uid: str) -> str:
        """The version of an object that was delivered last; empty where none was."""
        seen = self.delivered.get(uid)
        return seen.version if seen is not None else ""

    def took(self, uid: str, *, is_listed: bool) -> None:
        """Something came: whether a new list begins with it. An object stands in each list once."""
        known = self.delivered.get(uid)
        is_twice = known is not None and known.listing == self.listing
        if is_listed and (not self.is_listing or is_twice):
            self.listing += 1
        self.is_listing = is_listed

    def forget(self, gone: set[str], *, is_empty: bool) -> list[Hashable]:
        """Forget what no watch will tell of, and say whose it was. Where nothing is left at all (`is_empty`, twice, for
        a listing may be older than what was just made) no list tells anything; a dead watch shows with the next object.
        """
        untold = [
            uid for uid in gone if self.delivered[uid].listing < self.listing or (is_empty and uid in self.missing)
        ]
        return [self.delivered.pop(uid).owner for uid in untold]


class Motion:
    """What the watches delivered, against what is there; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, is_by_namespace: bool = False) -> None:
        self._clock = clock
        self._is_by_namespace = is_by_namespace
        """There is a watch of each kind for each namespace, and not one for the whole cluster."""
        self._lock = threading.Lock()
        self._watches: dict[tuple[str, str], _Watch] = {}
        self._vanished: list[Hashable] = []

    def __len__(self) -> int:
        """How many objects are known."""
        with self._lock:
            return sum(len(watch.delivered) for watch in self._watches.values())

    def delivered(
        self, kind: str, body: Json, *, is_gone: bool, is_listed: bool = False, owner: Hashable = None
    ) -> bool:
        """The watch of a kind delivered this version of an object of an `owner`, or its deletion; `is_listed` is of a
        list with which it begins anew. Says whether that is news: a list is of everything, and each time ten thousand
        passes would be made for nothing.
        """
        uid, version = body["metadata"]["uid"], body["metadata"]["resourceVersion"]
        with self._lock:
            watch = self._watch(kind, body["metadata"].get("namespace", ""))
            self._took(watch, uid, is_listed=is_listed)
            known = watch.delivered.pop(uid, None)
            if not is_gone:
                watch.delivered[uid] = _Seen(version, owner, watch.listing)
        return is_gone or known is None or known.version != version

    def is_repeated(self, kind: str, namespace: str, uid: str, version: str) -> bool:
        """The list with which a watch begins holds this version of an object, and it is known: then it counts as
        delivered, and need not be.
        """
        with self._lock:
            watch = self._watch(kind, namespace)
            known = watch.delivered.get(uid)
            if known is None or known.version != version:
                return False
            self._took(watch, uid, is_listed=True)
            watch.delivered[uid] = _Seen(version, known.owner, watch.listing)
        return True

    def known(self, kind: str, uid: str, version: str, owner: Hashable, namespace: str = "") -> None:
        """This version of an object of an `owner` was looked at by other means before any watch."""
        with self._lock:
            self._watch(kind, namespace).delivered[uid] = _Seen(version, owner, _UNLISTED)

    def vanished(self) -> list[Hashable]:
        """Whose objects were known and are gone, of which no watch will ever tell."""
        with self._lock:
            owners, self._vanished = self._vanished, []
        return owners

    def compare(self, kind: str, listed: Iterable[Json], now: float) -> list[Json]:
        """The listed objects whose version the watch has not delivered; those it should have seen go are noted too.

        Of ten thousand that are `listed` one by one, no more are kept than differ.
        """
        versions: dict[_Watch, dict[str, str]] = {}
        bodies: dict[str, Json] = {}
        for body in listed:
            uid, version = body["metadata"]["uid"], body["metadata"]["resourceVersion"]
            with self._lock:
                watch = self._watch(kind, body["metadata"].get("namespace", ""))
            versions.setdefault(watch, {})[uid] = version
            if watch.version(uid) != version:
                bodies[uid] = body
        with self._lock:
            watches = [watch for (told, _), watch in self._watches.items() if told == kind]
            return [
                bodies[uid] for watch in watches for uid in self._missed(watch, versions.get(watch, {}), bodies, now)
            ]

    def _missed(self, watch: _Watch, versions: Mapping[str, str], bodies: Mapping[str, Json], now: float) -> list[str]:
        """What of a listing a watch has not brought; what of it is gone for good is forgotten."""
        news = {uid for uid in versions.keys() & bodies.keys() if watch.version(uid) != versions[uid]}
        self._vanished += watch.forget(watch.delivered.keys() - versions.keys(), is_empty=not versions)
        gone = watch.delivered.keys() - versions.keys()
        watch.missing = {uid: watch.missing.get(uid, now) for uid in news | gone}
        return sorted(news)

    def _took(self, watch: _Watch, uid: str, *, is_listed: bool) -> None:
        watch.took(uid, is_listed=is_listed)
        since = watch.missing.pop(uid, None)
        if since is not None and self._clock() - since > LATE_SECONDS:
            watch.late_at = self._clock()

    def missed_seconds(self, now: float) -> float:
        """For how long the oldest missing change has been missing; 0 where none is."""
        with self._lock:
            since = [moment for watch in self._watches.values() for moment in watch.missing.values()]
        return max(0.0, now - min(since)) if since else 0.0

    def is_stalled(self, now: float) -> bool:
        """A watch has not delivered what it long should have, and is not about to."""
        with self._lock:
            return any(_is_stalled(watch, now) for watch in self._watches.values())

    def _watch(self, kind: str, namespace: str) -> _Watch:
        return self._watches.setdefault((kind, namespace if self._is_by_namespace else ""), _Watch())


def _is_stalled(watch: _Watch, now: float) -> bool:
    oldest = min(watch.missing.values(), default=now)
    return now - max(oldest, watch.late_at) > STALLED_SECONDS
