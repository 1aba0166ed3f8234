"""What the watches bring, turned into keys to work on; it works on nothing, and knows nothing of kopf."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from chiplog_operator import names, specs, strangers
from chiplog_operator.cluster import Kind
from chiplog_operator.motion import Motion
from chiplog_operator.roll_call import Unchanged
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.strangers import Strangers

Json = Mapping[str, Any]


class Intake:
    """Where every event of a watch goes."""

    def __init__(
        self,
        add: Callable[[Key], None],
        sightings: Sightings,
        motion: Motion,
        strangers: Strangers,
        adopt: Callable[[Key], None],
        add_sweep: Callable[[Key], None] = lambda _: None,
        begin: Callable[[Key], None] | None = None,
    ) -> None:
        self._add = add
        self._begin = begin or add
        """For runs that nothing was done for: of a thousand at once all have Jobs before one is looked at again."""
        self._adopt = adopt
        self._add_sweep = add_sweep
        self._sightings = sightings
        self._motion = motion
        self._strangers = strangers
        self._wishes: dict[str, tuple[Any, ...]] = {}

    def take(self, kind: Kind, body: Json, *, is_gone: bool, is_listed: bool = False) -> None:
        """One event: an object as it is now, or as it was last (`is_gone`), or as the list says with which a watch
        begins (`is_listed`).
        """
        key = self._key_of(kind, body)
        if not self._motion.delivered(kind, body, is_gone=is_gone, is_listed=is_listed, owner=key):
            return
        sweep = sweep_of(kind, body)
        if sweep is not None:
            self._add_sweep(sweep)
        if key is None:
            self._welcome(kind, body, is_gone=is_gone)
            return
        if kind == "pods" and not is_gone:
            self._sightings.pod_seen(key, body["metadata"]["name"])
        if is_gone and kind == "pods":
            self._sightings.pod_vanished(key, dict(body))
            self._strangers.forget_pod(body)
        if is_gone and kind == "trainingruns":
            self._sightings.run_vanished(key, dict(body))
        if kind != "trainingruns":
            self._add(key)
        elif self._is_news(body, is_gone=is_gone):
            (self._add if body.get("status") else self._begin)(key)

    def is_repeated(self, kind: Kind, namespace: str, uid: str, version: str) -> bool:
        """An object of the list with which a watch begins is known as it is, so that nobody needs to take it."""
        return self._motion.is_repeated(kind, namespace, uid, version)

    def missed(self, kind: Kind, body: Json) -> None:
        """An object that stands in a listing, and that the watch has not brought."""
        key, sweep = self._key_of(kind, body), sweep_of(kind, body)
        if sweep is not None:
            self._add_sweep(sweep)
        if key is None:
            self._welcome(kind, body, is_gone=False)
            return
        if kind == "pods":
            self._sightings.pod_seen(key, body["metadata"]["name"])
        self._add(key)

    def orphaned(self, pod: Json) -> None:
        """A pod whose mirror was deleted by hand: while it lives, the mirror is made again."""
        if strangers.is_alive(pod):
            self._adopt(self._strangers.arrived(pod))

    def unchanged(self, item: Unchanged) -> None:
        """A run of which nothing changed since its status was written: its objects are no news as they are now."""
        for kind, uid, version in item.versions:
            self._motion.known(kind, uid, version, item.key, item.key.namespace)
        for uid in item.strangers:
            self._strangers.resumed(uid, item.key)
        self._note(item.uid, (item.generation, None, ""))

    def _key_of(self, kind: Kind, body: Json) -> Key | None:
        return key_of(kind, body) or (self._strangers.run_of(body) if kind == "pods" else None)

    def _welcome(self, kind: Kind, body: Json, *, is_gone: bool) -> None:
        """A stranger's pod, that was never seen before, waits to be adopted."""
        if kind == "pods" and not is_gone and strangers.is_labelled(body) and strangers.is_stranger(body):
            self._adopt(self._strangers.arrived(body))

    def _is_news(self, body: Json, *, is_gone: bool) -> bool:
        """A TrainingRun whose owner wants something new; our own status writes come back here and are no news."""
        metadata = body["metadata"]
        edited = metadata["resourceVersion"] if specs.status_editors(body) else ""
        wish = (metadata.get("generation"), metadata.get("deletionTimestamp"), edited)
        if is_gone:
            self._wishes.pop(metadata["uid"], None)
            return True
        return self._wishes.get(metadata["uid"]) != wish and self._note(metadata["uid"], wish)

    def _note(self, uid: str, wish: tuple[Any, ...]) -> bool:
        self._wishes[uid] = wish
        return True


def key_of(kind: Kind, body: Json) -> Key | None:
    """The TrainingRun that an object belongs to; None for a stranger."""
    metadata = body["metadata"]
    if kind == "sweeps":
        return None
    if kind == "trainingruns":
        return Key(metadata["namespace"], metadata["name"])
    if kind == "pods" and strangers.is_stranger(body):
        return None
    run = (metadata.get("labels") or {}).get(names.RUN_LABEL)
    # Ten thousand runs have thirty thousand keys, and ten thousand names.
    return Key(sys.intern(metadata["namespace"]), sys.intern(run)) if run else None


def sweep_of(kind: Kind, body: Json) -> Key | None:
    """The Sweep that an object is, or is a trial of; None for any other."""
    metadata = body["metadata"]
    if kind == "sweeps":
        return Key(metadata["namespace"], metadata["name"])
    sweep = (metadata.get("labels") or {}).get(names.SWEEP_LABEL)
    return Key(metadata["namespace"], sweep) if sweep and kind == "trainingruns" else None
