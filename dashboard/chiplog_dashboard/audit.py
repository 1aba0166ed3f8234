"""What people did, a JSON line each, for the cluster's logs; it keeps nothing, and no word of what they wrote."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from chiplog import times

Say = Callable[[str], None]


@dataclass(frozen=True)
class Audit:
    """Says lines.

    Args:
        say: takes a line.
        time: Unix seconds.
    """

    say: Say
    time: Callable[[], float]

    def did(self, who: str, address: str, method: str, path: str, status: int) -> None:
        """Somebody changed something, or wanted to."""
        self._line("change", who=who, address=address, method=method, path=path, status=status)

    def signed_on(self, who: str, address: str) -> None:
        """Somebody came from the provider and was let in."""
        self._line("sign_on", who=who, address=address)

    def _line(self, event: str, **facts: str | int) -> None:
        self.say(json.dumps({"event": event, "audit": True, "timestamp": times.iso(self.time()), **facts}))


SILENT = Audit(lambda _: None, lambda: 0.0)
"""For a server of one person."""
