"""Who asks, and which namespaces they see: the cluster's own identities and its RBAC; it knows no run and no HTTP.

Nobody is known and nothing is seen unless the cluster says so. What it said is believed for a few seconds at most, so
that a right that is taken away is gone as soon.
"""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from chiplog.access import Person as Person
from chiplog.access import Right, keys, tokens
from chiplog.access import Unanswered as Unanswered
from chiplog.access.memory import Memory
from chiplog.errors import ChiplogError
from chiplog_dashboard.lists import Asked

RUNS = "trainingruns"
EVERYWHERE = "*"
"""In a grant: every namespace."""

AUTHENTICATED = "system:authenticated"
RESERVED = "system:"
"""What Kubernetes names itself begins so: no proxy may say that somebody is one of these."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotSignedOn(ChiplogError):
    """Nobody that we know asks."""


@dataclass(frozen=True)
class Grant:
    """A namespace that somebody sees, EVERYWHERE for all of them, and whether they may change things there."""

    namespace: str
    edit: bool = False


@dataclass(frozen=True)
class Mapped(Person):
    """Somebody for whom a map of groups says what they see, in place of RBAC."""

    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True)
class Visitor(Person):
    """Somebody who comes by a link: they see what it opens, and change nothing."""

    kind: str = ""
    """As in `ShareDocument`; so are the others."""
    cluster: str = ""
    namespace: str = ""
    project: str = ""
    item: str = ""
    """Its `name`."""
    runs: tuple[str, ...] = ()
    asked: Asked | None = None
    """The list that it opens."""
    href: str = ""
    """Where the page shows what it opens."""

    def is_of(self, kind: str, cluster: str, namespace: str, item: str) -> bool:
        """Whether the link opens this very thing."""
        return (kind, cluster, namespace, item) == (self.kind, self.cluster, self.namespace, self.item)


@dataclass(frozen=True)
class Caller:
    """What a request says of who sends it; nothing of it is proven yet."""

    address: str = ""
    """Where the connection comes from."""
    token: str = ""
    session: str = ""
    """The cookie of somebody who signed on at the provider."""
    link: str = ""
    """The cookie of somebody who came by a link."""
    users: tuple[str, ...] = ()
    """Every value of the header that names the user."""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class SignOn:
    """Which ways of saying who one is are taken; with none of them there is no sign-on."""

    tokens: bool = False
    """Tokens that the API server confirms, made out to our audience."""
    trusted_proxies: tuple[Network, ...] = ()
    """Where a proxy stands whose word on users and groups is believed."""
    oidc: bool = False
    """Sessions that began at an OIDC provider."""
    link_days: float = 0
    """For so many days a link may be good at most; 0 without links."""

    @property
    def is_on(self) -> bool:
        """Whether any is taken."""
        return self.tokens or self.oidc or bool(self.trusted_proxies)


class Reviewer(Protocol):
    """What the API server says. Its methods raise Unanswered."""

    def person(self, token: str) -> Person | None:
        """Whose token this is; None where it is nobody's, is over, or is made out to somebody else."""

    def may(self, person: Person, right: Right) -> bool:
        """Whether RBAC gives them a right."""


class Guard(Protocol):
    """Who asks, and what they see."""

    @property
    def sign_on(self) -> SignOn:
        """Which ways of signing on there are."""

    def person(self, caller: Caller) -> Person:
        """Who asks. Raises NotSignedOn, Unanswered."""

    def sees(self, person: Person, namespace: str, project: str = "") -> bool:
        """Whether somebody sees a project, or all of a namespace. Raises Unanswered."""

    def edits(self, person: Person, namespace: str, project: str = "") -> bool:
        """Whether they may write there what people write: names, tags, reports. Raises Unanswered."""

    def deletes(self, person: Person, namespace: str, project: str = "") -> bool:
        """Whether they may give up runs there. Raises Unanswered."""


class Everybody:
    """For a server that this machine alone reaches: whoever started it reads with their own credentials."""

    sign_on = SignOn()

    def person(self, caller: Caller) -> Person:  # noqa: ARG002
        """Somebody without a name."""
        return Person("")

    def sees(self, person: Person, namespace: str, project: str = "") -> bool:  # noqa: ARG002
        """Everything."""
        return True

    def edits(self, person: Person, namespace: str, project: str = "") -> bool:  # noqa: ARG002
        """Everything."""
        return True

    def deletes(self, person: Person, namespace: str, project: str = "") -> bool:  # noqa: ARG002
        """Everything."""
        return True


