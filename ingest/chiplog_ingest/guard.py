"""Whose key a request shows, and what it may, by the cluster's word alone; it knows no object and no HTTP.

Nobody is known unless a TokenReview says so, and nothing is allowed unless RBAC does. What the cluster said is believed
for a few seconds at most.
"""

from collections.abc import Callable
from typing import Protocol

from chiplog.access import Person, Right, Unanswered, keys, tokens
from chiplog.access.keys import Key
from chiplog.access.memory import MAX_REMEMBERED, Memory
from chiplog.access.pace import Pace
from chiplog.errors import AccessDenied, ChiplogError
from chiplog_ingest.grants import Grant

REVIEWS_PER_SECOND = 20.0
"""Tokens that the API server is asked about: whoever makes them up must not keep it from its work."""


class NotKnown(ChiplogError):
    """The request shows no key that is good."""


class Reviewer(Protocol):
    """What the API server says. Its methods raise Unanswered."""

    def person(self, token: str) -> Person | None:
        """Whose token this is; None where it is nobody's, is over, or is made out to somebody else."""

    def key(self, handle: str) -> Key | None:
        """What is known of a key; None where there is none of that handle."""

    def may(self, person: Person, right: Right) -> bool:
        """Whether RBAC gives somebody a right."""


class Guard:
    """Lets in whoever shows a good key; threads may share it.

    Args:
        reviewer: the API server.
        cluster: our cluster's name in the bucket.
        clock: Unix seconds.
        monotonic: seconds.
    """

    def __init__(
        self, reviewer: Reviewer, cluster: str, clock: Callable[[], float], monotonic: Callable[[], float]
    ) -> None:
        self._reviewer = reviewer
        self._cluster = cluster
        self._clock = clock
        self._known: Memory[tuple[Person, Key] | None] = Memory(monotonic)
        self._rights: Memory[bool] = Memory(monotonic)
        self._pace = Pace(REVIEWS_PER_SECOND, monotonic)
        self._regulars: set[bytes] = set()

    def grant(self, token: str) -> Grant:
        """What this key may. Raises NotKnown, AccessDenied, Unanswered."""
        found = None
        if tokens.is_plausible(token):
            found = self._known.recall(tokens.digest(token), lambda: self._look(token))
        if found is None or found[1].is_over(self._clock()):
            raise NotKnown("the key is not known here: it may have expired, or been revoked")
        person, key = found
        if not self._may(person, key, "get"):
            raise AccessDenied(f"the key {key.name} may not read {keys.RESOURCE} in namespace {key.namespace}")
        may_write = self._may(person, key, "update")
        return Grant(
            key.name, key.handle, key.service_account, self._cluster, key.namespace, key.project, may_write,
            key.first_uid,
        )  # fmt: skip

    def _look(self, token: str) -> tuple[Person, Key] | None:
        digest = tokens.digest(token)
        # Who was known once is asked about again whatever strangers do.
        if digest not in self._regulars and self._pace.wait_seconds("strangers"):
            raise Unanswered("more keys are shown than the API server is asked about")
        person = self._reviewer.person(token)
        handle = keys.handle_of_user(person.name) if person is not None else ""
        key = self._reviewer.key(handle) if handle else None
        if person is None or key is None or not key.namespace:
            return None
        if len(self._regulars) < MAX_REMEMBERED:
            self._regulars.add(digest)
        return person, key

    def _may(self, person: Person, key: Key, verb: str) -> bool:
        right = Right(verb, keys.RESOURCE, key.namespace, key.project)
        return self._rights.recall((person, right), lambda: self._reviewer.may(person, right))
