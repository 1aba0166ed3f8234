"""The one thread of a run: it records the surroundings once, and the load from time to time. `log` never needs it."""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chiplog.tracking.run import Run

START_SECONDS = 0.3
"""The script begins first: what it imports and builds now is slower than what we gather."""

_PATIENCE_SECONDS = 5.0
"""How long the end of a run waits for facts that are being gathered; git alone may take that long in a large tree."""


def start(run: Run, environ: Mapping[str, str], working: Path) -> Callable[[], None]:
    """Begin; returns what ends it."""
    stop, known, hurry = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        hurry.wait(START_SECONDS)
        _work(run, environ, working, stop, known)

    thread = threading.Thread(target=work, name="chiplog", daemon=True)
    thread.start()

    def end() -> None:
        hurry.set()
        known.wait(_PATIENCE_SECONDS)
        stop.set()
        if thread is not threading.current_thread():
            thread.join(_PATIENCE_SECONDS)

    return end


def _work(run: Run, environ: Mapping[str, str], working: Path, stop: threading.Event, known: threading.Event) -> None:
    try:
        _facts(run, environ, working)
    finally:
        known.set()
    if not run.settings.system:
        return
    from chiplog.tracking import load, nvml

    looks, gpus = load.Load(disk=working), nvml.find()
    if gpus is not None:
        run.note({"gpu_nvidia": gpus.names()})
    while True:
        values = {**looks.look(), **(gpus.look() if gpus is not None else {})}
        run.journal.rows([{"kind": "system", "time": time.time(), "values": values}])
        if stop.wait(run.settings.system_seconds):
            return


def _facts(run: Run, environ: Mapping[str, str], working: Path) -> None:
    settings = run.settings
    if not (settings.command or settings.git or settings.packages):
        return
    from chiplog.tracking import surroundings

    told: dict[str, Any] = surroundings.command(environ) if settings.command else {}
    if settings.git:
        git, patch = surroundings.git(working, environ)
        told |= {"git": git} if git else {}
        keep(run, "diff.patch", patch)
    if settings.packages:
        keep(run, "requirements.txt", "".join(f"{line}\n" for line in surroundings.packages(sys.path)))
    if told:
        run.note(told)


def keep(run: Run, name: str, content: str) -> None:
    """Put a text beside the run's file, and have it shipped; nothing for an empty one."""
    if not content:
        return
    making = run.files / f".{name}.{os.getpid()}.tmp"
    try:
        making.parent.mkdir(parents=True, exist_ok=True)
        making.write_text(content, errors="replace")
        making.replace(run.files / name)
    except OSError as error:
        run.note({"problem": f"{name}: {error}"})
        return
    run.journal.rows([{"kind": "files", "files": [{"path": name, "policy": "now"}]}])
