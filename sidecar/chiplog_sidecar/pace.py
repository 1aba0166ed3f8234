"""How often to look: at what moves, and at what is costly, never for more than a hundredth of a core; it looks at
nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass, field

SHARE = 0.01
"""Of a core, for looking at a run directory: one of 100,000 files takes a second, so every two minutes."""

POLL_SECONDS = 0.2
"""Between two passes while something moves."""

STILL_POLL_SECONDS = 0.5
"""Between two passes of a young or watched run in which nothing moves: its next row still has more than a second to be
in the bucket within two."""

OLD_POLL_SECONDS = 1.0
"""Between two passes of an older run, whose rows wait for a flush every 14 s: a look costs CPU, a flush is not late
for it."""

IDLE_POLL_SECONDS = 2.0
"""Between two passes of an older run in which nothing moves: its next row is flushed as soon as it is seen."""

STILL_SECONDS = 10.0
"""Nothing moves in a run whose last row or new source is older than this."""


def poll_seconds(is_quick: bool, still_seconds: float) -> float:
    """Seconds between two passes over a run that is flushed quickly (young or watched) or not, and in which nothing has
    moved for `still_seconds`."""
    is_still = still_seconds >= STILL_SECONDS
    if not is_quick:
        return IDLE_POLL_SECONDS if is_still else OLD_POLL_SECONDS
    return STILL_POLL_SECONDS if is_still else POLL_SECONDS


@dataclass
class Pace:
    """Tells when the next look is due, from what the last one cost.

    Args:
        least_seconds: between the ends of two looks at least.
        cpu: this thread's CPU time in seconds.
    """

    least_seconds: float
    cpu: Callable[[], float]
    _next: float = -1e9
    _cost: float = 0.0
    _began: float = field(default=0.0)

    def is_due(self, now: float) -> bool:
        """Whether the next look may begin at the monotonic time `now`."""
        return now >= self._next

    def begin(self) -> None:
        """A look, or the next part of one, begins."""
        self._began = self.cpu()

    def pause(self) -> None:
        """The look goes on later."""
        self._cost += self.cpu() - self._began

    def end(self, now: float) -> None:
        """The look is over at the monotonic time `now`."""
        self.pause()
        self._next = now + max(self.least_seconds, self._cost / SHARE)
        self._cost = 0.0

    def hurry(self) -> None:
        """The next look is due at once: the run ends."""
        self._next = -1e9
