"""The HTTP API that the page uses (docs/api.md): each question of it as a method; it computes nothing of a run."""

import asyncio
import mimetypes
import threading
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chiplog import layout, strictjson
from chiplog.bucket import Bucket
from chiplog.drawing import charts
from chiplog.errors import BucketError, FormatError, NotFound, SettingsError
from chiplog.reading import console, details, documents, files, history, naming, roster, states
from chiplog.reading.roster import Brief, Roster
from chiplog.reading.views import RunView
from chiplog.watching import Watcher
from chiplog_dashboard import answers, content
from chiplog_dashboard.access import NotSignedOn, Unanswered
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.listing import Listing
from chiplog_dashboard.sight import Sight

MAX_CHART_RUNS = 1000
"""Curves of so many runs come in one answer at most."""

MAX_LINES = 20_000
"""Lines of a console that come in one answer at most."""

LOOK_SECONDS = 1.0
"""Between two looks on behalf of a page that is open."""

HEARTBEAT_LOOKS = 15
"""An open page hears something at least every so many looks, or a proxy would cut it off."""

SHOWN_INLINE = frozenset({
    "image/png", "image/jpeg", "image/gif", "image/webp",
    "audio/wav", "audio/x-wav", "audio/mpeg", "audio/ogg", "video/mp4", "video/webm", "video/ogg",
})  # fmt: skip
"""Kinds of content that a browser draws and never runs; everything else is offered for download."""

