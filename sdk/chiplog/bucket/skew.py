"""Signs by the store's clock where ours is wrong; it decides nothing about tries but the one that a correction needs.

A store refuses a signature whose time is more than 15 minutes from its own, and says its own in every answer's
`Date`. So the first such refusal tells the skew; the request is signed again with it, and all later ones are too.
botocore takes the machine's clock and offers no other, so its signer of S3 is given a subclass that adds the seconds
which the request carries.
"""

import datetime
import email.utils
from typing import Any

import botocore.auth
from botocore.auth import AUTH_TYPE_MAPS, SIGV4_TIMESTAMP, S3SigV4Auth

LEAST_SECONDS = 60.0
"""A difference up to this is the answer's way and rounding, and no store refuses it."""

_REFUSED = (400, 403)
"""Of a signature that is off, and of keys that have expired while our clock says that they have not."""

_SKEW = "chiplog_skew"


def seconds(date: str | None) -> float | None:
    """Unix seconds of an HTTP date; None where it is none."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


class Skew:
    """How far the store's clock is ahead of ours, as its refusals tell."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def store_time(self) -> float:
        """The store's clock, Unix seconds, as far as it is known."""
        return _signing_clock() + self.seconds

    def learn(self, **answer: Any) -> None:
        """Learn from an answer of STS, by whose clock its keys expire; a handler of `after-call`."""
        told = seconds(answer["http_response"].headers.get("Date"))
        if told is not None and abs(told - self.store_time()) >= LEAST_SECONDS:
            self.seconds = told - _signing_clock()

    def attach(self, client: Any) -> None:
        """Correct the signatures of a boto3 S3 client."""
        client.meta.events.register("before-sign.s3", self._before_sign)
        client.meta.events.register_first("needs-retry.s3", self._needs_retry)

    def mark(self, context: dict[str, Any]) -> None:
        """Have a request of this context signed by the store's clock."""
        context[_SKEW] = self

    def _before_sign(self, request: Any, **_: Any) -> None:
        self.mark(request.context)

    def _needs_retry(self, response: Any, attempts: int, **_: Any) -> int | None:
        """Seconds to wait before another try: 0 after a correction, None where this is not ours to decide."""
        if response is None or attempts > 1 or response[0].status_code not in _REFUSED:
            return None
        told = seconds(response[0].headers.get("Date"))
        if told is None:
            return None
        ahead = told - _signing_clock()
        if abs(ahead - self.seconds) < LEAST_SECONDS:
            return None
        self.seconds = ahead
        return 0


class Signer(S3SigV4Auth):
    """The signer of S3 with the seconds that the request carries added to its time."""

    def _modify_request_before_signing(self, request: Any) -> None:
        # Asked now and not before: between the two new keys may have come, whose answer told the time.
        seconds = request.context[_SKEW].seconds if _SKEW in request.context else 0.0
        if seconds:
            signed_at = datetime.datetime.strptime(request.context["timestamp"], SIGV4_TIMESTAMP)  # noqa: DTZ007  # Z is UTC
            corrected = signed_at + datetime.timedelta(seconds=seconds)
            request.context["timestamp"] = corrected.strftime(SIGV4_TIMESTAMP)
        super()._modify_request_before_signing(request)  # type: ignore[misc]  # the stubs leave it out


AUTH_TYPE_MAPS["s3v4"] = Signer


def _signing_clock() -> float:
    """Unix seconds by the clock that botocore signs by, looked up where botocore does."""
    now: datetime.datetime = botocore.auth.get_current_datetime(remove_tzinfo=False)  # type: ignore[attr-defined]  # as above
    return now.timestamp()
