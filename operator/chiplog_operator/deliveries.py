"""What follows an answer of a webhook: it is done, refused for good, or tried again after a pause; it sends nothing."""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

LEAST_PAUSE_SECONDS = 1.0
MOST_PAUSE_SECONDS = 300.0
"""Between two tries, unless the receiver asks for more."""

MOST_ASKED_SECONDS = 3600.0
"""A receiver may not ask for a longer pause."""

GIVE_UP_SECONDS = 86_400.0
"""What could not be told for a day is no news any more."""

_AGAIN = frozenset({408, 425, 429})
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Answer:
    """What a webhook answered."""

    status: int
    """HTTP status code; 0 where there was no answer."""
    retry_after: str = ""
    """That header as it came."""
    said: str = ""
    """For the log: never the webhook's address, which is a secret."""


@dataclass(frozen=True)
class Verdict:
    """What follows."""

    kind: Literal["sent", "again", "refused", "given up"]
    pause_seconds: float = 0.0


def judge(answer: Answer, tries: int, waited_seconds: float, now: float, chance: float) -> Verdict:
    """What follows the `tries`th try of what has waited so long; `chance` from 0 to 1 spreads the pauses."""
    if 200 <= answer.status < 300:
        return Verdict("sent")
    if answer.status and answer.status < _SERVER_ERROR and answer.status not in _AGAIN:
        return Verdict("refused")  # A redirect as well: the installer named this address and no other.
    if waited_seconds >= GIVE_UP_SECONDS:
        return Verdict("given up")
    backoff = min(MOST_PAUSE_SECONDS, LEAST_PAUSE_SECONDS * 2 ** min(tries, 16))
    pause = LEAST_PAUSE_SECONDS + (backoff - LEAST_PAUSE_SECONDS) * chance
    return Verdict("again", max(pause, _asked(answer.retry_after, now)))


def _asked(text: str, now: float) -> float:
    """`Retry-After`: seconds, or a date."""
    if text.strip().isdecimal():
        return min(float(text), MOST_ASKED_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(0.0, moment.timestamp() - now), MOST_ASKED_SECONDS)