FRAMED = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""What a page that a run logged may do in a frame of ours: draw itself. Its origin is none, so that it reaches neither
our cookies nor our answers, and it can fetch from no other host either."""


@dataclass
class Api:
    """The questions, over one bucket."""

    bucket: Bucket
    sight: Sight
    histories: Histories
    watcher: Watcher

    def routes(self) -> list[Route]:
        """Every path below `/api/v1`."""
        run = "/api/v1/runs/{cluster}/{namespace}/{run}"
        return [
            *Listing(self.sight).routes(),
            Route("/api/v1/find", self.find),
            Route(run, self.show_run),
            Route(f"{run}/console", self.show_console),
            Route(f"{run}/logs", self.list_logs),
            Route(f"{run}/history", self.list_rows),
            Route(f"{run}/files", self.list_files),
            Route(f"{run}/files/{{recorder}}/{{sha256}}", self.fetch_file),
            Route("/api/v1/keys", self.list_keys),
            Route("/api/v1/curves", self.draw),
            Route("/api/v1/events", self.tell_changes),
        ]

    def find(self, request: Request) -> Response:
        """The run that a `name` means: its newest of that name, an id, project/run or namespace/project/run."""
        asked = request.query_params
        every = self.sight.roster(request)
        found = naming.among(every, asked.get("name", ""), asked.get("namespace", ""), asked.get("cluster", ""))
        return answers.raw(roster.line(found, is_exact=answers.truth(request, "exact")))

    def show_run(self, request: Request) -> Response:
        """One run in full, with the names of its metrics."""
        view = self.sight.view(request, _place(request))
        self._watch(view)
        shown = documents.shown(details.read(self.bucket, view))
        keys, system = self.histories.keys(view), self.histories.keys(view, "system")
        said = {"archived": view.is_archived, "deleted": view.is_given_up}
        told = {"id": view.key.path, **shown, **said, "keys": keys, "system_keys": system}
        return answers.document(told, exact=answers.truth(request, "exact"))

    def show_console(self, request: Request) -> Response:
        """The newest lines of a run's console: `last` of them, those that hold `search` alone."""
        view = self.sight.view(request, _place(request))
        self._watch(view)
        wanted = request.query_params.get("search", "").casefold()
        last = _count(request, "last", 2000, MAX_LINES)
        lines = [line for line in console.read(self.bucket, view) if not wanted or wanted in line.text.casefold()]
        return answers.document({"total": len(lines), "lines": [documents.line(line) for line in lines[-last:]]})

    def list_logs(self, request: Request) -> Response:
        """The whole console, a JSON document a line; its times are Unix seconds."""
        view = self.sight.view(request, _place(request))
        found = console.read(self.bucket, view, _attempt(request), request.query_params.get("source", ""))
        return answers.lines(asdict(line) for line in found)

    def list_rows(self, request: Request) -> Response:
        """Every row of a run's history, or those that have any `key`, a JSON document a line, numbers exact."""
        view = self.sight.view(request, _place(request))
        found = history.read(self.bucket, view, _attempt(request), _kind(request))
        return answers.lines(history.having(found, request.query_params.getlist("key")))

    def list_files(self, request: Request) -> Response:
        """The newest version of each file, or with `every` all of them."""
        view = self.sight.view(request, _place(request))
        found = files.read(self.bucket, view, _attempt(request), every=answers.truth(request, "every"))
        return answers.document({"files": [documents.file(file) for file in found]})

    def fetch_file(self, request: Request) -> Response:
        """A file's content by its digest; a browser draws it or keeps it, and never runs it."""
        view = self.sight.view(request, _place(request))
        wanted = (request.path_params["recorder"], request.path_params["sha256"])
        every = files.read(self.bucket, view, every=True)
        file = next((file for file in every if (file.recorder, file.sha256) == wanted), None)
        if file is None or file.key is None:
            raise NotFound(f"{view.name} has no file with the SHA-256 {wanted[1]}")
        kind = mimetypes.guess_type(file.path)[0] or "application/octet-stream"
        is_inline = kind in SHOWN_INLINE
        name = quote(file.path.rsplit("/", 1)[-1], errors="surrogatepass")
        headers = {
            "Content-Disposition": f"{'inline' if is_inline else 'attachment'}; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=31536000, immutable",
            "Vary": "Sec-Fetch-Dest",
        }
        if _is_framed(request, file.path):
            headers |= {"Content-Disposition": "inline", "Content-Security-Policy": FRAMED}
            return content.whole(self.bucket, file.key, file, headers, "text/html")
        kind = kind if is_inline else "application/octet-stream"
        return content.asked(request, self.bucket, file.key, file, headers, kind)

    def list_keys(self, request: Request) -> Response:
        """The names of the metrics that any `run` that is named has logged."""
        return answers.document({"keys": self.histories.every_key(self._named(request))})

    def draw(self, request: Request) -> Response:
        """The curves of one metric (`key`) of every `run` that is named, or one of its system load (`kind=system`)."""
        question = charts.Question.of(request.query_params)
        kind = _kind(request)
        items = self._named(request)
        for item in items:
            self._watch(item)
        pieces = [b'{"key": ', strictjson.dumps(question.key).encode(), b', "runs": [']
        for item, found in zip(items, self.histories.every(items, kind, question), strict=True):
            pieces += (b'{"run": ', strictjson.dumps(item.key.path).encode(), b', "curves": ', found, b"}", b",")
        # One copy of what may be many megabytes.
        return answers.raw(b"".join([*pieces[: -1 if items else None], b"]}"]))

    def _named(self, request: Request) -> list[Brief | RunView]:
        named = request.query_params.getlist("run")
        if len(named) > MAX_CHART_RUNS:
            raise SettingsError(f"{len(named)} runs are asked for, {MAX_CHART_RUNS} are allowed")
        return self.sight.items(request, list(map(_parsed, named)))

    async def tell_changes(self, request: Request) -> Response:
        """Server-sent events: `runs` with every run that is new or has changed since the last, as in the list."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._changes(request), headers=headers, media_type="text/event-stream")

    async def _changes(self, request: Request) -> AsyncIterator[str]:
        seen: dict[str, object] | None = None
        quiet = 0
        while not await request.is_disconnected():
            try:
                every = await run_in_threadpool(self.sight.roster, request)
            except NotSignedOn:
                return  # The token is over: whoever listens asks again, and is told so.
            except (BucketError, FormatError, Unanswered) as error:
                yield _event("trouble", {"message": str(error)})
                every = Roster([], [], [])
            if seen is None:
                yield ": listening\n\n"
            now = every.versions()
            if now or seen is None:
                news = [] if seen in (None, now) else [name for name in now if seen.get(name) != now[name]]
                gone = [] if seen is None else sorted(seen.keys() - now.keys())
                seen = now
                quiet = 0 if news or gone else quiet + 1
                if news or gone:
                    runs = [every.find(layout.parse_run_path(name)) for name in news]
                    rows = [documents.row(view) for view in runs if view]
                    yield _event("runs", {"runs": rows, "gone": gone, "total": len(now)})
            if quiet % HEARTBEAT_LOOKS == 0 and quiet:
                yield ": nothing new\n\n"
            await asyncio.sleep(LOOK_SECONDS)

    def _watch(self, view: Brief | RunView) -> None:
        """Ask the recorders of a live run to flush every second; nobody waits for that, and nobody needs it."""
        if view.is_bound and view.state not in states.OVER:
            threading.Thread(target=_said, args=(self.watcher, view.key), daemon=True).start()


def _is_framed(request: Request, path: str) -> bool:
    """Whether a file is wanted as a page in a frame of ours; whoever follows a link to it has a download instead."""
    view = request.query_params.get("view", "")
    if view not in ("", "page"):
        raise SettingsError(f"view={view!r} is not page")
    asked = view == "page" and request.headers.get("sec-fetch-dest") == "iframe"
    return asked and path.lower().endswith((".html", ".htm"))


def _said(watcher: Watcher, run: layout.Run) -> None:
    try:
        watcher.look(run)
    except BucketError:
        return  # Our credentials may not say so, or the store is away: the page is a few seconds later then.


def _place(request: Request) -> layout.Run:
    return layout.Run(*(request.path_params[name] for name in ("cluster", "namespace", "run")))


def _parsed(name: str) -> layout.Run:
    parts = name.split("/")
    if len(parts) != 3 or not all(parts):
        raise SettingsError(f"run={name!r} is not cluster/namespace/run")
    return layout.Run(*parts)


def _count(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise SettingsError(f"{name}={text!r} is not a number between 1 and {most}")
    return int(text)


def _attempt(request: Request) -> int | None:
    return _count(request, "attempt", 1, 2**31) if request.query_params.get("attempt") else None


def _kind(request: Request) -> str:
    kind = request.query_params.get("kind", "history")
    if kind not in ("history", "system"):
        raise SettingsError(f"kind={kind!r} is neither history nor system")
    return kind


def _event(name: str, value: Any) -> str:
    return f"event: {name}\ndata: {strictjson.dumps(value)}\n\n"
