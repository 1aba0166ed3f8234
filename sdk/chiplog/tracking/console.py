"""What a script prints as rows: it stands in front of `sys.stdout` and `sys.stderr`, and passes everything on first.

It takes what Python writes; what C libraries or child processes write to the descriptors themselves is the container's
log. It never raises for a trouble of the run's file.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

MAX_TEXT = 1 << 20
"""Letters of one write that a row holds; the rest of a longer one follows in further rows."""

Tell = Callable[[dict[str, Any]], object]


class Tee:
    """A stream that also tells a run what is written to it; everything else is the stream's own."""

    def __init__(self, stream: Any, source: str, tell: Tell) -> None:
        self.stream = stream
        self._source = source
        self._tell: Tell | None = tell
        self._process = os.getpid()
        self._is_telling = False

    def write(self, text: str) -> int:
        """Write, then tell."""
        written: int = self.stream.write(text)
        if text and self._tell is not None and not self._is_telling and os.getpid() == self._process:
            self._is_telling = True  # What telling itself prints is not told.
            try:
                self._said(str(text))
            finally:
                self._is_telling = False
        return written

    def writelines(self, lines: Any) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def stop(self) -> None:
        """Tell no more."""
        self._tell = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __iter__(self) -> Any:
        return iter(self.stream)

    def _said(self, text: str) -> None:
        tell = self._tell
        for at in range(0, len(text), MAX_TEXT):
            if tell is not None:
                piece = text[at : at + MAX_TEXT]
                tell({"kind": "console", "source": self._source, "time": time.time(), "text": piece})


def follow(tell: Tell) -> Callable[[], None]:
    """Tell all that is printed from now on; returns what stops it."""
    made = []
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            tee = Tee(stream, name, tell)
            setattr(sys, name, tee)
            made.append((name, tee))

    def stop() -> None:
        for name, tee in made:
            tee.stop()
            if getattr(sys, name) is tee:
                setattr(sys, name, tee.stream)

    return stop
