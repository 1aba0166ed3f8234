"""The operator's part of the bucket: it reads live heads, and writes claims, run.json and outcome.json; nothing else.

What it remembers is only a cache: every object that it writes has no other writer, and is written under a condition.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, cast

from chiplog import layout, records
from chiplog.bucket import Bucket, ETag, Listed
from chiplog.documents import OutcomeDocument, RunDocument
from chiplog.errors import (
    AccessDenied,
    BucketError,
    BucketMissing,
    ChiplogError,
    FormatError,
    NotFound,
    PreconditionFailed,
    Unreachable,
)
from chiplog_operator import documents, heads
from chiplog_operator.heads import Head
from chiplog_operator.observations import Trouble

PAUSE_SECONDS = 5.0
"""After a store that did not answer, nobody waits for it again for this long: a pass must not hang on it."""

MAX_HEADS_PER_POLL = 64
"""Heads read in one look at a namespace; those that waited longest come first, so the cost does not grow with runs."""

Count = Callable[..., None]
"""Counts one more of a name, with labels."""


class NameTaken(ChiplogError):
    """Another cluster holds our name in the bucket."""


@dataclass(slots=True)
class _Remembered:
    """A head as it was read, with the version it was read from."""

    head: Head
    etag: ETag
    read_at: float
    is_mere_progress: bool = False
    """It told nothing else than the one before it."""
    listed: float = 0.0
    """When the store last saw it change, by the newest LIST: a head that waits to be read tells all the same that its
    recorder lives.
    """

    def now(self) -> Head:
        """The head as it was read, of a recorder that lived when it was listed."""
        return replace(self.head, modified=self.listed) if self.listed > self.head.modified else self.head


class Ledger:
    """The bucket as the operator uses it; threads may share it."""

    def __init__(
        self, bucket: Bucket, cluster: str, clock: Callable[[], float] = time.time, count: Count = lambda _, **__: None
    ) -> None:
        self._bucket = bucket
        self._cluster = cluster
        self._clock = clock
        self._count = count
        self._lock = threading.Lock()
        self._heads: dict[tuple[str, str], _Remembered] = {}
        self._outcomes: dict[layout.Run, tuple[ETag | None, bytes]] = {}
        """As JSON, empty where there is none: as trees, those of ten thousand live runs are a third of our memory."""
        self._written: set[layout.Run] = set()
        self._paused: tuple[float, BucketError] | None = None

    def place(self, namespace: str, run_id: str) -> layout.Run:
        """Where a run stands in the bucket."""
        return layout.Run(self._cluster, namespace, run_id)

    def claim(self, uid: str) -> None:
        """Take our cluster's name in the bucket, once. Raises NameTaken if a cluster of another UID holds it."""
        key = layout.cluster_key(self._cluster)
        document = documents.cluster(self._cluster, uid, self._clock())
        with self._asking("put"):
            try:
                self._bucket.put(key, records.pack_document(document), if_absent=True)
            except PreconditionFailed:
                self._compare(key, uid)

    def begin(self, place: layout.Run, document: Callable[[], RunDocument]) -> None:
        """Write run.json of a run that nothing is known of. Where it is new nothing else stands there either, which
        saves reading it; where it is not, whose it is and what came of it is still to be read.
        """
        if place in self._written:
            return
        with self._asking("put"), suppress(PreconditionFailed):
            self._bucket.put(layout.run_key(place), records.pack_document(document()), if_absent=True)
            self._written.add(place)
            self._outcomes[place] = None, b""

    def ensure_run(self, place: layout.Run, document: Callable[[], RunDocument]) -> None:
        """Write run.json unless it stands there."""
        if place in self._written:
            return
        # Where it stands already, an earlier life of ours wrote it, and it never changes.
        with self._asking("put"), suppress(PreconditionFailed):
            self._bucket.put(layout.run_key(place), records.pack_document(document()), if_absent=True)
        self._written.add(place)

    def owner(self, place: layout.Run) -> str:
        """The UID of whose run this is by its run.json; empty where there is none, or where it is known to be ours."""
        if place in self._written:
            return ""
        key = layout.run_key(place)
        with self._asking("get"):
            try:
                stored = self._bucket.get(key)
            except NotFound:
                return ""
        return str(records.unpack_document(stored.data, records.RUN_FORMAT, key)["uid"])

    def outcome(self, place: layout.Run) -> OutcomeDocument | None:
        """outcome.json of a run; None where there is none yet."""
        if place not in self._outcomes:
            with self._asking("get"):
                self._outcomes[place] = self._read_outcome(place)
        kept = self._outcomes[place][1]
        return cast("OutcomeDocument", json.loads(kept)) if kept else None

    def save_outcome(self, place: layout.Run, document: OutcomeDocument) -> bool:
        """Write outcome.json if it changed, over the version that `outcome` has read; says whether it was written.

        A run that is over and durable has its last word: it is never written again, for the runs index believes it.
        Raises PreconditionFailed if somebody else wrote: what was remembered is then forgotten.
        """
        before = self.outcome(place)
        if before == document or (before is not None and documents.is_final(before)):
            return False
        etag = self._outcomes[place][0]
        with self._asking("put"):
            try:
                new = self._bucket.put(
                    layout.outcome_key(place), records.pack_document(document), if_match=etag, if_absent=etag is None
                )
            except PreconditionFailed:
                del self._outcomes[place]
                raise
        self._outcomes[place] = new, _packed(document)
        return True

    def head(self, namespace: str, recorder: str, *, is_fresh: bool = False) -> Head | None:
        """A recorder's head as last read, read now where it never was (or `is_fresh` is asked for, unless it had
        drained, which is its last word); None where it has written none.
        """
        remembered = self._heads.get((namespace, recorder))
        if remembered is not None and (remembered.head.is_drained or not is_fresh):
            return remembered.now()
        return self._read_head(namespace, recorder)

    def refresh(self, namespace: str, recorders: Iterable[str]) -> set[str]:
        """Look at a namespace with one LIST and read the heads of `recorders` that changed, within the budget.

        Returns the recorders whose heads are news.
        """
        prefix = layout.live_prefix(self._cluster, namespace)
        with self._asking("list"):
            listed = [(layout.parse_live_key(item.key), item) for item in self._bucket.list(prefix)]
        found = {place.id: self._heard(namespace, place.id, item) for place, item in listed if place is not None}
        wanted = set(recorders)
        changed = [name for name, etag in found.items() if name in wanted and self._is_news(namespace, name, etag)]
        chosen = sorted(changed, key=lambda name: self._read_at(namespace, name))[:MAX_HEADS_PER_POLL]
        return {name for name in chosen if self._is_readable(namespace, name)}

    def silent(self, namespace: str, recorders: Iterable[str], seconds: float) -> set[str]:
        """Those recorders whose heads, as last listed, have not changed for longer, though they had not drained."""
        since = self._clock() - seconds
        known = ((name, self._heads.get((namespace, name))) for name in recorders)
        return {name for name, it in known if it is not None and it.now().modified < since and not it.head.is_drained}

    def told_mere_progress(self, namespace: str, recorder: str) -> bool:
        """A recorder's head, as last read, says only that its run has come further."""
        remembered = self._heads.get((namespace, recorder))
        return remembered is not None and remembered.is_mere_progress

    def forget(self, place: layout.Run, recorders: Iterable[str]) -> None:
        """Drop what is remembered of a run that needs no more looking after."""
        self._outcomes.pop(place, None)
        self._written.discard(place)
        for recorder in recorders:
            self._heads.pop((place.namespace, recorder), None)

    def _compare(self, key: str, uid: str) -> None:
        holder = records.unpack_document(self._bucket.get(key).data, records.CLUSTER_FORMAT, key)
        if holder["uid"] != uid:
            raise NameTaken(
                f"the cluster name {self._cluster!r} belongs to another cluster in this bucket (kube-system UID "
                f"{holder['uid']}, ours is {uid}): set another CHIPLOG_CLUSTER"
            )

    def _read_outcome(self, place: layout.Run) -> tuple[ETag | None, bytes]:
        key = layout.outcome_key(place)
        try:
            stored = self._bucket.get(key)
        except NotFound:
            return None, b""
        return stored.etag, _packed(records.unpack_document(stored.data, records.OUTCOME_FORMAT, key))

    def _read_head(self, namespace: str, recorder: str) -> Head | None:
        key = layout.live_key(layout.Recorder(self._cluster, namespace, recorder))
        with self._asking("get"):
            try:
                stored = self._bucket.get(key)
            except NotFound:
                return None
        self._count("heads_read")
        live, tail = records.unpack_live(stored.data, key)
        head = heads.head(live, stored.modified, tail)
        with self._lock:
            before = self._heads.get((namespace, recorder))
            is_mere = before is not None and heads.is_mere_progress(before.head, head)
            self._heads[namespace, recorder] = _Remembered(head, stored.etag, self._clock(), is_mere)
        return head

    def _heard(self, namespace: str, recorder: str, item: Listed) -> ETag:
        remembered = self._heads.get((namespace, recorder))
        if remembered is not None:
            remembered.listed = item.modified
        return item.etag

    def _is_readable(self, namespace: str, recorder: str) -> bool:
        """One head that a newer recorder wrote must not stop the look at all others; its own run's pass says so."""
        try:
            return self._read_head(namespace, recorder) is not None
        except FormatError:
            self._count("heads_unreadable")
            return True

    def _is_news(self, namespace: str, recorder: str, etag: ETag) -> bool:
        remembered = self._heads.get((namespace, recorder))
        return remembered is None or remembered.etag != etag

    def _read_at(self, namespace: str, recorder: str) -> float:
        remembered = self._heads.get((namespace, recorder))
        return remembered.read_at if remembered is not None else 0.0

    @contextmanager
    def _asking(self, operation: str) -> Iterator[None]:
        """Ask the store, unless it has just failed to answer: then raise what it failed with."""
        if self._paused is not None and self._clock() < self._paused[0]:
            raise type(self._paused[1])(str(self._paused[1]))
        self._count("bucket_requests_total", operation=operation)
        try:
            yield
        except (Unreachable, AccessDenied, BucketMissing) as error:
            self._count("bucket_errors")
            self._paused = (self._clock() + PAUSE_SECONDS, error)
            raise
        self._paused = None


def _packed(document: OutcomeDocument) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def trouble(error: BucketError | FormatError) -> Trouble:
    """A failure of the store as a fact for a status."""
    reasons: dict[type[Any], str] = {AccessDenied: "AccessDenied", BucketMissing: "BucketMissing"}
    return Trouble(reasons.get(type(error), "Unreachable"), str(error))
