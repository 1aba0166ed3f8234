"""What begins with a run beside the script's own words, and how the end of the process is noticed."""

import atexit
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from chiplog.tracking import gathering
from chiplog.tracking.run import Run


class _End:
    """How this process is about to end."""

    exit_code = 0


def watch_the_end(end: Callable[[int], None]) -> None:
    """Call `end` with the exit code when the interpreter ends. A signal that kills ends nothing: the recorder and the
    kubelet know of it, and no handler of ours may keep a process from dying."""
    before, leave = sys.excepthook, sys.exit

    def excepthook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        _End.exit_code = gathering.exit_code(error)
        before(kind, error, traceback)

    def exit(code: Any = None) -> None:  # noqa: A001 - it stands for sys.exit.
        _End.exit_code = gathering.exit_code(SystemExit(code))
        leave(code)

    sys.excepthook = excepthook
    sys.exit = exit  # type: ignore[assignment]
    atexit.register(lambda: end(_End.exit_code))


def start(run: Run, environ: Mapping[str, str], working: Path) -> None:
    """Begin to record console, load and surroundings, as far as the settings say."""
    settings = run.settings
    if settings.console:
        from chiplog.tracking import console

        run.ends.append(console.follow(lambda row: run.journal.rows([row])))
    if settings.system or settings.command or settings.git or settings.packages:
        from chiplog.tracking import watching

        run.ends.append(watching.start(run, environ, working))
