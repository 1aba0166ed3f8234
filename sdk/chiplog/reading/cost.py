"""What recording a run cost at the store, from the recorders' own counts; it asks no price list."""

from collections.abc import Iterable

from chiplog.reading.members import Member

PUT_DOLLARS = 5.0 / 1_000_000
"""AWS S3 Standard, list price in us-east-1: PUT, COPY, POST and LIST requests."""

GET_DOLLARS = 0.4 / 1_000_000
"""The same, for GET and all others; deletes and aborts are free."""

SENT = "bytes"
"""The one count that is no request."""


def requests(members: Iterable[Member]) -> dict[str, int]:
    """Requests by kind of all recorders together, restarts included, and `bytes` sent."""
    total: dict[str, int] = {}
    for member in members:
        for kind, count in (member.beat.head["requests"] if member.beat else {}).items():
            total[kind] = total.get(kind, 0) + count
    return dict(sorted(total.items()))


def dollars(requests: dict[str, int]) -> float:
    """The requests at list price, without what the storage costs."""
    return sum(count * _price(kind) for kind, count in requests.items())


def _price(kind: str) -> float:
    kind = kind.lower()
    if kind == SENT or kind.startswith(("delete", "abort")):
        return 0.0
    return GET_DOLLARS if kind.startswith(("get", "head")) else PUT_DOLLARS
