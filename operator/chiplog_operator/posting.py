"""Sends one message to one webhook over HTTP; it decides nothing and never says the address, which is a secret."""

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from chiplog_operator.deliveries import Answer

TIMEOUT_SECONDS = 10.0
"""For each step of a request; a webhook that is slower is tried again."""

MAX_ANSWER_BYTES = 1024

MAX_DIGESTS = 100
"""In a header; servers take some 8 KiB of them all."""


class Poster(Protocol):
    """Whom the notifier sends by."""

    def post(self, channel: str, message: dict[str, str], digests: Sequence[str]) -> Answer:
        """Send a message; what went wrong is an answer, too."""
        ...


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A receiver that is elsewhere now is refused: what it names may be an address inside."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class HttpPoster:
    """Reads a channel's address from its file at every message, so that a Secret that is changed holds at once.

    Proxies of the surroundings (HTTPS_PROXY, NO_PROXY) are used.
    """

    def __init__(self, directory: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._directory = Path(directory)
        self._timeout = timeout_seconds
        self._opener = urllib.request.build_opener(_NoRedirect)

    def post(self, channel: str, message: dict[str, str], digests: Sequence[str]) -> Answer:
        """POST the message as JSON, with the digests of its notices for receivers that drop repeats."""
        try:
            address = (self._directory / channel).read_text().strip()
        except (OSError, UnicodeDecodeError):
            return Answer(0, said=f"the Secret of operator.notifications has no key {channel!r}")
        if not address.startswith(("https://", "http://")):
            return Answer(0, said=f"the address of the channel {channel!r} does not begin with https:// or http://")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "chiplog-operator",
            "Idempotency-Key": hashlib.sha256(",".join(digests).encode()).hexdigest(),
            "X-Chiplog-Notices": ",".join(digests[:MAX_DIGESTS]),
        }
        return self._send(address, json.dumps(message).encode(), headers)

    def _send(self, address: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            request = urllib.request.Request(address, body, headers)  # noqa: S310  (the scheme is looked at above)
            with self._opener.open(request, timeout=self._timeout) as answer:
                answer.read(MAX_ANSWER_BYTES)
                return Answer(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers.get("Retry-After") or "", f"HTTP {error.code}")
        except urllib.error.URLError as error:
            return Answer(0, said=_reason(error.reason))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Answer(0, said=_reason(error))


def _reason(error: object) -> str:
    """An error's kind; its words only where they cannot hold the address."""
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__
