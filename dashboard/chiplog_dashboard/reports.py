"""What the page asks about reports, and what it writes: versions that never change, in the bucket; it draws nothing.

A save writes the next version and only where nobody has: two who save at once cannot both win, and nothing is lost.
"""

import re
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chiplog import times, word_layout
from chiplog.bucket import Bucket
from chiplog.errors import NotFound, PreconditionFailed, SettingsError
from chiplog.reading import fetching
from chiplog.word_layout import Report
from chiplog_dashboard import answers, checkout, papers, rights, writes
from chiplog_dashboard.access import Person
from chiplog_dashboard.checkout import Checkout, Kept
from chiplog_dashboard.papers import Paper
from chiplog_dashboard.sight import Sight

MAX_BODY = 1 << 20
"""Bytes of a report as it is sent."""
MAX_TITLE = 200
MAX_COMMENT = 16_384
MAX_COMMENTS = 500
"""Of a report; the newest are shown, and further ones are taken."""
MAX_VERSIONS = 99_999_999

REMOVED = "removed"
"""The fact of a version that takes a report away; an earlier version is still there."""

NO_CHECKOUT = Checkout()

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass
class Reports:
    """The questions, over one bucket."""

    bucket: Bucket
    sight: Sight
    clock: Callable[[], float]
    checkout: Checkout = NO_CHECKOUT

    def routes(self) -> list[Route]:
        """Every path of these questions."""
        one = "/api/v1/reports/{cluster}/{namespace}/{report}"
        return [
            Route("/api/v1/reports", self.list_reports),
            Route(one, self.show, methods=["GET"]),
            Route(one, self.save, methods=["PUT"]),
            Route(one, self.remove, methods=["DELETE"]),
            Route(f"{one}/comments", self.comment, methods=["POST"]),
        ]

    def list_reports(self, request: Request) -> Response:
        """The newest version of every report that they see, the one that was saved last first; of one `project`."""
        wanted = request.query_params.get("project")
        shelf = self.sight.shelf
        newest = {report: max(found) for report, found in self._versions(shelf.cluster, shelf.namespace).items()}
        seen = {report: version for report, version in newest.items() if self.sight.sees(request, report.namespace)}
        stored = fetching.fetch(self.bucket, [word_layout.report_key(*item) for item in seen.items()])
        told = [_listed(*item, papers.unpacked(found.data), found.modified)
                for item, found in zip(seen.items(), stored, strict=True) if found]  # fmt: skip
        told += [
            _kept(kept)
            for kept in self.checkout.every(shelf.namespace)
            if self.sight.sees(request, kept.report.namespace)
        ]
        there = [item for item in told if not item[REMOVED] and wanted in (None, item["project"])]
        return answers.document({"reports": sorted(there, key=lambda item: item["saved_at"], reverse=True)})

    def show(self, request: Request) -> Response:
        """One report, the newest version or the one that is named, with all its versions and comments."""
        report = self._place(request)
        kept = self.checkout.find(report) if checkout.is_kept(report) else None
        versions = {1: kept.modified} if kept else self._versions_of(report)
        version = _version(request, max(versions))
        if version not in versions:
            raise NotFound(f"report {report.name} has no version {version}")
        if kept:
            return answers.document(
                {**_kept(kept), "text": kept.paper.text, "versions": _told(versions), "comments": []}
            )
        stored = self.bucket.get(word_layout.report_key(report, version))
        paper = papers.unpacked(stored.data)
        more = {"text": paper.text, "versions": _told(versions), "comments": self._comments(report)}
        answer = answers.document({**_listed(report, version, paper, stored.modified), **more})
        answer.headers["ETag"] = f'"{max(versions)}"'
        return answer

    async def save(self, request: Request) -> Response:
        """Write the next version: `{"title", "project", "text"}` over `If-Match`, or a new report."""
        report, before = self._place(request), writes.condition(request.headers)
        body = await writes.document(request, MAX_BODY)
        title = writes.text(body, "title", MAX_TITLE, least=1)
        facts = {"title": title.strip(), "project": writes.text(body, "project", MAX_TITLE).strip()}
        paper = Paper(writes.text(body, "text", MAX_BODY, lines=True), facts)
        return await run_in_threadpool(self._write, request, report, before, paper)

    async def remove(self, request: Request) -> Response:
        """Take a report away by a version that says so; its other versions stay."""
        writes.check_origin(request.headers)
        report, before = self._place(request), writes.condition(request.headers)
        return await run_in_threadpool(self._write, request, report, before, None)

    async def comment(self, request: Request) -> Response:
        """Say something of a report, `{"text": Markdown}`; nobody changes it afterwards."""
        report = self._place(request)
        body = await writes.document(request, MAX_COMMENT * 4)
        text = writes.text(body, "text", MAX_COMMENT, lines=True, least=1)
        return await run_in_threadpool(self._say, request, report, text)

    def _write(self, request: Request, report: Report, before: str, paper: Paper | None) -> Response:
        person = self._editor(request, report)
        known = self._versions(report.cluster, report.namespace, report.name).get(report, {})
        newest = max(known, default=0)
        if before != (str(newest) if newest else "") or newest == MAX_VERSIONS:
            raise PreconditionFailed(
                f"report {report.name} is at version {newest} by now, not at {before or 'none'}: read it again"
                if newest else f"there is no report {report.name}"
            )  # fmt: skip
        if paper is None:
            old = papers.unpacked(self.bucket.get(word_layout.report_key(report, newest)).data)
            paper = Paper(old.text, {**old.facts, REMOVED: "true"})
        facts = {**paper.facts, "saved_by": person.name, "saved_at": times.iso(self.clock()) or ""}
        self.bucket.put(
            word_layout.report_key(report, newest + 1), papers.packed(Paper(paper.text, facts)), if_absent=True
        )
        return answers.document({"id": report.path, "version": newest + 1})

    def _say(self, request: Request, report: Report, text: str) -> Response:
        person = self._editor(request, report)
        self._versions_of(report)
        now = times.iso(self.clock()) or ""
        stamp = f"{re.sub('[-:.]', '', now)}-{secrets.token_hex(4)}"
        paper = Paper(text, {"saved_by": person.name, "saved_at": now})
        self.bucket.put(word_layout.comment_key(report, stamp), papers.packed(paper), if_absent=True)
        return answers.document({"comments": self._comments(report)})

    def _editor(self, request: Request, report: Report) -> Person:
        """Who asks, if they may write this report. Raises Forbidden, NotSignedOn, Unanswered."""
        if checkout.is_kept(report):
            raise rights.Forbidden(f"report {report.name} is read only: change it where its directory comes from")
        return rights.editor(self.sight, request, report.namespace)

    def _place(self, request: Request) -> Report:
        """The report of a path, where there may be one and they see it. Raises NotFound, SettingsError."""
        place = Report(*(request.path_params[name] for name in ("cluster", "namespace", "report")))
        if not (_NAME.fullmatch(place.name) or checkout.is_kept(place)):
            raise SettingsError(f"report={place.name!r} is no name: a to z, 0 to 9 and -, at most 63 of them")
        self.sight.check_place(request, place.cluster, place.namespace, f"report {place.name}")
        return place

    def _versions_of(self, report: Report) -> dict[int, float]:
        found = self._versions(report.cluster, report.namespace, report.name).get(report)
        if not found:
            raise NotFound(f"there is no report {report.name} in namespace {report.namespace}")
        return found

    def _versions(self, cluster: str, namespace: str, name: str = "") -> dict[Report, dict[int, float]]:
        """When each version was written, by the store's clock; a LIST, so that what is read next is not older."""
        prefix = (
            word_layout.report_prefix(Report(cluster, namespace, name)) if name else word_layout.reports_prefix(cluster)
        )
        found: dict[Report, dict[int, float]] = defaultdict(dict)
        for listed in self.bucket.list(prefix):
            parsed = word_layout.parse_report_key(listed.key)
            if parsed and namespace in ("", parsed[0].namespace):
                found[parsed[0]][parsed[1]] = listed.modified
        return found

    def _comments(self, report: Report) -> list[dict[str, Any]]:
        keys = [item.key for item in self.bucket.list(word_layout.comment_key(report, "").removesuffix(".md"))]
        stored = fetching.fetch(
            self.bucket, [key for key in keys if word_layout.parse_comment_key(key)][-MAX_COMMENTS:]
        )
        found = [papers.unpacked(item.data) for item in stored if item]
        return [
            {"text": paper.text, **{name: paper.facts.get(name, "") for name in ("saved_by", "saved_at")}}
            for paper in found
        ]


def _listed(report: Report, version: int, paper: Paper, modified: float) -> dict[str, Any]:
    return {
        "id": report.path,
        "namespace": report.namespace,
        "title": paper.title or report.name,
        "project": paper.facts.get("project", ""),
        "version": version,
        "saved_by": paper.facts.get("saved_by", ""),
        "saved_at": times.iso(modified),
        REMOVED: paper.facts.get(REMOVED) == "true",
        "read_only": checkout.is_kept(report),
    }


def _kept(kept: Kept) -> dict[str, Any]:
    return {**_listed(kept.report, 1, kept.paper, kept.modified), REMOVED: False}


def _told(versions: dict[int, float]) -> list[dict[str, Any]]:
    return [{"version": version, "saved_at": times.iso(versions[version])} for version in sorted(versions)]


def _version(request: Request, newest: int) -> int:
    text = request.query_params.get("version", str(newest))
    if not text.isdecimal() or len(text) > 8:
        raise SettingsError(f"version={text!r} is no version")
    return int(text)
