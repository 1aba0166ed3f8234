"""Who of several operators works: the holder of a Lease; it works on nothing itself.

As in client-go: who does not hold the Lease measures by its own clock for how long it has not changed, for clocks of
two nodes may differ, and takes it after LEASE_SECONDS. The holder renews it, and stops by itself well before that.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from chiplog_operator import names, times
from chiplog_operator.cluster import ClusterError, Conflict, Json, Leases

LEASE_SECONDS = 12
"""A Lease that has stood unchanged for this long is free. With the pauses between looks: taken over in 14 s."""

RENEW_SECONDS = 2.0
"""Between two renewals."""

LOOK_SECONDS = 1.0
"""Between two looks of a standby: it sees the last renewal so much late, and its end too."""

HELD_SECONDS = 8.0
"""The holder works for this long after its last renewal; the rest up to LEASE_SECONDS is for a request on its way."""


@dataclass(frozen=True)
class Place:
    """Where the Lease stands."""

    namespace: str
    name: str


class Leadership:
    """One operator's part in the election; one thread runs it, and any may ask `is_held`."""

    def __init__(
        self,
        leases: Leases,
        place: Place,
        identity: str,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._leases = leases
        self._place = place
        self._identity = identity
        self._clock = clock
        self._wall = wall
        self._seen = ("", 0.0)
        """The Lease's version, and when we first saw it."""
        self._renewed_at = float("-inf")
        self.holder = ""
        """Who held it when we last looked."""

    def is_held(self) -> bool:
        """It is ours now: a pause of this process (SIGSTOP, a frozen node) counts, for the clock went on."""
        return self._clock() - self._renewed_at < HELD_SECONDS

    def seek(self) -> bool:
        """One look: renew what is ours, take what is free. Says whether it is ours; raises ClusterError."""
        began = self._clock()
        body = self._leases.lease(self._place.namespace, self._place.name)
        wanted = self._wanted(body)
        if wanted is None:
            return False
        try:
            self._seen = (self._write(body, wanted), began)
        except Conflict:
            return False  # Somebody else was faster; the next look says who.
        self._renewed_at = began
        self.holder = self._identity
        return True

    def release(self) -> None:
        """Let it go, so that another need not wait: from here on nothing of ours writes. Raises ClusterError."""
        was_held = self.is_held()
        self._renewed_at = float("-inf")
        body = self._leases.lease(self._place.namespace, self._place.name) if was_held else None
        if body is not None and body["spec"].get("holderIdentity") == self._identity:
            self._leases.replace_lease({**body, "spec": {**body["spec"], "holderIdentity": ""}})

    def _wanted(self, body: Json | None) -> Json | None:
        """The Lease's new spec; None where another holds it."""
        before = (body or {}).get("spec") or {}
        self.holder = before.get("holderIdentity") or ""
        if body is not None and body["metadata"]["resourceVersion"] != self._seen[0]:
            self._seen = (body["metadata"]["resourceVersion"], self._clock())
        is_ours = self.holder == self._identity
        if self.holder and not is_ours and self._clock() - self._seen[1] < LEASE_SECONDS:
            return None
        now = times.precise(self._wall())
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "acquireTime": before.get("acquireTime", now) if is_ours else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if is_ours or body is None else 1),
        }

    def _write(self, body: Json | None, spec: Json) -> str:
        if body is not None:
            written = self._leases.replace_lease({**body, "spec": spec})
        else:
            metadata = {"name": self._place.name, "namespace": self._place.namespace}
            written = self._leases.create_lease({**names.LEASE_KIND, "metadata": metadata, "spec": spec})
        return str(written["metadata"]["resourceVersion"])


class Alone:
    """There is no other operator: whoever started us made sure of it."""

    holder = ""

    def is_held(self) -> bool:
        """Always."""
        return True

    def seek(self) -> bool:
        """Always."""
        return True

    def release(self) -> None:
        """Nothing to let go."""


class LeaseLost(ClusterError):
    """The Lease could not be renewed in time: this process must do nothing more."""
