"""Whose a recorder or a run is, as the bucket says; what once was said of one is never changed.

A recorder belongs to the key that first wrote as it: the door claims it with `writer.json`, which is created and never
replaced. What came into the bucket in another way, a pod's recorder or a run of the operator, belongs to no key.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.documents import WriterDocument
from chiplog.errors import AccessDenied, FormatError, NotFound, PreconditionFailed
from chiplog_ingest import targets
from chiplog_ingest.grants import Grant

MAX_REMEMBERED = 10_000


class Owner(NamedTuple):
    """Whose it is."""

    key: str
    """Empty: it did not come in through a door."""
    service_account: str
    project: str
    key_uid: str = ""

    def is_of(self, grant: Grant) -> bool:
        """Whether it is this key's, in whatever generation; one that was made again under its name is another."""
        theirs = (grant.key, grant.service_account, grant.key_uid)
        return bool(self.key) and (self.key, self.service_account, self.key_uid) == theirs


class Owners:
    """The owners that the bucket tells; threads may share it.

    Args:
        bucket: the bucket.
        clock: Unix seconds.
    """

    def __init__(self, bucket: Bucket, clock: Callable[[], float]) -> None:
        self._bucket = bucket
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[layout.Recorder | layout.Run, Owner] = {}

    def of_recorder(self, recorder: layout.Recorder) -> Owner | None:
        """Whose a recorder is; None where no key has claimed it. Raises BucketError."""
        return self._recall(recorder, lambda: self._read_claim(recorder))

    def of_run(self, run: layout.Run) -> Owner | None:
        """Whose a run is, by its `run.json`; None where there is none. Raises BucketError."""
        return self._recall(run, lambda: self._read_run(run))

    def claim(self, recorder: layout.Recorder, grant: Grant) -> None:
        """Make a recorder the key's, unless it is. Raises AccessDenied where it is somebody else's, BucketError."""
        if not targets.is_id(recorder.id):
            raise AccessDenied(f"{recorder.id[:200]!r} is no recorder's id")
        owner = self.of_recorder(recorder)
        if owner is None:
            self._require_new(recorder)
            with suppress(PreconditionFailed):
                self._bucket.put(layout.writer_key(recorder), self._document(recorder, grant), if_absent=True)
            owner = self.of_recorder(recorder)
        if owner is None or not owner.is_of(grant):
            raise AccessDenied(f"the recorder {recorder.id} is not the key {grant.key}'s")

    def _require_new(self, recorder: layout.Recorder) -> None:
        for prefix in (layout.live_key(recorder), layout.raw_prefix(recorder), layout.blobs_prefix(recorder)):
            for listed in self._bucket.list(prefix):
                if listed.key != layout.writer_key(recorder):
                    raise AccessDenied(f"the recorder {recorder.id} came in another way, and is no key's")

    def _document(self, recorder: layout.Recorder, grant: Grant) -> bytes:
        document: WriterDocument = {
            "format": records.WRITER_FORMAT,
            "min_reader": records.READER,
            "cluster": recorder.cluster,
            "namespace": recorder.namespace,
            "recorder": recorder.id,
            **grant.writer,
            "project": grant.project,
            "claimed_at": self._clock(),
        }
        return records.pack_document(document)

    def _read_claim(self, recorder: layout.Recorder) -> Owner:
        key = layout.writer_key(recorder)
        told = records.unpack_document(self._bucket.get(key).data, records.WRITER_FORMAT, key)
        return Owner(told["key"], told["service_account"], told["project"], told.get("key_uid", ""))

    def _read_run(self, run: layout.Run) -> Owner:
        key = layout.run_key(run)
        told = records.unpack_document(self._bucket.get(key).data, records.RUN_FORMAT, key)
        writer = told.get("written_by") or {"key": "", "service_account": ""}
        return Owner(writer["key"], writer["service_account"], told["project"], writer.get("key_uid", ""))

    def _recall(self, place: layout.Recorder | layout.Run, read: Callable[[], Owner]) -> Owner | None:
        with self._lock:
            if place in self._known:
                return self._known[place]
        try:
            owner = read()
        except NotFound:
            return None
        except FormatError as error:
            raise AccessDenied(f"whose {place.id} is cannot be read: {error}") from error
        with self._lock:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[place] = owner
        return owner
