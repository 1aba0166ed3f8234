"""The lines that tell a waiting person what goes on, and how long it took last time; it must not decide anything."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

from chiplog_cluster import files


def span(seconds: float) -> str:
    """A duration for people: `0.4s`, `12s`, `3m40s`."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    return f"{whole // 60}m{whole % 60:02d}s" if whole >= 60 else f"{whole}s"


class Progress:
    """Prints steps and remembers their times in `times.json` of the cache."""

    def __init__(self, cache: Path) -> None:
        self._path = cache / "times.json"

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Announce a step with its last time, and say how long it took when it is done."""
        last = self._read().get(what)
        print(f"• {what} …{f' (last time {span(last)})' if last is not None else ''}", flush=True)
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        print(f"  done in {span(took)}", flush=True)
        self._remember(what, took)

    def say(self, line: str) -> None:
        """A line inside a step, or one that needs no step."""
        print(f"  {line}", flush=True)

    def _read(self) -> dict[str, float]:
        try:
            times: dict[str, float] = json.loads(self._path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return times

    def _remember(self, what: str, seconds: float) -> None:
        files.write(self._path, json.dumps({**self._read(), what: round(seconds, 1)}, indent=1, sort_keys=True))
