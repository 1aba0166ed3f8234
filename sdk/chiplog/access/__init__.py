"""Who asks, as a Kubernetes cluster knows them: what every server of ours shares; nothing here does I/O."""

from dataclasses import dataclass

from chiplog.errors import ChiplogError

AUDIENCE = "chiplog-api"
"""Whom a token for a server of ours is made out to; one for the API server or for the bucket is worth nothing here."""


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
class Right:
    """Something that RBAC allows or does not, of our API group."""

    verb: str
    resource: str
    namespace: str
    """Empty: in every one."""
    name: str = ""
    """Empty: whatever its name."""
