"""Asks a recorder how it is, for only it sees that its role may not write; it never asks twice in haste."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Protocol

from chiplog_operator import names
from chiplog_operator.heads import Probe

TIMEOUT_SECONDS = 2.0
"""A recorder answers from memory; a longer wait only holds up a pass."""

PATIENCE_SECONDS = 10.0
"""An answer is good for this long."""

MAX_ANSWER_BYTES = 1 << 20
"""More than any status page of ours; the address is a pod's, so we do not trust its length."""

_STATES = frozenset({"ok", "denied", "missing", "unreachable"})


class Prober(Protocol):
    """Whom the reconciler asks."""

    def ask(self, recorder: str, address: str) -> Probe:
        """What the recorder at `address` (an IP) says; an answer of `silent` where it says nothing."""
        ...


class HttpProber:
    """Asks over HTTP on the pod network, past any proxy of ours."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, port: int = names.STATUS_PORT) -> None:
        self._clock = clock
        self._port = port
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[float, Probe]] = {}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, recorder: str, address: str) -> Probe:
        """What it says now, or said within PATIENCE_SECONDS."""
        now = self._clock()
        with self._lock:
            self._answers = {key: item for key, item in self._answers.items() if now - item[0] < PATIENCE_SECONDS}
            if recorder in self._answers:
                return self._answers[recorder][1]
        probe = self._fetch(address)
        with self._lock:
            self._answers[recorder] = (now, probe)
        return probe

    def _fetch(self, address: str) -> Probe:
        host = f"[{address}]" if ":" in address else address
        try:
            with self._opener.open(f"http://{host}:{self._port}/status", timeout=TIMEOUT_SECONDS) as answer:
                return probe(json.loads(answer.read(MAX_ANSWER_BYTES)))
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            return Probe("silent", str(error))
        except ValueError as error:
            return Probe("silent", f"its answer is not JSON: {error}")


def probe(answer: Any) -> Probe:
    """Read a recorder's status page; one that is not understood counts as no answer."""
    bucket = answer.get("bucket") if isinstance(answer, dict) else None
    state = bucket.get("state") if isinstance(bucket, dict) else None
    if state not in _STATES or not isinstance(bucket, dict):
        return Probe("silent", f"its answer names no state of the bucket: {str(answer)[:200]}")
    return Probe(
        bucket=state,
        message=str(bucket.get("message") or ""),
        pending_bytes=int(answer.get("pending_bytes") or 0),
        has_streams=bool(answer.get("streams")),
    )
