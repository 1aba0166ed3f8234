"""Saved views: an address of the page by a name, for everybody who sees its namespace; it reads no run."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chiplog import records, times, word_layout
from chiplog.bucket import Bucket, ETag, Stored
from chiplog.documents import ViewDocument
from chiplog.errors import FormatError, PreconditionFailed, SettingsError
from chiplog.reading import fetching
from chiplog_dashboard import answers, rights, writes
from chiplog_dashboard.sight import Sight

MAX_TITLE = 100
MAX_HREF = 6000
MAX_BODY = 32_768

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HREF = re.compile(r"/(?![/\\])[!-~]*")


@dataclass
class Saved:
    """The questions, over one bucket."""

    bucket: Bucket
    sight: Sight
    clock: Callable[[], float]

    def routes(self) -> list[Route]:
        """Every path of these questions."""
        one = "/api/v1/views/{cluster}/{namespace}/{view}"
        return [
            Route("/api/v1/views", self.list_views),
            Route(one, self.save, methods=["PUT"]),
            Route(one, self.remove, methods=["DELETE"]),
        ]

    def list_views(self, request: Request) -> Response:
        """Every view that they see, by its title."""
        self.sight.person(request)
        shelf = self.sight.shelf
        seen = []
        for item in self.bucket.list(word_layout.words_prefix(shelf.cluster, shelf.namespace)):
            place = word_layout.parse_view_key(item.key)
            if place is not None and self.sight.sees(request, place[1]):
                seen.append(place)
        found = list(self._read(seen))
        return answers.document({"views": sorted(found, key=lambda view: view["title"].casefold())})

    async def save(self, request: Request) -> Response:
        """Keep `{"title", "href"}`, over `If-Match` or as a new one."""
        before = writes.condition(request.headers)
        body = await writes.document(request, MAX_BODY)
        title, href = writes.text(body, "title", MAX_TITLE, least=1), writes.text(body, "href", MAX_HREF)
        if not _HREF.fullmatch(href):
            raise SettingsError("href is no address of this page: it begins with one / and has no blanks")
        return await run_in_threadpool(self._write, request, before, title.strip(), href, False)

    async def remove(self, request: Request) -> Response:
        """Forget a view: what stands there says so, for nothing is deleted here."""
        writes.check_origin(request.headers)
        return await run_in_threadpool(self._write, request, writes.condition(request.headers), "", "", True)

    def _write(self, request: Request, before: str, title: str, href: str, is_removed: bool) -> Response:
        cluster, namespace, name = (request.path_params[part] for part in ("cluster", "namespace", "view"))
        if not _NAME.fullmatch(name):
            raise SettingsError(f"view={name!r} is no name: a to z, 0 to 9 and -, at most 63 of them")
        self.sight.check_place(request, cluster, namespace, f"view {name}")
        person = rights.editor(self.sight, request, namespace)
        document: ViewDocument = {
            "format": records.VIEW_FORMAT, "min_reader": records.READER, "title": title, "href": href,
            "is_removed": is_removed, "saved_by": person.name, "saved_at": self.clock(),
        }  # fmt: skip
        key = word_layout.view_key(cluster, namespace, name)
        etag = self._replaced(key, before)
        self.bucket.put(key, records.pack_document(document), if_match=etag, if_absent=etag is None)
        return answers.document({"id": f"{cluster}/{namespace}/{name}"})

    def _replaced(self, key: str, before: str) -> ETag | None:
        """The version that is written over; a removed view counts as none. Raises PreconditionFailed."""
        there = any(item.key == key for item in self.bucket.list(key))
        stored = self.bucket.get(key) if there else None
        is_there = stored is not None and _view(stored, key) is not None
        if before != (_bare(stored.etag) if stored is not None and is_there else ""):
            raise PreconditionFailed("this view was changed meanwhile" if is_there else "there is no such view")
        return stored.etag if stored else None

    def _read(self, places: list[tuple[str, str, str]]) -> Iterator[dict[str, Any]]:
        keys = [word_layout.view_key(*place) for place in places]
        for place, key, stored in zip(places, keys, fetching.fetch(self.bucket, keys), strict=True):
            view = _view(stored, key)
            if stored and view:
                more = {"saved_by": view["saved_by"], "saved_at": times.iso(view["saved_at"])}
                told = {"title": view["title"], "href": view["href"], "etag": _bare(stored.etag)}
                yield {"id": "/".join(place), "namespace": place[1], **told, **more}


def _view(stored: Stored | None, key: str) -> ViewDocument | None:
    """None where there is none, it was removed, or cannot be read: it hides no other."""
    try:
        view: ViewDocument | None = (
            records.unpack_document(stored.data, records.VIEW_FORMAT, key) if stored is not None else None
        )
    except FormatError:
        return None
    return None if view is None or view["is_removed"] else view


def _bare(etag: ETag) -> str:
    """A version as a header has it between quotes; stores differ in whether theirs has them already."""
    return etag.strip('"')
