"""What somebody wants to share by a link, checked against what they see and may change; it makes no link."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

from chiplog import layout, word_layout
from chiplog.bucket import Bucket
from chiplog.documents import Opens
from chiplog.errors import NotFound, RunNotFound, SettingsError
from chiplog_dashboard import links, papers, writes
from chiplog_dashboard.sight import Sight

LEAST_COMPARED, MOST_COMPARED = 2, 20
MAX_FILTER = 4000
MAX_HREF = 6000

_HREF = re.compile(r"(/[!-~]*?)(\?[!-~]*)?")


@dataclass(frozen=True)
class Offer:
    """What a link would open, and in which namespace: it opens nothing beyond that."""

    cluster: str
    namespace: str
    opens: Opens


@dataclass(frozen=True)
class Offers:
    """Reads them; what is not there for whoever asks is not found."""

    bucket: Bucket
    sight: Sight

    def of(self, request: Request, body: dict[str, Any]) -> Offer:
        """What a body offers. Raises SettingsError, QueryError, NotFound, RunNotFound, Unanswered, BucketError."""
        offer = self._of(request, body)
        shown = writes.text(body, "href", MAX_HREF)
        if shown:
            offer.opens["href"] = _checked(shown, links.path(offer.cluster, offer.namespace, offer.opens))
        return offer

    def _of(self, request: Request, body: dict[str, Any]) -> Offer:
        kind = body.get("kind")
        if kind not in links.KINDS:
            raise SettingsError(f"kind={kind!r} is none of {', '.join(links.KINDS)}")
        if kind == "compare":
            return self._comparison(request, body)
        cluster, namespace, *names = _parts(body, 2 if kind == "view" else 3)
        if kind == "view":
            return self._list(request, body, cluster, namespace)
        place = (cluster, namespace, *names)
        return Offer(
            cluster, namespace, {"kind": kind, "name": names[0], "project": self._finds[kind](request, *place)}
        )

    @property
    def _finds(self) -> dict[str, Callable[[Request, str, str, str], str]]:
        """How the project of each kind is found."""
        return {"run": self._run, "project": self._project, "report": self._report, "sweep": self._sweep,
                "line": self._line}  # fmt: skip

    def _comparison(self, request: Request, body: dict[str, Any]) -> Offer:
        named = body.get("runs")
        if not isinstance(named, list) or not LEAST_COMPARED <= len(named) <= MOST_COMPARED:
            raise SettingsError(f"runs is no list of {LEAST_COMPARED} to {MOST_COMPARED} ids")
        places = [layout.Run(*_divided("runs", item, 3)) for item in named]
        if len(set(places)) < len(places):
            raise SettingsError("runs has a run twice")
        homes = sorted({(place.cluster, place.namespace) for place in places})
        if len(homes) > 1:
            told = " and ".join("/".join(home) for home in homes)
            raise SettingsError(f"a link opens runs of one namespace, and these are of {told}")
        projects = {item.project for item in self.sight.items(request, places)}
        project = projects.pop() if len(projects) == 1 else ""
        opens: Opens = {"kind": "compare", "name": "", "project": project, "runs": [place.id for place in places]}
        return Offer(*homes[0], opens)

    def _list(self, request: Request, body: dict[str, Any], cluster: str, namespace: str) -> Offer:
        """Whatever fits the expression later is opened too: whoever shares it must see all of the namespace."""
        self.sight.check_place(request, cluster, namespace, "list of runs")
        opens: Opens = {
            "kind": "view", "name": "", "project": "", "filter": writes.text(body, "filter", MAX_FILTER),
            "words": writes.text(body, "words", MAX_FILTER), "show": writes.text(body, "show", 20) or "all",
            "href": "/runs",
        }  # fmt: skip
        links.asked(opens)
        return Offer(cluster, namespace, opens)

    def _run(self, request: Request, cluster: str, namespace: str, name: str) -> str:
        project: str = self.sight.view(request, layout.Run(cluster, namespace, name)).project
        return project

    def _project(self, request: Request, cluster: str, namespace: str, name: str) -> str:
        self.sight.check_cluster(cluster, namespace, f"project {name}")
        if (namespace, name) in self.sight.roster(request).places():
            return name
        raise NotFound(f"there is no project {name} in namespace {namespace} of cluster {cluster}")

    def _report(self, request: Request, cluster: str, namespace: str, name: str) -> str:
        self.sight.check_place(request, cluster, namespace, f"report {name}")
        report = word_layout.Report(cluster, namespace, name)
        return papers.newest(self.bucket, report).facts.get("project", "")

    def _sweep(self, request: Request, cluster: str, namespace: str, name: str) -> str:
        """Its trials may be of any project."""
        wanted = (cluster, namespace, name)
        if any((found.cluster, found.namespace, found.id) == wanted for found in self.sight.sweeps(request)):
            return ""
        raise RunNotFound(f"there is no sweep {name} with a trial in namespace {namespace}")

    def _line(self, request: Request, cluster: str, namespace: str, name: str) -> str:
        """So may its nights."""
        if layout.Line(cluster, namespace, name) in [found.place for found in self.sight.lines(request)]:
            return ""
        raise RunNotFound(f"there is no line {name} with a night that is over in namespace {namespace}")


def _checked(href: str, path: str) -> str:
    """An address of what is opened and nothing else: how it is shown stands behind its path. Raises SettingsError."""
    found = _HREF.fullmatch(href)
    if found is None or unquote(found[1]) != unquote(path):
        raise SettingsError(f"href is no address of what is shared: it is {path}, and what follows has no blanks")
    return path + (found[2] or "")


def _parts(body: dict[str, Any], count: int) -> list[str]:
    return _divided("id", writes.text(body, "id", 1000, least=1), count)


def _divided(field: str, value: Any, count: int) -> list[str]:
    parts = value.split("/") if isinstance(value, str) else []
    if len(parts) != count or not all(parts):
        form = "/".join(("cluster", "namespace", "name")[:count])
        raise SettingsError(f"{field}={value!r} is not {form}")
    return parts