class SignedOn:
    """Lets in whom the cluster knows, and shows them the namespaces whose runs they may list; threads may share it."""

    def __init__(
        self,
        sign_on: SignOn,
        reviewer: Reviewer,
        monotonic: Callable[[], float],
        session: Callable[[str], Person | None] = lambda _: None,
        visitor: Callable[[str], Person | None] = lambda _: None,
        is_good: Callable[[Person], bool] = lambda _: True,
    ) -> None:
        self._visitor = visitor
        self._is_good = is_good
        self.sign_on = sign_on
        self._reviewer = reviewer
        self._session = session
        self._persons: Memory[Person | None] = Memory(monotonic)
        self._rights: Memory[bool] = Memory(monotonic)

    def person(self, caller: Caller) -> Person:
        """By a token if there is one, else by a session, else by a proxy's word. Raises NotSignedOn, Unanswered."""
        has_token = self.sign_on.tokens and bool(caller.token)
        found = self._of_token(caller.token) if has_token else None
        if found is None and self.sign_on.oidc and caller.session:
            found = self._session(caller.session)
        if found is None and not has_token:
            found = of_proxy(caller, self.sign_on.trusted_proxies)
        if found is None and caller.link:
            found = self._visitor(caller.link)
        if found is None:
            raise NotSignedOn("sign on first: nobody that this cluster knows asks")
        return found

    def sees(self, person: Person, namespace: str, project: str = "") -> bool:
        """By RBAC: `list` on `trainingruns.chiplog.dev`, everywhere or in this namespace. Raises Unanswered.

        Where a map of groups says what somebody sees, it alone says so. A key has `get` on `projects.chiplog.dev`.
        """
        if isinstance(person, Visitor):
            return False  # A link opens single things (`opened`), never all there is.
        if isinstance(person, Mapped):
            return any(grant.namespace in (EVERYWHERE, namespace) for grant in person.grants)
        if keys.handle_of_user(person.name):
            return self._key_may(person, "get", namespace, project)
        return self._may(person, "list", "") or self._may(person, "list", namespace)

    def edits(self, person: Person, namespace: str, project: str = "") -> bool:
        """By RBAC: `update` on `trainingruns.chiplog.dev`, of a key on `projects.chiplog.dev`. Raises Unanswered."""
        return self._changes(person, "update", namespace, project)

    def deletes(self, person: Person, namespace: str, project: str = "") -> bool:
        """By RBAC: `delete` on the same; where a map of groups says who edits, who edits. Raises Unanswered."""
        return self._changes(person, "delete", namespace, project)

    def _changes(self, person: Person, verb: str, namespace: str, project: str) -> bool:
        if isinstance(person, Visitor):
            return False
        if isinstance(person, Mapped):
            return any(grant.edit and grant.namespace in (EVERYWHERE, namespace) for grant in person.grants)
        if keys.handle_of_user(person.name):
            return self._key_may(person, verb, namespace, project)
        return self._may(person, verb, namespace)

    def _key_may(self, person: Person, verb: str, namespace: str, project: str) -> bool:
        """For all projects of a namespace, or for this one."""
        names = ("", project) if project else ("",)
        return any(self._may(person, verb, namespace, keys.RESOURCE, name) for name in names)

    def _may(self, person: Person, verb: str, namespace: str, resource: str = RUNS, name: str = "") -> bool:
        right = Right(verb, resource, namespace, name)
        return self._rights.recall((person, right), lambda: self._reviewer.may(person, right))

    def _of_token(self, token: str) -> Person | None:
        if not tokens.is_plausible(token):
            return None
        found = self._persons.recall(tokens.digest(token), lambda: self._reviewer.person(token))
        return found if found is not None and self._is_good(found) else None


def of_proxy(caller: Caller, trusted: tuple[Network, ...]) -> Person | None:
    """Whom a trusted proxy names; None where it is not trusted, names nobody or several, or one of Kubernetes' own."""
    try:
        address: Any = ipaddress.ip_address(caller.address)
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    if not any(address in network for network in trusted) or len(caller.users) != 1:
        return None
    named = [group.strip() for text in caller.groups for group in text.split(",")]
    return told(caller.users[0].strip(), named)


def told(name: str, groups: Iterable[str]) -> Person | None:
    """Somebody by the word of another than the cluster; None without a name, or with one of Kubernetes' own."""
    if not name or not name.isprintable() or name.startswith(RESERVED):
        return None  # A name stands in lines of what people write: none may begin another.
    kept = sorted({group for group in groups if group and not group.startswith(RESERVED)})
    return Person(name, (*kept, AUTHENTICATED))
