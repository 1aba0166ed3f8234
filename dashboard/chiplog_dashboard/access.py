"""Who asks, and which namespaces they see: the cluster's own identities and its RBAC; it knows no run and no HTTP.

Nobody is known and nothing is seen unless the cluster says so. What it said is believed for MEMORY_SECONDS at most, so
that a right that is taken away is gone as soon.
"""

import hashlib
import ipaddress
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from chiplog.errors import ChiplogError

MEMORY_SECONDS = 10.0
"""An answer of the API server is believed for so long."""

MAX_REMEMBERED = 10_000
"""Answers that are kept; where there are more, all of them are asked for again."""

AUTHENTICATED = "system:authenticated"
RESERVED = "system:"
"""What Kubernetes names itself begins so: no proxy may say that somebody is one of these."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

T = TypeVar("T")


class NotSignedOn(ChiplogError):
    """Nobody that we know asks."""


class Unanswered(ChiplogError):
    """The API server gave no answer about somebody, so that they are let in nowhere."""


@dataclass(frozen=True)
class Person:
    """Somebody, as the cluster knows them; also a program's ServiceAccount."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Caller:
    """What a request says of who sends it; nothing of it is proven yet."""

    address: str = ""
    """Where the connection comes from."""
    token: str = ""
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

    @property
    def is_on(self) -> bool:
        """Whether any is taken."""
        return self.tokens or bool(self.trusted_proxies)


class Reviewer(Protocol):
    """What the API server says. Its methods raise Unanswered."""

    def person(self, token: str) -> Person | None:
        """Whose token this is; None where it is nobody's, is over, or is made out to somebody else."""

    def may_list_runs(self, person: Person, namespace: str) -> bool:
        """Whether RBAC lets them list TrainingRuns in a namespace; "" means in every one."""


class Guard(Protocol):
    """Who asks, and what they see."""

    @property
    def sign_on(self) -> SignOn:
        """Which ways of signing on there are."""

    def person(self, caller: Caller) -> Person:
        """Who asks. Raises NotSignedOn, Unanswered."""

    def sees(self, person: Person, namespace: str) -> bool:
        """Whether somebody sees a namespace. Raises Unanswered."""


class Everybody:
    """For a server that this machine alone reaches: whoever started it reads with their own credentials."""

    sign_on = SignOn()

    def person(self, caller: Caller) -> Person:  # noqa: ARG002
        """Somebody without a name."""
        return Person("")

    def sees(self, person: Person, namespace: str) -> bool:  # noqa: ARG002
        """Everything."""
        return True


class SignedOn:
    """Lets in whom the cluster knows, and shows them the namespaces whose runs they may list; threads may share it."""

    def __init__(self, sign_on: SignOn, reviewer: Reviewer, monotonic: Callable[[], float]) -> None:
        self.sign_on = sign_on
        self._reviewer = reviewer
        self._persons: _Memory[Person | None] = _Memory(monotonic)
        self._rights: _Memory[bool] = _Memory(monotonic)

    def person(self, caller: Caller) -> Person:
        """By a token if there is one, else by a trusted proxy's word. Raises NotSignedOn, Unanswered."""
        if self.sign_on.tokens and caller.token:
            found = self._of_token(caller.token)
        else:
            found = of_proxy(caller, self.sign_on.trusted_proxies)
        if found is None:
            raise NotSignedOn("sign on first: nobody that this cluster knows asks")
        return found

    def sees(self, person: Person, namespace: str) -> bool:
        """By RBAC alone: `list` on `trainingruns.chiplog.dev`, everywhere or in this namespace. Raises Unanswered."""
        return self._may_list(person, "") or self._may_list(person, namespace)

    def _may_list(self, person: Person, namespace: str) -> bool:
        return self._rights.recall((person, namespace), lambda: self._reviewer.may_list_runs(person, namespace))

    def _of_token(self, token: str) -> Person | None:
        if token.count(".") != 2:
            return None  # No ServiceAccount's token: the API server is not asked about noise.
        # A digest, so that no list of live tokens lies in memory.
        key = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        return self._persons.recall(key, lambda: self._reviewer.person(token))


def of_proxy(caller: Caller, trusted: tuple[Network, ...]) -> Person | None:
    """Whom a trusted proxy names; None where it is not trusted, names nobody or several, or one of Kubernetes' own."""
    try:
        address: Any = ipaddress.ip_address(caller.address)
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    if not any(address in network for network in trusted) or len(caller.users) != 1:
        return None
    name = caller.users[0].strip()
    if not name or name.startswith(RESERVED):
        return None
    named = [group.strip() for text in caller.groups for group in text.split(",")]
    groups = sorted({group for group in named if group and not group.startswith(RESERVED)})
    return Person(name, (*groups, AUTHENTICATED))


@dataclass
class _Answer(Generic[T]):
    value: T
    until: float


class _Memory(Generic[T]):
    """Answers that are good for a while."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: dict[Hashable, _Answer[T]] = {}

    def recall(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What is known, or what `ask` says; an error of it is not kept."""
        asked = self._monotonic()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and asked < kept.until:
                return kept.value
        value = ask()
        with self._lock:
            if len(self._kept) >= MAX_REMEMBERED:
                self._kept.clear()
            self._kept[key] = _Answer(value, asked + MEMORY_SECONDS)
        return value
