"""What is to be told and what was told, as one object of the bucket: `clusters/<cluster>/notices.json`.

It is what prevents repeats: a notice whose digest stands there, waiting or told, is not taken in again, whichever
operator finds it. A notice is written down before anything else says its fact, and taken off after it was sent, so it
is told at least once; an operator that dies between sending and writing tells it twice, with the same digest.

A store that is down stops nobody: what is taken in then is only remembered, and written down when the store is back.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import structlog

from chiplog import layout, records
from chiplog.bucket import Bucket, ETag
from chiplog.documents import NoticesDocument
from chiplog.errors import BucketError, FormatError, NotFound, PreconditionFailed
from chiplog_operator.notices import Notice

MAX_TOLD = 5000
"""Digests that are kept, the newest. An older fact that is found again after a restart would be told again."""

MAX_WAITING = 1000
"""While a webhook is away; the oldest are dropped and counted as given up."""

PAUSE_SECONDS = 5.0
"""After a store that did not answer it is not asked for so long: a pass must not hang on it."""

TRIES = 3

log = structlog.get_logger()


@dataclass(frozen=True)
class Waiting:
    """A notice that is to be sent."""

    notice: Notice
    made_at: float


@dataclass
class Outbox:
    """The object and what is remembered of it; threads may share it."""

    bucket: Bucket
    cluster: str
    clock: Callable[[], float]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: dict[str, Waiting] = field(default_factory=dict)
    _told: dict[str, float] = field(default_factory=dict)
    _etag: ETag | None = None
    _is_read: bool = False
    _is_dirty: bool = False
    _paused_until: float = 0.0

    def __len__(self) -> int:
        """How many wait, as far as it is known."""
        return len(self._waiting)

    def add(self, found: Iterable[Notice]) -> None:
        """Take in what is not known yet, and write it down."""
        with self._lock:
            fresh = [item for item in found if item.digest not in self._waiting and item.digest not in self._told]
            if not fresh:
                return
            for item in fresh:
                self._waiting[item.digest] = Waiting(item, self.clock())
            for digest in list(self._waiting)[:-MAX_WAITING]:
                self._forget([digest], "dropped, too many wait")
            self._is_dirty = True
            self._save()

    def waiting(self) -> list[Waiting]:
        """What is to be sent, oldest first; what could not be written down before is, if the store is back."""
        with self._lock:
            if self._is_dirty or not self._is_read:
                self._save()
            return list(self._waiting.values())

    def settle(self, digests: Iterable[str]) -> None:
        """These were sent, or never will be."""
        with self._lock:
            self._forget(digests, "")
            self._is_dirty = True
            self._save()

    def _forget(self, digests: Iterable[str], why: str) -> None:
        for digest in digests:
            self._waiting.pop(digest, None)
            self._told[digest] = self.clock()
            if why:
                log.warning("notice not sent", digest=digest, why=why)
        self._told = dict(sorted(self._told.items(), key=lambda item: item[1])[-MAX_TOLD:])

    def _save(self) -> None:
        """Bring object and memory together; what a store does not take now it gets later."""
        if self.clock() < self._paused_until:
            return
        try:
            for _ in range(TRIES):
                if not self._is_read:
                    self._read()
                if not self._is_dirty or self._is_written():
                    return
        except (BucketError, FormatError) as error:
            self._paused_until = self.clock() + PAUSE_SECONDS
            log.warning("notices not written down, they are remembered", error=str(error))

    def _is_written(self) -> bool:
        data = records.pack_document(self._document())
        try:
            key = layout.notices_key(self.cluster)
            self._etag = self.bucket.put(key, data, if_match=self._etag, if_absent=self._etag is None)
        except PreconditionFailed:
            self._is_read = False  # Another operator wrote, or our own write whose answer was lost.
            return False
        self._is_dirty = False
        return True

    def _read(self) -> None:
        key = layout.notices_key(self.cluster)
        try:
            stored = self.bucket.get(key)
        except NotFound:
            self._etag, self._is_read = None, True
            return
        self._take_in(cast("NoticesDocument", records.unpack_document(stored.data, records.NOTICES_FORMAT, key)))
        self._etag, self._is_read = stored.etag, True

    def _take_in(self, document: NoticesDocument) -> None:
        """What is told there or here is told; what waits there or here, and is told nowhere, waits."""
        self._told = {**document["told"], **self._told}
        before = {item["digest"]: _waiting(cast("dict[str, Any]", item)) for item in document["waiting"]}
        self._waiting = {digest: item for digest, item in {**before, **self._waiting}.items()
                         if digest not in self._told}  # fmt: skip

    def _document(self) -> NoticesDocument:
        return {
            "format": records.NOTICES_FORMAT,
            "min_reader": records.READER,
            "cluster": self.cluster,
            "waiting": [{**asdict(item.notice), "made_at": item.made_at} for item in self._waiting.values()],  # type: ignore[typeddict-item]
            "told": self._told,
        }


def _waiting(item: dict[str, Any]) -> Waiting:
    fields = ("digest", "channel", "word", "namespace", "subject", "text")
    return Waiting(Notice(*(str(item[name]) for name in fields)), float(item["made_at"]))
