"""What the sender of a request sees: the runs of the namespaces that they may list; every question goes through it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from starlette.requests import HTTPConnection

from chiplog import layout
from chiplog.errors import BucketError, FormatError, NotFound, RunNotFound
from chiplog.reading import roster
from chiplog.reading.lines import Line
from chiplog.reading.roster import Brief, Roster
from chiplog.reading.sweeps import Sweep
from chiplog.reading.views import RunView
from chiplog_dashboard import opened
from chiplog_dashboard.access import Caller, Guard, Person, Visitor
from chiplog_dashboard.shelf import Shelf

COOKIE = "chiplog_token"

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Headers:
    """By which headers a trusted proxy names the user and, divided by commas, their groups."""

    user: str = "X-Forwarded-User"
    groups: str = "X-Forwarded-Groups"


@dataclass
class Sight:
    """Runs through the eyes of whoever asks; threads may share it."""

    shelf: Shelf
    guard: Guard
    headers: Headers = Headers()
    session_cookie: str = "chiplog_session"
    link_cookie: str = "chiplog_link"

    def __post_init__(self) -> None:
        self._known: WeakKeyDictionary[Roster, dict[tuple[str, str, str], Roster]] = WeakKeyDictionary()
        """What links open of all runs as they were read last: of many it takes a while to choose."""

    def person(self, request: HTTPConnection) -> Person:
        """Who asks. Raises NotSignedOn, Unanswered."""
        return self.guard.person(self.caller(request))

    def caller(self, request: HTTPConnection) -> Caller:
        """What a request says of its sender. The address is the connection's own, whatever a header says."""
        told = request.headers
        scheme, _, token = told.get("authorization", "").partition(" ")
        is_bearer = scheme.casefold() == "bearer"
        return Caller(
            address=request.client.host if request.client else "",
            token=token.strip() if is_bearer else request.cookies.get(COOKIE, ""),
            session="" if is_bearer else request.cookies.get(self.session_cookie, ""),
            link="" if is_bearer else request.cookies.get(self.link_cookie, ""),
            users=tuple(told.getlist(self.headers.user)),
            groups=tuple(told.getlist(self.headers.groups)),
        )

    def roster(self, request: HTTPConnection) -> Roster:
        """Every run that they see, newest first. Raises NotSignedOn, Unanswered, BucketError."""
        person = self.person(request)
        if isinstance(person, Visitor):
            return self._opened(person)
        every = self.shelf.roster()
        return every.within({place for place in every.places() if self.guard.sees(person, *place)})

    def sweeps(self, request: HTTPConnection) -> list[Sweep]:
        """Every sweep that they see, newest first. Raises NotSignedOn, Unanswered, BucketError."""
        person = self.person(request)
        if isinstance(person, Visitor):
            with _discreet():
                return [found for found in self.shelf.sweeps() if opened.is_sweep(person, found)]
        return [found for found in self.shelf.sweeps() if self.guard.sees(person, found.namespace)]

    def lines(self, request: HTTPConnection) -> list[Line]:
        """Every line that they see, the one that ran last first. Raises NotSignedOn, Unanswered, BucketError."""
        person = self.person(request)
        if isinstance(person, Visitor):
            with _discreet():
                return [found for found in self.shelf.lines() if opened.is_line(person, found)]
        return [found for found in self.shelf.lines() if self.guard.sees(person, found.place.namespace)]

    def view(self, request: HTTPConnection, place: layout.Run) -> RunView:
        """One run. Raises RunNotFound, in the same words where there is none and where they may not see it."""
        (item,) = self.items(request, [place])
        return roster.full(item)

    def items(self, request: HTTPConnection, places: Sequence[layout.Run]) -> list[Brief | RunView]:
        """Several, as far as they are read, in their order. Raises as `view` does."""
        person = self.person(request)
        every = self._opened(person) if isinstance(person, Visitor) else self.shelf.roster()
        return [self._seen(person, place, every.at(place)) for place in places]

    def _opened(self, visitor: Visitor) -> Roster:
        place = (visitor.cluster, visitor.namespace, visitor.name)
        with _discreet():
            every = self.shelf.roster()
            known = self._known.setdefault(every, {})
            if place not in known:
                known[place] = opened.roster(visitor, every, self.shelf)
            return known[place]

    def _seen(self, person: Person, place: layout.Run, item: Brief | RunView | None) -> Brief | RunView:
        """What a link opens has been chosen by then."""
        if item is None or not (isinstance(person, Visitor) or self.guard.sees(person, item.namespace, item.project)):
            raise RunNotFound(f"there is no run {place.id} in namespace {place.namespace} of cluster {place.cluster}")
        return item

    def sees(self, request: HTTPConnection, namespace: str) -> bool:
        """Whether they see all of a namespace. Raises NotSignedOn, Unanswered."""
        return self.guard.sees(self.person(request), namespace)

    def edits(self, request: HTTPConnection, namespace: str, project: str = "") -> bool:
        """Whether they may write there what people write. Raises NotSignedOn, Unanswered."""
        return self.guard.edits(self.person(request), namespace, project)

    def deletes(self, request: HTTPConnection, namespace: str, project: str = "") -> bool:
        """Whether they may give runs up there. Raises NotSignedOn, Unanswered."""
        return self.guard.deletes(self.person(request), namespace, project)

    def check_place(self, request: HTTPConnection, cluster: str, namespace: str, what: str) -> None:
        """Raises NotFound where `what` cannot be or they see nothing; RBAC here says nothing of other clusters."""
        self.check_cluster(cluster, namespace, what)
        person, (kind, _, name) = self.person(request), what.partition(" ")
        is_opened = isinstance(person, Visitor) and person.is_of(kind, cluster, namespace, name)
        if not (is_opened or self.guard.sees(person, namespace)):
            raise NotFound(f"there is no {what} in namespace {namespace} of cluster {cluster}")

    def check_cluster(self, cluster: str, namespace: str, what: str) -> None:
        """Raises NotFound where `what` cannot be here, whoever asks."""
        is_ours = self.shelf.cluster in ("", cluster) and self.shelf.namespace in ("", namespace)
        if not (is_ours and is_name(cluster) and is_name(namespace)):
            raise NotFound(f"there is no {what} in namespace {namespace} of cluster {cluster}")


@contextmanager
def _discreet() -> Iterator[None]:
    """An error of a reading may name what a link does not open: whoever comes by one hears that there was one."""
    try:
        yield
    except (BucketError, FormatError) as error:
        raise BucketError("what this link opens cannot be read now") from error


def is_name(text: str) -> bool:
    """Whether this may be a cluster's or a namespace's name: a part of a key that leads nowhere else."""
    return _NAME.fullmatch(text) is not None
