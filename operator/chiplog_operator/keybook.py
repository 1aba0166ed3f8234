"""Writes down in the bucket which API keys were made, and which are nobody's any more; it makes and ends none.

People make keys at the API server with their own rights, so what is seen of them is what can be told. Each entry is
made once; a store that does not answer now is told in a later round.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog

from chiplog import audits, records
from chiplog.access.keys import Key
from chiplog.audits import AuditDocument, AuditedKey
from chiplog.bucket import Bucket
from chiplog.errors import BucketError, FormatError, PreconditionFailed

MADE, ENDED = "key made", "key ended"

log = structlog.get_logger()


class Keybook:
    """The keys of one cluster, for as long as its name is ours."""

    def __init__(self, bucket: Bucket, cluster: str, is_ours: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._bucket = bucket
        self._cluster = cluster
        self._is_ours = is_ours
        self._clock = clock
        self._open: dict[str, AuditedKey] | None = None
        """Keys that were made and have not ended, by handle and UID; None until it is read."""

    def note(self, present: Iterable[Key]) -> None:
        """Write down what changed since the last look."""
        if not self._is_ours():
            return
        # A key is whole once its token is made; what was begun and taken back is none.
        now = {_name(key): _facts(key) for key in present if key.handle_uid and key.fingerprint}
        try:
            self._turn(self._known(), now)
        except (BucketError, FormatError) as error:
            log.warning("keys not written down, tried again", error=str(error))

    def _turn(self, known: dict[str, AuditedKey], now: dict[str, AuditedKey]) -> None:
        for name in now.keys() - known.keys():
            self._write(name, MADE, now[name])
            known[name] = now[name]
        for name in known.keys() - now.keys():
            self._write(name, ENDED, known[name])
            del known[name]

    def _known(self) -> dict[str, AuditedKey]:
        if self._open is None:
            keys = [item.key for item in self._bucket.list(audits.keys_prefix(self._cluster))]
            ended = {_of(key) for key in keys if key.endswith("-ended.json")}
            made = {_of(key): key for key in keys if key.endswith("-made.json")}
            self._open = {name: self._read(key) for name, key in made.items() if name not in ended}
        return self._open

    def _read(self, key: str) -> AuditedKey:
        found: AuditedKey = records.unpack_document(self._bucket.get(key).data, records.AUDIT_FORMAT, key)["key"]
        return found

    def _write(self, name: str, did: str, facts: AuditedKey) -> None:
        entry: AuditDocument = audits.of_key(did, facts, self._clock())
        handle, _, uid = name.partition("/")
        with suppress(PreconditionFailed):  # An operator before us wrote it.
            key = audits.key_key(self._cluster, handle, uid, did)
            self._bucket.put(key, records.pack_document(entry), if_absent=True)


def _name(key: Key) -> str:
    return f"{key.handle}/{key.handle_uid}"


def _of(key: str) -> str:
    """The handle and the UID of an entry's key; a UID has 36 characters."""
    stem = key.rpartition("/")[2].rpartition("-")[0]
    return f"{stem[:-37]}/{stem[-36:]}"


def _facts(key: Key) -> AuditedKey:
    return {
        "name": key.name,
        "generation": key.generation,
        "namespace": key.namespace,
        "project": key.project,
        "scope": key.scope,
        "service_account": key.service_account,
        "fingerprint": key.fingerprint,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }
