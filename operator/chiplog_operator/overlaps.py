"""Looks at API keys: ends those whose overlap with their next generation is over. It makes none, and no key passes
through it.

A key is nobody's from the moment on that its handle, a Secret, is gone (docs/credentials.md).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from chiplog.access import keys
from chiplog.access.keys import Key
from chiplog_operator.cluster import Cluster, Conflict, Json

ROUND_SECONDS = 10.0
"""Between two looks: an overlap is longer by so much at most."""

log = structlog.get_logger()


def due(accounts: list[Json], now: float) -> list[Key]:
    """The keys whose overlap is over. One that has expired stays, so that people see that it did."""
    return [key for key in _known(accounts) if key.ends_at is not None and key.ends_at <= now]


@dataclass
class Overlaps:
    """The overlaps of a cluster's keys."""

    cluster: Cluster
    clock: Callable[[], float] = time.time
    note: Callable[[list[Key]], None] = lambda _: None
    """Takes in which keys there are."""

    def end(self) -> None:
        """Delete the handles of those that are over, and their ServiceAccounts. Raises ClusterError."""
        accounts = self.cluster.key_accounts()
        for key in due(accounts, self.clock()):
            try:
                self.cluster.delete_key(key.handle, key.handle_uid)
            except Conflict as error:
                # A handle that is another by now: the others end all the same.
                log.warning("key not ended, the door refuses it", key=key.name, reason=str(error))
            else:
                log.info("key ended, its overlap is over", key=key.name, generation=key.generation)
        self.note(_known(accounts))


def _known(accounts: list[Json]) -> list[Key]:
    return [key for account in accounts if (key := keys.key(account)) is not None]
