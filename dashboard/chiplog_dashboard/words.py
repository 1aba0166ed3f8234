"""What people say of many runs at once: tags, put away, deleted by tombstone, all of it taken back; it reads no rows.

Nothing is deleted here: a tombstone says that it shall be, and for the grace period it can be taken back.
"""

import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chiplog import audits, layout, records, times, word_layout
from chiplog.bucket import Bucket, ETag
from chiplog.documents import TombstoneDocument, WordsDocument
from chiplog.errors import FormatError, PreconditionFailed, SettingsError
from chiplog.reading.fetching import THREADS
from chiplog.reading.views import RunView
from chiplog_dashboard import answers, rights, writes
from chiplog_dashboard.sight import Sight

MAX_RUNS = 500
MAX_TAGS = 64
"""That people may add to one run."""
MAX_TAG = 100
MAX_BODY = 1 << 18
TRIES = 4
"""Somebody else may say something of the same run at the same time."""


@dataclass(frozen=True)
class Said:
    """What shall be said of some runs; None says nothing."""

    tag: tuple[str, ...]
    untag: tuple[str, ...]
    archive: bool | None
    delete: bool | None

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Said":
        """Raises SettingsError, which names the field."""
        archive, delete = (body.get(name) for name in ("archive", "delete"))
        for name, value in (("archive", archive), ("delete", delete)):
            if value is not None and not isinstance(value, bool):
                raise SettingsError(f"{name}={value!r} is neither true nor false")
        said = cls(_tags(body, "tag"), _tags(body, "untag"), archive, delete)
        if not (said.has_words or delete is not None):
            raise SettingsError("nothing is said: neither tag nor untag, archive or delete")
        return said

    @property
    def has_words(self) -> bool:
        """Whether anything but a deletion is said."""
        return bool(self.tag or self.untag) or self.archive is not None


@dataclass
class Saying:
    """The question, over one bucket."""

    bucket: Bucket
    sight: Sight
    clock: Callable[[], float]

    def routes(self) -> list[Route]:
        """Every path of it."""
        return [Route("/api/v1/words", self.say, methods=["POST"])]

    async def say(self, request: Request) -> Response:
        """Say `{"runs": [id, …], "tag": […], "untag": […], "archive": bool, "delete": bool}`, as much as is given."""
        body = await writes.document(request, MAX_BODY)
        return await run_in_threadpool(self._say, request, _runs(body), Said.of(body))

    def _say(self, request: Request, places: list[layout.Run], said: Said) -> Response:
        person = self.sight.person(request)
        views = [self.sight.view(request, place) for place in places]
        for namespace, project in sorted({(view.namespace, view.project) for view in views}):
            if said.has_words:
                rights.editor(self.sight, request, namespace, project)
            if said.delete is not None:
                rights.deleter(self.sight, request, namespace, project)
        if said.delete is not None:
            self._audit(views, "delete" if said.delete else "restore", person.name)
        with ThreadPoolExecutor(THREADS, thread_name_prefix="say") as threads:
            list(threads.map(lambda view: self._of_one(view, said, person.name), views))
        self.sight.shelf.again()
        return answers.document({"runs": [place.path for place in places]})

    def _audit(self, views: list[RunView], did: str, who: str) -> None:
        """First it is written down for good, then it is done: nothing is deleted of which nobody knows who asked."""
        now = self.clock()
        stamp = f"{re.sub('[-:.]', '', times.iso(now) or '')}-{secrets.token_hex(4)}"
        for cluster, namespace in sorted({(view.key.cluster, view.key.namespace) for view in views}):
            ids = [view.key.id for view in views if (view.key.cluster, view.key.namespace) == (cluster, namespace)]
            entry = records.pack_document(audits.of_runs(did, ids, who, now))
            self.bucket.put(audits.runs_key(cluster, namespace, stamp), entry, if_absent=True)

    def _of_one(self, view: RunView, said: Said, who: str) -> None:
        if said.has_words:
            self._change(word_layout.words_key(view.key), lambda old: _words(view, old, said, who, self.clock()))
        if said.delete is not None:
            self._change(word_layout.tombstone_key(view.key), lambda old: _stone(old, not said.delete, who))

    def _change(self, key: str, change: Callable[[dict[str, Any] | None], Any]) -> None:
        """Read and write under If-Match until nobody comes between. Raises PreconditionFailed after TRIES."""
        for left in reversed(range(TRIES)):
            old, etag = self._read(key)
            new = change(old)
            if new is None:
                return
            try:
                self.bucket.put(key, records.pack_document(new), if_match=etag, if_absent=etag is None)
            except PreconditionFailed:
                if not left:
                    raise
            else:
                return

    def _read(self, key: str) -> tuple[dict[str, Any] | None, ETag | None]:
        """What stands there now, by a LIST of its own; one that cannot be read is written anew."""
        if not any(item.key == key for item in self.bucket.list(key)):
            return None, None
        stored = self.bucket.get(key)
        kind = records.WORDS_FORMAT if word_layout.parse_words_key(key) else records.TOMBSTONE_FORMAT
        try:
            return records.unpack_document(stored.data, kind, key), stored.etag
        except FormatError:
            return None, stored.etag


def _words(view: RunView, old: Any, said: Said, who: str, now: float) -> WordsDocument:
    added = [tag for tag in (old["tags_added"] if old else []) if tag not in said.untag]
    removed = [tag for tag in (old["tags_removed"] if old else []) if tag not in said.tag]
    added += [tag for tag in said.tag if tag not in added]
    removed += [tag for tag in said.untag if tag not in removed]
    if len(added) > MAX_TAGS or len(removed) > MAX_TAGS:
        raise SettingsError(f"{view.name} would have more than {MAX_TAGS} tags of people")
    archived = said.archive if said.archive is not None else bool(old and old["is_archived"])
    return {
        "format": records.WORDS_FORMAT, "min_reader": records.READER, "tags_added": added, "tags_removed": removed,
        "is_archived": archived, "said_by": who, "said_at": now,
    }  # fmt: skip


def _stone(old: Any, is_taken_back: bool, who: str) -> TombstoneDocument | None:
    """None where it says so already: writing it again would begin the grace period anew."""
    if (old is None and is_taken_back) or (old is not None and old.get("is_taken_back") is is_taken_back):
        return None
    return {
        "format": records.TOMBSTONE_FORMAT, "min_reader": records.READER, "is_taken_back": is_taken_back,
        "said_by": who,
    }  # fmt: skip


def _runs(body: dict[str, Any]) -> list[layout.Run]:
    found = body.get("runs")
    if not isinstance(found, list) or not 1 <= len(found) <= MAX_RUNS:
        raise SettingsError(f"runs is no list of 1 to {MAX_RUNS} ids")
    places = []
    for item in found:
        parts = item.split("/") if isinstance(item, str) else []
        if len(parts) != 3 or not all(parts):
            raise SettingsError(f"runs has {item!r}, which is not cluster/namespace/run")
        places.append(layout.Run(*parts))
    return list(dict.fromkeys(places))


def _tags(body: dict[str, Any], name: str) -> tuple[str, ...]:
    found = body.get(name, [])
    if not isinstance(found, list) or len(found) > MAX_TAGS:
        raise SettingsError(f"{name} is no list of at most {MAX_TAGS} tags")
    tags = (writes.text({name: tag}, name, MAX_TAG, least=1).strip() for tag in found)
    return tuple(dict.fromkeys(tags))
