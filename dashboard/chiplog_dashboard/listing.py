"""What is asked of many runs at once: windows of a list, its ids, groups, columns; it chooses nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chiplog.errors import SettingsError
from chiplog.query import parsing
from chiplog.query.syntax import Field
from chiplog.reading import roster
from chiplog.reading.roster import Roster
from chiplog_dashboard import answers, gathered, lists
from chiplog_dashboard.lists import Asked, Window
from chiplog_dashboard.sight import Sight

MAX_FIELDS = 64
"""Fields that one question may name."""

MAX_GROUPS = 500
"""Groups of an answer; those beyond are the smallest."""

SAID = {"archived": "is_archived", "deleted": "is_given_up"}
"""What people said of runs, which no expression names."""


@dataclass
class Listing:
    """The questions."""

    sight: Sight

    def routes(self) -> list[Route]:
        """Every path of these questions."""
        return [
            Route("/api/v1/runs", self.list_runs),
            Route("/api/v1/select", self.select),
            Route("/api/v1/groups", self.group),
            Route("/api/v1/fields", self.list_fields),
        ]

    def list_runs(self, request: Request) -> Response:
        """Runs of a list, newest first or in the order that is asked for: all of them, or a window."""
        every, found, total = self._window(request)
        is_exact = answers.truth(request, "exact")
        rows = (roster.line(every.item(number), is_exact=is_exact) for number in found)
        return answers.raw(b'{"total": %d, "runs": [%s]}' % (total, b",\n".join(rows)))

    def select(self, request: Request) -> Response:
        """The ids of the runs of a list, in its order, and any `field` of each."""
        every, found, total = self._window(request)
        now = self.sight.shelf.time()
        ids = ("cluster", "namespace", "run")
        columns = [every.column((name,), now) for name in ids]
        values: dict[str, list[Any]] = {}
        for name in _named(request, "field"):
            column = every.column((SAID[name],) if name in SAID else _field(name).path, now)
            values[name] = [bool(column[at]) if name in SAID else column[at] for at in found]
        told = ["/".join(column[at] for column in columns) for at in found]
        return answers.document({"total": total, "ids": told, "values": values})

    def group(self, request: Request) -> Response:
        """The runs of a list taken together by the values of a field or several, with what other fields are like."""
        every, now = self._seen(request), self.sight.shelf.time()
        found = lists.chosen(Asked.of(request.query_params), every, now)
        by = [_field(name) for name in _named(request, "by")]
        of = {name: _field(name) for name in _named(request, "of")}
        made = gathered.groups(every, found, by, of, now)
        return answers.document({"runs": len(found), "total": len(made), "groups": made[:MAX_GROUPS]})

    def list_fields(self, request: Request) -> Response:
        """What the newest runs of a list have of config and summary, by the names that expressions have."""
        every = self._seen(request)
        found = lists.chosen(Asked.of(request.query_params), every, self.sight.shelf.time())
        return answers.document({"fields": gathered.names(every, found)})

    def _window(self, request: Request) -> tuple[Roster, list[int], int]:
        asked, window = Asked.of(request.query_params), Window.of(request.query_params)
        every = self._seen(request)
        return every, *lists.numbers(asked, every, self.sight.shelf.time(), window)

    def _seen(self, request: Request) -> Roster:
        every = self.sight.roster(request)
        namespace, cluster = (request.query_params.get(name, "") for name in ("namespace", "cluster"))
        if namespace or cluster:
            every = every.where(lambda item: namespace in ("", item.namespace) and cluster in ("", item.cluster))
        return every


def _named(request: Request, name: str) -> Sequence[str]:
    found = request.query_params.getlist(name)
    if len(found) > MAX_FIELDS:
        raise SettingsError(f"{len(found)} times {name}= is asked for, {MAX_FIELDS} are allowed")
    return found


def _field(text: str) -> Field:
    """A field by its name, as an expression has it. Raises QueryError, SettingsError."""
    query = parsing.parse(f"order by {text}")
    if len(query.order) != 1 or query.limit is not None:
        raise SettingsError(f"{text!r} is not one field")
    return query.order[0].field
