"""Keeps the keys that STS gives good: judged by the store's clock, renewed ahead, used to their end while STS is away.
It holds no key and logs nothing.

botocore renews keys 15 minutes before they expire. But it judges them by the machine's clock, and where STS refuses in
the last 10 of these minutes it gives up keys that are still good. botocore offers neither clock nor choice, so its
credentials' own parts are replaced, here alone.
"""

import datetime
from collections.abc import Callable
from typing import Any

import botocore.exceptions

from chiplog.bucket.skew import Skew

AGAIN_SECONDS = 30.0
"""After STS refused and while the present keys are good: each request would else ask again, and wait for its answer."""


class Renewal:
    """Renews the credentials of one client.

    Args:
        credentials: botocore's; those that never expire are left alone.
        skew: how far the store's clock is from ours.
        monotonic: seconds.
    """

    def __init__(self, credentials: Any, skew: Skew, monotonic: Callable[[], float]) -> None:
        self._credentials = credentials
        self._skew = skew
        self._monotonic = monotonic
        self._again = -1e9
        if hasattr(credentials, "_refresh_using"):
            self._ask: Callable[[], dict[str, Any]] = credentials._refresh_using
            credentials._refresh_using = self._renew
            credentials._time_fetcher = self._now
            asker: Any = getattr(self._ask, "__self__", None)
            if hasattr(asker, "_cache"):
                asker._cache = _NoCache()

    def _now(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self._skew.store_time(), datetime.UTC)

    def _renew(self) -> dict[str, Any]:
        """New keys, or the present ones where STS refuses and they are still good."""
        if self._is_good() and self._monotonic() < self._again:
            return self._present()
        try:
            return self._ask()
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, OSError):
            if not self._is_good():
                raise
            self._again = self._monotonic() + AGAIN_SECONDS
            return self._present()

    def _is_good(self) -> bool:
        return self._credentials._frozen_credentials is not None and not self._credentials._is_expired()

    def _present(self) -> dict[str, Any]:
        frozen, expiry = self._credentials._frozen_credentials, self._credentials._expiry_time
        names = {"access_key": frozen.access_key, "secret_key": frozen.secret_key, "token": frozen.token}
        return {**names, "account_id": frozen.account_id, "expiry_time": expiry.isoformat()}


class _NoCache(dict[str, Any]):
    """Keeps nothing: botocore's cache of keys would judge them by the machine's clock again."""

    def __setitem__(self, key: str, value: Any) -> None:
        pass
