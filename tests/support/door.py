"""A door before a bucket, as a client reaches it, with people and rights by hand: no cluster is asked."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import secrecy
import uvicorn

from chiplog.access import Person, Right, keys
from chiplog.access.keys import Key
from chiplog.access.pace import Pace
from chiplog.bucket import Bucket, ETag, Listed, Stored
from chiplog.bucket.apikey import ApiKey
from chiplog.bucket.http import HttpBucket
from chiplog_ingest.app import Door
from chiplog_ingest.grants import Grant
from chiplog_ingest.guard import Guard, NotKnown
from chiplog_ingest.objects import Judged, Objects
from chiplog_ingest.owners import Owners

TOKEN = secrecy.note("header.payload-that-is-secret.signature")


@dataclass
class Anybody:
    """A guard that knows one token, and lets it do what it likes."""

    cluster: str = "c1"
    namespace: str = "team"

    def grant(self, token: str) -> Grant:
        if token != TOKEN:
            raise NotKnown("the key is not known here")
        return Grant("ci", "ci-1", "trainer", self.cluster, self.namespace, "", True)


@dataclass
class Unjudged:
    """The `Objects` of a bucket for the suite of what every bucket promises: its keys are no recorder's."""

    bucket: Bucket

    def get(self, grant: Grant, key: str) -> Stored:
        return self.bucket.get(key)

    def open(self, grant: Grant, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        return self.bucket.open(key, start, end)

    def list(self, grant: Grant, prefix: str) -> Iterator[Listed]:
        return self.bucket.list(prefix)

    def put(self, grant: Grant, key: str, data: bytes, if_match: ETag | None, *, if_absent: bool) -> ETag:
        return self.bucket.put(key, data, if_match=if_match, if_absent=if_absent)

    def put_file(self, grant: Grant, key: str, path: Path, sha256: str) -> None:
        self.bucket.put_file(key, path, sha256=sha256)


class Deleting(HttpBucket):
    """A client for that suite. Nothing is deleted through a door: what the suite deletes goes in the store itself."""

    def __init__(self, address: str, store: Bucket) -> None:
        super().__init__(address, ApiKey(TOKEN))
        self._store = store

    def delete(self, key: str, *, if_match: ETag | None = None) -> None:
        self._store.delete(key, if_match=if_match)


@dataclass
class Reviews:
    """What an API server would say: tokens by person, keys by handle, and rights."""

    tokens: dict[str, str] = field(default_factory=dict)
    """The handle of each."""
    keys: dict[str, Key] = field(default_factory=dict)
    rights: set[tuple[str, str, str, str]] = field(default_factory=set)
    """Handle, verb, namespace and project; an empty project is every one."""
    asked: int = 0
    noted: list[tuple[str, float]] = field(default_factory=list)

    def person(self, token: str) -> Person | None:
        self.asked += 1
        handle = self.tokens.get(token)
        return Person(f"system:serviceaccount:{keys.NAMESPACE}:{handle}") if handle else None

    def key(self, handle: str) -> Key | None:
        return self.keys.get(handle)

    def may(self, person: Person, right: Right) -> bool:
        handle = person.name.rpartition(":")[2]
        names = {(handle, right.verb, right.namespace, right.name), (handle, right.verb, right.namespace, "")}
        return right.resource == "projects" and bool(names & self.rights)

    def note_use(self, handle: str, moment: float) -> None:
        self.noted.append((handle, moment))

    def give(
        self, token: str, name: str = "ci", generation: int = 1, project: str = "digits", scope: str = "write",
        namespace: str = "team", **more: Any,
    ) -> None:  # fmt: skip
        """Make a key."""
        key = Key(name, generation, namespace, "trainer", project, scope, 86_400, **more)
        self.tokens[token], self.keys[key.handle] = key.handle, key
        self.rights |= {(key.handle, verb, namespace, project) for verb in keys.VERBS[scope]}

    def take(self, handle: str) -> None:
        """Revoke a generation."""
        self.tokens = {token: named for token, named in self.tokens.items() if named != handle}
        self.keys.pop(handle, None)


def judging(bucket: Bucket, reviews: Reviews, cluster: str = "c1", **more: Any) -> Door:
    """The door as it is in a cluster, before people by hand."""
    guard = Guard(reviews, cluster, time.time, time.monotonic)
    settings: dict[str, Any] = {"pace": Pace(1e6, time.monotonic), "used": lambda _: None, **more}
    return Door(guard, Judged(bucket, Owners(bucket, time.time)), **settings)


def unjudged(bucket: Bucket) -> Door:
    """A door that lets one token do what it likes."""
    objects: Objects = Unjudged(bucket)
    return Door(Anybody(), objects, Pace(1e6, time.monotonic), lambda _: None)


@contextmanager
def serving(door: Door, **options: Any) -> Iterator[str]:
    """The door at an address of its own."""
    quiet = {"log_level": "warning", "access_log": False, "lifespan": "off"}
    settings = {**quiet, "timeout_graceful_shutdown": 1, **options}
    config = uvicorn.Config(door.application(), port=0, **settings)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
