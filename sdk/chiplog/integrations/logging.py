"""A handler for Python's `logging`: records of a script as console rows of its run. It prints nothing."""

from __future__ import annotations

import logging
from typing import Any

from chiplog.tracking import session


class ChiplogHandler(logging.Handler):
    """Records what is logged, with its own time, as rows of the source `logger`.

    Args:
        level: what is less urgent is passed over.
        run: which run; the current one without it.

    >>> logging.getLogger().addHandler(ChiplogHandler(logging.INFO))
    """

    def __init__(self, level: int | str = logging.NOTSET, run: Any = None) -> None:
        super().__init__(level)
        self._run = run
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Record it; nothing happens without a run."""
        run = self._run or session.current()
        if run is None or run.is_finished:
            return
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - logging's own rule: a record that cannot be formatted is its handler's trouble.
            self.handleError(record)
            return
        run.journal.rows([{"kind": "console", "source": "logger", "time": record.created, "text": f"{text}\n"}])
