"""What is known of pods that are not ours: whose they are, which run mirrors them, which the watch does not show.

It is a memory of what can be read again at any time, and asks for nothing but owners.
"""

import threading
from collections.abc import Mapping
from typing import Any

from chiplog_operator import names
from chiplog_operator.lineage import Lineage, Read
from chiplog_operator.sightings import Key

Json = dict[str, Any]


class Strangers:
    """Pods that ask for the recorder and are of no TrainingRun of ours; threads may share it."""

    def __init__(self, read: Read) -> None:
        self.lineage = Lineage(read)
        self._lock = threading.Lock()
        self._waiting: dict[Key, Json] = {}
        self._runs: dict[str, Key] = {}
        self._unlabelled: dict[Key, dict[str, Json]] = {}

    def arrived(self, pod: Mapping[str, Any]) -> Key:
        """A pod waits to be adopted; returns the key by which `waiting` gives it."""
        key = Key(pod["metadata"]["namespace"], pod["metadata"]["name"])
        with self._lock:
            self._waiting[key] = dict(pod)
        return key

    def waiting(self, key: Key) -> Json | None:
        """The newest sight of a pod that waits; None where none does."""
        with self._lock:
            return self._waiting.get(key)

    def adopted(self, pod: Mapping[str, Any], run: Key) -> None:
        """A pod belongs to this mirror from now on."""
        metadata = pod["metadata"]
        with self._lock:
            self._runs[metadata["uid"]] = run
            self._waiting.pop(Key(metadata["namespace"], metadata["name"]), None)
            if not is_labelled(pod):
                self._unlabelled.setdefault(run, {})[metadata["uid"]] = dict(pod)

    def resumed(self, uid: str, run: Key) -> None:
        """A pod is of a mirror that goes on from its status: it was adopted in an earlier life of ours."""
        with self._lock:
            self._runs[uid] = run

    def dismissed(self, key: Key) -> None:
        """A pod needs no run."""
        with self._lock:
            self._waiting.pop(key, None)

    def run_of(self, pod: Mapping[str, Any]) -> Key | None:
        """The mirror that a pod was adopted into."""
        return self._runs.get(pod["metadata"]["uid"])

    def unlabelled(self, run: Key) -> list[Json]:
        """Pods of a mirror that no listing by label shows."""
        with self._lock:
            return list(self._unlabelled.get(run, {}).values())

    def forget_pod(self, pod: Mapping[str, Any]) -> None:
        """The pod is gone."""
        uid = pod["metadata"]["uid"]
        with self._lock:
            run = self._runs.pop(uid, None)
            left = self._unlabelled.get(run, {}) if run is not None else {}
            left.pop(uid, None)
            if run is not None and not left:
                self._unlabelled.pop(run, None)


def is_labelled(pod: Mapping[str, Any]) -> bool:
    """The pod asks by itself, so the watch shows it."""
    return (pod["metadata"].get("labels") or {}).get(names.INJECT_LABEL) == "true"


def is_stranger(pod: Mapping[str, Any]) -> bool:
    """The pod is of no TrainingRun that we made a Job of."""
    return names.RUN_ID_ANNOTATION not in (pod["metadata"].get("annotations") or {})


def is_alive(pod: Mapping[str, Any]) -> bool:
    """The pod runs or is to run, and nobody has asked it to end."""
    is_over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not is_over and "deletionTimestamp" not in pod["metadata"]
