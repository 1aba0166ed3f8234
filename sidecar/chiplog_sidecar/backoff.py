"""How long to wait after the store refused or did not answer: exponential, with full jitter; it waits for nothing.

Full jitter (a uniform draw from 0 to the bound) spreads a thousand recorders that lost one store at one instant, where
a fixed pause would bring them all back at once. See Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog.
"""

import random
from collections.abc import Callable

from chiplog.errors import Unreachable

BASE_SECONDS = 1.0
"""The bound after the first failure; it doubles with each further one."""

MAX_SECONDS = 60.0
"""The largest bound: tries are 30 s apart on average then. A recorder tries at two places, the pass and the files, so
it makes at most 0.07 tries, of one or two requests, per second."""

MAX_ASKED_SECONDS = 120.0
"""The longest `Retry-After` that is respected: a run must not be silent because a proxy says an hour."""


def seconds(failures: int, error: Exception | None, draw: Callable[[], float] = random.random) -> float:
    """Seconds to wait after the `failures`-th failure (1 or more) in a row.

    Args:
        failures: in a row.
        error: the last of them; its `retry_after_seconds` is the least pause.
        draw: a uniform number of [0, 1).
    """
    asked = error.retry_after_seconds if isinstance(error, Unreachable) else 0.0
    bound = min(BASE_SECONDS * 2.0 ** min(failures - 1, 16), MAX_SECONDS)
    return min(asked, MAX_ASKED_SECONDS) + draw() * bound
